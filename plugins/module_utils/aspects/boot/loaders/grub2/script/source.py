# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The text of a script, and where it stands. Pure."""

from __future__ import annotations

import re
from bisect import bisect_right

from .traced import EMPTY, Place, Segment, Traced, joined

# grub_file_getline() leaves out carriage returns, and read_config_file_getline() lines that begin with a #.
_LEFT_OUT = re.compile(r"\r+|(?m:^)\r*#[^\n]*(?:\n|\Z)")


class Source:
    """A text that is read as a script. It stands in files, in one or several pieces."""

    def __init__(self, traced: Traced) -> None:
        self.traced = traced
        self.text = traced.text
        self._starts = []
        position = 0
        for segment in traced.segments:
            self._starts.append(position)
            position += len(segment.text)

    def cut(self, start: int, end: int, context: str) -> Traced:
        """Its characters start to end, as what reads them in this context has them."""
        found = []
        number = max(bisect_right(self._starts, start) - 1, 0)
        while start < end and number < len(self._starts):
            segment, first = self.traced.segments[number], self._starts[number]
            last = min(end, first + len(segment.text))
            if start < last:
                found.append(segment.cut(start - first, last - first).read_by(context))
                start = last
            number += 1
        return Traced(tuple(found)) if found else EMPTY

    def one(self, character: str, start: int, end: int, context: str) -> Traced:
        """A character that is written as those from start to end."""
        first, last = self.point(start), self.point(end - 1)
        if first is None or last is None or first.file != last.file:
            return Traced((Segment(character),))
        place = Place(first.file, first.start, last.start + 1, (*first.contexts, context))
        return Traced((Segment(character, place),))

    def point(self, position: int) -> Place | None:
        """Where the character at position stands; None when it stands nowhere."""
        found = self.cut(position, position + 1, "").segments
        place = found[0].place if found else None
        return Place(place.file, place.start, place.end, place.contexts[:-1]) if place else None

    def place(self, start: int, end: int) -> Place | None:
        """Where its characters start to end (one at least) stand, with what was left out between them."""
        first, last = self.point(start), self.point(end - 1)
        if first is None or last is None or first.file != last.file or first.contexts != last.contexts:
            return None
        return Place(first.file, first.start, last.end, first.contexts)


def of_file(name: str, text: str) -> Source:
    """The text of the file called name."""
    pieces, position = [], 0
    for match in _LEFT_OUT.finditer(text):
        pieces.append((position, match.start()))
        position = match.end()
    pieces.append((position, len(text)))
    segments = (Segment(text[start:end], Place(name, start, end)) for start, end in pieces if start < end)
    return Source(Traced(tuple(segments)))


def of_parts(*parts: Traced) -> Source:
    """Parts that GRUB puts together."""
    return Source(joined(parts))
