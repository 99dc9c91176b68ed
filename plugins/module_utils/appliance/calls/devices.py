# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Disks, partitions, arrays, encrypted devices and volumes, and what is on them."""

from __future__ import annotations

from typing import Any

from ..secret import Secret
from .caller import Caller


class DeviceCalls(Caller):
    """Calls about devices, by the names that the appliance has for them."""

    # Devices

    def list_partitions(self) -> list[str]:
        """The partitions of all disks."""
        result: list[str] = self.call("list_partitions")
        return result

    def list_disk_labels(self) -> dict[str, str]:
        """{label of a disk, as given to add_drive: its device}."""
        result: dict[str, str] = self.call("list_disk_labels")
        return result

    def blockdev_getsize64(self, device: str) -> int:
        """The size of a device in bytes."""
        result: int = self.call("blockdev_getsize64", device)
        return result

    def blockdev_getro(self, device: str) -> bool:
        """Whether a device cannot be written to."""
        result: bool = self.call("blockdev_getro", device)
        return result

    def blkid(self, device: str) -> dict[str, str]:
        """The tags of blkid(8): TYPE, UUID, LABEL, PART_ENTRY_UUID, ..."""
        result: dict[str, str] = self.call("blkid", device)
        return result

    def pread_device(self, device: str, count: int, offset: int) -> bytes:
        """Up to `count` bytes of a device at `offset`."""
        result: bytes = self.call("pread_device", device, count, offset)
        return result

    def pwrite_device(self, device: str, content: bytes, offset: int) -> int:
        """Write to a device from `offset` on. Returns: how many bytes were written, which may be fewer than were given."""
        result: int = self.call("pwrite_device", device, content, offset)
        return result

    # Arrays

    def list_md_devices(self) -> list[str]:
        """The names of the arrays (md) that are started."""
        result: list[str] = self.call("list_md_devices")
        return result

    def md_detail(self, array: str) -> dict[str, str]:
        """What mdadm reports of an array: its names without MD_ and in small letters."""
        result: dict[str, str] = self.call("md_detail", array)
        return result

    def md_stop(self, array: str) -> None:
        """Stop an array."""
        self.call("md_stop", array)

    # Logical volumes

    def lvm_scan(self, activate: bool) -> None:
        """Search all devices for volume groups, and activate them."""
        self.call("lvm_scan", activate)

    def lvs(self) -> list[str]:
        """The devices of the logical volumes."""
        result: list[str] = self.call("lvs")
        return result

    def lvuuid(self, device: str) -> str:
        """The UUID of a logical volume."""
        result: str = self.call("lvuuid", device)
        return result

    def vgpvuuids(self, group: str) -> list[str]:
        """The UUIDs of the physical volumes of a volume group."""
        result: list[str] = self.call("vgpvuuids", group)
        return result

    def vg_activate(self, activate: bool, groups: list[str]) -> None:
        """Activate, or deactivate, these volume groups."""
        self.call("vg_activate", activate, groups)

    def vg_activate_all(self, activate: bool) -> None:
        """Activate, or deactivate, all volume groups."""
        self.call("vg_activate_all", activate)

    # Encrypted devices

    def cryptsetup_open(self, device: str, key: Secret, name: str) -> None:
        """Open an encrypted device as /dev/mapper/name."""
        self.call("cryptsetup_open", device, key, name)

    def cryptsetup_close(self, device: str) -> None:
        """Close one that was opened: device is /dev/mapper/name."""
        self.call("cryptsetup_close", device)

    # Btrfs

    def btrfs_subvolume_list(self, device: str) -> list[dict[str, Any]]:
        """The subvolumes of a btrfs: btrfssubvolume_id and btrfssubvolume_top_level_id (int), btrfssubvolume_path (str)."""
        result: list[dict[str, Any]] = self.call("btrfs_subvolume_list", device)
        return result

    def btrfs_subvolume_get_default(self, device: str) -> int:
        """The number of the subvolume of a btrfs that is mounted if none is named."""
        result: int = self.call("btrfs_subvolume_get_default", device)
        return result

    def btrfs_subvolume_show(self, path: str) -> dict[str, str]:
        """What btrfs says of the subvolume that is mounted at path: Name, UUID, Flags ("readonly", "-"), ..."""
        result: dict[str, str] = self.call("btrfs_subvolume_show", path)
        return result

    # What the appliance is able to do

    def feature_available(self, features: list[str]) -> bool:
        """Whether the appliance has these optional features ("luks")."""
        result: bool = self.call("feature_available", features)
        return result

    def filesystem_available(self, kind: str) -> bool:
        """Whether the appliance's kernel has a driver for this type of filesystem."""
        result: bool = self.call("filesystem_available", kind)
        return result

    # libguestfs's own inspection

    def inspect_os(self) -> list[str]:
        """The roots that libguestfs's own inspection finds."""
        result: list[str] = self.call("inspect_os")
        return result

    def inspect_get_type(self, root: str) -> str:
        """The kind of the operating system on root: "linux", "windows", "unknown"."""
        result: str = self.call("inspect_get_type", root)
        return result

    def inspect_get_distro(self, root: str) -> str:
        """The distribution of a root, after inspect_os."""
        result: str = self.call("inspect_get_distro", root)
        return result

    def inspect_get_product_name(self, root: str) -> str:
        """The product's name of a root, after inspect_os."""
        result: str = self.call("inspect_get_product_name", root)
        return result
