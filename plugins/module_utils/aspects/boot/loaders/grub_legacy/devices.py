# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What GRUB legacy's names of disks and partitions, `(hd0,0)`, mean in a root: where it has that filesystem mounted.

Disks are numbered as the BIOS has them, the one that boots first; partitions from 0, the logical ones from 4.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass

from .....guest.root import GuestRoot
from .....guest.storage.layers.disk import Disk
from .....guest.storage.layers.filesystem import Filesystem
from .. import places

_WITH_DEVICE = re.compile(r"\((?P<device>[^()]*)\)(?P<path>/.*)", re.DOTALL)
_DISK = re.compile(r"\(?hd(?P<disk>[0-9]{1,3})(?:,(?P<partition>[0-9]{1,3})(?:,[a-z])?)?\)?(?:[ /]|\Z)")


@dataclass(frozen=True)
class Devices:
    """How a root's GRUB finds files. home: the path of its menu. disks: of device.map, {0: "/dev/sda"}."""

    root: GuestRoot
    home: str
    disks: Mapping[int, str]

    def path(self, named: str, selected: tuple[str, str] | None) -> str | None:
        """The path in the root of a file that the menu names; None where it is not on a filesystem of the root's.

        named: may have its device before it. selected: the command and argument that selected a partition before it, if
        any: ("root", "(hd0,0)").
        """
        placed = _placed(named, selected)
        if placed is None:
            return self._on_own(named)
        command, device, named = placed
        meant, others = self._meant(command, device)
        paths = self._paths(meant, named)
        there = next(filter(self.root.is_file, [*paths, *self._paths(others, named)]), None)
        if there or paths:
            return there or paths[0]
        return None if _have_files(meant) else self._on_own(named)

    def is_elsewhere(self, named: str, selected: tuple[str, str] | None) -> bool:
        """Whether a file that the menu names, as of path(), is on a filesystem that the root does not mount.

        It may be that of another system on another disk, which has a file of that path, too.
        """
        placed = _placed(named, selected)
        meant = self._meant(*placed[:2])[0] if placed else []
        mounted = self.root.info["mountpoints"].values()
        return _have_files(meant) and not any(each.name in mounted for each in meant)

    def _meant(self, command: str, device: str) -> tuple[list[Filesystem], list[Filesystem]]:
        """The filesystems that a device is, and those that it may be."""
        return (self._with_uuid(device), []) if command == "uuid" else self._numbered(device)

    def _paths(self, filesystems: list[Filesystem], named: str) -> list[str]:
        """Where the root has a file that is called so on these filesystems, if that is there."""
        mounts = self.root.info["mountpoints"].items()
        names = [each.name for each in filesystems]
        return [places.below(path, named) for path, name in mounts if name in names]

    def _on_own(self, named: str) -> str | None:
        """On the filesystem that the menu is on, or where it is there alone."""
        if not named.startswith("/"):
            return None
        mounts = dict.fromkeys((places.mount_of(self.root, self.home), "/boot", "/"))
        paths = [places.below(mount, named) for mount in mounts if mount in self.root.info["mountpoints"]]
        return next(filter(self.root.is_file, paths), paths[0] if paths else None)

    def _with_uuid(self, uuid: str) -> list[Filesystem]:
        return [each for each in self.root.guest.storage.filesystems if each.uuid and each.uuid == uuid.strip()]

    def _numbered(self, device: str) -> tuple[list[Filesystem], list[Filesystem]]:
        """The filesystem of such a name; and those of its number on other disks, as no file says the BIOS's order."""
        match = _DISK.match(device)
        if not match:
            return [], []
        disks = self.root.guest.storage.disks
        number = None if match["partition"] is None else int(match["partition"]) + 1
        disk = int(match["disk"])
        named = [each for each in disks if each.name == self.disks.get(disk)] or disks[disk : disk + 1]
        found = [each for each in self.root.guest.storage.filesystems if _number(each) == number]
        return (
            [each for each in found if any(each.disk == one.identifier for one in named)],
            [each for each in found if all(each.disk != one.identifier for one in named)],
        )


def _placed(named: str, selected: tuple[str, str] | None) -> tuple[str, str, str] | None:
    """The command that selects a device, the device, and the path of a file there; None where nothing says the device."""
    found = _WITH_DEVICE.match(named)
    if found:
        return "root", found["device"], found["path"]
    return (*selected, named) if selected and named.startswith("/") else None


def _have_files(filesystems: Collection[Filesystem]) -> bool:
    """Whether one has files. A member of a mirror, which GRUB reads as if it were one, is known by what is in it alone."""
    return any(each.type and not each.type.endswith("_member") for each in filesystems)


def _number(filesystem: Filesystem) -> int | None:
    """The number of the partition that it fills, None where it fills a disk, and 0 where neither."""
    if filesystem.partition:
        return filesystem.partition.number
    return None if isinstance(filesystem.parents[0], Disk) else 0
