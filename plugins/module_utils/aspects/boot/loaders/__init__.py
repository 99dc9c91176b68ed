# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""One room per boot loader, and the registry: a new one is a package of its own and one name in LOADERS."""

from __future__ import annotations

from ....guest.root import GuestRoot
from ..system_partition import SystemPartition
from . import grub2
from .loader import BootLoader, Fallback, InstalledLoader

# The first that has a menu in a root boots it.
LOADERS: tuple[BootLoader, ...] = (grub2,)


def in_boot_sector(sector: bytes) -> BootLoader | None:
    """The loader whose code is in the boot sector of a disk, None when it is not known."""
    return next((loader for loader in LOADERS if loader.is_in_boot_sector(sector)), None)


def find(
    root: GuestRoot, firmware: str, partition: SystemPartition | None
) -> tuple[BootLoader, InstalledLoader] | tuple[None, None]:
    """The loader that boots root, as a kind and as it is installed; None twice when there is none that is known."""
    for loader in LOADERS:
        installed = loader.find(root, firmware, partition)
        if installed is not None:
            return loader, installed
    return None, None


def fallbacks() -> list[Fallback]:
    """All ways to make a UEFI fallback, the best first."""
    return [way for loader in LOADERS for way in loader.FALLBACKS]
