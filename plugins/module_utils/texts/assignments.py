# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Files of shell assignments, such as ifcfg-eth0 or default/grub: NAME=value with all of the shell's quotings. Pure.

Augeas's lens Shellvars is not used: it refuses a file for constructs that the shell takes, and these files are shell
(augeas 1.14, shellvars.aug: two words in quotes side by side, `$'...'`), and a static address would be lost, or a guest
refused, with each. And under emulation it takes most of a second to learn and to save by.
Nothing is executed: what a $VARIABLE or `command` would give stays as it is written.
"""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import dataclass
from typing import Callable

from .remembered import remembered
from .shell_words import MOST_PARTS, PLAIN_QUOTES, QUOTED, meaning

# A comment is matched too, so that nothing within it is.
_ASSIGNMENT = re.compile(
    r"(?:^|(?<=;))[ \t]*(?:#[^\n]*|(?:export[ \t]+)?(?P<name>[A-Za-z_]\w*)="
    rf"(?P<value>(?:{QUOTED}|\\.|[^\s;'\"\\]+){MOST_PARTS})"
    r"(?:[ \t]+#[^\n]*)?)",
    re.MULTILINE | re.DOTALL | re.ASCII,
)
_ONE_QUOTING = re.compile(PLAIN_QUOTES, re.DOTALL)
# A backslash that takes the end of its line with it.
_GOES_ON = re.compile(r"(?<!\\)(?:\\\\)*\\\n\Z")
# One that no other escapes, at the end of a file.
_LAST_BACKSLASH = re.compile(r"(?<!\\)(?:\\\\)*\\\Z")
_LONGEST_END = 1024


@dataclass(frozen=True)
class Assignment:
    """name=value; start and end: the value as it stands in the text, quotes and all."""

    name: str
    value: str
    start: int
    end: int


@remembered
def parse(text: str) -> list[Assignment]:
    """The Assignments in text, in order."""
    return [
        Assignment(match["name"], meaning(match["value"]), match.start("value"), match.end("value"))
        for match in _ASSIGNMENT.finditer(text)
        if match["name"]
    ]


def values(text: str) -> dict[str, str]:
    """{name: value} as the shell has them at the end of the file."""
    return {found.name: found.value for found in parse(text)}


def edited(text: str, names: Collection[str], change: Callable[[str], str]) -> str:
    """text with the value of each assignment to one of names changed by change(value with its quotes) -> text.

    As it is where other assignments would come of it, as a quote is left open: the shell refuses such a file as a whole.
    """
    parts: list[str] = []
    position = 0
    there = parse(text)
    for found in there:
        if found.name in names:
            parts += [text[position : found.start], change(text[found.start : found.end])]
            position = found.end
    new = "".join([*parts, text[position:]])
    return new if [found.name for found in parse(new)] == [found.name for found in there] else text


def quoting(value: str) -> tuple[str, str]:
    """(quote, what is within) of a value with its quotes; the quote is "" when it does not stand in one as a whole."""
    return (value[0], value[1:-1]) if _ONE_QUOTING.fullmatch(value) else ("", value)


def with_value(text: str, name: str, value: str) -> str:
    """text with the assignment to name giving it value, at its end where there is none."""
    if name in values(text):
        return edited(text, (name,), lambda _old: value)
    return with_line(text, name, value)


def with_line(text: str, name: str, value: str) -> str:
    """text with one more assignment, at its end.

    As it is where that would be within a quote that is left open: the shell refuses such a file as a whole.
    """
    before = text
    if text and not text.endswith("\n"):
        # At the end of a file a backslash stands for itself; before a line feed it would take that away.
        text += "\\\n" if _LAST_BACKSLASH.search(text[-_LONGEST_END:]) else "\n"
    if _GOES_ON.search(text[-_LONGEST_END:]):
        text += "\n"
    added = f"{text}{name}={value}\n"
    last = parse(added)[-1:]
    return added if last and last[0].start == len(text) + len(name) + 1 else before


def commented_out(text: str, names: Callable[[str], bool]) -> str:
    """text with the lines that assign to one of names (a predicate) made comments."""
    parts: list[str] = []
    position = line = end = 0
    for found in parse(text):
        # A value may have ends of lines in it, so a line begins after the assignment before, or with that.
        line = text.rfind("\n", end, found.start) + 1 or line
        end = found.end
        if names(found.name):
            # Else it stands on the line of one before, which is a comment already.
            if line >= position:
                parts += [text[position:line], "#"]
                position = line
            parts.append(text[position:end].replace("\n", "\n#"))
            position = end
    return "".join([*parts, text[position:]])
