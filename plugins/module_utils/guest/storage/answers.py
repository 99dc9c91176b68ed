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
from . import lvm_report, mbr
from .lvm_report import Member, Volume

if TYPE_CHECKING:
    from ...disks.images import Disk
    from .keyring import Keyring
    from .layers.filesystem import Filesystem

# Subvolumes within each other.
_DEEPEST = 64


class FoundSubvolume(NamedTuple):
    """A subvolume of a btrfs. path: from the top of the filesystem. is_default: whether a mount without options shows it."""

    number: int
    path: str
    is_default: bool = False


class Answers:
    """The appliance's answers. What is asked again is not asked of the appliance: each call starts a program there.

    disks: the guest's disks, in the guest's order. keyring: the keys of what is encrypted. attached: what the source knows
    of each disk (hardware.disks), if it does.
    """

    def __init__(
        self,
        appliance: Appliance,
        disks: Sequence[Disk],
        keyring: Keyring | None = None,
        attached: Sequence[Mapping[str, Any]] = (),
    ) -> None:
        self.disks = tuple(disks)
        self.attached = tuple(attached)
        self._keyring = keyring
        self._appliance = appliance
        self._tags: dict[str, Mapping[str, str]] = {}

    def disk_device(self, index: int) -> str:
        """The appliance's name of the disk number index."""
        return self._appliance.device(index)

    def first_sector(self, device: str) -> bytes:
        """The first 512 bytes of a device."""
        return self.data(device, mbr.SECTOR, 0)

    def partitions(self) -> list[str]:
        """The appliance's names of all partitions."""
        return self._appliance.list_partitions()

    def tags(self, device: str) -> Mapping[str, str]:
        """What blkid knows of a device: TYPE, UUID, LABEL, PART_ENTRY_UUID and so on, without escapes."""
        if device not in self._tags:
            self._tags[device] = {
                key: device_names.printed_by_blkid(value) for key, value in self._appliance.blkid(device).items()
            }
        return self._tags[device]

    def opened(self, locked: Filesystem) -> str | None:
        """The appliance's name of what is in an encrypted device; None where no key opens it."""
        return self._keyring.opened(locked) if self._keyring else None

    def activate_volumes(self) -> None:
        """Have LVM search the devices that were opened since the appliance started."""
        self._appliance.lvm_scan(True)

    def size(self, device: str) -> int:
        """The size of a device in bytes."""
        return self._appliance.blockdev_getsize64(device)

    def data(self, device: str, count: int, offset: int) -> bytes:
        """count bytes of a device from offset on; fewer at its end."""
        return self._appliance.pread_device(device, count, offset)

    # Arrays

    def arrays(self) -> dict[str, str]:
        """{UUID, as mdadm writes it: array} of the arrays that the appliance has started."""
        # What mdadm calls their members is not what they were opened as: /dev/dm-0.
        return {self._appliance.md_detail(array).get("uuid", ""): array for array in self._appliance.list_md_devices()}

    def assemble_arrays(self) -> None:
        """Start the arrays whose members appeared after the appliance was launched."""
        self._shell("mdadm -As --auto=yes --no-degraded 2>&1 || true")

    def keep_members_as_they_are(self, array: str) -> None:
        """Have the kernel not write a member of the array anew, which would fill the overlays; the guest does that."""
        # To freeze one that is to become writable with the first write makes it so (Linux, drivers/md/md.c,
        # action_store), and writes its superblocks.
        state, action = (f"/sys/block/{array[len('/dev/') :]}/md/{name}" for name in ("array_state", "sync_action"))
        self._shell(f"exec 2>&1; echo readonly >{state}; echo frozen >{action}; echo read-auto >{state}; true")

    def stop_array(self, array: str) -> None:
        """Stop an array, so that its superblocks say what is true of its members, and the members can be closed."""
        self._appliance.md_stop(array)

    def write(self, device: str, data: bytes, offset: int) -> None:
        """Write data to a device, from offset on. Raises ApplianceError."""
        if self._appliance.pwrite_device(device, data, offset) != len(data):
            raise CallFailed("appliance-call-failed", f"pwrite_device: {device}: not all was written")

    def _shell(self, script: str) -> str | None:
        """What a script prints in the appliance's own shell; None where libguestfs was built without that."""
        try:
            return self._appliance.shell(script)
        except (CallFailed, AttributeError):
            return None

    # Logical volumes

    def volumes(self) -> list[Volume]:
        """All logical volumes, by name."""
        report = self._shell(lvm_report.VOLUMES)
        if report is not None:
            return lvm_report.volumes(report)
        names = [device.split("/")[2:] for device in sorted(self._appliance.lvs())]
        return [Volume(group, group, name, self._volume_uuid(group, name)) for group, name in names]

    def _volume_uuid(self, group: str, name: str) -> str:
        return device_names.bare_uuid(self._appliance.lvuuid(f"/dev/{group}/{name}"))

    def volume_members(self) -> list[Member]:
        """The physical volumes of all volume groups, with those that are missing."""
        report = self._shell(lvm_report.MEMBERS)
        if report is not None:
            return lvm_report.members(report)
        groups = dict.fromkeys(device.split("/")[2] for device in self._appliance.lvs())
        return [Member(group, uuid) for group in groups for uuid in self._appliance.vgpvuuids(group)]

    def activate(self, group: str) -> None:
        """Have LVM make the devices of the volumes of a group, as far as it can."""
        try:
            self._appliance.vg_activate(True, [group])
        except CallFailed:
            # incomplete.py reports the volumes that have no device.
            pass

    def deactivate_volumes(self) -> None:
        """Have LVM let go of what volumes are on, as far as it can."""
        try:
            self._appliance.vg_activate_all(False)
        except CallFailed:
            # Those on which something is still open stay active.
            pass

    def subvolumes(self, device: str) -> list[FoundSubvolume]:
        """The subvolumes of a btrfs; empty for one that cannot be read."""
        try:
            found = self._appliance.btrfs_subvolume_list(device)
            default = self._appliance.btrfs_subvolume_get_default(device) if found else 0
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
