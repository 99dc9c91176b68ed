# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What shows that a guest came up: a service that speaks, a login prompt, the guest agent."""

from __future__ import annotations

import json
import socket
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from ..errors import GuestconvError
from ..model.hardware import Hardware
from ..texts import untrusted_json
from .console import Console

# Seconds between two connections, and how long one is listened to: an emulated guest takes its time for a banner.
_RETRY = 5
_PATIENCE = 40

# Bytes of a service's first words that are kept.
_LONGEST_BANNER = 256


@dataclass(frozen=True)
class Expected:
    """What must be seen. port: a TCP port of the guest, or None; banner: how the text that it sends begins."""

    port: int | None = None
    banner: str = "SSH-"
    login: bool = False
    agent: bool = False


def from_dict(value: Mapping[str, Any] | None, hardware: Hardware) -> Expected:
    """The Expected that value (a dict: port, banner, login, agent; None or empty for the default) asks for.

    The default is ssh where hardware has a static address, else a login prompt, as it is for Windows. Raises GuestconvError
    `expectation-impossible` for what that hardware cannot show.
    """
    value = {key: item for key, item in (value or {}).items() if item is not None}
    if "port" in value and not 0 < value["port"] < 65536:
        raise _impossible("port", f"{value['port']} is not a TCP port.", "Give a number from 1 to 65535.")
    if not any(value.values()):
        value = {"port": 22} if hardware.has_static_address and not hardware.windows else {"login": True}
    if value.get("banner") and not value.get("port"):
        value["port"] = 22
    banner = value.get("banner", Expected.banner)
    if value.get("port") and not banner:
        # QEMU itself accepts the connection, before the guest has answered.
        raise _impossible(
            "banner",
            "An accepted connection proves nothing, because QEMU accepts it. Give the beginning of what the service sends.",
        )
    if value.get("port") and not hardware.interfaces:
        raise _impossible("port", "The hardware has no network interface.")
    if value.get("login") and not hardware.console:
        raise _impossible("login", "The hardware has no console to see a login prompt on.")
    return Expected(value.get("port") or None, banner, bool(value.get("login")), bool(value.get("agent")))


def _impossible(key: str, message: str, hint: str = "") -> GuestconvError:
    hint = hint or "Give hardware.console a driver or hardware.interfaces an address, or expect something else."
    return GuestconvError("expectation-impossible", message, hint=hint, path="expect." + key)


class Expectation(Protocol):
    """What is to be seen of a guest that came up."""

    @property
    def met(self) -> bool:
        """Whether it was seen."""

    def check(self) -> None:
        """Look for it; never waits."""

    def close(self) -> None:
        """End what check() has opened."""

    def missing(self) -> str:
        """What is not yet seen, as the reason for a failure."""


# Since when (time.monotonic()), what it is, and what was heard.
_Connection = tuple[float, socket.socket, bytearray]


class Service:
    """A service that must answer at one address of the guest.

    host_port: the port of 127.0.0.1 that leads there. guest: the address and port, for people to read.
    """

    def __init__(self, host_port: int, banner: str, guest: str) -> None:
        self._host_port = host_port
        self._banner = banner.encode()
        self._guest = guest
        self._connections: list[_Connection] = []
        self._next = 0.0
        self._heard = b""
        self.met = False

    def check(self) -> None:
        """Look whether the service has spoken; never waits.

        QEMU accepts before the guest does, and a connection that was opened while the guest's network was still down
        is answered late. So a new one is opened every few seconds, while the older ones stay open for some time.
        """
        now = time.monotonic()
        if now >= self._next:
            self._next = now + _RETRY
            self._connect(now)
        for connection in list(self._connections):
            started, stream, heard = connection
            open_ = self._listen(connection)
            if not open_ or now - started > _PATIENCE:
                stream.close()
                self._connections.remove(connection)
        if self.met:
            self.close()

    def close(self) -> None:
        for _started, stream, _heard in self._connections:
            stream.close()
        self._connections = []

    def missing(self) -> str:
        """What is not yet seen, as the reason for a failure."""
        if self._heard:
            said = self._heard.decode("utf-8", "replace")
            return f"{self._guest} answered {said!r}, not {self._banner.decode()!r}"
        return f"nothing answered at {self._guest}"

    def _connect(self, now: float) -> None:
        try:
            stream = socket.create_connection(("127.0.0.1", self._host_port), timeout=_PATIENCE)
        except OSError:
            return
        stream.setblocking(False)
        self._connections.append((now, stream, bytearray()))

    def _listen(self, connection: _Connection) -> bool:
        """Read what has come. False when there is no more to come, or enough has."""
        _started, stream, heard = connection
        try:
            data = stream.recv(_LONGEST_BANNER)
        except BlockingIOError:
            return True
        except OSError:
            return False
        heard += data
        if heard:
            self._heard = bytes(heard[:_LONGEST_BANNER])
        self.met = self.met or heard.startswith(self._banner)
        return bool(data) and len(heard) < _LONGEST_BANNER


class AnyOf:
    """Several expectations, one of which is enough."""

    def __init__(self, parts: Sequence[Expectation]) -> None:
        self._parts = parts

    @property
    def met(self) -> bool:
        return any(part.met for part in self._parts)

    def check(self) -> None:
        for part in self._parts:
            part.check()

    def close(self) -> None:
        for part in self._parts:
            part.close()

    def missing(self) -> str:
        return ", ".join(part.missing() for part in self._parts)


class Login:
    """A login prompt on the console, or, of Windows, the report that its first boot has ended."""

    def __init__(self, console: Console, is_windows: bool = False) -> None:
        self._console = console
        self._is_windows = is_windows
        self.met = False

    def check(self) -> None:
        self.met = self.met or self._console.asks_for_login()

    def close(self) -> None:
        pass

    def missing(self) -> str:
        if self._is_windows:
            return (
                "the script of Windows' first boot did not report its end on the console, which a guest that has had its "
                "first boot never does"
            )
        return "no login prompt appeared on the console"


class Agent:
    """The QEMU guest agent, which is to answer guest-ping. stream: our end of its channel."""

    def __init__(self, stream: socket.socket) -> None:
        self._stream = stream
        self._stream.setblocking(False)
        self._next = 0.0
        self._buffer = b""
        self.met = False

    def check(self) -> None:
        now = time.monotonic()
        if now >= self._next:
            self._next = now + _RETRY
            self._ping()
        try:
            self._buffer += self._stream.recv(4096)
        except OSError:
            return
        *lines, self._buffer = self._buffer[-4096:].split(b"\n")
        self.met = self.met or any(_is_answer(line) for line in lines)

    def close(self) -> None:
        pass

    def missing(self) -> str:
        return "the guest agent did not answer"

    def _ping(self) -> None:
        try:
            self._stream.send(json.dumps({"execute": "guest-ping"}).encode() + b"\n")
        except OSError:
            # Unread pings have filled the channel: they will be answered when the agent starts.
            pass


def _is_answer(line: bytes) -> bool:
    try:
        return "return" in untrusted_json.loads(line)
    except (ValueError, TypeError):
        return False
