# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A unified kernel image that UEFI starts itself, or by shim, with no boot loader between."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .....guest.boot_menu import BootMenu
from .....guest.root import GuestRoot
from .....model.concerns import Concern
from ... import kernel_install, unified
from ...command_line import Editors
from ...evidence import Evidence
from ..loader import Fallback

if TYPE_CHECKING:
    from ....plan import Plan

NAME = "unified-kernel-image"
TITLE = "a unified kernel image"
# Which one of several in EFI/Linux is a boot loader's choice.
FALLBACKS: tuple[Fallback, ...] = ()
READS_EXTENDED = False


def is_in_boot_sector(sector: bytes) -> bool:
    """Never: it boots with UEFI alone."""
    return False


def is_program(name: str, data: bytes) -> bool:
    """Whether an EFI program has a kernel in it, whatever its file is called."""
    return unified.is_image(data)


def find(root: GuestRoot, evidence: Evidence) -> UnifiedImage | None:
    """The image that is the UEFI fallback, or that shim starts in the place of GRUB; None where neither is one."""
    partition = evidence.partition
    if evidence.firmware != "uefi" or partition is None:
        return None
    names = partition.names(partition.fallback)
    there = sorted(each for each in names if each.startswith(("boot", "grub")) and each.endswith(".efi"))
    started = [evidence.program] if evidence.started == NAME and evidence.program else []
    for path in (*started, *(f"{partition.path}/{partition.fallback}/{names[each]}" for each in there)):
        images = unified.read(root, path)
        if images:
            return UnifiedImage(root, images[0])
    return None


class UnifiedImage:
    """The image that boots one root."""

    def __init__(self, root: GuestRoot, image: unified.Image) -> None:
        self._root = root
        self._entry = image.entry(unified.with_addons(root, image, ()))

    def menu(self) -> BootMenu:
        """The image's one entry."""
        return BootMenu([self._entry], self._entry)

    def concerns(self) -> list[Concern]:
        """What would have to change in it."""
        return unified.concerns(self._entry)

    def edit(self, plan: Plan, editors: Editors) -> None:
        """Check that nothing in it has to change. Raises GuestconvError `unified-image-fixed`."""
        unified.check(self.menu(), editors.with_initrd)

    def edit_sources(self, plan: Plan, editors: Editors, has_new_fallback: bool) -> None:
        """Edit what new images get their command line from."""
        kernel_install.edit_sources(self._root, editors.with_initrd)
