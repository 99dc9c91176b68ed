# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The volumes of a Windows: those that it will check at its next start."""

from __future__ import annotations

from collections.abc import Iterator

from ...guest.root import GuestRoot
from ...model.concerns import Concern


def concerns(root: GuestRoot) -> Iterator[Concern]:
    """A concern for each NTFS on the disks that is marked as dirty."""
    own = root.mount_plan.root.filesystem
    for filesystem in root.guest.storage.filesystems:
        if filesystem.type != "ntfs" or not root.guest.is_dirty(filesystem):
            continue
        is_own = filesystem == own
        yield Concern(
            "windows-volume-dirty",
            "error" if is_own else "warning",
            f"{filesystem.name}, the volume of Windows, is marked as dirty: it was not unmounted cleanly, or is damaged."
            if is_own
            else f"{filesystem.name} (ntfs) is marked as dirty. Windows checks it at its next start.",
            "Start Windows on its old hypervisor, let it check the volume (`chkdsk /f`), and shut it down with `shutdown /s "
            "/t 0`.",
        )
