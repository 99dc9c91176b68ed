# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How GRUB's Linux loader puts arguments together to a command line (grub-core/lib/cmdline.c). Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable

_ESCAPED = re.compile(r"(\\x[0-9a-fA-F]{2})|([\\'\"])")


def argument(text: str) -> str:
    """An argument as it stands in the command line: one that has a blank within quotes, and the quotes in it escaped."""
    escaped = _ESCAPED.sub(lambda match: match[1] or f"\\{match[2]}", text)
    return f'"{escaped}"' if " " in text else escaped


def line(arguments: Iterable[str]) -> str:
    """The command line of these arguments."""
    return " ".join(map(argument, arguments))


def arguments(text: str) -> list[str]:
    """The arguments that make this command line, or a part of one."""
    found: list[str] = []
    is_within, is_open, position = False, False, 0
    while position < len(text):
        character = text[position]
        if character == "\\" and position + 1 < len(text) and text[position + 1] in "\\'\"":
            position += 1
            character = text[position]
        elif character == '"':
            is_within = not is_within
            character = ""
        elif character in " \t\n" and not is_within:
            is_open = False
            position += 1
            continue
        if is_open:
            found[-1] += character
        else:
            found.append(character)
            is_open = True
        position += 1
    return found
