# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a script is made of once it was parsed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Union

from .lexer import Word


@dataclass(frozen=True, eq=False)
class Block:
    """{ ... } as the last argument of a command."""

    commands: tuple[Statement, ...]
    end: int


@dataclass(frozen=True, eq=False)
class Command:
    """A command with its name, its arguments, and its block. Commands are the same only where they stand once."""

    words: tuple[Word, ...]
    block: Block | None = None

    @property
    def name(self) -> str | None:
        """What it calls, None where a variable says it."""
        return self.words[0].literal


@dataclass(frozen=True, eq=False)
class If:
    """branches: conditions and what they lead to, in their order."""

    branches: tuple[tuple[tuple[Statement, ...], tuple[Statement, ...]], ...]
    otherwise: tuple[Statement, ...] = ()


@dataclass(frozen=True, eq=False)
class For:
    """for NAME in WORDS."""

    name: str
    words: tuple[Word, ...]
    body: tuple[Statement, ...]


@dataclass(frozen=True, eq=False)
class While:
    """while, or until."""

    condition: tuple[Statement, ...]
    body: tuple[Statement, ...]
    is_until: bool = False


@dataclass(frozen=True, eq=False)
class Function:
    """It is defined when it is parsed."""

    name: str
    body: tuple[Statement, ...]


Statement = Union[Command, If, For, While, Function]
