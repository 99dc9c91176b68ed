# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The volumes of a Windows: those that it will check at its next start."""

from __future__ import annotations

from collections.abc import Iterator

from ...guest.root import GuestRoot
from ...model.concerns import Concern

_SHUT_DOWN = "shut it down with `shutdown /s /t 0`"


def concerns(root: GuestRoot) -> Iterator[Concern]:
    """A concern for each NTFS on the disks that is marked as dirty, and for that of Windows if it was not unmounted.

    Windows completes what the journal of another one has, at its next start. Nothing is written to that before.
    """
    own = root.mount_plan.root.filesystem
    for filesystem in root.guest.storage.filesystems:
        if filesystem.type != "ntfs":
            continue
        is_own = filesystem == own
        if root.guest.is_dirty(filesystem):
            yield Concern(
                "windows-volume-dirty",
                "error" if is_own else "warning",
                f"{filesystem.name}, the volume of Windows, is marked as dirty: it was not unmounted cleanly, or is damaged."
                if is_own
                else f"{filesystem.name} (ntfs) is marked as dirty. Windows checks it at its next start.",
                f"Start Windows on its old hypervisor, let it check the volume (`chkdsk /f`), and {_SHUT_DOWN}.",
            )
        elif is_own and root.guest.has_open_journal(filesystem):
            yield Concern(
                "windows-volume-dirty",
                "error",
                f"{filesystem.name}, the volume of Windows, was not unmounted: its journal has writes that a conversion would "
                "lose.",
                f"Start Windows once on its old hypervisor, and {_SHUT_DOWN}. A copy that was made of the disk of a running "
                "guest cannot be converted.",
            )
