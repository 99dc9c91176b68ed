# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the appliance answers about the guest's block devices, as plain data. All input of the graph is from here."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

from ...appliance.appliance import Appliance
from ...appliance.failures import CallFailed, TextNotUtf8
from .. import device_names

if TYPE_CHECKING:
    from ...disks.images import Disk

_SECTOR = 512
# Subvolumes within each other.
_DEEPEST = 64


class FoundSubvolume(NamedTuple):
    """A subvolume of a btrfs. path: from the top of the filesystem. is_default: whether a mount without options shows it."""

    number: int
    path: str
    is_default: bool = False


class Answers:
    """The appliance's answers. What is asked again is not asked of the appliance: each call starts a program there.

    disks: the guest's disks, in the guest's order. attached: what the source knows of each (hardware.disks), if it does.
    """

    def __init__(self, appliance: Appliance, disks: Sequence[Disk], attached: Sequence[Mapping[str, Any]] = ()) -> None:
        self.disks = tuple(disks)
        self.attached = tuple(attached)
        self._appliance = appliance
        self._tags: dict[str, Mapping[str, str]] = {}
        self._volume_uuids: dict[str, str] = {}
        self._volumes_by_name: dict[str, list[str]] | None = None

    def call(self, name: str, *arguments: Any) -> Any:
        """Call a function of libguestfs for which there is no method here. Raises ApplianceError."""
        return self._appliance.call(name, *arguments)

    def disk_device(self, index: int) -> str:
        """The appliance's name of the disk number index."""
        device: str = self._appliance.device(index)
        return device

    def first_sector(self, device: str) -> bytes:
        """The first 512 bytes of a device."""
        sector: bytes = self.call("pread_device", device, _SECTOR, 0)
        return sector

    def partitions(self) -> list[str]:
        """The appliance's names of all partitions."""
        return list(self.call("list_partitions"))

    def tags(self, device: str) -> Mapping[str, str]:
        """What blkid knows of a device: TYPE, UUID, LABEL, PART_ENTRY_UUID and so on, without escapes."""
        if device not in self._tags:
            self._tags[device] = {
                key: device_names.unescaped(value) for key, value in self.call("blkid", device).items()
            }
        return self._tags[device]

    def volumes(self) -> list[str]:
        """The names of all logical volumes (/dev/VG/LV, which the guest calls them too), sorted."""
        return sorted(self.call("lvs"))

    def volume_uuid(self, device: str) -> str:
        """The UUID of a logical volume, without hyphens. The first that is asked for has all of them looked up."""
        if device not in self._volume_uuids:
            if self._volumes_by_name is None:
                self._volumes_by_name = self._uuids_by_name()
            # Each volume group may have a volume of that name, and lvs_full does not say which group it means.
            found = self._volumes_by_name.get(device.rpartition("/")[2], [])
            self._volume_uuids[device] = (
                found[0] if len(found) == 1 else device_names.bare_uuid(self.call("lvuuid", device))
            )
        return self._volume_uuids[device]

    def _uuids_by_name(self) -> dict[str, list[str]]:
        names: dict[str, list[str]] = {}
        for volume in self.call("lvs_full"):
            names.setdefault(volume["lv_name"], []).append(device_names.bare_uuid(volume["lv_uuid"]))
        return names

    def group_members(self, group: str) -> list[str]:
        """The UUIDs, without hyphens, of the physical volumes of a volume group."""
        return [device_names.bare_uuid(uuid) for uuid in self.call("vgpvuuids", group)]

    def subvolumes(self, device: str) -> list[FoundSubvolume]:
        """The subvolumes of a btrfs; empty for one that cannot be read."""
        try:
            found = self.call("btrfs_subvolume_list", device)
            default: int = self.call("btrfs_subvolume_get_default", device) if found else 0
        except (CallFailed, TextNotUtf8):
            return []
        keys = ("id", "top_level_id", "path")
        return _with_whole_paths([tuple(each[f"btrfssubvolume_{key}"] for key in keys) for each in found], default)


def _with_whole_paths(listed: Sequence[tuple[int, int, str]], default: int) -> list[FoundSubvolume]:
    """What `btrfs subvolume list` printed of a filesystem that was mounted without options: number, parent's, path.

    The path of one below the subvolume that is mounted begins there, that of any other at the top of the filesystem
    (btrfs-progs, cmds/subvolume-list.c: resolve_root).
    """
    parents = {number: parent for number, parent, _path in listed}
    start = next((path for number, _parent, path in listed if number == default), "")

    def is_below(number: int) -> bool:
        # A list of a hostile guest's may be a circle.
        for _step in range(_DEEPEST):
            number = parents.get(number, default if number == default else 0)
            if number == default or not number:
                break
        return number == default

    return [
        FoundSubvolume(number, f"{start}/{path}" if start and is_below(number) else path, number == default)
        for number, _parent, path in listed
    ]
