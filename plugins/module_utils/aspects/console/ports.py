# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Ports that people log in on: which there are, and which of them are gone on the target. Pure."""

from __future__ import annotations

import re

# Serial ports, and the consoles of hypervisors that systemd's getty-generator knows (virtio and Xen, old Xen, POWER,
# s390). Others, such as ttyUSB0, are hardware that somebody connects to the virtual machine, and stay.
PORT = r"(?:ttyS\d+|hvc\d+|xvc\d+|hvsi\d+|sclp_line\d+|ttysclp\d+)"

# The first virtual terminal, which is on the display.
TERMINAL = "tty1"

_WORD = re.compile(rf"\b{PORT}\b")
_TERMINAL = re.compile(r"\btty\d+\b")


def is_gone(name: str | None, port: str | None) -> bool:
    """Whether name is a port that a machine has not, whose one port is port (None: it has none)."""
    return name is not None and name != port and re.fullmatch(PORT, name) is not None


def port_of_getty(command: str) -> str | None:
    """The port that a command line runs a getty on: the last that is named after the program. None for no getty."""
    found = _WORD.findall(command, command.find("getty")) if "getty" in command else []
    return found[-1] if found else None


def is_on_terminal(command: str) -> bool:
    """Whether a command line runs a getty on a virtual terminal."""
    return "getty" in command and _TERMINAL.search(command, command.find("getty")) is not None


def moved(text: str, port: str | None, new: str) -> str:
    """text with the port new in place of all ports that are gone. port: as of is_gone()."""
    return _WORD.sub(lambda found: new if is_gone(found[0], port) else found[0], text)
