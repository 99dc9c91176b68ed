# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Strings that know where each of their characters stands: in a script, or in an environment block. Pure.

A kernel's argument may be a word of a `linux` command, or come out of a variable, which another file may have set. What
reads it and what edits it must agree on the place, so the place goes along with the text.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property

# How text has to be written at a place, by what reads it there: GRUB's lexer outside of quotes, within '...' or within
# "...", the reader of environment blocks, and what splits it at blanks.
BARE, SINGLE, DOUBLE, BLOCK, SPLIT = "bare", "'", '"', "block", "split"

# Of grub_isspace().
BLANKS = " \t\n\v\f\r"

# What stands for more than itself outside of quotes (yylex.l: CHAR; wildcards: wildcard.c).
_SPECIAL = frozenset("{}|&$;<> \t\n'\"\\*?")


# Segments of one string. No real one has as many; a hostile one could be made of millions.
_MOST = 256


@dataclass(frozen=True)
class Place:
    """Characters start to end of a text. file: its name. contexts: how to write there, the last reader's at the end."""

    file: str
    start: int
    end: int
    contexts: tuple[str, ...] = ()

    def written(self, text: str) -> str | None:
        """text as it must stand there to be read as text; None where it cannot stand there."""
        for context in reversed(self.contexts):
            found = written(text, context)
            if found is None:
                return None
            text = found
        return text


def written(text: str, context: str) -> str | None:
    """text as it is to be written in a context, None where it cannot be."""
    if context == BARE:
        escaped = "".join(f"\\{each}" if each in _SPECIAL else each for each in text)
        return None if "\n" in text else f"\\{escaped}" if escaped.startswith("#") else escaped
    if context == SINGLE:
        return text.replace("'", "'\\''")
    if context == DOUBLE:
        return "".join(f"\\{each}" if each in '\\"$' else each for each in text)
    if context == BLOCK:
        return text.replace("\\", "\\\\").replace("\n", "\\\n")
    if context == SPLIT:
        return None if any(each in BLANKS for each in text) else text
    return None if "\n" in text else text


def quoted(text: str) -> str:
    """text as one word of a script."""
    if text and not _SPECIAL.intersection(text) and not text.startswith("#"):
        return text
    return f'"{written(text, DOUBLE)}"'


@dataclass(frozen=True)
class Segment:
    """Text that stands at one place. It stands there character by character, or is one that is written as several.

    place: None where it is made by GRUB.
    """

    text: str
    place: Place | None = None

    def cut(self, start: int, end: int) -> Segment:
        """Its characters start to end."""
        place = self.place
        if place is not None and (start, end) != (0, len(self.text)):
            place = Place(place.file, place.start + start, place.start + end, place.contexts)
        return Segment(self.text[start:end], place)

    def read_by(self, context: str) -> Segment:
        """The same, after one more reader."""
        if self.place is None or self.place.contexts[-1:] == (context,) == (SPLIT,):
            return self
        place = self.place
        return Segment(self.text, Place(place.file, place.start, place.end, (*place.contexts, context)))


@dataclass(frozen=True)
class Traced:
    """A string in segments, none of them empty."""

    segments: tuple[Segment, ...] = ()

    @cached_property
    def text(self) -> str:
        """The string."""
        return "".join(segment.text for segment in self.segments)

    def cut(self, start: int, end: int) -> Traced:
        """Its characters start to end."""
        found, position = [], 0
        for segment in self.segments:
            first, last = max(start - position, 0), min(end - position, len(segment.text))
            if first < last:
                found.append(segment.cut(first, last))
            position += len(segment.text)
            if position >= end:
                break
        return Traced(tuple(found))

    def read_by(self, context: str) -> Traced:
        """The same, after one more reader."""
        return Traced(tuple(segment.read_by(context) for segment in self.segments))

    def partition(self, separator: str) -> tuple[Traced, Traced] | None:
        """What is before and after the first separator (one character); None when there is none."""
        found = self.text.find(separator)
        return None if found < 0 else (self.cut(0, found), self.cut(found + 1, len(self.text)))


EMPTY = Traced()


def of(text: str) -> Traced:
    """A string that stands nowhere."""
    return Traced((Segment(text),)) if text else EMPTY


def joined(parts: Iterable[Traced]) -> Traced:
    """One after the other. What goes on where the one before ends becomes one segment."""
    found: list[Segment] = []
    for segment in (segment for part in parts for segment in part.segments):
        last = found[-1] if found else None
        if last is not None and _goes_on(last, segment):
            found[-1] = Segment(last.text + segment.text, _over(last.place, segment.place))
        else:
            found.append(segment)
    if len(found) > _MOST:
        return of("".join(segment.text for segment in found))
    return Traced(tuple(found))


def _goes_on(one: Segment, other: Segment) -> bool:
    if one.place is None or other.place is None:
        return one.place is other.place
    adjacent = one.place.end == other.place.start and one.place.file == other.place.file
    return adjacent and one.place.contexts == other.place.contexts and _is_plain(one) and _is_plain(other)


def _is_plain(segment: Segment) -> bool:
    """Whether it stands there character by character."""
    return segment.place is not None and segment.place.end - segment.place.start == len(segment.text)


def _over(one: Place | None, other: Place | None) -> Place | None:
    return Place(one.file, one.start, other.end, one.contexts) if one and other else None


def split(value: Traced) -> Iterator[Traced]:
    """The words of value, as GRUB splits an unquoted variable (argv.c: grub_script_argv_split_append)."""
    text, position = value.text, 0
    while position < len(text):
        if text[position] in BLANKS:
            position += 1
            continue
        end = position
        while end < len(text) and text[end] not in BLANKS:
            end += 1
        yield value.cut(position, end)
        position = end
