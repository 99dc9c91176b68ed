# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The grammar of GRUB's script language (grub-core/script/parser.y). Pure.

GRUB parses and executes a file bit by bit: each line, and as many more as its statements take. What it cannot parse is
left out up to the end of the line on which it noticed.
"""

from __future__ import annotations

import re
from collections.abc import Collection

from .lexer import END, KEYWORDS, NAME, NEWLINE, WORD, ScriptError, Token, Word, next_token
from .source import Source
from .syntax import Block, Command, For, Function, If, Statement, While

# GRUB executes no more within each other (execute.c: MAX_RECURSION_DEPTH counts each list and each command).
_DEEPEST = 40

# Words, ends of lines, and signs. A menu of hundreds of kernels has a tenth of it.
_MOST_TOKENS = 50_000

_EMPTY = re.compile(r"[ \t\n]+")


def parse(source: Source) -> tuple[list[tuple[Statement, ...]], bool]:
    """The bits of a script, in the order in which GRUB executes them; and whether these are all of them."""
    bits: list[tuple[Statement, ...]] = []
    position = tokens = 0
    while tokens < _MOST_TOKENS:
        empty = _EMPTY.match(source.text, position)
        position = empty.end() if empty else position
        if position >= len(source.text):
            return bits, source.is_whole
        parser = _Parser(source, position)
        try:
            bits.append(parser.bit())
            position = parser.token.end
        except ScriptError as error:
            newline = source.text.find("\n", max(error.end - 1, position))
            position = len(source.text) if newline < 0 else newline + 1
        tokens += parser.count
    return bits, False


class _Parser:
    """token: the one that is looked at. count: of those that were."""

    def __init__(self, source: Source, position: int) -> None:
        self._source = source
        self._depth = 0
        self.count = 0
        # Before the first one.
        self.token = Token(NEWLINE, position, position)

    def bit(self) -> tuple[Statement, ...]:
        """The statements up to the end of a line. The token is that end afterwards."""
        found: list[Statement] = []
        self._next()
        while self.token.kind not in (NEWLINE, END):
            found.append(self._function() if self.token.kind == "function" else self._command())
            if self.token.kind == ";":
                self._next()
            elif self.token.kind not in (NEWLINE, END):
                raise ScriptError(self.token.end)
        return tuple(found)

    def _next(self) -> Token:
        """Goes on; returns the token that it was at."""
        token = self.token
        self.count += 1
        if self.count > _MOST_TOKENS:
            raise ScriptError(len(self._source.text))
        self.token = next_token(self._source, token.end)
        return token

    def _expect(self, kind: str) -> Token:
        if self.token.kind != kind:
            raise ScriptError(self.token.end)
        return self._next()

    def _newlines(self) -> None:
        while self.token.kind == NEWLINE:
            self._next()

    def _delimiters(self, needed: bool = True) -> None:
        """A semicolon or line feed, and then line feeds."""
        if self.token.kind in (";", NEWLINE):
            self._next()
            self._newlines()
        elif needed:
            raise ScriptError(self.token.end)

    def _commands(self, ends: Collection[str], needed: bool = True) -> tuple[Statement, ...]:
        """One command at least, and what delimits it from one of the tokens that end them."""
        self._depth += 1
        if self._depth > _DEEPEST:
            raise ScriptError(len(self._source.text))
        self._newlines()
        found = [self._command()]
        self._delimiters(needed or self.token.kind not in ends)
        while self.token.kind not in ends:
            found.append(self._command())
            self._delimiters(needed or self.token.kind not in ends)
        self._depth -= 1
        return tuple(found)

    def _command(self) -> Statement:
        kind = self.token.kind
        if kind == "if":
            return self._if()
        if kind == "for":
            return self._for()
        if kind in ("while", "until"):
            return self._while()
        if kind not in (WORD, NAME):
            raise ScriptError(self.token.end)
        words = self._words()
        return Command(words, self._block() if self.token.kind == "{" else None)

    def _words(self) -> tuple[Word, ...]:
        """The words up to what is none. Behind the first one, keywords are words."""
        words = []
        while self.token.kind in (WORD, NAME) or self.token.kind in KEYWORDS:
            word = self._next().word
            if word is not None:
                words.append(word)
        return tuple(words)

    def _block(self) -> Block:
        self._expect("{")
        commands = self._commands(("}",), needed=False)
        return Block(commands, self._expect("}").end)

    def _if(self) -> If:
        self._expect("if")
        branches: list[tuple[tuple[Statement, ...], tuple[Statement, ...]]] = []
        otherwise: tuple[Statement, ...] = ()
        while True:
            condition = self._commands(("then",))
            self._expect("then")
            branches.append((condition, self._commands(("elif", "else", "fi"))))
            if self.token.kind != "elif":
                break
            self._next()
        if self.token.kind == "else":
            self._next()
            otherwise = self._commands(("fi",))
        self._expect("fi")
        return If(tuple(branches), otherwise)

    def _for(self) -> For:
        self._expect("for")
        name = self._expect(NAME)
        self._expect("in")
        words = self._words()
        self._delimiters()
        return For(self._source.text[name.start : name.end], words, self._loop())

    def _while(self) -> While:
        is_until = self._next().kind == "until"
        condition = self._commands(("do",))
        return While(condition, self._loop(), is_until)

    def _loop(self) -> tuple[Statement, ...]:
        self._expect("do")
        body = self._commands(("done",))
        self._expect("done")
        return body

    def _function(self) -> Function:
        self._expect("function")
        name = self._expect(NAME)
        self._newlines()
        self._expect("{")
        body = self._commands(("}",))
        self._expect("}")
        return Function(self._source.text[name.start : name.end], body)
