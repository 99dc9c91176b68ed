# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The text of a script, and where it stands. Pure."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Sequence

from . import traced
from .traced import EMPTY, Place, Segment, Traced

# grub_file_getline() leaves out carriage returns, and read_config_file_getline() lines that begin with a #.
_LEFT_OUT = re.compile(r"\r+|(?m:^)#[^\n]*(?:\n|\Z)")

# Characters. No menu has as many; what is behind them is not read.
_LONGEST = 256 * 1024
# Pieces of one word.
_MOST = 256


class Source:
    """A text that is read as a script. It stands in files, in one or several pieces.

    is_whole: whether it is all of it. starts: where each piece begins in text. pieces: what they are; of a file called name only where they begin there.
    """

    def __init__(self, text: str, starts: Sequence[int], pieces: Sequence[Segment | int], name: str = "") -> None:
        self.text = text
        self.is_whole = True
        self._starts = starts
        self._pieces = pieces
        self._name = name

    def cut(self, start: int, end: int, context: str | None = None) -> Traced:
        """Its characters start to end, as what reads them in this context has them."""
        found = []
        number = max(bisect_right(self._starts, start) - 1, 0)
        if bisect_right(self._starts, end) - number > _MOST:
            return traced.of(self.text[start:end])
        while start < end and number < len(self._starts):
            first = self._starts[number]
            following = self._starts[number + 1] if number + 1 < len(self._starts) else len(self.text)
            last = min(end, following)
            if start < last:
                found.append(self._segment(number, start - first, last - first))
                start = last
            number += 1
        text = Traced(tuple(found)) if found else EMPTY
        return text if context is None else text.read_by(context)

    def _segment(self, number: int, start: int, end: int) -> Segment:
        """Characters start to end of a piece."""
        piece = self._pieces[number]
        if isinstance(piece, Segment):
            return piece.cut(start, end)
        first = self._starts[number]
        return Segment(self.text[first + start : first + end], Place(self._name, piece + start, piece + end))

    def one(self, character: str, start: int, end: int, context: str) -> Traced:
        """A character that is written as those from start to end."""
        place = self.place(start, end)
        segment = Segment(character, place)
        return Traced((segment,)).read_by(context)

    def place(self, start: int, end: int) -> Place | None:
        """Where its characters start to end (one at least) stand, with what was left out between them."""
        first, last = self._point(start), self._point(end - 1)
        if first is None or last is None or first.file != last.file or first.contexts != last.contexts:
            return None
        return Place(first.file, first.start, last.end, first.contexts)

    def _point(self, position: int) -> Place | None:
        found = self.cut(position, position + 1).segments
        return found[0].place if found else None


def of_file(name: str, text: str) -> Source:
    """The text of the file called name."""
    is_whole = len(text) <= _LONGEST
    text = text[:_LONGEST]
    starts, pieces, parts = [], [], []
    position = length = 0
    for match in [*_LEFT_OUT.finditer(text), None]:
        end = match.start() if match else len(text)
        if position < end:
            starts.append(length)
            pieces.append(position)
            parts.append(text[position:end])
            length += end - position
        position = match.end() if match else end
    found = Source("".join(parts), starts, pieces, name)
    found.is_whole = is_whole
    return found


def of_parts(*parts: Traced) -> Source:
    """Parts that GRUB puts together."""
    text = traced.joined(parts)
    starts, length = [], 0
    for segment in text.segments:
        starts.append(length)
        length += len(segment.text)
    return Source(text.text, starts, text.segments)
