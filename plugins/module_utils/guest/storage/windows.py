# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Windows on the disks: whether it is there, and whether it is hibernated."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from ...errors import GuestconvError
from ..root import GuestRoot
from .diagnosis import MountError
from .mounts import Mount

if TYPE_CHECKING:
    from ..guest import Guest

_SYSTEM = "/Windows/System32"
# What Windows writes its memory to when it hibernates, or shuts down with fast startup, and how that begins then
# (ntfs-3g, libntfs-3g/volume.c: ntfs_volume_check_hiberfile).
_MEMORY, _HIBERNATED = "hiberfil.sys", (b"hibr", b"HIBR")


def found(guest: Guest) -> Iterator[GuestRoot]:
    """The filesystems that have Windows, each mounted as a root. Those that cannot be mounted are passed over."""
    for filesystem in guest.storage.filesystems:
        if filesystem.type == "ntfs":
            try:
                guest.mounter.show([Mount("/", filesystem)], read_only=True)
            except MountError:
                continue
            root = GuestRoot(guest.appliance, filesystem.name, guest)
            if root.is_dir(_SYSTEM):
                yield root


def is_hibernated(root: GuestRoot, mountpoint: str) -> bool:
    """Whether the volume that is mounted at mountpoint was left by a Windows that is hibernated."""
    path = f"{mountpoint.rstrip('/')}/{_MEMORY}"
    return root.is_file(path) and root.head(path, 4) in _HIBERNATED


def hibernated(guest: Guest) -> Iterator[GuestconvError]:
    """An error for each Windows that is hibernated."""
    for root in found(guest):
        if is_hibernated(root, "/"):
            yield GuestconvError(
                "guest-hibernated",
                f"Windows on {root.name} is hibernated, or was shut down with fast startup.",
                hint="Start Windows once on its old hypervisor, and shut it down with `shutdown /s /t 0`.",
            )
