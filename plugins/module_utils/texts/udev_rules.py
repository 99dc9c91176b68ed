# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Files of udev's rules (udev(7)): their rules, and the tokens of each. Pure."""

from __future__ import annotations

import re
from typing import Callable

from . import globs

# A token of a rule: its key, operator and value.
# From the beginning of a word on, and keys of a likely length: the search is not to begin anew within what it has seen.
TOKEN = re.compile(r'(?<![A-Za-z])([A-Za-z]+(?:\{[^}"\n]{0,200}\})?)\s*(==|!=|\+=|-=|:=|=)\s*"((?:[^"\\]|\\.)*)"')
# Characters of a rule. udev joins no more into one (UDEV_LINE_SIZE in udev-def.h).
_LONGEST = 16 * 1024


def rules(text: str) -> list[str]:
    """The rules in text, each as it is written."""
    # udev-rules.c: a rule goes on on the next line after a backslash.
    return [line for line in re.split(r"(?<!\\)\n", text) if _is_rule(line)]


def each_rule(text: str, change: Callable[[str], str]) -> str:
    """text with each rule in it being what change makes of it."""
    parts = re.split(r"((?<!\\)\n)", text)
    return "".join(change(part) if part != "\n" and _is_rule(part) else part for part in parts)


def one_fits(patterns: str, name: str) -> bool:
    """Whether one of the shell patterns of a value, which stand between bars, matches name."""
    return any(globs.fits(name, pattern) for pattern in patterns.split("|"))


def _is_rule(line: str) -> bool:
    return len(line) <= _LONGEST and not line.lstrip().startswith("#")
