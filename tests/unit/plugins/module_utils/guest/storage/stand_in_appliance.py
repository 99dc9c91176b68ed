# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A stand-in for the appliance over what a test states to be on the disks, and the guest opened in it."""

from __future__ import annotations

import dataclasses
import posixpath
import re
import stat
from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Any

from ansible_collections.virttools.guestconv.plugins.module_utils.appliance.failures import CallFailed
from ansible_collections.virttools.guestconv.plugins.module_utils.devices.targets import KVM
from ansible_collections.virttools.guestconv.plugins.module_utils.guest.guest import Guest
from ansible_collections.virttools.guestconv.plugins.module_utils.guest.storage import lvm_report, md_superblock
from ansible_collections.virttools.guestconv.plugins.module_utils.guest.storage.keyring import Key
from ansible_collections.virttools.guestconv.tests.text_guests import lvm
from ansible_collections.virttools.guestconv.tests.unit.plugins.module_utils.guest.storage.storage_nodes import (
    SIZE,
    image,
)

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

    volumes: {name: UUID, or all that LVM knows of it}. members: {volume group: UUIDs of its physical volumes}.
    missing: UUIDs of physical volumes that are on no disk. has_shell: whether libguestfs was built with `debug sh`.
    arrays: {device: (devices that it is made of)}. data: {(device, offset): bytes}.
    subvolumes: {device: [(number, path), or (number, path, number of the one above)]}. default: {device: number}.
    files: {device: {path from the top of its filesystem: text}}; a path that ends with a slash is an empty directory.
    A device whose files are FAILS cannot be mounted. unwritable: devices that can only be mounted read-only.
    superblock: of each btrfs, what is read of it.
    keys: {encrypted device: its key}; what is in it has its tags as /dev/mapper/guestconva, guestconvb in the order in
    which they are opened. is_able: whether there is cryptsetup. error: what it fails with. mappings: those that are open.
    asked: the calls, as they were made.
    """

    def __init__(
        self,
        tags: Mapping[str, Mapping[str, str]],
        sector: bytes = bytes(512),
        volumes: Mapping[str, str | lvm.Volume] | None = None,
        members: Mapping[str, Iterable[str]] | None = None,
        subvolumes: Mapping[str, Iterable[tuple[int, str]]] | None = None,
        files: Mapping[str, Any] | None = None,
        unwritable: Iterable[str] = (),
        missing: Iterable[str] = (),
        has_shell: bool = True,
        arrays: Mapping[str, Iterable[str]] | None = None,
        data: Mapping[tuple[str, int], bytes] | None = None,
        default: Mapping[str, int] | None = None,
        superblock: bytes = b"",
        keys: Mapping[str, str | bytes] | None = None,
        is_able: bool = True,
        error: str = "",
    ) -> None:
        self._default, self._superblock = default or {}, superblock
        self._tags, self._sector = dict(tags), sector
        self._volumes = {
            name: known if isinstance(known, lvm.Volume) else lvm.Volume(name, known)
            for name, known in (volumes or {}).items()
        }
        self._missing, self._has_shell = tuple(missing), has_shell
        self._arrays, self._data = dict(arrays or {}), dict(data or {})
        self._members, self._subvolumes, self._files = members or {}, subvolumes or {}, files or {}
        self._unwritable = frozenset(unwritable)
        self._keys, self._is_able, self._key_file = keys or {}, is_able, b""
        self._error = error
        self.mappings: list[str] = []
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

    def name_in_shell(self, device: str) -> str:
        return device

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

    def _case_sensitive_path(self, path: str) -> str:
        # No test has another spelling.
        return path

    def _exists(self, path: str) -> bool:
        return self.status(path) is not None

    def _pread(self, path: str, count: int, offset: int) -> bytes:
        device, inside = self._find(path)
        return self._files[device][inside][offset : offset + count].encode()

    def _ls(self, path: str) -> list[str]:
        device, inside = self._find(path)
        below = inside.rstrip("/") + "/"
        return [name[len(below) :].split("/")[0] for name in self._files.get(device, {}) if name.startswith(below)]

    def _realpath(self, path: str) -> str:
        return path

    def _statvfs(self, _path: str) -> dict[str, int]:
        return {"bavail": 1 << 30, "frsize": 1}

    def _list_partitions(self) -> list[str]:
        return [name for name in self._tags if re.match(r"/dev/(sd|md\d+p).*\d\Z", name)]

    def _pread_device(self, device: str, count: int, offset: int) -> bytes:
        if (device, offset) in self._data:
            return self._data[device, offset]
        content = self._sector.ljust(SUPERBLOCK_AT, b"\0") + self._superblock
        return content[offset : offset + count]

    def _blkid(self, device: str) -> Mapping[str, str]:
        return self._tags[device]

    def _feature_available(self, features: list[str]) -> bool:
        return features == ["luks"] and self._is_able

    def _cryptsetup_open(self, device: str, key: str, name: str) -> None:
        if self._error or self._keys[device] != key:
            error = self._error or "cryptsetup exited with status 2: No key available with this passphrase."
            raise CallFailed("appliance-call-failed", f"cryptsetup_open: {error}")
        self.mappings.append(f"/dev/mapper/{name}")

    def _cryptsetup_close(self, device: str) -> None:
        self.mappings.remove(device)

    def _mount_vfs(self, _options: str, kind: str, _device: str, mountpoint: str) -> None:
        assert (kind, mountpoint) == ("tmpfs", "/")

    def _write(self, _path: str, content: bytes) -> None:
        self._key_file = content

    def shell(self, script: str) -> str:
        """What `debug sh` prints."""
        self.asked.append(("debug" if script.startswith("cryptsetup ") else "shell", script))
        if not self._has_shell:
            raise AttributeError("debug")
        if " find " in script:
            # A search through all files, which finds none.
            return "/proc/sys/kernel/ostype\n"
        return self._opened(script) if script.startswith("cryptsetup open ") else self._lvm(script)

    def _opened(self, script: str) -> str:
        device, name = script.split(" 2>&1")[0].split()[-2:]
        if self._keys[device] != self._key_file:
            return "No key available with this passphrase.\nstatus 2\n"
        self.mappings.append(f"/dev/mapper/{name}")
        return "status 0\n"

    def _lvm_scan(self, activate: bool) -> None:
        assert activate

    def _vg_activate_all(self, activate: bool) -> None:
        assert not activate

    def _lvs(self) -> list[str]:
        return [name for name, each in self._volumes.items() if not each.is_skipped]

    def _lvuuid(self, device: str) -> str:
        return self._volumes[device].uuid

    def _lvm(self, script: str) -> str:
        """What LVM prints; "" for other scripts."""
        groups = {each.group_uuid or each.group: each.group for each in self._volumes.values()}
        answers = {
            lvm_report.VOLUMES: lvm.volumes(self._volumes.values()),
            lvm_report.MEMBERS: lvm.members(
                {uuid: self._members.get(name, ()) for uuid, name in groups.items()}, self._missing
            ),
        }
        return answers.get(script, "")

    def _vg_activate(self, _activate: bool, groups: Iterable[str]) -> None:
        for name, each in self._volumes.items():
            if each.group in groups:
                self._volumes[name] = dataclasses.replace(each, is_active=not each.is_skipped)

    def _list_md_devices(self) -> list[str]:
        return list(self._arrays)

    def _md_detail(self, array: str) -> dict[str, str]:
        return {"uuid": md_superblock.with_colons(self._tags[self._arrays[array][0]]["UUID"].replace("-", ""))}

    def _md_stop(self, array: str) -> None:
        del self._arrays[array]

    def _pwrite_device(self, device: str, data: bytes, offset: int) -> int:
        self._data[device, offset] = data
        return len(data)

    def _blockdev_getsize64(self, _device: str) -> int:
        return SIZE

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


def opened(appliance: StandInAppliance, *disks: str, keys: Iterable[Key] = ()) -> Guest:
    """The guest on disks, which it knows by these names."""
    return Guest.opened(appliance, [image(name) for name in disks], KVM, {}, keys)
