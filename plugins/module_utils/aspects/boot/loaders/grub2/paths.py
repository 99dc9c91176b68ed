# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Where the files are that GRUB's scripts name: its devices, as the root has them mounted."""

from __future__ import annotations

import re
from dataclasses import dataclass

from .....guest.root import GuestRoot
from .....guest.storage.layers.array import Array
from .....guest.storage.layers.array_partition import ArrayPartition
from .....guest.storage.layers.filesystem import Filesystem
from .....guest.storage.layers.logical_volume import LogicalVolume
from .....guest.storage.layers.partition import Partition
from .....guest.storage.layers.subvolume import Subvolume
from .. import places

# hd0,gpt2 and hd0,msdos1; the partition table may be left out, and so may the disk where GRUB itself is on it.
_PARTITION = re.compile(r"(?:hd([0-9]{1,4}))?(?:,(?:[a-z]*?)([0-9]{1,4}))?", re.ASCII)
_VOLUME = re.compile(r"lvm/((?:[^-]|--)+)-((?:[^-]|--)+)")
# Of an array: its name without that of its host, its number, or the digits of its UUID (grub-core/disk/diskfilter.c).
_ARRAY = re.compile(
    r"(?:md/?(?P<name>[^/]+?)|mduuid/(?P<uuid>[0-9A-Fa-f]{32}))(?:,(?:gpt|msdos)?(?P<number>[0-9]{1,4}))?"
)
_VOLUME_UUID = re.compile(r"lvmid/[^/]+/([A-Za-z0-9-]+)")


@dataclass(frozen=True)
class _Mounted:
    """A filesystem, or its subvolume of that path, which is mounted at path."""

    path: str
    filesystem: Filesystem
    subvolume: str = ""


class RootFiles:
    """The files of a root, as script/files.py has it. What is asked twice is remembered: each answer takes a call."""

    def __init__(self, root: GuestRoot) -> None:
        self._root = root
        self._mounted = _mounted(root)
        self._sizes: dict[str, int | None] = {}
        self._directories: dict[str, bool] = {}

    def place(self, path: str) -> tuple[str, str]:
        """What GRUB calls the file or directory at path in the root: its device, and its path there."""
        within = [each for each in self._mounted if _is_below(path, each.path)]
        if not within:
            return "", path
        mounted = max(within, key=lambda each: len(each.path))
        top = f"/{mounted.subvolume}" if mounted.subvolume else ""
        return self._name(mounted.filesystem), top + "/" + path[len(mounted.path.rstrip("/")) :].lstrip("/")

    # What scripts ask

    def path(self, device: str, path: str) -> str | None:
        """See Files."""
        path = re.sub("/+", "/", path)
        filesystem = self._filesystem(device)
        mounts = [each for each in self._mounted if each.filesystem == filesystem]
        if filesystem is not None and not mounts:
            # Another system's.
            return None
        found = _in_mounts(mounts, path) if filesystem else self._anywhere(path)
        is_btrfs = filesystem is None or filesystem.type == "btrfs"
        others = [*(_stripped(mounts, path) if is_btrfs else ()), *self._anywhere(path)]
        return next(filter(self._exists, [*found, *others]), found[0])

    def read(self, path: str) -> str | None:
        """See Files."""
        return self._root.read(path)

    def size(self, path: str) -> int | None:
        """See Files."""
        if path not in self._sizes:
            self._sizes[path] = self._root.size(path) if self._root.is_file(path) else None
        return self._sizes[path]

    def is_directory(self, path: str) -> bool:
        """See Files."""
        if path not in self._directories:
            self._directories[path] = self._root.is_dir(path)
        return self._directories[path]

    def is_kernel(self, path: str) -> bool:
        """See Files."""
        return places.is_linux(self._root, path)

    def names(self, path: str) -> list[str]:
        """See Files."""
        return self._root.list(path)

    def search(self, kind: str, value: str) -> str | None:
        """See Files."""
        if kind == "file":
            holding = (each for each in self._mounted if any(map(self._exists, _in_mounts([each], value))))
            return next((self._name(each.filesystem) for each in holding), None)
        for filesystem in self._root.guest.storage.filesystems:
            own = filesystem.uuid if kind == "fs-uuid" else filesystem.label
            # GRUB compares UUIDs without regard to case.
            if value and (own == value or (kind == "fs-uuid" and own.casefold() == value.casefold())):
                return self._name(filesystem)
        return None

    def probe(self, device: str, what: str) -> str | None:
        """See Files."""
        filesystem = self._filesystem(device)
        if filesystem is None:
            return None
        return {"fs-uuid": filesystem.uuid, "label": filesystem.label}.get(what, filesystem.type)

    # Devices

    def _name(self, filesystem: Filesystem) -> str:
        """What GRUB calls the device of a filesystem."""
        node = filesystem.parents[0]
        if isinstance(node, Partition):
            return f"hd{self._root.guest.storage.disks.index(node.disk)},{node.number}"
        if isinstance(node, LogicalVolume):
            group, volume = node.name.split("/")[2:4]
            return f"lvm/{group.replace('-', '--')}-{volume.replace('-', '--')}"
        if isinstance(node, Array):
            return _array_name(node)
        if isinstance(node, ArrayPartition):
            return f"{_array_name(node.array)},{node.number}"
        for number, disk in enumerate(self._root.guest.storage.disks):
            if disk == node:
                return f"hd{number}"
        return f"uuid/{filesystem.uuid}"

    def _filesystem(self, device: str) -> Filesystem | None:
        """The filesystem on what GRUB calls device; None where that is not known."""
        storage = self._root.guest.storage
        volume, by_uuid = _VOLUME.fullmatch(device), _VOLUME_UUID.fullmatch(device)
        found = _PARTITION.fullmatch(device) if device else None
        array = _ARRAY.fullmatch(device)
        for filesystem in storage.filesystems:
            node = filesystem.parents[0]
            if isinstance(node, LogicalVolume):
                if volume and node.name == f"/dev/{volume[1].replace('--', '-')}/{volume[2].replace('--', '-')}":
                    return filesystem
                if by_uuid and node.uuid == by_uuid[1].replace("-", ""):
                    return filesystem
            elif isinstance(node, (Array, ArrayPartition)):
                if array and _is_called(node, array):
                    return filesystem
            elif found and isinstance(node, Partition):
                if found[2] and node.number == int(found[2]) and storage.disks.index(node.disk) == int(found[1] or 0):
                    return filesystem
            elif found and not found[2] and node in storage.disks:
                if storage.disks.index(node) == int(found[1] or 0):
                    return filesystem
            if device == f"uuid/{filesystem.uuid}":
                return filesystem
        return None

    # Paths

    def _exists(self, path: str) -> bool:
        return self.size(path) is not None or self.is_directory(path)

    def _anywhere(self, path: str) -> list[str]:
        """Where a file may be whose device is not known: with a /boot of its own GRUB's paths begin there."""
        below_boot = f"/boot{path}" if "/boot" in self._root.info["mountpoints"] else path
        return [below_boot, path] if self._exists(below_boot) else [path]


def _mounted(root: GuestRoot) -> list[_Mounted]:
    mounts = [
        _Mounted(each.path, each.filesystem, each.node.path if isinstance(each.node, Subvolume) else "")
        for each in root.mounted
    ]
    by_name = {filesystem.name: filesystem for filesystem in root.guest.storage.filesystems}
    there = {each.path for each in root.mount_plan.mounts}
    return mounts + [
        _Mounted(path, by_name[name])
        for path, name in root.info["mountpoints"].items()
        if path not in there and name in by_name
    ]


def _array_name(array: Array) -> str:
    return f"mduuid/{array.uuid.replace(':', '')}"


def _is_called(node: Array | ArrayPartition, device: re.Match[str]) -> bool:
    """Whether device, which _ARRAY matched, is GRUB's name of the array, or of the partition of one."""
    array, number = (node.array, node.number) if isinstance(node, ArrayPartition) else (node, 0)
    if int(device["number"] or 0) != number:
        return False
    if device["uuid"]:
        return device["uuid"].lower() == array.uuid.replace(":", "")
    return f"/dev/md/{device['name']}" in array.names


def _is_below(path: str, directory: str) -> bool:
    return directory == "/" or path == directory or path.startswith(f"{directory.rstrip('/')}/")


def _in_mounts(mounts: list[_Mounted], path: str) -> list[str]:
    """Where path on a filesystem may be in the root, the most exact first."""
    found = []
    for each in sorted(mounts, key=lambda each: len(each.subvolume), reverse=True):
        top = f"/{each.subvolume}" if each.subvolume else ""
        if _is_below(path, top or "/"):
            found.append(each.path.rstrip("/") + path[len(top) :] or "/")
    # A subvolume may be the filesystem's default one, to which SUSE's GRUB takes paths.
    return found or [each.path.rstrip("/") + path for each in mounts]


def _stripped(mounts: list[_Mounted], path: str) -> list[str]:
    """path without the subvolume before it, which is the one that is mounted where nothing else says which."""
    parts = path.split("/")[1:]
    tops = [each.path.rstrip("/") for each in mounts] or [""]
    return [f"{top}/{'/'.join(parts[count:])}" for count in range(1, min(len(parts), 8)) for top in tops]
