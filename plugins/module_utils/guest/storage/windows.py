# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What Windows leaves on a volume that it did not shut down: the memory of a hibernated one."""

from __future__ import annotations

from ..root import GuestRoot

# What Windows writes its memory to when it hibernates, or shuts down with fast startup, and how that begins then
# (ntfs-3g, libntfs-3g/volume.c: ntfs_volume_check_hiberfile). In the third state, it could not be resumed, and the boot
# manager asks at the next start whether it is to be tried again (libyal/libhibr, "Windows Hibernation File format").
_MEMORY, _HIBERNATED = "hiberfil.sys", (b"HIBR", b"RSTR")


def is_hibernated(root: GuestRoot, mountpoint: str) -> bool:
    """Whether the volume that is mounted at mountpoint was left by a Windows that is hibernated."""
    path = f"{mountpoint.rstrip('/')}/{_MEMORY}"
    return root.is_file(path) and root.head(path, 4).upper() in _HIBERNATED
