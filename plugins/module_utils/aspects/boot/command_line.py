# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The one editor of the kernel's command line. Aspects say what they need; boot loaders apply it to their entries."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Optional, Protocol

from ...guest.storage.graph import Graph

# Maps one argument to what it must be, None to drop it.
ArgumentEdit = Callable[[str], Optional[str]]


class Editor(Protocol):
    """Edits a kernel command line, or a part of one.

    present: arguments that stand in the other parts of the same command line; None to add nothing.
    """

    def __call__(self, text: str, present: Iterable[str] | None = ()) -> str:
        """text as it must be on the target."""


@dataclass
class CommandLine:
    """What the aspects need of the kernel's command line.

    edits: are applied to each argument, one after the other.
    required: the arguments that the command line must have; those that are missing are put at its end, in this order.
    """

    edits: list[ArgumentEdit] = field(default_factory=list)
    required: list[str] = field(default_factory=list)

    def edit(self, edit: ArgumentEdit) -> None:
        """Apply edit to each argument."""
        self.edits.append(edit)

    def require(self, arguments: Iterable[str]) -> None:
        """Have these arguments on the command line."""
        self.required += [argument for argument in arguments if argument not in self.required]

    def edited(self, text: str, present: Iterable[str] | None = ()) -> str:
        """text as it must be on the target; see Editor. Spacing and order stay."""
        edited = self._each_edited(text)
        if edited != text:
            edited = edited.strip()
        if present is None:
            return edited
        there = {*edited.split(), *present}
        missing = [argument for argument in self.required if argument not in there]
        return " ".join([edited.rstrip(), *missing]).lstrip() if missing else edited

    def _each_edited(self, text: str) -> str:
        def replaced(match: re.Match[str]) -> str:
            argument: str | None = match[2]
            for edit in self.edits:
                argument = edit(argument) if argument is not None else None
            return "" if argument is None else match[1] + argument

        # Blanks that no argument follows are not given to the pattern: it would search from each of them.
        arguments = text.rstrip()
        return re.sub(r"(\s*)(\S+)", replaced, arguments) + text[len(arguments) :]


@dataclass(frozen=True)
class Editors:
    """The editors for the entries of one root's menu."""

    command_line: CommandLine
    storage: Graph

    def with_initrd(self, text: str, present: Iterable[str] | None = ()) -> str:
        """An Editor for entries whose kernel has an initrd."""
        return self.command_line.edited(text, present)

    def without_initrd(self, text: str, present: Iterable[str] | None = ()) -> str:
        """An Editor for entries whose kernel has none, so that nothing finds a filesystem by its UUID or label.

        The kernel itself knows a partition by its PARTUUID (init/do_mounts.c, block/early-lookup.c).
        """
        return by_partition(self.storage, text, self.command_line.edited(text, present))


def by_partition(storage: Graph, before: str, after: str) -> str:
    """after, which before (kernel command lines, or parts of such) was edited to, with partitions by PARTUUID."""
    were = dict(argument.partition("=")[::2] for argument in before.split())

    def replaced(match: re.Match[str]) -> str:
        key, _equals, value = match.group(0).partition("=")
        if key not in ("root", "resume") or were.get(key) in (None, value):
            return match.group(0)
        filesystem = storage.filesystem(were[key])
        identity = filesystem.partition.identity if filesystem and filesystem.partition else ""
        return f"{key}={identity}" if identity else match.group(0)

    return re.sub(r"\S+", replaced, after)
