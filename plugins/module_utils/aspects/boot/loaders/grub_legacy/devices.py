# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What GRUB legacy's names of disks and partitions, `(hd0,0)`, mean in a root: where it has that filesystem mounted.

Disks are numbered as the BIOS has them, the one that boots first; partitions from 0, the logical ones from 4.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from .....guest.root import GuestRoot
from .....guest.storage.layers.disk import Disk
from .....guest.storage.layers.filesystem import Filesystem
from .....guest.storage.layers.partition import Partition
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
        found = _WITH_DEVICE.match(named)
        if found:
            command, device, named = "root", found["device"], found["path"]
        elif selected and named.startswith("/"):
            command, device = selected
        else:
            return self._on_own(named)
        filesystems = list(self._with_uuid(device) if command == "uuid" else self._numbered(device))
        mounts = [mount for each in filesystems for mount in self._mounts(each)]
        paths = [places.below(mount, named) for mount in mounts]
        there = next(filter(self.root.is_file, paths), None)
        if there or paths:
            return there or paths[0]
        # A member of a mirror, which GRUB reads as if it were a filesystem, is known by what is in it alone.
        is_other = any(each.type and not each.type.endswith("_member") for each in filesystems)
        return None if is_other else self._on_own(named)

    def _on_own(self, named: str) -> str | None:
        """On the filesystem that the menu is on, or where it is there alone."""
        if not named.startswith("/"):
            return None
        mounts = dict.fromkeys((places.mount_of(self.root, self.home), "/boot", "/"))
        paths = [places.below(mount, named) for mount in mounts if mount in self.root.info["mountpoints"]]
        return next(filter(self.root.is_file, paths), paths[0] if paths else None)

    def _with_uuid(self, uuid: str) -> Iterator[Filesystem]:
        return (each for each in self.root.guest.storage.filesystems if each.uuid and each.uuid == uuid.strip())

    def _numbered(self, device: str) -> Iterator[Filesystem]:
        """The filesystem of such a name; then those of the same number on other disks, as no file says the BIOS's order."""
        match = _DISK.match(device)
        if not match:
            return
        storage = self.root.guest.storage
        number = None if match["partition"] is None else int(match["partition"]) + 1
        for disk in self._ordered(storage.disks, int(match["disk"])):
            for each in storage.filesystems:
                parent = each.partition if number else each.parents[0]
                if parent == disk or (isinstance(parent, Partition) and (parent.disk, parent.number) == (disk, number)):
                    yield each

    def _ordered(self, disks: list[Disk], number: int) -> list[Disk]:
        first = [disk for disk in disks if disk.name == self.disks.get(number)] or disks[number : number + 1]
        return [*first, *(disk for disk in disks if disk not in first)]

    def _mounts(self, filesystem: Filesystem) -> list[str]:
        return [path for path, name in self.root.info["mountpoints"].items() if name == filesystem.name]
