# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What shows that a guest came up: a service that speaks, a login prompt, the guest agent."""

from __future__ import annotations

import json
import socket
import time
from dataclasses import dataclass

from ..errors import GuestconvError
from ..texts import untrusted_json

# Seconds between two connections, and how long one is listened to: an emulated guest takes its time for a banner.
_RETRY = 5
_PATIENCE = 40

# Bytes of a service's first words that are kept.
_LONGEST_BANNER = 256


@dataclass(frozen=True)
class Expected:
    """All of what is to be seen. port: a TCP port of the guest's, or None; banner: how what it says begins."""

    port: int | None = None
    banner: str = "SSH-"
    login: bool = False
    agent: bool = False


def from_dict(value, hardware):
    """The Expected that value (a dict: port, banner, login, agent; None or empty for the default) asks for.

    The default is ssh where hardware has a static address, else a login prompt. Raises GuestconvError
    `expectation-impossible` for what that hardware cannot show.
    """
    value = {key: item for key, item in (value or {}).items() if item is not None}
    if not any(value.values()):
        value = {"port": 22} if hardware.has_static_address else {"login": True}
    if value.get("banner") and not value.get("port"):
        value["port"] = 22
    banner = value.get("banner", Expected.banner)
    if value.get("port") and not banner:
        # QEMU itself accepts the connection, before the guest has answered.
        raise _impossible("banner", "That a port accepts connections shows nothing: name what the service says first.")
    if value.get("port") and not hardware.interfaces:
        raise _impossible("port", "The hardware has no network interface.")
    if value.get("port") and not 0 < value["port"] < 65536:
        raise _impossible("port", "%d is no TCP port." % value["port"])
    if value.get("login") and not hardware.console:
        raise _impossible("login", "The hardware has no console to see a login prompt on.")
    return Expected(value.get("port") or None, banner, bool(value.get("login")), bool(value.get("agent")))


def _impossible(key, message):
    hint = "Give hardware.console a driver, hardware.interfaces an address, or expect something else."
    return GuestconvError("expectation-impossible", message, hint=hint, path="expect." + key)


class Service:
    """A service that is to be heard at one address of the guest's.

    host_port: the port of 127.0.0.1 that leads there. guest: the address and port, for people to read.
    """

    def __init__(self, host_port, banner, guest):
        self._host_port = host_port
        self._banner = banner.encode()
        self._guest = guest
        self._connections = []
        self._next = 0.0
        self._heard = b""
        self.met = False

    def check(self):
        """Look whether the service has spoken; never waits.

        QEMU accepts before the guest does, and a connection that was begun while the guest's network was still down is
        taken up late. So a new one is begun now and then, while the older ones are listened to for some time more.
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

    def close(self):
        for _started, stream, _heard in self._connections:
            stream.close()
        self._connections = []

    def missing(self):
        """What is not yet seen, as the reason for a failure."""
        if self._heard:
            said = self._heard.decode("utf-8", "replace")
            return "%s said %r, rather than %r" % (self._guest, said, self._banner.decode())
        return "nothing answered at %s" % self._guest

    def _connect(self, now):
        try:
            stream = socket.create_connection(("127.0.0.1", self._host_port), timeout=_PATIENCE)
        except OSError:
            return
        stream.setblocking(False)
        self._connections.append((now, stream, bytearray()))

    def _listen(self, connection):
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
    """Some expectations of which one is enough."""

    def __init__(self, parts):
        self._parts = parts

    @property
    def met(self):
        return any(part.met for part in self._parts)

    def check(self):
        for part in self._parts:
            part.check()

    def close(self):
        for part in self._parts:
            part.close()

    def missing(self):
        return ", ".join(part.missing() for part in self._parts)


class Login:
    """A login prompt on the console."""

    def __init__(self, console):
        self._console = console
        self.met = False

    def check(self):
        self.met = self.met or self._console.asks_for_login()

    def close(self):
        pass

    def missing(self):
        return "no login prompt appeared on the console"


class Agent:
    """The QEMU guest agent, which is to answer guest-ping. stream: our end of its channel."""

    def __init__(self, stream):
        self._stream = stream
        self._stream.setblocking(False)
        self._next = 0.0
        self._buffer = b""
        self.met = False

    def check(self):
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

    def close(self):
        pass

    def missing(self):
        return "the guest agent did not answer"

    def _ping(self):
        try:
            self._stream.send(json.dumps({"execute": "guest-ping"}).encode() + b"\n")
        except OSError:
            # Unread pings have filled the channel: they will be answered when the agent starts.
            pass


def _is_answer(line):
    try:
        return "return" in untrusted_json.loads(line)
    except (ValueError, TypeError):
        return False
