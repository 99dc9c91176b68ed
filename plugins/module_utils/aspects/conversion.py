# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""One conversion of one root: what was chosen, and what the aspects ask of each other.

The kernel's command line and the initrd belong to one aspect each; the others say here what they need of them.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Callable

from ..devices.targets import Target
from ..model.selection import Selection


@dataclass
class Conversion:
    """What the aspects convert by.

    argument_edits: each maps one argument of the kernel's command line to what it must be, None to drop it.
    arguments: those that the command line must have; the ones that are missing are put at its end, in this order.
    initrd_modules: the kernel modules without which the guest does not reach its disks or console, or the initrd not
        the network that it uses.
    initrd_edits: texts in the initrd to be edited: (regular expression over a member's path, text -> text).
    initrd_copies: what the initrd's copies of files of the guest become, if it has any: {path in the guest: text}.
    initrd_files: files of the guest that the initrd must have copies of: {path in the guest: text}.
    initrd: how an initrd that lacks something gets it: "supplement" (an archive is appended), "rebuild" (the guest's
        own tool makes it anew), or "auto", the first where it is sound, else the second.
    disk_names: the kernel's name of each disk that stays, on the target: {"sda": "/dev/vda"}.
    hardware: what the target's virtual machine must offer; each aspect adds its part.
    """

    target: Target
    selection: Selection
    argument_edits: list = field(default_factory=list)
    arguments: list = field(default_factory=list)
    initrd_modules: list = field(default_factory=list)
    initrd_edits: list = field(default_factory=list)
    initrd_copies: dict = field(default_factory=dict)
    initrd_files: dict = field(default_factory=dict)
    initrd: str = "auto"
    disk_names: dict = field(default_factory=dict)
    hardware: dict = field(default_factory=dict)

    def model(self, kind, identifier):
        """The targets.Model chosen for a device, None when the device was removed."""
        driver = self.selection.drivers[kind].get(identifier)
        return None if driver is None else self.target.model(kind, driver)

    def edit_arguments(self, text, present=()):
        """text, a kernel command line or part of one, with all edits made. Spacing and order stay.

        present: arguments that stand in the other parts of the same command line, or None to add nothing.
        """
        edited = _edit_each(text, self.argument_edits)
        if edited != text:
            edited = edited.strip()
        if present is None:
            return edited
        there = set(edited.split()) | set(present)
        missing = [argument for argument in self.arguments if argument not in there]
        return " ".join([edited.rstrip(), *missing]).lstrip() if missing else edited


def _edit_each(text, edits: list[Callable[[str], str | None]]):
    def replaced(match):
        space, argument = match.groups()
        for edit in edits:
            argument = edit(argument)
            if argument is None:
                return ""
        return space + argument

    # Blanks without an argument behind them are none of the pattern's: it would look for one from each of them.
    arguments = text.rstrip()
    return re.sub(r"(\s*)(\S+)", replaced, arguments) + text[len(arguments) :]
