# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A QEMU that runs."""

from __future__ import annotations

import hashlib
import os
import select
import socket
import subprocess
from contextlib import ExitStack
from dataclasses import dataclass, replace

from ..errors import GuestconvError
from ..qemu.mortal import MORTAL
from ..qemu.qmp import Monitor
from . import display
from .command_line import Launch, command_line
from .console import Console
from .signs import Look, processor_from
from .tpm import TPM, NoTPM

# How often QEMU is restarted when another process took the port that was free a moment before.
_PORT_ATTEMPTS = 5

# Restarts of the guest: some restart once by themselves (SELinux relabelling, the UEFI fallback loader).
_MOST_RESTARTS = 5

# Bytes of QEMU's last error message.
_LONGEST_ERROR = 4096


@dataclass(frozen=True)
class Failure:
    """Why a guest will not come up."""

    code: str
    reason: str
    hint: str = ""


class Machine:
    """A running machine.

    launch, command: what it was started with. agent: our end of the guest agent's channel, or None. warning: what the
    machine lacks, for the user, or "".
    """

    def __init__(self, launch: Launch, console: Console, directory: str, with_agent: bool = False) -> None:
        """Start launch (a Launch without file descriptors and host ports); end it with stop().

        console: the Console that gets the guest's text. directory: where QEMU's errors and dumps may be kept.
        with_agent: give it the guest agent's channel. Raises GuestconvError `qemu-failed`.
        """
        self._console = console
        self._with_agent = with_agent
        self._directory = directory
        self._errors = os.path.join(directory, "qemu-errors")
        self._dumped = os.path.join(directory, "dump")
        self._process: subprocess.Popen[bytes] | None = None
        self._text: socket.socket | None = None
        self.agent: socket.socket | None = None
        self.warning = ""
        self._ours = ExitStack()
        for _attempt in range(_PORT_ATTEMPTS):
            try:
                self._start(replace(launch, host_ports=_free_ports(len(launch.networks))))
                return
            except GuestconvError as error:
                self.stop()
                words = self._last_words()
                # net/slirp.c: "Could not set up host forwarding rule".
                if "host forwarding rule" not in words:
                    raise _not_started(error, words) from error
            except BaseException:
                self.stop()
                raise
        raise GuestconvError("qemu-failed", f"QEMU found no free port on 127.0.0.1 in {_PORT_ATTEMPTS} tries.")

    def _start(self, launch: Launch) -> None:
        with ExitStack() as theirs:
            monitor, monitor_end = self._channel(theirs)
            text_end = agent_end = None
            if launch.hardware.console:
                self._text, text_end = self._channel(theirs)
            if self._with_agent:
                self.agent, agent_end = self._channel(theirs)
            tpm_end = self._tpm() if launch.hardware.tpm else None
            self.launch = replace(launch, monitor=monitor_end, console=text_end, agent=agent_end, tpm=tpm_end)
            self.command = command_line(self.launch)
            inherited = [end for end in (monitor_end, text_end, agent_end, tpm_end) if end is not None]
            with open(self._errors, "wb") as errors:
                self._process = subprocess.Popen(
                    [*MORTAL, *self.command],
                    stdin=subprocess.DEVNULL,
                    stdout=subprocess.DEVNULL,
                    stderr=errors,
                    pass_fds=inherited,
                    start_new_session=True,
                )
        self._monitor_socket = monitor
        self._monitor = Monitor(monitor)
        self._monitor.open()

    def _channel(self, theirs: ExitStack) -> tuple[socket.socket, int]:
        """A pair of sockets: our end, and QEMU's file descriptor, which theirs closes.

        Not sockets in the file system: their paths must be short, and whoever may open them commands the machine.
        """
        ours, other = socket.socketpair()
        self._ours.enter_context(ours)
        theirs.enter_context(other)
        return ours, other.fileno()

    def _tpm(self) -> int | None:
        """QEMU's file descriptor for a TPM, or None, with a warning, where this host cannot emulate one."""
        try:
            tpm = TPM(self._directory)
        except NoTPM as error:
            self.warning = str(error)
            return None
        self._ours.callback(tpm.stop)
        return tpm.channel.fileno()

    def pump(self, timeout: float) -> None:
        """Receive the output of QEMU and the guest; wait for it for at most timeout seconds."""
        streams = [stream for stream in (self._monitor_socket, self._text) if stream is not None]
        readable = select.select(streams, [], [], timeout)[0]
        if self._monitor_socket in readable and not self._monitor.receive():
            self._running().wait()
        if self._text is not None and self._text in readable:
            self._console.feed(_received(self._text))

    def failure(self) -> Failure | None:
        """The Failure by which the machine stopped, or None while it runs."""
        if self._running().poll() is not None:
            return Failure("qemu-failed", f"QEMU ended: {self._last_words() or 'without a message'}")
        events = [event["event"] for event in self._monitor.events]
        if "SHUTDOWN" in events:
            return Failure("guest-powered-off", "the guest powered itself off")
        if "BLOCK_IO_ERROR" in events:
            return Failure(
                "disk-error",
                "a disk of the guest could not be read or written",
                "Check the free space in workdir: all that the guest writes is kept there until it is stopped.",
            )
        if events.count("RESET") > _MOST_RESTARTS:
            return Failure("guest-restarts", "the guest keeps restarting")
        return None

    def display_text(self) -> str:
        """What the display shows in text mode; meaningless in others, empty for a machine without display.

        Guests that do not use the serial port show there what is wrong. Raises GuestconvError or OSError.
        """
        if not self.launch.hardware.video:
            return ""
        return display.text_of(self._dump("pmemsave", val=display.TEXT_ADDRESS, size=display.TEXT_SIZE))

    def look(self, console: str) -> Look:
        """What is seen of the machine now, a signs.Look. console: the text of its console. Raises GuestconvError or OSError."""
        statistics = [device["stats"] for device in self._monitor.execute("query-blockstats")]
        registers = self._monitor.execute("human-monitor-command", **{"command-line": "info registers"})
        return Look(
            console=console,
            display=self.display_text() + self._picture(),
            transferred=sum(one["rd_operations"] + one["wr_operations"] for one in statistics),
            restarts=[event["event"] for event in self._monitor.events].count("RESET"),
            processor=processor_from(registers),
        )

    def _picture(self) -> str:
        """What tells a picture from another one in a graphics mode: menus count down there too. Empty in text mode, whose
        cursor blinks."""
        if not self.launch.hardware.video:
            return ""
        ppm = self._dump("screendump")
        return "" if display.is_text_mode(ppm) else hashlib.sha256(ppm).hexdigest()

    def screenshot(self, path: str) -> None:
        """Write what the display shows to path, as PNG. Raises GuestconvError, OSError or ValueError."""
        png = display.png_from_ppm(self._dump("screendump"))
        with open(path, "wb") as target:
            target.write(png)

    def _dump(self, command: str, **arguments: object) -> bytes:
        """The bytes that a command of QEMU writes to a file."""
        self._monitor.execute(command, filename=self._dumped, **arguments)
        with open(self._dumped, "rb") as dumped:
            return dumped.read()

    def _running(self) -> subprocess.Popen[bytes]:
        if self._process is None:
            raise GuestconvError("qemu-failed", "QEMU was not started.")
        return self._process

    def stop(self) -> None:
        """End the machine at once: all that it wrote is thrown away."""
        if self._process:
            self._process.kill()
            self._process.wait()
        self._ours.close()

    def _last_words(self) -> str:
        """The end of QEMU's standard error, in one line."""
        with open(self._errors, "rb") as errors:
            errors.seek(max(0, os.path.getsize(self._errors) - _LONGEST_ERROR))
            return " ".join(errors.read().decode("utf-8", "replace").split())


def _not_started(error: GuestconvError, words: str) -> GuestconvError:
    message = f"QEMU did not start: {words or error.message}"
    return GuestconvError("qemu-failed", message, hint="This QEMU may lack a device model that `hardware` names.")


def _received(stream: socket.socket) -> bytes:
    try:
        return stream.recv(65536)
    except ConnectionError:
        # QEMU died; failure() will report it.
        return b""


def _free_ports(count: int) -> tuple[int, ...]:
    """So many different TCP ports of 127.0.0.1 that nobody uses at this moment."""
    with ExitStack() as sockets:
        bound = [sockets.enter_context(socket.socket()) for _index in range(count)]
        for one in bound:
            one.bind(("127.0.0.1", 0))
        return tuple(one.getsockname()[1] for one in bound)
