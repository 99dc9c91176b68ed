# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The words of GRUB's script language (grub-core/script/yylex.l). Pure."""

from __future__ import annotations

import re
from dataclasses import dataclass

from .source import Source
from .traced import BARE, DOUBLE, EMPTY, SINGLE, Traced

# What a word is made of: text outside of quotes; text within them, which is an argument even if it is empty; a variable,
# whose value is split into words; and one within quotes, whose value is not.
TEXT, QUOTED, VARIABLE, QUOTED_VARIABLE = "text", "quoted", "variable", "quoted variable"

WORD, NAME, NEWLINE, END = "word", "name", "newline", "end"
KEYWORDS = frozenset("case do done elif else esac fi for if in select then until while function".split())

_BLANK = re.compile(r"[ \t]+|#[^\n]*")
_SYMBOL = re.compile(r"\n|\|\||&&|;;|[|&;<>{}]|(?:\[\[|\]\])(?=[{}|&;<> \t\n]|\Z)")
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*\Z", re.ASCII)
_PLAIN = re.compile(r"[^{}|&$;<> \t\n'\"\\]+")
_NAMES = r"[A-Za-z_][A-Za-z0-9_]*|[0-9]+|[?#*@]"
_VARIABLE = re.compile(rf"\$(?:({_NAMES})|\{{({_NAMES})\}})", re.ASCII)
_IN_DOUBLE = re.compile(r"(?:[^\"\\$]|\\(?![$\"\\\n]))+")
_HEXADECIMAL = re.compile(r"\\x[0-9A-Fa-f]{2}")


class ScriptError(Exception):
    """What GRUB does not take for a script. end: where the token ends that it stumbles over."""

    def __init__(self, end: int) -> None:
        super().__init__(f"GRUB's parser stops before character {end}")
        self.end = end


@dataclass(frozen=True)
class Piece:
    """A piece of a word. text: of TEXT and QUOTED. name: of the two kinds of variables."""

    kind: str
    text: Traced = EMPTY
    name: str = ""


# A `$` within quotes that no name follows. GRUB takes the word for one, and then stumbles over it.
_WRONG = Piece("wrong")


@dataclass(frozen=True)
class Word:
    """A word where it stands in its source."""

    source: Source
    start: int
    end: int
    pieces: tuple[Piece, ...]

    @property
    def literal(self) -> str | None:
        """What it is, None where variables are a part of it."""
        return None if self.names else "".join(piece.text.text for piece in self.pieces)

    @property
    def is_nothing(self) -> bool:
        """Whether it is no argument: it is only the end of a line that goes on."""
        return not self.pieces

    @property
    def names(self) -> list[str]:
        """The names of the variables in it."""
        return [piece.name for piece in self.pieces if piece.name]


@dataclass(frozen=True)
class Token:
    """kind: WORD, NAME (a word that can be a variable's name), NEWLINE, END, a keyword, or a symbol as it is written."""

    kind: str
    start: int
    end: int
    word: Word | None = None


def next_token(source: Source, position: int) -> Token:
    """The token at position, or behind the blanks there. Raises ScriptError."""
    text = source.text
    blank = _BLANK.match(text, position)
    while blank:
        position = blank.end()
        blank = _BLANK.match(text, position)
    if position >= len(text):
        return Token(END, position, position)
    symbol = _SYMBOL.match(text, position)
    if symbol:
        return Token(NEWLINE if symbol[0] == "\n" else symbol[0], position, symbol.end())
    word = _word(source, position)
    written = text[position : word.end]
    kind = written if written in KEYWORDS else NAME if _NAME.match(written) else WORD
    return Token(kind, position, word.end, word)


def _word(source: Source, start: int) -> Word:
    text, position = source.text, start
    pieces: list[Piece] = []
    while position < len(text):
        plain, variable = _PLAIN.match(text, position), _VARIABLE.match(text, position)
        if plain:
            pieces.append(Piece(TEXT, source.cut(position, plain.end(), BARE)))
            position = plain.end()
        elif variable:
            pieces.append(Piece(VARIABLE, name=variable[1] or variable[2]))
            position = variable.end()
        elif text[position] == "'":
            position = _single(source, position + 1, pieces)
        elif text[position] == '"':
            position = _double(source, position + 1, pieces)
        elif text.startswith('$"', position):
            position = _double(source, position + 2, pieces)
        elif text[position] == "\\":
            position = _escape(source, position, pieces)
        else:
            break
    if position == start or _WRONG in pieces:
        raise ScriptError(max(position, start + 1))
    return Word(source, start, position, tuple(pieces))


def _single(source: Source, start: int, pieces: list[Piece]) -> int:
    """Reads on within '...' from start; returns where the word goes on."""
    end = source.text.find("'", start)
    if end < 0:
        raise ScriptError(len(source.text))
    pieces.append(Piece(QUOTED, source.cut(start, end, SINGLE)))
    return end + 1


def _double(source: Source, start: int, pieces: list[Piece]) -> int:
    """Reads on within "..." from start; returns where the word goes on. The quotes alone are an argument."""
    text, position = source.text, start
    pieces.append(Piece(QUOTED))
    while position < len(text) and text[position] != '"':
        plain, variable = _IN_DOUBLE.match(text, position), _VARIABLE.match(text, position)
        if plain:
            pieces.append(Piece(QUOTED, source.cut(position, plain.end(), DOUBLE)))
            position = plain.end()
        elif variable:
            pieces.append(Piece(QUOTED_VARIABLE, name=variable[1] or variable[2]))
            position = variable.end()
        elif text[position] == "$":
            pieces.append(_WRONG)
            position += 1
        else:
            if position + 1 < len(text) and text[position + 1] != "\n":
                pieces.append(Piece(QUOTED, source.one(text[position + 1], position, position + 2, DOUBLE)))
            position += 2
    if position >= len(text):
        raise ScriptError(len(text))
    return position + 1


def _escape(source: Source, start: int, pieces: list[Piece]) -> int:
    """Reads a backslash outside of quotes; returns where the word goes on."""
    text = source.text
    if _HEXADECIMAL.match(text, start):
        # wildcard_unescape() leaves it to whoever reads the argument.
        pieces.append(Piece(QUOTED, source.cut(start, start + 4, DOUBLE)))
        return start + 4
    if start + 1 >= len(text):
        raise ScriptError(len(text))
    if text[start + 1] != "\n":
        pieces.append(Piece(QUOTED, source.one(text[start + 1], start, start + 2, BARE)))
    return start + 2
