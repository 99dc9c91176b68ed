# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Talks to QEMU over its monitor (QMP), on a socket that QEMU was given."""

from __future__ import annotations

import json
import socket as sockets
import time
from typing import Any, Protocol

from ..errors import GuestconvError

# Seconds for one answer. QEMU's main thread can be held up by an emulated guest, not for long.
_ANSWER_TIMEOUT = 60


class Connection(Protocol):
    """What is used of a socket."""

    def sendall(self, data: bytes, /) -> None: ...
    def recv(self, count: int, /) -> bytes: ...
    def settimeout(self, seconds: float | None, /) -> None: ...


class Monitor:
    """A QMP session. events: the dicts that QEMU sent by itself, in order."""

    def __init__(self, socket: Connection) -> None:
        self._socket = socket
        self._buffer = b""
        self._count = 0
        self.events: list[dict[str, Any]] = []

    def open(self) -> None:
        """Wait for QEMU's greeting, and begin the session. Raises GuestconvError `qemu-failed` when QEMU dies first."""
        deadline = time.monotonic() + _ANSWER_TIMEOUT
        while "QMP" not in self._next(deadline):
            pass
        self.execute("qmp_capabilities")

    def execute(self, command: str, **arguments: Any) -> Any:
        """QEMU's answer to command. Raises GuestconvError `qemu-failed` when it is an error, or none comes."""
        deadline = time.monotonic() + _ANSWER_TIMEOUT
        # Numbered: the answer to a command that was given up may still come.
        self._count += 1
        message = {"execute": command, "arguments": arguments, "id": self._count}
        try:
            self._socket.sendall(json.dumps(message).encode() + b"\n")
        except OSError as error:
            raise _failed(f"QEMU's monitor is closed: {error}.") from error
        while True:
            answer = self._next(deadline)
            if answer.get("id", self._count) != self._count:
                continue
            if "error" in answer:
                raise _failed(f"{command}: {answer['error'].get('desc', answer['error'])}")
            if "return" in answer:
                # What came along with it would else be seen only when more comes.
                self._take_events()
                return answer["return"]

    def receive(self) -> bool:
        """Take in what has arrived. False when QEMU has closed the connection."""
        try:
            data = self._socket.recv(65536)
        except OSError:
            return False
        self._buffer += data
        self._take_events()
        return bool(data)

    def _take_events(self) -> None:
        """Of what has arrived; nothing else is waited for."""
        while b"\n" in self._buffer:
            message = self._cut()
            if "event" in message:
                self.events.append(message)

    def _next(self, deadline: float) -> dict[str, Any]:
        """The next message that is not an event."""
        while True:
            while b"\n" in self._buffer:
                message = self._cut()
                if "event" not in message:
                    return message
                self.events.append(message)
            left = deadline - time.monotonic()
            if left <= 0:
                raise _failed(f"QEMU's monitor did not answer within {_ANSWER_TIMEOUT} seconds.")
            self._read(left)

    def _read(self, timeout: float) -> None:
        self._socket.settimeout(timeout)
        try:
            data = self._socket.recv(65536)
        except sockets.timeout as error:  # a TimeoutError of its own until Python 3.10
            raise _failed(f"QEMU's monitor did not answer within {_ANSWER_TIMEOUT} seconds.") from error
        except OSError as error:
            raise _failed(f"QEMU's monitor is closed: {error}.") from error
        finally:
            self._socket.settimeout(None)
        if not data:
            raise _failed("QEMU ended.")
        self._buffer += data

    def _cut(self) -> dict[str, Any]:
        line, _end, self._buffer = self._buffer.partition(b"\n")
        message: dict[str, Any] = json.loads(line)
        return message


def _failed(message: str) -> GuestconvError:
    return GuestconvError("qemu-failed", message)
