# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The arguments that words become (execute.c: grub_script_arglist_to_argv). Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from . import traced
from .lexer import QUOTED, QUOTED_VARIABLE, TEXT, Piece, Word
from .traced import SPLIT, Traced

# The values of a variable: of `@` there may be several, of one that is not set there is none.
Lookup = Callable[[str], Sequence[Traced]]


@dataclass(frozen=True)
class Argument:
    """An argument, and which of the command's words it comes from."""

    value: Traced
    word: int

    @property
    def text(self) -> str:
        """What it is."""
        return self.value.text


class _Arguments:
    """Arguments while they are being put together. GRUB's last one may be none yet, to which the next text is added."""

    def __init__(self) -> None:
        self.found: list[Argument] = []
        self._parts: list[Traced] | None = None
        self._word = 0

    def next(self, word: int) -> None:
        """Whatever is added next is another argument, of this word."""
        if self._parts is not None:
            self.found.append(Argument(traced.joined(self._parts), self._word))
            self._parts = None
        self._word = word

    def add(self, text: Traced) -> None:
        """Add text to the last argument."""
        if self._parts is None:
            self._parts = []
        self._parts.append(text)


def expanded(words: Iterable[Word], lookup: Lookup) -> list[Argument]:
    """The arguments that words become."""
    arguments = _Arguments()
    number = 0
    for number, word in enumerate(words):
        arguments.next(number)
        for piece in word.pieces:
            _expand(piece, lookup, arguments, number)
    arguments.next(number)
    return arguments.found


def _expand(piece: Piece, lookup: Lookup, arguments: _Arguments, word: int) -> None:
    if piece.kind in (TEXT, QUOTED):
        if piece.text.segments or piece.kind == QUOTED:
            arguments.add(piece.text)
        return
    values = lookup(piece.name)
    for number, value in enumerate(values):
        if number and piece.name == "*" and piece.kind == QUOTED_VARIABLE:
            arguments.add(traced.of(" "))
        elif number:
            arguments.next(word)
        if piece.kind == QUOTED_VARIABLE:
            arguments.add(value)
        else:
            for position, part in enumerate(traced.split(value.read_by(SPLIT))):
                if position:
                    arguments.next(word)
                arguments.add(part)
