# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Settings of shell files that hold arguments of the kernel, from which tools generate a menu: NAME="quiet ro". Pure."""

from __future__ import annotations

import re
import shlex
from collections.abc import Callable, Mapping

from ....texts import assignments

_NO_SHELL = re.compile(r"[^\"'`$(){}\\]")


def edited(text: str, changes: Mapping[str, Callable[[str], str]]) -> str:
    """text with the value of each assignment to a name in changes edited by its function (str) -> str.

    The function is given the value as it is written within its quotes. A value that is of several quotings, or in which
    what the shell replaces would have to change, stays.
    """
    parts: list[str] = []
    position = 0
    for found in assignments.parse(text):
        change = changes.get(found.name)
        if change is not None:
            parts += [text[position : found.start], _edited(text[found.start : found.end], change)]
            position = found.end
    return "".join([*parts, text[position:]])


def _edited(written: str, change: Callable[[str], str]) -> str:
    quote, value = assignments.quoting(written)
    if not quote and shell_of(value):
        return written
    new = change(value)
    return written if new == value or shell_of(new) != shell_of(value) else quoted(new, quote)


def quoted(value: str, quote: str) -> str:
    """value in these quotes; quote may be "", and then it gets those that it needs."""
    quote = quote or ("" if value == shlex.quote(value) else '"')
    return f"{quote}{value}{quote}"


def shell_of(value: str) -> str:
    """What the shell takes for more than characters, within a value."""
    return _NO_SHELL.sub("", value)
