# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Logins of systemd: serial-getty@ and getty@, where they are enabled by a link.

systemd's getty-generator starts serial-getty@ on every console that the kernel has (systemd-getty-generator(8)), so
console= is all that most guests need.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator, Sequence

from ...guest.root import GuestRoot
from ...model.concerns import Concern
from .ports import PORT, is_gone

_UNITS = "/etc/systemd/system"
# Units that are wanted, drop-ins, and units in the place of the template, among them masked ones.
PATTERNS = (
    f"{_UNITS}/*.wants/serial-getty@*.service",
    f"{_UNITS}/*.wants/getty@*.service",
    f"{_UNITS}/serial-getty@*.service",
    f"{_UNITS}/serial-getty@*.service.d",
)
_UNIT = re.compile(rf"(serial-getty|getty)@({PORT})\.service")
_MOVED = "a login is on the console that the target has"
# The unit is bound to its device, for which getty.target, and so multi-user.target, waits 90 seconds.
_ENDED = "no login on a console that the target does not have"


def convert(root: GuestRoot, paths: Sequence[str], port: str | None, has_own: bool) -> None:
    """Take the logins away that are on ports that are gone. paths: what matches PATTERNS.

    has_own: whether the generator starts one on port. If not, the first that goes is moved there.
    """
    wanted = [path for path in paths if path.startswith(_UNITS) and posixpath.dirname(path) != _UNITS]
    there = {posixpath.basename(path) for path in wanted}
    is_there = has_own or port is None or f"serial-getty@{port}.service" in there
    for path in wanted:
        match = _UNIT.fullmatch(posixpath.basename(path))
        if not match or not is_gone(match[2], port):
            continue
        target = root.real_path(path)
        root.remove(path, _ENDED)
        if not is_there and match[1] == "serial-getty" and target != path:
            root.link(f"{posixpath.dirname(path)}/serial-getty@{port}.service", target, _MOVED)
            is_there = True


def concerns(root: GuestRoot, paths: Sequence[str], port: str | None) -> Iterator[Concern]:
    """What is not carried over to port: settings of ports that are gone, and a login that somebody has masked."""
    for path in paths:
        match = _UNIT.match(posixpath.basename(path))
        if port is None or not match or posixpath.dirname(path) != _UNITS:
            continue
        new = f"serial-getty@{port}.service"
        if path.endswith(".d"):
            if is_gone(match[2], port) and root.list(path):
                yield _differs(
                    root, f"{path} has settings of the login on {match[2]}", f"copy them to {_UNITS}/{new}.d"
                )
        elif root.read(path):
            if is_gone(match[2], port):
                yield _differs(root, f"{path} is the unit of the login on {match[2]}", f"copy it to {_UNITS}/{new}")
        elif match[2] == port:
            # An empty file, or a link to /dev/null, which is no file (systemctl(1), mask).
            yield _differs(root, f"{path} masks it", f"run `systemctl unmask {new}`")


def _differs(root: GuestRoot, what: str, remedy: str) -> Concern:
    return Concern(
        "console-login-differs",
        "info",
        f"The login on the target's console is not what it was on the source's: {what} on {root.name}.",
        f"If people are to log in there as before, {remedy} in the guest.",
    )
