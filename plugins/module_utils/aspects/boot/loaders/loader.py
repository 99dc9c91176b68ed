# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a boot loader is: a package of this room, which loaders/__init__.py registers."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Protocol

from ....guest.boot_menu import BootMenu
from ....guest.root import GuestRoot
from ....model.concerns import Concern
from ..command_line import Editors
from ..evidence import Evidence

if TYPE_CHECKING:
    from ...plan import Plan


# Says of the files in one directory of the EFI system partition (as they are spelt, by what they are in lower case), and
# the ending of names for the machine ("x64"), which must be copied: the first becomes the fallback itself, the others
# must stand next to it by their own names. None of them where it could not start.
Fallback = Callable[[Mapping[str, str], str], list[str]]


class InstalledLoader(Protocol):
    """A boot loader as it is installed in one root."""

    def menu(self) -> BootMenu:
        """The entries that boot Linux, and which of them is the default: none where that one boots something else."""

    def concerns(self) -> list[Concern]:
        """What a person should know of it: default_not_supported(), for one."""

    def edit(self, plan: Plan, editors: Editors) -> None:
        """Make the menu boot the guest on the target: the command lines of all entries, and the disks' names."""

    def edit_sources(self, plan: Plan, editors: Editors, has_new_fallback: bool) -> None:
        """Keep in step what the menu is generated from, and by which upgrades install the boot loader.

        has_new_fallback: whether the UEFI fallback was made by this conversion, so that upgrades must renew it.
        """


class BootLoader(Protocol):
    """A kind of boot loader.

    NAME: in the description (`boot.loaders`). TITLE: what a hint for a person calls it.
    FALLBACKS: the ways to make the UEFI fallback of it, the best first.
    READS_EXTENDED: whether it reads extended boot loader partitions.
    """

    @property
    def NAME(self) -> str: ...

    @property
    def TITLE(self) -> str: ...

    @property
    def FALLBACKS(self) -> tuple[Fallback, ...]: ...

    @property
    def READS_EXTENDED(self) -> bool: ...

    def is_in_boot_sector(self, sector: bytes) -> bool:
        """Whether the code in the first sector (512 bytes) of a disk, or of a partition, starts it."""

    def is_program(self, name: str, data: bytes) -> bool:
        """Whether an EFI program is it. name: of its file, in lower case; data: the beginning of it.

        Either may be empty, where it is not known.
        """

    def find(self, root: GuestRoot, evidence: Evidence) -> InstalledLoader | None:
        """The loader as it is installed in root, None when it has no menu there."""


def default_not_known(where: str) -> Concern:
    """The concern for a menu (its path) of which cannot be told what boots by default."""
    return Concern(
        "boot-default-not-supported",
        "error",
        f"{where} is too long or runs without end, so guestconv cannot tell which entry the guest boots by default.",
        "Simplify the menu in the guest, or regenerate it (grub-mkconfig), before it moves.",
    )


def default_not_supported(where: str, title: str, started: str) -> Concern:
    """The concern for a menu whose default guestconv cannot prepare.

    where: the path of the menu. title: of the entry. started: what it starts ("multiboot2 /boot/xen.gz").
    """
    return Concern(
        "boot-default-not-supported",
        "error",
        f'{where}: the guest boots "{title}" by default, which starts {started}; guestconv prepares Linux kernels only.',
        "Make an entry that boots Linux by itself the default in the guest before it moves.",
    )
