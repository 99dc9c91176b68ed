# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How versions compare: for Fedora's GRUB, for GRUB since 2.14, and for systemd-boot. Pure.

Each function returns a negative number where its first argument is the older one, 0 where they are equal, else a
positive one.
"""

from __future__ import annotations

import itertools
import re
from typing import Any

# Characters. Names of files have 255 at most; a guest's `version` may have any number.
_LONGEST = 1024

_FEDORA = re.compile(r"[0-9]+|[A-Za-z]+|~")
_UAPI_SKIPPED = re.compile(r"[^0-9A-Za-z~^.-]+")
_DIGITS = re.compile(r"[0-9]*")
_LETTERS = re.compile(r"[A-Za-z]*")


def fedora_grub(one: str, other: str) -> int:
    """As the GRUB of Fedora and of EL compares (vercmp() in its blscfg.c): as rpm before it knew `^`."""
    segments = [_FEDORA.findall(version[:_LONGEST]) for version in (one, other)]
    for first, second in itertools.zip_longest(*segments, fillvalue=""):
        # A `~` is older than anything, the end included.
        result = _compared(first != "~", second != "~") or _by_segment(first, second)
        if result:
            return result
    return 0


def _by_segment(first: str, second: str) -> int:
    if not (first and second):
        return _compared(bool(first), bool(second))
    if first.isdigit() != second.isdigit():
        return 1 if first.isdigit() else -1
    if not first.isdigit():
        return _compared(first, second)
    first, second = first.lstrip("0"), second.lstrip("0")
    return _compared((len(first), first), (len(second), second))


def file_names(one: str, other: str) -> int:
    """As GRUB 2.14's blscfg compares names of files: gnulib's filevercmp(), which `sort -V` uses too."""
    first, second = (name.encode("utf-8", "surrogateescape")[:_LONGEST] for name in (one, other))
    if first == second:
        return 0
    for special in (b"", b".", b".."):
        if special in (first, second):
            return -1 if first == special else 1
    if first.startswith(b".") != second.startswith(b"."):
        return -1 if first.startswith(b".") else 1
    prefixes = first[: _prefix(first)], second[: _prefix(second)]
    return _reverse(*prefixes) or (0 if prefixes == (first, second) else _reverse(first, second))


def _prefix(name: bytes) -> int:
    """The length of name less the suffixes at its end, each a dot, a letter or `~`, then letters, digits and `~`."""
    found = re.match(rb"(?s)(.)", name)
    length = position = 1 if found else 0
    suffix = re.compile(rb"(?:\.[A-Za-z~][A-Za-z0-9~]*)+")
    while position < len(name):
        match = suffix.match(name, position)
        if match and match.end() == len(name):
            return length
        position = match.end() if match else position
        position += 1
        length = position
    return length


def _reverse(one: bytes, other: bytes) -> int:
    """gnulib's verrevcmp(): stretches without digits by character, stretches of digits as numbers, in turn."""
    parts = [re.findall(rb"([^0-9]*)([0-9]*)", name) for name in (one, other)]
    for number in range(max(map(len, parts))):
        (text, digits), (text2, digits2) = (each[number] if number < len(each) else (b"", b"") for each in parts)
        result = _by_order(text, text2, bool(digits), bool(digits2))
        if result:
            return result
        first, second = digits.lstrip(b"0"), digits2.lstrip(b"0")
        result = _compared((len(first), first), (len(second), second))
        if result:
            return result
    return 0


def _by_order(one: bytes, other: bytes, digit: bool, digit2: bool) -> int:
    """digit: whether one follows, which is between the end and a letter in this order."""
    first, second = list(map(_order, one)), list(map(_order, other))
    if len(first) != len(second):
        first.append(0 if digit else -1)
        second.append(0 if digit2 else -1)
    return _compared(first, second)


def _order(character: int) -> int:
    if chr(character) == "~":
        return -2
    return character if chr(character).isalpha() and character < 128 else character + 256


def uapi(one: str, other: str) -> int:
    """As systemd-boot compares (strverscmp_improved()): UAPI.10, the version format specification."""
    first, second = one[:_LONGEST], other[:_LONGEST]
    while True:
        first, second = _without_skipped(first), _without_skipped(second)
        if "~" in (first[:1], second[:1]):
            if first[:1] != second[:1]:
                return -1 if first[:1] == "~" else 1
            # As in the source, what is skipped was skipped before it.
            first, second = first[1:], second[1:]
        if not (first and second):
            return _compared(bool(first), bool(second))
        for mark in "-^.":
            if mark in (first[:1], second[:1]):
                if first[:1] != second[:1]:
                    return -1 if first[:1] == mark else 1
                first, second = first[1:], second[1:]
        result, length, length2 = _by_stretch(first, second)
        if result:
            return result
        first, second = first[length:], second[length2:]


def _without_skipped(version: str) -> str:
    found = _UAPI_SKIPPED.match(version)
    return version[found.end() :] if found else version


def _by_stretch(one: str, other: str) -> tuple[int, int, int]:
    """The result for the digits or letters that these begin with, and how many characters of each that were."""
    of_digits = one[:1].isdigit() and one[:1].isascii() or other[:1].isdigit() and other[:1].isascii()
    pattern = _DIGITS if of_digits else _LETTERS
    first, second = ((pattern.match(text) or [""])[0] for text in (one, other))
    if not of_digits:
        return _compared(first, second), len(first), len(second)
    # Any number is newer than none, be it 0.
    numbers = [(bool(digits), len(digits.lstrip("0")), digits.lstrip("0")) for digits in (first, second)]
    return _compared(*numbers), len(first), len(second)


def _compared(first: Any, second: Any) -> int:
    """-1, 0 or 1, of two of one type that has an order."""
    return int(first > second) - int(first < second)
