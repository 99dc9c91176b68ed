# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""/etc/inittab, which sysvinit and BusyBox's init read. Pure.

A line of sysvinit is ID:RUNLEVELS:ACTION:PROCESS (inittab(5)); the id is any text, of at most four characters. In BusyBox's
the id is the terminal that the process gets, and the runlevels are of no effect (examples/inittab).
"""

from __future__ import annotations

from .ports import TERMINAL, is_gone, is_on_terminal, moved, port_of_getty

_LOGINS = ("respawn", "askfirst", "ondemand")


def edit_inittab(text: str, port: str | None, is_busybox: bool = False) -> str:
    """text of an inittab, with the logins that are on ports that are gone moved to port, or commented out.

    port: of the machine; None for one without, on which the first login is moved to the display if none is there.
    is_busybox: whether BusyBox's init reads it.
    """
    lines = text.split("\n")
    logins = [_login_port(line, is_busybox) for line in lines]
    there = set(logins)
    instead = port
    if port is None and not any(_has_terminal(line, is_busybox) for line in lines):
        instead = TERMINAL
    for number, login in enumerate(logins):
        if login is None or not is_gone(login, port):
            continue
        if instead is None or instead in there:
            # init would start it again all the time, and complain.
            lines[number] = f"#{lines[number]}"
        else:
            lines[number] = _moved(lines[number], port, instead, is_busybox)
            there.add(instead)
    return "\n".join(lines)


def _moved(line: str, port: str | None, new: str, is_busybox: bool) -> str:
    # sysvinit passes over a line with a longer id, so that stays as it is.
    identifier, colon, rest = ("", "", line) if is_busybox else line.partition(":")
    return identifier + colon + moved(rest, port, new)


def _fields(line: str) -> list[str] | None:
    """The fields of a line that runs a login whenever it ends, or None."""
    fields = line.split(":", 3)
    is_login = len(fields) == 4 and "#" not in fields[0] and fields[2] in _LOGINS
    return fields if is_login else None


def _login_port(line: str, is_busybox: bool) -> str | None:
    """The port that a line runs a login on, or None."""
    fields = _fields(line)
    if not fields:
        return None
    if is_busybox and is_gone(fields[0], None):
        return fields[0]
    return port_of_getty(fields[3])


def _has_terminal(line: str, is_busybox: bool) -> bool:
    fields = _fields(line)
    return fields is not None and (
        is_on_terminal(fields[3]) or (is_busybox and fields[0].startswith("tty") and not is_gone(fields[0], None))
    )
