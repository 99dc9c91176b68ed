# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Executes scripts as GRUB's does (grub-core/script/execute.c), within bounds: what a guest has cannot hang it. Pure.

Nothing is loaded: commands that load a kernel note what it is. See menus.py for what is done with that.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, field

from . import environment_block, expansion, parser, source, traced
from .expansion import Argument
from .files import Files
from .lexer import Word
from .menu import Item, Loaded
from .source import Source
from .syntax import Command, For, Function, If, Statement, While
from .traced import EMPTY, Traced

# A built-in command: (machine, its arguments, the command where it stands) -> 0, or another number for an error.
Builtin = Callable[["Machine", Sequence[Argument], Command], int]

# GRUB_ERR_TEST_FAILURE; and any other error.
FALSE, FAILED = 1, 2

# As GRUB limits it (MAX_RECURSION_DEPTH).
_DEEPEST = 64
# Kernels take 4096 bytes at most.
_LONGEST = 16 * 1024

# The network (grub-core/net), CDs, floppies, and what GRUB itself makes.
_NO_DISK = re.compile(r"(?:https?|tftp|pxe|cd[0-9]*|fd[0-9]*|memdisk|proc)(?:[,:].*)?", re.DOTALL)


class Exhausted(Exception):
    """The script takes more steps than any real one does."""


class Stopped(Exception):
    """The script ends here: it boots, or leaves GRUB."""


class Shown(Exception):
    """The menu of another script is shown, of machine."""

    def __init__(self, machine: Machine) -> None:
        super().__init__("another menu is shown")
        self.machine = machine


@dataclass
class Budget:
    """The steps that are left, of all that is executed for one menu."""

    steps: int = 100_000

    def spend(self, steps: int = 1) -> None:
        """Take them. Raises Exhausted."""
        self.steps -= steps
        if self.steps < 0:
            raise Exhausted


@dataclass
class Shared:
    """What all machines of one menu share.

    builtins: the commands. sources: what was read as a script, by the name of its file, and statements, what it consists
    of. blocks, entries: the texts of the environment blocks, and of the entries of the Boot Loader Specification, that
    were read. images: the names of devices that are images in files. is_whole: whether all that was read is in statements.
    is_graphical: whether GRUB writes to the display in a graphics mode (gfxterm).
    """

    files: Files
    builtins: dict[str, Builtin]
    budget: Budget = field(default_factory=Budget)
    sources: dict[str, Source] = field(default_factory=dict)
    blocks: dict[str, str] = field(default_factory=dict)
    entries: dict[str, str] = field(default_factory=dict)
    images: set[str] = field(default_factory=set)
    statements: dict[str, list[tuple[Statement, ...]]] = field(default_factory=dict)
    is_whole: bool = True
    is_graphical: bool = False


@dataclass
class Machine:
    """The state of GRUB while it executes a script."""

    shared: Shared
    variables: dict[str, Traced] = field(default_factory=dict)
    exported: set[str] = field(default_factory=set)
    functions: dict[str, tuple[Statement, ...]] = field(default_factory=dict)
    saved: dict[str, dict[str, Traced | None]] = field(default_factory=dict)
    scope: list[Traced] | None = None
    items: list[Item] = field(default_factory=list)
    loaded: Loaded | None = None
    in_entry: bool = False
    depth: int = 0
    loops: int = 0
    breaks: int = 0
    is_continue: bool = False
    returns: bool = False

    # Variables

    def get(self, name: str) -> str | None:
        """The value of a variable, None when it is not set."""
        value = self.variables.get(name)
        return None if value is None else value.text

    def set(self, name: str, value: Traced | str) -> None:
        """Set a variable."""
        value = traced.of(value) if isinstance(value, str) else value
        if name == "root" and value.text[:1] == "(":
            # grub_env_write_root()
            value = traced.of(value.text[1:].partition(")")[0])
        if len(value.text) > _LONGEST:
            raise Exhausted
        self.variables[name] = value

    def values(self, name: str) -> list[Traced]:
        """The values of a variable for an expansion of it (grub_script_env_get)."""
        if not (name.isdigit() or name in ("#", "*", "@")):
            value = self.variables.get(name, EMPTY)
            return [value] if value.text else []
        if self.scope is None:
            return []
        if name == "#":
            return [traced.of(str(len(self.scope)))]
        if name in ("*", "@"):
            return list(self.scope)
        number = int(name[:6])
        return [self.scope[number - 1]] if 0 < number <= len(self.scope) else []

    def fork(self, scope: Sequence[Traced], is_new_context: bool, is_exporting: bool = False) -> Machine:
        """A machine in this one's state, to execute something that must not change it.

        is_new_context: it has the exported variables only; all of them with is_exporting.
        """
        self.shared.budget.spend(1 + len(self.variables) // 8)
        variables = dict(self.variables)
        if is_new_context and not is_exporting:
            variables = {name: value for name, value in variables.items() if name in self.exported}
        exported = set(variables) if is_new_context else set(self.exported)
        saved = {path: dict(values) for path, values in self.saved.items()}
        return Machine(self.shared, variables, exported, dict(self.functions), saved, list(scope))

    # Files

    def path(self, name: str) -> str | None:
        """The path in the mounted root of a file as scripts name it: (device)/path, or /path on $root."""
        device, path = self._split(name)
        return self.shared.files.path(device, path) if path.startswith("/") and not self.is_elsewhere(name) else None

    def is_elsewhere(self, name: str) -> bool:
        """Whether a file, as scripts name it, is in an image, on the network, or on another device that is no disk."""
        device = self._split(name)[0]
        return device.partition(",")[0] in self.shared.images or bool(_NO_DISK.fullmatch(device))

    def _split(self, name: str) -> tuple[str, str]:
        if not name.startswith("("):
            return self.get("root") or "", name
        device, _end, path = name[1:].partition(")")
        return device, path

    def block(self, path: str) -> dict[str, Traced]:
        """The variables in an environment block, as they are after all save_env so far."""
        if path not in self.shared.blocks:
            self.shared.blocks[path] = self.shared.files.read(path) or ""
        values = environment_block.values(path, self.shared.blocks[path])
        return environment_block.with_values(values, self.saved.get(path, {}))

    def load_block(self, name: str, wanted: Collection[str] = ()) -> bool:
        """Set the variables of the environment block called name, only those wanted if any. Returns whether it is there."""
        path = self.path(name)
        if path is None or self.shared.files.size(path) is None:
            return False
        for variable, value in self.block(path).items():
            if not wanted or variable in wanted:
                self.set(variable, value)
        return True

    def has_read(self, path: str) -> bool:
        """Execute the script at path, as `source` does. Returns whether there is one."""
        if path not in self.shared.statements:
            text = self.shared.files.read(path)
            if text is None:
                return False
            found = self.shared.sources[path] = source.of_file(path, text)
            self.shared.statements[path], is_whole = parser.parse(found)
            self.shared.is_whole = self.shared.is_whole and is_whole
        self.depth += 1
        if self.depth > _DEEPEST:
            raise Exhausted
        for statements in self.shared.statements[path]:
            self.run_bit(statements)
        self.depth -= 1
        return True

    def run_source(self, text: Source) -> int:
        """Execute a script that was put together."""
        status = 0
        for statements in parser.parse(text)[0]:
            status = self.run_bit(statements)
        return status

    # Statements

    def run_bit(self, statements: Sequence[Statement]) -> int:
        """Execute what GRUB parses at a time: the functions in it are defined before the rest of it is executed."""
        for statement in statements:
            if isinstance(statement, Function):
                self.functions[statement.name] = statement.body
        return self.run([each for each in statements if not isinstance(each, Function)])

    def run(self, statements: Sequence[Statement]) -> int:
        """Execute statements, one after the other. Returns what the last one returned."""
        status = 0
        self.depth += 1
        if self.depth > _DEEPEST:
            raise Exhausted
        for statement in statements:
            if self.breaks:
                break
            status = self._run_one(statement)
            self.set("?", str(status))
            if self.returns:
                break
        self.depth -= 1
        self.set("?", str(status))
        return status

    def _run_one(self, statement: Statement) -> int:
        self.shared.budget.spend()
        if isinstance(statement, Command):
            return self._run_command(statement)
        if isinstance(statement, If):
            return self._run_if(statement)
        if isinstance(statement, For):
            return self._run_for(statement)
        if isinstance(statement, While):
            return self._run_while(statement)
        return 0

    def _run_if(self, statement: If) -> int:
        for condition, body in statement.branches:
            status = self.run(condition)
            if self.returns:
                return status
            if self.get("?") == "0":
                return self.run(body)
        return self.run(statement.otherwise) if statement.otherwise else 0

    def _run_for(self, statement: For) -> int:
        arguments = self._expanded(statement.words)
        status = 0
        self.loops += 1
        for argument in arguments:
            if self.is_continue and self.breaks == 1:
                self.breaks = 0
            if not self.breaks:
                self.set(statement.name, argument.value)
                status = self.run(statement.body)
                if self.returns:
                    break
        self._end_loop()
        return status

    def _run_while(self, statement: While) -> int:
        self.loops += 1
        while True:
            status = self.run(statement.condition)
            if self.returns or (status != 0) != statement.is_until:
                break
            status = self.run(statement.body)
            if self.is_continue and self.breaks == 1:
                self.breaks = 0
            if self.returns or self.breaks:
                break
        self._end_loop()
        return status

    def _end_loop(self) -> None:
        self.breaks = max(self.breaks - 1, 0)
        self.loops -= 1

    def _expanded(self, words: Sequence[Word]) -> list[Argument]:
        found = expansion.expanded(words, self.values)
        length = sum(len(argument.text) for argument in found)
        if length > 4 * _LONGEST:
            raise Exhausted
        self.shared.budget.spend(length // 256)
        return found

    def _run_command(self, command: Command) -> int:
        arguments = self._expanded(command.words)
        is_inverted = bool(arguments) and arguments[0].text == "!"
        if is_inverted:
            arguments = arguments[1:]
            if not arguments:
                return FAILED
        if not arguments:
            return 0
        status = self.call(arguments, command)
        if is_inverted:
            return FALSE if status == 0 else 0
        return status

    def call(self, arguments: Sequence[Argument], command: Command) -> int:
        """Call the command or function that the first argument names; else it may be an assignment."""
        name = arguments[0].text
        builtin = self.shared.builtins.get(name)
        if builtin is not None:
            return builtin(self, arguments, command)
        if name in self.functions:
            return self._call_function(name, arguments)
        assignment = arguments[0].value.partition("=")
        if assignment is not None and not _is_special(assignment[0].text):
            self.set(assignment[0].text, assignment[1])
        # GRUB says that it cannot find the command, and goes on as if it had succeeded.
        return 0

    def _call_function(self, name: str, arguments: Sequence[Argument]) -> int:
        scope, loops = self.scope, self.loops
        self.scope, self.loops = [argument.value for argument in arguments[1:]], 0
        status = self.run(self.functions[name])
        self.scope, self.loops, self.returns = scope, loops, False
        return status


def _is_special(name: str) -> bool:
    return name[:1].isdigit() or name in ("#", "*", "@")
