# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A stand-in for the appliance over what a test states to be on the disks, and the guest opened in it."""

from __future__ import annotations

import posixpath
import re
import stat
from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Any

from ansible_collections.virttools.guestconv.plugins.module_utils.appliance.failures import CallFailed
from ansible_collections.virttools.guestconv.plugins.module_utils.devices.targets import KVM
from ansible_collections.virttools.guestconv.plugins.module_utils.guest.guest import Guest
from ansible_collections.virttools.guestconv.tests.unit.plugins.module_utils.guest.storage.storage_nodes import image

FAILS = "fails to be mounted"
# Where the superblock of a btrfs is.
SUPERBLOCK_AT = 0x10000
# btrfs's number of the top of a filesystem.
TOP = 5
# Types of filesystems that the appliance's kernel cannot mount.
UNKNOWN_TO_THE_KERNEL = ("bcachefs", "VMFS")


def boot_sector(**types: int) -> bytes:
    """A boot sector whose partition number N has the type pN."""
    sector = bytearray(512)
    for number, kind in types.items():
        sector[446 + 16 * (int(number[1:]) - 1) + 4] = kind
    return bytes(sector)


class StandInAppliance:
    """tags: {the appliance's name of a partition, disk or volume: what blkid prints of it}.

    volumes: {name: UUID}. members: {volume group: UUIDs of its physical volumes}.
    subvolumes: {device: [(number, path), or (number, path, number of the one above)]}. default: {device: number}.
    files: {device: {path from the top of its filesystem: text}}; a path that ends with a slash is an empty directory.
    A device whose files are FAILS cannot be mounted. unwritable: devices that can only be mounted read-only.
    superblock: of each btrfs, what is read of it. asked: the calls, as they were made.
    """

    def __init__(
        self,
        tags: Mapping[str, Mapping[str, str]],
        sector: bytes = bytes(512),
        volumes: Mapping[str, str] | None = None,
        members: Mapping[str, Iterable[str]] | None = None,
        subvolumes: Mapping[str, Iterable[tuple[int, str]]] | None = None,
        files: Mapping[str, Any] | None = None,
        unwritable: Iterable[str] = (),
        default: Mapping[str, int] | None = None,
        superblock: bytes = b"",
    ) -> None:
        self._default, self._superblock = default or {}, superblock
        self._tags, self._sector, self._volumes = dict(tags), sector, volumes or {}
        self._members, self._subvolumes, self._files = members or {}, subvolumes or {}, files or {}
        self._unwritable = frozenset(unwritable)
        self.asked: list[tuple[Any, ...]] = []
        self.mounts: dict[str, tuple[str, str]] = {}

    def call(self, name: str, *arguments: Any, **options: Any) -> Any:
        self.asked.append((name, *arguments))
        return getattr(self, f"_{name}")(*arguments, **options)

    def __getattr__(self, name: str) -> Any:
        if name.startswith("_"):
            raise AttributeError(name)
        return lambda *arguments, **options: self.call(name, *arguments, **options)

    def times(self, name: str) -> int:
        """How often a function was called."""
        return Counter(call[0] for call in self.asked)[name]

    def device(self, index: int) -> str:
        return "/dev/sd" + "abcd"[index]

    def status(self, path: str) -> dict[str, int] | None:
        """What stat says of path in what is mounted."""
        device, inside = self._find(path)
        files = self._files.get(device, {})
        if inside in files:
            return {"st_mode": stat.S_IFREG | 0o644, "st_size": len(files[inside])}
        below = inside.rstrip("/") + "/"
        if below == "/" or any(name.startswith(below) for name in files):
            return {"st_mode": stat.S_IFDIR | 0o755, "st_size": 0}
        return None

    def _find(self, path: str) -> tuple[str, str]:
        within = [one for one in self.mounts if one == "/" or f"{path}/".startswith(f"{one}/")]
        mountpoint = max(within, key=len)
        return self.mounts[mountpoint][0], "/" + posixpath.relpath(path, mountpoint).replace(
            ".", "", path == mountpoint
        )

    def _exists(self, path: str) -> bool:
        return self.status(path) is not None

    def _pread(self, path: str, count: int, offset: int) -> bytes:
        device, inside = self._find(path)
        return self._files[device][inside][offset : offset + count].encode()

    def _ls(self, path: str) -> list[str]:
        device, inside = self._find(path)
        below = inside.rstrip("/") + "/"
        return [name[len(below) :].split("/")[0] for name in self._files.get(device, {}) if name.startswith(below)]

    def _list_partitions(self) -> list[str]:
        return [name for name in self._tags if name[-1].isdigit() and name.count("/") == 2]

    def _pread_device(self, _device: str, count: int, offset: int) -> bytes:
        content = self._sector.ljust(SUPERBLOCK_AT, b"\0") + self._superblock
        return content[offset : offset + count]

    def _blkid(self, device: str) -> Mapping[str, str]:
        return self._tags[device]

    def _lvs(self) -> list[str]:
        return list(self._volumes)

    def _lvs_full(self) -> list[dict[str, str]]:
        return [{"lv_name": name.rpartition("/")[2], "lv_uuid": uuid} for name, uuid in self._volumes.items()]

    def _lvuuid(self, device: str) -> str:
        return self._volumes[device]

    def _vgpvuuids(self, group: str) -> list[str]:
        return list(self._members[group])

    def _btrfs_subvolume_list(self, device: str) -> list[dict[str, Any]]:
        found = self._subvolumes.get(device, ())
        keys = ("btrfssubvolume_id", "btrfssubvolume_path", "btrfssubvolume_top_level_id")
        return [dict(zip(keys, (*each, TOP)[:3])) for each in found]

    def _btrfs_subvolume_get_default(self, device: str) -> int:
        return self._default.get(device, TOP)

    def _filesystem_available(self, kind: str) -> bool:
        return kind not in UNKNOWN_TO_THE_KERNEL

    def _glob_expand(self, pattern: str, directoryslash: bool = True) -> list[str]:
        found = re.fullmatch(r"/\{(.*)\}", pattern)
        paths = [f"/{each}" for each in found[1].split(",")] if found else [pattern]
        return [path for path in paths if self.status(path)]

    def _mount_options(self, options: str, device: str, mountpoint: str) -> None:
        if self._files.get(device) == FAILS:
            raise CallFailed("appliance-call-failed", f"mount: unknown filesystem type on {device}")
        if mountpoint != "/" and self.status(mountpoint) is None:
            raise CallFailed("appliance-call-failed", f"mount: {mountpoint}: mount point does not exist")
        self.mounts[mountpoint] = (device, options)

    def _remount(self, mountpoint: str, rw: bool) -> None:
        device, options = self.mounts[mountpoint]
        if device in self._unwritable:
            raise CallFailed("appliance-call-failed", f"mount: {mountpoint}: cannot remount {device} read-write")
        self.mounts[mountpoint] = (device, ",".join(filter(None, ("rw" * rw, options.partition(",")[2]))))

    def _umount_all(self) -> None:
        self.mounts.clear()

    def _inspect_os(self) -> list[str]:
        return []


def opened(appliance: StandInAppliance, *disks: str) -> Guest:
    """The guest on disks, which it knows by these names."""
    return Guest.opened(appliance, [image(name) for name in disks], KVM, {})
