# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Boots a guest from throwaway overlays and reports whether it came up."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field, fields
from typing import Any, BinaryIO

from ..disks import images, overlays, room, scratch
from ..errors import GuestconvError
from ..model import hardware
from ..qemu import accelerator as accelerators
from . import expectations, firmware, signs, symptoms
from .command_line import Launch
from .console import Console
from .machine import Failure, Machine
from .network import UserNetwork, user_networks

# Boots, when it is the emulator that fails.
_MOST_ATTEMPTS = 3

# Seconds to wait on when the console shows that it is over: for the rest of the trace, or for being wrong.
GRACE = 5

# Seconds between two looks at the guest.
_TICK = 0.5

# Seconds between two looks for signs of failure.
_GLANCE = 1

_CONSOLE_LINES = 40


@dataclass(frozen=True)
class Settings:
    """How a guest is booted.

    timeout: seconds, for all attempts together. memory: MiB. accelerator: auto, kvm or tcg. screenshot, console_log:
    paths of files to write, or None. workdir: where the overlays are made, or None for /var/tmp.
    """

    timeout: int = 600
    memory: int = 1024
    cpus: int = 1
    accelerator: str = "auto"
    screenshot: str | None = None
    console_log: str | None = None
    workdir: str | None = None


SETTINGS = tuple(setting.name for setting in fields(Settings))


@dataclass
class Outcome:
    """The result. failure is None when the guest came up; seconds is what the last attempt took."""

    hardware: dict[str, Any]
    accelerator: str
    warnings: list[str] = field(default_factory=list)
    failure: Failure | None = None
    seconds: float = 0.0
    attempts: int = 0
    console: list[str] = field(default_factory=list)
    screenshot: str = ""
    command: list[str] = field(default_factory=list)

    def as_dict(self) -> dict[str, Any]:
        """The module's values."""
        values = {key: value for key, value in vars(self).items() if key != "failure"}
        return dict(values, up=self.failure is None, reason=self.failure.reason if self.failure else "")


def verify(
    disks: list[images.Disk],
    machine: Any,
    expect: Mapping[str, Any] | None,
    settings: Settings,
    begin: Callable[[str, str], None] = lambda step, detail: None,
) -> Outcome:
    """Boot the guest on disks (list of images.Disk) in machine (a dict, as convert returns it) and return an Outcome.

    expect: a dict, or None for the default; see expectations.from_dict. begin: called with what begins.
    The disks are not written to. Raises
    GuestconvError when the guest cannot even be tried.
    """
    wanted = hardware.from_dict(machine)
    _refuse_what_qemu_lacks(wanted)
    expected = expectations.from_dict(expect, wanted)
    disks = _attached(disks, wanted)
    if len(disks) != len(wanted.disks):
        raise GuestconvError(
            "hardware-invalid",
            f"hardware.disks has {len(wanted.disks)} disks, but there are {len(disks)}.",
            hint="Name all the disks that were converted, in the same order.",
            path="hardware.disks",
        )
    for option, path in (("screenshot", settings.screenshot), ("console_log", settings.console_log)):
        if path:
            # Before the boot, not after it.
            room.require_usable_directory(os.path.dirname(os.path.abspath(path)), "path-not-writable", option)
    accelerator, warning = accelerators.choose(settings.accelerator)
    outcome = Outcome(wanted.as_dict(), accelerator, [warning] if warning else [])
    deadline = time.monotonic() + settings.timeout
    with _opened(settings.console_log) as log:
        while outcome.attempts < _MOST_ATTEMPTS:
            outcome.attempts += 1
            begin("boot", f"boot once more ({outcome.attempts})" if outcome.attempts > 1 else "")
            if not _attempt(disks, wanted, expected, settings, outcome, Console(log), deadline):
                break
    hung_with_kvm = accelerator == "kvm" and outcome.accelerator == "tcg"
    if hung_with_kvm and not isinstance(outcome.failure, NoKernel):
        # Emulated it came further. A guest that stops in its boot loader with either says nothing about KVM.
        accelerators.kvm_failed("a virtual machine hung on it before its kernel started")
    return outcome


def _refuse_what_qemu_lacks(wanted: hardware.Hardware) -> None:
    """Refuse hardware of another hypervisor. Raises GuestconvError `hardware-not-emulated`."""
    lacking = wanted.not_in_qemu
    if lacking:
        listed = ", ".join(f"{path} is {word}" for path, word in lacking.items())
        raise GuestconvError(
            "hardware-not-emulated",
            f"QEMU cannot start a machine with this hardware: {listed}.",
            hint="Boot the guest on its target instead, or pass hardware with devices that QEMU has and that the guest is "
            "prepared for.",
            path=next(iter(lacking)),
        )


def _attached(disks: list[images.Disk], wanted: hardware.Hardware) -> list[images.Disk]:
    """Those of disks that the hardware has, in its order: a disk that was removed from a description is not there."""
    names = [place.device for place in wanted.disks]
    if not all(names):
        return disks
    by_name = {disk.device: disk for disk in disks}
    return [by_name[name] for name in names if name in by_name]


def _attempt(
    disks: list[images.Disk],
    wanted: hardware.Hardware,
    expected: expectations.Expected,
    settings: Settings,
    outcome: Outcome,
    console: Console,
    deadline: float,
) -> bool:
    """Boot once, and note in outcome how it went. True when it failed for what another attempt may be spared."""
    started = time.monotonic()
    with ExitStack() as stack:
        place = scratch.take(settings.workdir)
        stack.callback(place.release)
        directory = place.path
        launch = _launch(disks, wanted, expected, settings, outcome.accelerator, directory)
        machine = Machine(launch, console, directory, with_agent=expected.agent)
        stack.callback(machine.stop)
        outcome.command = machine.command
        if machine.warning and machine.warning not in outcome.warnings:
            outcome.warnings.append(machine.warning)
        looks = _looks(expected, machine, console)
        for look in looks:
            stack.callback(look.close)
        watch = _Watch(machine, console, looks)
        outcome.failure = watch.until(deadline)
        outcome.seconds = round(time.monotonic() - started, 1)
        outcome.console = console.lines(_CONSOLE_LINES)
        if settings.screenshot:
            _take_screenshot(machine, settings.screenshot, outcome)
    return watch.emulator_failed or watch.hung and _emulate_from_now_on(settings, outcome)


def _emulate_from_now_on(settings: Settings, outcome: Outcome) -> bool:
    """After a machine hung before its kernel. True where it was KVM's choice, and emulation may do better."""
    if settings.accelerator != "auto" or outcome.accelerator != "kvm":
        return False
    outcome.accelerator = "tcg"
    outcome.warnings.append("The machine hung with KVM, so it is emulated, which is many times slower.")
    return True


def _launch(
    disks: list[images.Disk],
    wanted: hardware.Hardware,
    expected: expectations.Expected,
    settings: Settings,
    accelerator: str,
    directory: str,
) -> Launch:
    return Launch(
        emulator=accelerators.find_emulator(),
        accelerator=accelerator,
        memory=settings.memory,
        cpus=settings.cpus,
        hardware=wanted,
        overlays=tuple(
            overlays.create_overlay(disk, directory, f"disk{index}.qcow2") for index, disk in enumerate(disks)
        ),
        networks=tuple(user_networks(wanted.interfaces)),
        guest_port=expected.port,
        firmware=firmware.prepare(directory) if wanted.firmware == "uefi" else None,
    )


def _looks(expected: expectations.Expected, machine: Machine, console: Console) -> list[expectations.Expectation]:
    """What to look at, one object of expectations each.

    With static addresses the service is to be heard at each of them: only so does it show that each card still has its
    own address. Without any, one card that got an address by DHCP is enough, as the others may be unused.
    """
    looks: list[expectations.Expectation] = []
    if expected.port:
        launch = machine.launch
        cards = list(zip(launch.hardware.interfaces, launch.networks, launch.host_ports))
        static = [card for card in cards if card[1].static]
        services = [_service(expected, *card) for card in static or cards]
        looks += services if static else [expectations.AnyOf(services)]
    if expected.login:
        looks.append(expectations.Login(console, bool(machine.launch.hardware.windows)))
    if machine.agent is not None:
        looks.append(expectations.Agent(machine.agent))
    return looks


def _service(
    expected: expectations.Expected, interface: hardware.Interface, network: UserNetwork, host_port: int
) -> expectations.Service:
    guest = f"{network.guest} port {expected.port}"
    if interface.name:
        guest += f" ({interface.name})"
    return expectations.Service(host_port, expected.banner, guest)


class NoKernel(Failure):
    """The machine did not get beyond its firmware or boot loader."""


class _Watch:
    """One boot of machine, until all looks are met.

    emulator_failed: the failure is the emulator's. hung: the processor stood still before a kernel ran.
    """

    def __init__(self, machine: Machine, console: Console, looks: list[expectations.Expectation]) -> None:
        self.emulator_failed = False
        self.hung = False
        self._machine = machine
        self._console = console
        self._looks = looks
        self._signs = signs.Signs(machine.launch.accelerator, time.monotonic())

    def until(self, deadline: float) -> Failure | None:
        """Wait, until deadline (time.monotonic()) at most. None when the looks are met, else the Failure."""
        ends_early = False
        next_glance = 0.0
        while time.monotonic() < deadline:
            self._machine.pump(_TICK)
            for look in self._looks:
                look.check()
            if all(look.met for look in self._looks):
                return None
            failure = self._machine.failure()
            if failure:
                return failure
            if not ends_early and time.monotonic() >= next_glance:
                ends_early = self._glance()
                next_glance = time.monotonic() + _GLANCE
                if ends_early:
                    deadline = min(deadline, time.monotonic() + GRACE)
        return self._failure()

    def _glance(self) -> bool:
        """Look at the machine once more. True when it will not come up."""
        self._look_for_signs()
        return self._signs.over(time.monotonic()) or _symptom(self._machine, self._console) is not None

    def _look_for_signs(self) -> None:
        if not self._signs.reached_kernel:
            try:
                self._signs.take(self._machine.look(self._console.text()), time.monotonic())
            except (GuestconvError, OSError):
                pass  # QEMU has just died, which machine.failure() will report; or it hangs, which is no sign of life

    def _failure(self) -> Failure:
        # Searched again: the first time only half of a line may have been there.
        found = _symptom(self._machine, self._console)
        if found:
            symptom, line = found
            self.emulator_failed = symptom.emulator
            return Failure(symptom.code, f"{symptom.reason} ({line})", symptom.hint)
        if not self._signs.over(time.monotonic()):
            # It may have reached its kernel since the last look.
            self._look_for_signs()
        if not self._signs.reached_kernel:
            now = time.monotonic()
            self.hung = self._signs.over(now) and self._signs.stuck(now)
            return _no_kernel(self._signs.silent_for(now) if self._signs.over(now) else None, self._looks)
        return _too_late(self._console, self._looks)


def _no_kernel(silence: float | None, looks: list[expectations.Expectation]) -> NoKernel:
    """silence: seconds without a sign of life; None where the time was up before that was long."""
    if silence is None:
        missing = "; ".join(look.missing() for look in looks if not look.met)
        reason = f"no kernel had started when the time was up; {missing}"
    else:
        reason = (
            "no kernel started: the machine stayed in its firmware or boot loader, with no sign of life for "
            f"{silence:.0f} seconds"
        )
    return NoKernel(
        "guest-no-kernel",
        reason,
        "`screenshot` shows how far it came. A boot menu may be waiting for a key, or the machine was too slow for `timeout`.",
    )


def _symptom(machine: Machine, console: Console) -> tuple[symptoms.Symptom, str] | None:
    """The Symptom and its line on console or display, or None."""
    found = symptoms.find(console.text())
    if found:
        return found
    try:
        return symptoms.find(machine.display_text())
    except (GuestconvError, OSError):
        # QEMU has just died, which machine.failure() will report.
        return None


def _too_late(console: Console, looks: list[expectations.Expectation]) -> Failure:
    reason = "; ".join(look.missing() for look in looks if not look.met)
    if console.asks_for_login() and not all(isinstance(look, expectations.Login) for look in looks):
        reason += "; but there is a login prompt on its console"
    hint = "`console` and `screenshot` show how far it came. An emulated guest may need a longer timeout."
    return Failure("guest-not-up", reason, hint)


def _take_screenshot(machine: Machine, path: str, outcome: Outcome) -> None:
    try:
        machine.screenshot(path)
        outcome.screenshot = path
    except (GuestconvError, OSError, ValueError) as error:
        outcome.warnings.append(f"There is no screenshot: {error}")


@contextmanager
def _opened(path: str | None) -> Iterator[BinaryIO | None]:
    """The file path, opened for writing; None for no path."""
    if not path:
        yield None
        return
    try:
        log = open(path, "wb")  # pylint: disable=consider-using-with
    except OSError as error:
        raise GuestconvError(
            "path-not-writable",
            f"{path} cannot be written: {error.strerror}.",
            path="console_log",
        ) from error
    with log:
        yield log
