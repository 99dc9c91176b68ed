# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a menu's scripts give a kernel: the commands, those that are never executed too, and values of variables. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from . import traced
from .expansion import Argument, expanded
from .menu import INITRD, LINUX
from .menus import Reading
from .syntax import Command, If, Statement, While
from .traced import SPLIT, Place, Traced

# What Red Hat's blscfg takes for an entry that has no options.
_OPTIONS = ("kernelopts", "default_kernelopts")


@dataclass(frozen=True, eq=False)
class Use:
    """Arguments for a kernel, and where they come from.

    command: the `linux` command; None for the value of a variable. arguments: without the path of the kernel.
    boots_linux: whether they may be edited. has_initrd: as the kernel has. is_whole: whether these are all of them.
    end: where further arguments are written, where that is not the end of the command.
    """

    command: Command | None
    arguments: Sequence[Argument]
    boots_linux: bool = True
    has_initrd: bool = True
    is_whole: bool = True
    end: Place | None = None

    @property
    def place(self) -> Place | None:
        """Where the words of the command stand, all of them."""
        if self.command is None:
            return None
        first, last = self.command.words[0], self.command.words[-1]
        return first.source.place(first.start, last.end)


def found(reading: Reading) -> list[Use]:
    """All uses, those of the menu's entries first."""
    of_entries = list(_of_entries(reading))
    booted = {use.command for use in of_entries}
    seen = {place for use in of_entries for place in _places(use)}
    names = {*_OPTIONS, *(name for use in of_entries if use.command for name in _names(use.command))}
    others: list[Use] = []
    for bits in reading.shared.statements.values():
        for command, has_initrd in _commands([each for bit in bits for each in bit]):
            if command.name in LINUX and command not in booted:
                others.append(_never_booted(command, has_initrd))
                names.update(_names(command))
    for bits in reading.shared.statements.values():
        for command, _has_initrd in _commands([each for bit in bits for each in bit]):
            value = _assigned(command, names)
            if value is not None:
                arguments = [Argument(part, 0) for part in traced.split(value.read_by(SPLIT))]
                use = Use(None, arguments, is_whole=any(each.text.startswith("root=") for each in arguments))
                others += [use] if seen.isdisjoint(_places(use)) else []
    return [*of_entries, *others]


def _of_entries(reading: Reading) -> Iterator[Use]:
    for item in reading.menu.walk():
        for loaded in (item.loaded, item.tried):
            if loaded is None or not loaded.is_linux:
                continue
            yield Use(loaded.command, loaded.arguments[1:], loaded.boots_linux, bool(loaded.initrds), end=item.end)


def _places(use: Use) -> Iterator[tuple[str, int]]:
    for argument in use.arguments:
        for segment in argument.value.segments:
            if segment.place is not None:
                yield segment.place.file, segment.place.start


def _names(command: Command) -> Iterator[str]:
    for word in command.words[1:]:
        yield from word.names


def _never_booted(command: Command, has_initrd: bool) -> Use:
    """A command with the arguments that stand in it. It boots Linux if it can be said that it has a root filesystem."""
    arguments = [each for each in expanded(command.words, lambda _name: ()) if each.word > 1]
    is_whole = not any(word.names for word in command.words[2:])
    has_root = any(argument.text.startswith("root=") for argument in arguments)
    return Use(command, arguments, has_root or has_initrd or not is_whole, has_initrd, is_whole)


def _assigned(command: Command, names: set[str]) -> Traced | None:
    """The value that a command gives one of the variables called names; None where it does not, or it has variables."""
    word = command.words[1] if command.name == "set" and len(command.words) == 2 else command.words[0]
    if word.literal is None or word.literal.partition("=")[0] not in names:
        return None
    parts = traced.joined(piece.text for piece in word.pieces).partition("=")
    return parts[1] if parts else None


def _commands(statements: Sequence[Statement]) -> Iterator[tuple[Command, bool]]:
    """All commands in statements; of one that loads a kernel, whether one that loads an initrd follows."""
    pending = [statements]
    while pending:
        together = pending.pop()
        for number, statement in enumerate(together):
            if isinstance(statement, Command):
                is_linux = statement.name in LINUX
                yield statement, is_linux and _initrd_follows(together[number + 1 :])
            pending += _within(statement)


def _initrd_follows(statements: Sequence[Statement]) -> bool:
    for statement in statements:
        if isinstance(statement, Command) and statement.name in LINUX:
            return False
        if isinstance(statement, Command) and statement.name in INITRD:
            return True
        within = [each for group in _within(statement) for each in group]
        if any(isinstance(each, Command) and each.name in INITRD for each in within):
            return True
    return False


def _within(statement: Statement) -> list[Sequence[Statement]]:
    """The lists of statements that are directly in one."""
    if isinstance(statement, Command):
        return [statement.block.commands] if statement.block else []
    if isinstance(statement, If):
        return [*(each for branch in statement.branches for each in branch), statement.otherwise]
    return [statement.condition, statement.body] if isinstance(statement, While) else [statement.body]
