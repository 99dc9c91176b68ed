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
from .layers.filesystem import Filesystem
from .mounts import Mount

if TYPE_CHECKING:
    from ..guest import Guest

_SYSTEM = "/Windows/System32"
# What Windows writes its memory to when it hibernates, or shuts down with fast startup, and how that begins then
# (ntfs-3g, libntfs-3g/volume.c: ntfs_volume_check_hiberfile).
_MEMORY, _HIBERNATED = "/hiberfil.sys", b"hibr"


def found(guest: Guest) -> Iterator[tuple[Filesystem, bool]]:
    """The filesystems that have Windows, and whether it is hibernated. Those that cannot be mounted are passed over."""
    for filesystem in guest.storage.filesystems:
        if filesystem.type == "ntfs":
            try:
                guest.mounter.show([Mount("/", filesystem)], read_only=True)
            except MountError:
                continue
            root = GuestRoot(guest.appliance, filesystem.name, guest)
            if root.is_dir(_SYSTEM):
                yield (
                    filesystem,
                    root.head(_MEMORY, len(_HIBERNATED)).lower() == _HIBERNATED if root.is_file(_MEMORY) else False,
                )


def hibernated(guest: Guest) -> Iterator[GuestconvError]:
    """An error for each Windows that is hibernated."""
    for filesystem, is_hibernated in found(guest):
        if is_hibernated:
            yield GuestconvError(
                "guest-hibernated",
                f"Windows on {filesystem.name} is hibernated, or was shut down with fast startup.",
                hint="Start Windows once on its old hypervisor, and shut it down with `shutdown /s /t 0`.",
            )
