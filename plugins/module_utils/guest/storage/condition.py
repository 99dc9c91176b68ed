# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The condition of a mounted filesystem: whether it can be written to, and whether it is marked as damaged."""

from __future__ import annotations

from dataclasses import dataclass, replace

from ...appliance.appliance import Appliance
from ...appliance.failures import CallFailed
from .layers.logical_volume import LogicalVolume
from .mounts import Mount

_EXT = ("ext2", "ext3", "ext4")
# ext4's superblock is at 1024; s_magic, s_state, s_feature_ro_compat, s_journal_inum and s_journal_dev in it (Linux,
# Documentation/filesystems/ext4/super.rst).
_SUPERBLOCK = 1024
_SUPERBLOCK_SIZE = 0xE8
_MAGIC, _EXT_MAGIC = 0x38, 0xEF53
_STATE, _HAS_ERRORS = 0x3A, 0x2
_RO_COMPAT, _READ_ONLY = 0x64, 0x1000
_JOURNAL_INODE, _JOURNAL_DEVICE = 0xE0, 0xE4


@dataclass(frozen=True)
class Condition:
    """is_read_only: it can be mounted, and not written to. has_errors: its kernel found damage in it.

    journal: the number of the device (0x811 for /dev/sdb1) that its journal is on; 0 where it has none, or within itself.
    """

    is_read_only: bool = False
    has_errors: bool = False
    journal: int = 0


def condition(appliance: Appliance, mount: Mount) -> Condition:
    """The Condition of what is mounted, as far as the filesystem or its device says."""
    found = Condition()
    if mount.filesystem.type in _EXT:
        found = of_superblock(appliance.pread_device(mount.filesystem.device, _SUPERBLOCK_SIZE, _SUPERBLOCK))
    elif mount.filesystem.type == "btrfs":
        found = Condition(is_read_only=_is_read_only_subvolume(appliance, mount.path))
    if isinstance(mount.filesystem.parents[0], LogicalVolume) and appliance.blockdev_getro(mount.filesystem.device):
        found = replace(found, is_read_only=True)
    return found


def of_superblock(data: bytes) -> Condition:
    """The Condition that the superblock of an ext2, ext3 or ext4 says."""
    if int.from_bytes(data[_MAGIC : _MAGIC + 2], "little") != _EXT_MAGIC:
        return Condition()
    state = int.from_bytes(data[_STATE : _STATE + 2], "little")
    features, inode, device = (
        int.from_bytes(data[place : place + 4], "little") for place in (_RO_COMPAT, _JOURNAL_INODE, _JOURNAL_DEVICE)
    )
    return Condition(bool(features & _READ_ONLY), bool(state & _HAS_ERRORS), 0 if inode else device)


def _is_read_only_subvolume(appliance: Appliance, path: str) -> bool:
    try:
        return "readonly" in appliance.btrfs_subvolume_show(path).get("Flags", "")
    except CallFailed:
        return False
