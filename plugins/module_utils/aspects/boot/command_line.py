# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The one editor of the kernel's command line. Aspects say what they need; boot loaders apply it to their entries."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Optional, Protocol

from ...guest.storage.graph import Graph
from ...texts import kernel_arguments

# The arguments by which the kernel itself finds a device (init/do_mounts.c, kernel/power/hibernate.c).
_OF_THE_KERNEL = ("root", "resume")

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
        """text as it must be on the target; see Editor. Spacing, quotes and order stay."""
        edited = kernel_arguments.edited(text, self._edited)
        if edited != text:
            edited = edited.strip(kernel_arguments.BLANKS)
        if present is None:
            return edited
        there = {*kernel_arguments.split(edited), *present}
        return kernel_arguments.extended(edited, [argument for argument in self.required if argument not in there])

    def _edited(self, argument: str) -> str | None:
        edited: str | None = argument
        for edit in self.edits:
            edited = edit(edited) if edited is not None else None
        return edited


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
    unchanged = set(kernel_arguments.split(before))

    def edited(argument: str) -> str:
        key, _equals, value = argument.partition("=")
        if key not in _OF_THE_KERNEL or argument in unchanged:
            return argument
        return f"{key}={storage.stable_name(value, tags=('PARTUUID',)) or value}"

    return kernel_arguments.edited(after, edited)
