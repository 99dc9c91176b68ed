# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The plan of one root's conversion: what was chosen, and what the aspects need of each other.

The kernel's command line and the initrds are changed by one aspect each; the others say here what they need of them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from ..devices.targets import Model, Target
from ..model.concerns import Concern
from ..model.first_boot import FirstBoot
from ..model.selection import Selection
from ..model.target_hardware import Interface
from .boot.command_line import CommandLine
from .windows.steps import Step, Temporary


@dataclass(frozen=True)
class TextEdit:
    """An edit of texts in the initrd. pattern: a regular expression that matches the whole path of a member."""

    pattern: str
    edit: Callable[[str], str]


@dataclass
class InitrdPlan:
    """What the initrds must be like.

    mode: how an initrd that lacks something gets it: "supplement" (an archive is appended), "rebuild" (the guest's own
        tool makes it anew), or "auto", the first where it is sound, else the second.
    modules: the kernel modules without which the guest does not reach its disks or console, or the initrd not the
        network that it uses.
    files: files of the guest that the initrd must have copies of: {path in the guest: text}.
    copies: what the initrd's copies of files of the guest become, if it has any: {path in the guest: text}.
    edits: of the texts in it.
    programs: names of programs of which an initrd that is made anew must have one; none where it needs none of them.
    mappings: the mappings below /dev/mapper that it must open, of each all names that crypttab gives it.
    """

    mode: str = "auto"
    modules: list[str] = field(default_factory=list)
    files: dict[str, str] = field(default_factory=dict)
    copies: dict[str, str] = field(default_factory=dict)
    edits: list[TextEdit] = field(default_factory=list)
    programs: tuple[str, ...] = ()
    mappings: tuple[frozenset[str], ...] = ()

    def require(self, modules: Iterable[str]) -> None:
        """Have these kernel modules in the initrd."""
        self.modules += [name for name in modules if name not in self.modules]

    def edit(self, pattern: str, edit: Callable[[str], str]) -> None:
        """Edit the texts in the initrd whose path the regular expression matches."""
        self.edits.append(TextEdit(pattern, edit))


@dataclass
class HardwareFacts:
    """What a root knows of the target's virtual machine beyond what was chosen.

    interfaces: the names and addresses of NICs. guest_agent: whether the guest is to run QEMU's agent.
    of_guest: those keys of the hardware that the guest itself knows best: {"clock": "localtime"}.
    """

    interfaces: list[Interface] = field(default_factory=list)
    guest_agent: bool = False
    of_guest: dict[str, str | bool] = field(default_factory=dict)


@dataclass
class Plan:
    """The plan of one root's conversion.

    disk_names: on the target, of each disk that stays: {"sda": "/dev/vda"}.
    concerns: what only the conversion found out, and the guest starts in spite of.
    first_boot: what is to be done once, at the first boot; None for nothing.
    windows_first_boot: what aspects of Windows have done at the first boot, in addition.
    windows_until_first_boot: settings that Windows has until then.
    """

    target: Target
    selection: Selection
    disk_names: dict[str, str] = field(default_factory=dict)
    command_line: CommandLine = field(default_factory=CommandLine)
    initrd: InitrdPlan = field(default_factory=InitrdPlan)
    hardware: HardwareFacts = field(default_factory=HardwareFacts)
    concerns: list[Concern] = field(default_factory=list)
    first_boot: FirstBoot | None = None
    windows_first_boot: list[Step] = field(default_factory=list)
    windows_until_first_boot: list[Temporary] = field(default_factory=list)

    def model(self, kind: str, identifier: str) -> Model | None:
        """The model chosen for a device; None when the device was removed."""
        driver = self.selection.drivers[kind].get(identifier)
        return None if driver is None else self.target.model(kind, driver)
