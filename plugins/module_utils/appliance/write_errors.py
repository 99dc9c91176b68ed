# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Write errors of the host, under the appliance: a full disk, a quota, a network file system that is away.

QEMU by itself stops the machine when a disk is full, without a word to libguestfs; its call then hangs. Any other
error it passes on to the appliance's kernel, which has long reported to libguestfs that all is written: the guest would be
committed half-converted (tried, with a file size limit). So QEMU is configured to stop at any of them, and to report it here.
"""

from __future__ import annotations

import os
import shutil
import socket
import tempfile
import threading
from collections.abc import Iterable
from typing import Any, Callable

from ..errors import GuestconvError
from ..qemu.qmp import Monitor

# Seconds between two attempts to reach the monitor of a QEMU that is starting.
_GLANCE = 0.2


class WriteErrors:
    """Watches the QEMU of one appliance, in a thread.

    Args: paths: of its disks, in order; on_error: called once, with a GuestconvError (no-space, host-io-failed).
    """

    def __init__(self, paths: Iterable[str], on_error: Callable[[GuestconvError], object]) -> None:
        self._paths = list(paths)
        self._on_error = on_error
        # The path of a socket must be short; and whoever may open it commands the machine, so it is in our own place.
        self._place = tempfile.mkdtemp(prefix="guestconv-")
        self._socket: socket.socket | None = None
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._watch, daemon=True)

    @property
    def qemu_options(self) -> list[tuple[str, str]]:
        """What QEMU must be given: (option, value). libguestfs calls the disks hd0, hd1, ..."""
        stop = [("-set", f"drive.hd{index}.werror=stop") for index in range(len(self._paths))]
        return [*stop, ("-qmp", f"unix:{self._place}/qmp,server=on,wait=off")]

    def has_qemu(self) -> bool:
        """Whether QEMU has been started: it makes the socket."""
        return os.path.exists(f"{self._place}/qmp")

    def start(self) -> None:
        """Begin to watch; QEMU may be started before or after that."""
        self._thread.start()

    def end(self) -> None:
        """Stop watching."""
        self._ended.set()
        if self._socket is not None:
            try:
                self._socket.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass  # QEMU has ended
        if self._thread.is_alive() and self._thread is not threading.current_thread():
            self._thread.join()
        shutil.rmtree(self._place, ignore_errors=True)

    def _watch(self) -> None:
        connection = self._connected()
        if connection is None:
            return
        with connection:
            monitor = Monitor(connection)
            try:
                monitor.open()
            except GuestconvError:
                return  # QEMU has ended, which libguestfs will report
            while not self._reported(monitor) and monitor.receive():
                pass

    def _connected(self) -> socket.socket | None:
        """A connection to QEMU's monitor; None when the watch ends before there is one."""
        while not self._ended.wait(_GLANCE):
            connection = socket.socket(socket.AF_UNIX)
            try:
                connection.connect(f"{self._place}/qmp")
            except OSError:
                connection.close()
                continue
            self._socket = connection
            return connection
        return None

    def _reported(self, monitor: Monitor) -> bool:
        """Report the first error that QEMU has stopped at, if there is one."""
        for event in monitor.events:
            if event["event"] == "BLOCK_IO_ERROR" and event["data"]["action"] == "stop":
                self._on_error(self._error(event["data"]))
                return True
        monitor.events.clear()
        return False

    def _error(self, data: dict[str, Any]) -> GuestconvError:
        number = data["device"].removeprefix("hd")
        path = self._paths[int(number)] if number.isdigit() and int(number) < len(self._paths) else data["device"]
        reason = data.get("reason") or "unknown error"
        if data.get("nospace"):
            return GuestconvError(
                "no-space",
                f"{os.path.dirname(path)} became full while the guest was worked on. The disks are unchanged.",
                hint="Make room there, or give another place by `workdir`.",
            )
        return GuestconvError(
            "host-io-failed",
            f"This machine could not write to {path}: {reason}. The disks are unchanged.",
            hint="Check the file system, quota or storage that it is on, or give another place by `workdir`.",
        )
