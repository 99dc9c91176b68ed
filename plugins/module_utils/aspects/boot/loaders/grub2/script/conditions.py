# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The command `test`, or `[` (grub-core/commands/test.c). Pure."""

from __future__ import annotations

import operator
import re
from collections.abc import Callable, Sequence
from typing import Protocol

_NUMBER = re.compile(r"[ \t\n\v\f\r]*(?:0[xX]([0-9a-fA-F]+)|(0[0-7]+)|([0-9]+))", re.ASCII)

_OF_STRINGS: dict[str, Callable[[str, str], bool]] = {
    "=": operator.eq,
    "==": operator.eq,
    "!=": operator.ne,
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}
_OF_NUMBERS: dict[str, Callable[[int, int], bool]] = {
    "-eq": operator.eq,
    "-ne": operator.ne,
    "-lt": operator.lt,
    "-le": operator.le,
    "-gt": operator.gt,
    "-ge": operator.ge,
}


class Facts(Protocol):
    """What conditions ask about files, by their names as scripts write them."""

    def size(self, name: str) -> int | None:
        """The size of a file, None when there is none."""

    def is_directory(self, name: str) -> bool:
        """Whether there is a directory."""


class _Level:
    """What was read within one pair of parentheses: alternatives, of which each is a conjunction."""

    def __init__(self) -> None:
        self.any, self.all, self.inverted = False, True, False

    def take(self, value: bool) -> None:
        self.all = self.all and value != self.inverted
        self.inverted = False

    @property
    def result(self) -> bool:
        return self.any or self.all


def is_true(words: Sequence[str], facts: Facts) -> bool:
    """Whether the condition holds that words are."""
    words = words[:-1] if words[-1:] == ["]"] else words
    levels, position = [_Level()], 0
    while position < len(words):
        level = levels[-1]
        value = _ternary(words[position : position + 3])
        count = 3
        if value is None:
            value, count = _of_file(words[position : position + 2], facts), 2
        if value is not None:
            level.take(value)
            position += count
            continue
        word, position = words[position], position + 1
        if word == ")":
            if len(levels) == 1:
                break
            levels[-2].take(levels.pop().result)
        elif word == "(":
            levels.append(_Level())
        elif word == "!":
            level.inverted = not level.inverted
        elif word == "-o":
            level.any, level.all = level.result, True
        elif word != "-a":
            level.take(bool(word))
    while len(levels) > 1:
        levels[-2].take(levels.pop().result)
    return levels[0].result


def _ternary(words: Sequence[str]) -> bool | None:
    """The value of a condition of three words, None where it is none."""
    if len(words) < 3:
        return None
    left, operation, right = words
    if operation in _OF_STRINGS:
        return _OF_STRINGS[operation](left, right)
    if operation in _OF_NUMBERS:
        return _OF_NUMBERS[operation](number(left), number(right))
    if operation in ("-pgt", "-plt"):
        start = _end_of_prefix(left, right)
        return _OF_NUMBERS[operation.replace("p", "")](number(left[start:]), number(right[start:]))
    # When files were written is not known; nothing that is generated asks.
    return False if operation[:3] in ("-nt", "-ot") else None


def _end_of_prefix(left: str, right: str) -> int:
    """Where the numbers begin that two names differ in."""
    count = 0
    while count < min(len(left), len(right)) and left[count] == right[count]:
        count += 1
    count -= 1
    while count > 0 and left[count].isdigit():
        count -= 1
    return count + 1


def _of_file(words: Sequence[str], facts: Facts) -> bool | None:
    """The value of a condition of two words, None where it is none."""
    if len(words) < 2:
        return None
    operation, operand = words
    if operation == "-n":
        return bool(operand)
    if operation == "-z":
        return not operand
    if operation == "-s":
        return bool(facts.size(operand))
    if operation == "-f":
        return facts.size(operand) is not None
    if operation == "-d":
        return facts.is_directory(operand)
    if operation == "-e":
        return facts.size(operand) is not None or facts.is_directory(operand)
    return None


def number(text: str) -> int:
    """text as grub_strtoul() takes it, with base 0; 0 where it is none."""
    sign, text = (-1, text[1:]) if text.startswith("-") else (1, text)
    match = _NUMBER.match(text)
    if match is None:
        return 0
    digits, base = next((digits, base) for digits, base in zip(match.groups(), (16, 8, 10)) if digits)
    return sign * min(int(digits[:32], base), 2**64 - 1)
