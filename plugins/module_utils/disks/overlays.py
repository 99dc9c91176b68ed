# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The overlays that protect the disks: what is written to them does not reach the disks."""

from __future__ import annotations

import os

from . import qemu_img
from .images import Disk
from .room import require_room, require_usable_directory

# Room that an overlay must find, in bytes. A conversion writes tens of megabytes: an initrd per kernel, and logs.
OVERLAY_ROOM = 512 << 20


def create_overlay(disk: Disk, directory: str, name: str, room: int = OVERLAY_ROOM) -> str:
    """Make a qcow2 overlay over a disk; what is written to it does not reach the disk.

    Args: directory: where; name: of the new file; room: bytes that must be free there.
    Returns: its absolute path. Errors: workdir-not-usable, no-space, qemu-img-failed.
    """
    require_usable_directory(directory, "workdir-not-usable", "workdir")
    require_room(directory, room, f"the overlay of {disk.path}")
    path = os.path.join(os.path.abspath(directory), name)
    qemu_img.run_checked(
        ["create", "-q", "-f", "qcow2", "-b", disk.path, "-F", disk.format, path, str(disk.virtual_size)], 60
    )
    return path


def overlay_disk(disk: Disk, path: str) -> Disk:
    """The Disk that an overlay at `path` over `disk` is."""
    return Disk(path, "qcow2", disk.device, disk.virtual_size, (disk.path, *disk.backing), extents=disk.extents)
