# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Real machines whose guest is a boot sector: it writes a text to the serial port, and then does one thing more."""

from __future__ import annotations

import os
import shutil
import struct
import sys
import time
import zlib
from pathlib import Path

import pytest

from ansible_collections.virttools.guestconv.plugins.module_utils.devices import models
from ansible_collections.virttools.guestconv.plugins.module_utils.disks import images
from ansible_collections.virttools.guestconv.plugins.module_utils.errors import GuestconvError
from ansible_collections.virttools.guestconv.plugins.module_utils.qemu import accelerator
from ansible_collections.virttools.guestconv.plugins.module_utils.verify import (
    expectations,
    firmware,
    signs,
    verification,
)

pytestmark = pytest.mark.skipif(not shutil.which("qemu-system-x86_64"), reason="needs qemu-system-x86_64")

# cld; ds = 0; for each byte at si, up to a zero: wait for bit 5 of port 0x3fd (transmitter empty), write it to 0x3f8.
_PRINT = bytes.fromhex("fc 31c0 8ed8 be0000 ac 84c0 7411 88c4 bafd03 ec a820 74fb b2f8 88e0 ee ebea")

SPIN = bytes.fromhex("ebfe")
HALT = bytes.fromhex("fa f4 ebfd")
# Port 0x604 is where SeaBIOS puts the power management of q35; 0x2000 is "sleep" (S5).
POWER_OFF = bytes.fromhex("ba0406 b80020 ef") + HALT
# The keyboard controller's reset line.
RESET = bytes.fromhex("b0fe e664") + HALT

# Seconds: as long as any machine takes, and ten times that.
LONG = 600
LONGER = 6000

LOGIN = "\r\nTiny OS web01 ttyS0\r\n\r\nweb01 login: "


def boot_sector(text, then):
    program = _PRINT + then
    program = program.replace(b"\xbe\0\0", b"\xbe" + struct.pack("<H", 0x7C00 + len(program)))
    sector = program + text.encode() + b"\0"
    return sector.ljust(510, b"\0") + b"\x55\xaa"


@pytest.fixture(autouse=True)
def short_grace(monkeypatch):
    """These guests have no long traces to wait for."""
    monkeypatch.setattr(verification, "GRACE", 1)


class Clock:
    """The clock of a boot. forward: the seconds that a test puts it forward, so that the machine's speed does not matter."""

    forward = 0

    def monotonic(self):
        return time.monotonic() + self.forward


@pytest.fixture
def clock(monkeypatch):
    clock = Clock()
    monkeypatch.setattr(verification, "time", clock)
    return clock


def put_forward(clock, seconds, monkeypatch, when):
    """Put the clock forward after each look at a machine for which when(signs.Signs, the look before, the look) holds."""
    take = signs.Signs.take

    def taken(known, look, now):
        before = known._last
        take(known, look, now)
        if when(known, before, look):
            clock.forward += seconds

    monkeypatch.setattr(signs.Signs, "take", taken)


@pytest.fixture
def make_disk(tmp_path):
    """make(text, then) is a raw disk (images.Disk) that prints text."""

    def make(text, then=HALT, name="guest, 1.raw"):
        path = tmp_path / name
        path.write_bytes(boot_sector(text, then).ljust(1024 * 1024, b"\0"))
        return images.disks_from_option([{"path": str(path), "format": "raw"}])[0]

    return make


def machine(*drivers, **more):
    disks = [{"driver": driver, "boot_order": index + 1} for index, driver in enumerate(drivers)]
    return dict({"disks": disks, "console": {"driver": "isa-serial"}}, **more)


def settings(tmp_path, **more):
    return verification.Settings(**dict({"timeout": LONG, "accelerator": "tcg", "workdir": str(tmp_path)}, **more))


def emulated(rows):
    """The drivers that QEMU has. The others are those of other hypervisors."""
    return [driver for driver, row in rows.items() if row.in_qemu]


# Those that are devices of their own.
ATTACHED = [driver for driver in emulated(models.DISKS) if not models.attachment(driver).built_in]


@pytest.mark.parametrize("driver", ATTACHED)
def test_a_guest_boots_from_each_disk_model(make_disk, tmp_path, driver):
    outcome = verification.verify([make_disk(LOGIN)], machine(driver), {"login": True}, settings(tmp_path))
    assert (outcome.failure, outcome.attempts) == (None, 1)
    assert outcome.console[-1] == "web01 login:"


@pytest.mark.parametrize("driver, type_", [("ahci", "q35"), ("ahci", "pc"), ("ide", "pc"), ("piix3-ide", "pc")])
def test_a_guest_boots_from_the_machines_own_controllers(make_disk, tmp_path, driver, type_):
    hardware = machine(driver, machine=type_)
    assert verification.verify([make_disk(LOGIN)], hardware, None, settings(tmp_path)).failure is None


def test_the_disk_that_is_first_in_boot_order_boots_and_full_controllers_are_followed_by_more(make_disk, tmp_path):
    disks = [make_disk("the wrong disk", name="%d.raw" % index) for index in range(9)] + [make_disk(LOGIN)]
    hardware = machine(*["lsi53c895a"] * 10)
    for place in hardware["disks"][:9]:
        place["boot_order"] = None
    assert verification.verify(disks, hardware, None, settings(tmp_path)).failure is None


@pytest.mark.parametrize("driver", emulated(models.VIDEO))
def test_a_screenshot_is_taken_of_each_display(make_disk, tmp_path, driver):
    picture = tmp_path / "screen.png"
    hardware = machine("ahci", video={"driver": driver})
    outcome = verification.verify([make_disk(LOGIN)], hardware, None, settings(tmp_path, screenshot=str(picture)))
    assert (outcome.failure, outcome.warnings, outcome.screenshot) == (None, [], str(picture))
    width, height = struct.unpack(">II", picture.read_bytes()[16:24])
    pixels = zlib.decompress(picture.read_bytes()[41:-16])
    assert len(pixels) == (3 * width + 1) * height


@pytest.mark.parametrize("driver", emulated(models.INTERFACES))
def test_a_machine_starts_with_each_network_card(make_disk, tmp_path, driver):
    card = {"driver": driver, "slot": 192, "mac": "00:50:56:aa:bb:cc", "addresses": ["192.168.7.9/24"]}
    hardware = machine("ahci", interfaces=[card, dict(card, slot=224, mac=None, addresses=[])])
    assert verification.verify([make_disk(LOGIN)], hardware, {"login": True}, settings(tmp_path)).failure is None


def test_the_disk_is_not_written_to_and_nothing_is_left_behind(make_disk, tmp_path):
    disk = make_disk(LOGIN)
    log = tmp_path / "console.log"
    verification.verify([disk], machine("virtio-blk-pci"), None, settings(tmp_path, console_log=str(log)))
    assert b"Tiny OS web01 ttyS0\r\n" in log.read_bytes()
    assert sorted(entry.name for entry in tmp_path.iterdir()) == ["console.log", "guest, 1.raw"]


def test_an_interruption_ends_the_machine_and_removes_the_overlay(make_disk, tmp_path, monkeypatch):
    def interrupt(login):
        assert machines_in(tmp_path)
        raise KeyboardInterrupt

    monkeypatch.setattr(expectations.Login, "check", interrupt)
    with pytest.raises(KeyboardInterrupt):
        verification.verify([make_disk(LOGIN)], machine("ahci"), None, settings(tmp_path))
    assert not machines_in(tmp_path)
    assert [entry.name for entry in tmp_path.iterdir()] == ["guest, 1.raw"]


def machines_in(directory):
    """The command lines of the processes that name directory."""
    commands = []
    for entry in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            commands.append(entry.read_bytes())
        except OSError:
            # It has just ended.
            continue
    return [command for command in commands if os.fsencode(directory) in command]


@pytest.mark.parametrize(
    "text, then, code",
    [
        ("ALERT!  UUID=0815 does not exist.  Dropping to a shell!\r\n(initramfs) ", HALT, "guest-stuck-in-initramfs"),
        ("[    9.9] Kernel panic - not syncing: Attempted to kill init!\r\n", HALT, "guest-panicked"),
        ("", POWER_OFF, "guest-powered-off"),
        ("", RESET, "guest-restarts"),
    ],
)
def test_a_failure_that_shows_ends_the_wait(make_disk, tmp_path, text, then, code):
    outcome = verification.verify([make_disk(text, then)], machine("ahci"), None, settings(tmp_path))
    assert (outcome.failure.code, outcome.attempts) == (code, 1)


def test_a_failure_that_shows_on_the_display_only_ends_the_wait(tmp_path):
    (tmp_path / "blank.raw").write_bytes(bytes(1024 * 1024))
    blank = images.disks_from_option([{"path": str(tmp_path / "blank.raw"), "format": "raw"}])
    hardware = machine("virtio-blk-pci", video={"driver": "VGA"})
    outcome = verification.verify(blank, hardware, None, settings(tmp_path))
    assert outcome.failure.code == "guest-stuck-in-boot-loader"
    assert outcome.failure.reason == "the BIOS found nothing to boot (No bootable device.)"


@pytest.mark.skipif(not any(os.path.exists(known.code) for known in firmware.FIRMWARES), reason="needs OVMF")
def test_uefi_firmware_does_not_boot_a_disk_without_uefi_loader(make_disk, tmp_path):
    hardware = machine("virtio-scsi-pci", firmware="uefi")
    outcome = verification.verify([make_disk(LOGIN)], hardware, None, settings(tmp_path))
    assert outcome.failure.code == "guest-stuck-in-boot-loader"


def test_a_failure_of_the_emulator_is_tried_again(make_disk, tmp_path):
    disk = make_disk("Kernel panic - not syncing: IO-APIC + timer doesn't work!\r\n")
    outcome = verification.verify([disk], machine("ahci"), None, settings(tmp_path))
    assert (outcome.failure.code, outcome.attempts) == ("emulator-failed", 3)


@pytest.fixture
def spinning(make_disk, monkeypatch, clock):
    """A disk whose boot sector stays at one instruction, for long by the clock."""
    text = "Loading Linux ..."
    monkeypatch.setattr(signs, "SILENCE", {"kvm": LONG, "tcg": LONG})
    put_forward(
        clock,
        LONG,
        monkeypatch,
        lambda _signs, before, look: before and before.console == look.console and text in look.console,
    )
    return make_disk(text, SPIN)


def test_a_machine_that_does_not_reach_its_kernel_does_not_use_up_the_whole_time(spinning, tmp_path):
    outcome = verification.verify([spinning], machine("ahci"), None, settings(tmp_path, timeout=LONGER))
    assert (outcome.failure.code, outcome.attempts, outcome.warnings) == ("guest-no-kernel", 1, [])
    assert "no kernel started" in outcome.failure.reason and outcome.seconds < LONGER
    assert outcome.console[-1] == "Loading Linux ..."


# As if KVM worked, on any machine.
EMULATING_QEMU = """#!{python}
import os, sys
vector = sys.argv[1:]
at = vector.index("-accel")
vector[at + 1 : at + 4] = ["tcg", "-cpu", "max"]
os.execv("{qemu}", ["{qemu}", *vector])
"""


def test_a_machine_that_hangs_with_kvm_before_its_kernel_is_tried_once_more_emulated(spinning, tmp_path, monkeypatch):
    program, remembered = tmp_path / "qemu", []
    program.write_text(EMULATING_QEMU.format(python=sys.executable, qemu=accelerator.find_emulator()))
    program.chmod(0o755)
    monkeypatch.setattr(verification.accelerators, "find_emulator", lambda: str(program))
    monkeypatch.setattr(verification.accelerators, "choose", lambda requested: ("kvm", None))
    monkeypatch.setattr(verification.accelerators, "kvm_failed", remembered.append)
    limits = settings(tmp_path, accelerator="auto", timeout=LONGER)
    outcome = verification.verify([spinning], machine("ahci"), None, limits)
    assert (outcome.failure.code, outcome.attempts, outcome.accelerator) == ("guest-no-kernel", 2, "tcg")
    assert len(outcome.warnings) == 1 and "is emulated" in outcome.warnings[0]
    # It stops there with any accelerator, so that is the guest's fault.
    assert remembered == []


# As if KVM hung: the processor does not run.
HANGING_QEMU = (
    EMULATING_QEMU.replace('["tcg", "-cpu", "max"]', '["tcg", "-cpu", "max", "-S"]')
    .replace("at = vector", "hangs = vector[vector.index('-accel') + 1] == 'kvm'\nat = vector")
    .replace("os.execv", "hangs or vector.remove('-S')\nos.execv")
)


def test_that_kvm_hung_is_remembered_where_the_guest_comes_further_emulated(make_disk, tmp_path, monkeypatch, clock):
    program, remembered = tmp_path / "qemu", []
    program.write_text(HANGING_QEMU.format(python=sys.executable, qemu=accelerator.find_emulator()))
    program.chmod(0o755)
    monkeypatch.setattr(signs, "SILENCE", {"kvm": LONG, "tcg": 100 * LONGER})
    put_forward(clock, LONG, monkeypatch, lambda _signs, before, look: before == look)
    monkeypatch.setattr(verification.accelerators, "find_emulator", lambda: str(program))
    monkeypatch.setattr(verification.accelerators, "choose", lambda requested: ("kvm", None))
    monkeypatch.setattr(verification.accelerators, "kvm_failed", remembered.append)
    limits = settings(tmp_path, accelerator="auto", timeout=100 * LONGER)
    outcome = verification.verify([make_disk(LOGIN)], machine("ahci"), None, limits)
    assert (outcome.failure, outcome.attempts, outcome.accelerator) == (None, 2, "tcg")
    assert remembered == ["a virtual machine hung on it before its kernel started"]


def test_a_kernel_that_had_no_time_to_start_is_not_called_a_hang(make_disk, tmp_path):
    outcome = verification.verify([make_disk("Loading ...")], machine("ahci"), None, settings(tmp_path, timeout=3))
    assert outcome.failure.code == "guest-no-kernel"
    assert (
        outcome.failure.reason == "no kernel had started when the time was up; no login prompt appeared on the console"
    )


def test_what_was_missed_is_said_when_the_time_is_up(make_disk, tmp_path, monkeypatch, clock):
    put_forward(clock, LONG, monkeypatch, lambda signs, _before, _look: signs.reached_kernel)
    card = {"driver": "e1000", "name": "ens192", "addresses": ["10.0.2.15/24"]}
    hardware = machine("ahci", interfaces=[card])
    expect = {"port": 22, "agent": True}
    outcome = verification.verify([make_disk(LOGIN)], hardware, expect, settings(tmp_path))
    assert outcome.failure.code == "guest-not-up"
    assert outcome.failure.reason.split("; ") == [
        "nothing answered at 10.0.2.15 port 22 (ens192)",
        "the guest agent did not answer",
        "but there is a login prompt on its console",
    ]


def test_the_last_words_of_qemu_are_the_reason_when_it_does_not_start(make_disk, tmp_path):
    with pytest.raises(GuestconvError) as caught:
        verification.verify([make_disk(LOGIN)], machine("ahci", machine="pc-q35-0.1"), None, settings(tmp_path))
    assert caught.value.code == "qemu-failed"
    assert "unsupported machine type" in caught.value.message
