# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Logins that OpenRC supervises: the service agetty, by a link for each port (OpenRC's agetty-guide.md).

/etc/init.d/agetty.ttyS0 is a link to agetty, /etc/conf.d/agetty.ttyS0 has its options, and a link in a runlevel starts it.
"""

from __future__ import annotations

import posixpath
from collections.abc import Sequence

from ...guest.root import GuestRoot
from .ports import TERMINAL, is_gone

# Of the services of a runlevel.
PATTERN = "/etc/runlevels/*/agetty.*"

_SERVICES, _OPTIONS = "/etc/init.d", "/etc/conf.d"
_MOVED = "a login is on the console that the target has"
_ENDED = "no login on a console that the target does not have"


def convert(root: GuestRoot, paths: Sequence[str], port: str | None) -> None:
    """Move the services of ports that are gone to port. paths: what matches PATTERN."""
    services = {posixpath.basename(path) for path in paths}
    if port is None and not any(
        service.startswith("agetty.tty") and not is_gone(service[len("agetty.") :], None) for service in services
    ):
        # Somebody must be able to log in on the display.
        port = TERMINAL
    is_there = f"agetty.{port}" in services
    for path in paths:
        service = posixpath.basename(path)
        if not is_gone(service[len("agetty.") :], port):
            continue
        root.remove(path, _ENDED)
        if port is None or is_there:
            continue
        new = f"agetty.{port}"
        if not root.exists(f"{_SERVICES}/{new}"):
            root.link(f"{_SERVICES}/{new}", "agetty", _MOVED)
        if not root.exists(f"{_OPTIONS}/{new}"):
            root.rename(f"{_OPTIONS}/{service}", f"{_OPTIONS}/{new}", _MOVED)
        root.link(f"{posixpath.dirname(path)}/{new}", f"{_SERVICES}/{new}", _MOVED)
        is_there = True
