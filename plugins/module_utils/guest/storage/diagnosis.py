# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Why a filesystem cannot be mounted, where more is known of that than what mount(8) says."""

from __future__ import annotations

from ...appliance.appliance import Appliance
from ...appliance.failures import ApplianceError
from ...errors import GuestconvError
from .mounts import Mount, NotMounted

# Where the superblock of a btrfs is, what it begins with after its checksum and addresses, and where in it the number of
# devices is (Linux, include/uapi/linux/btrfs_tree.h: struct btrfs_super_block).
_SUPERBLOCK = 0x10000
_MAGIC, _MAGIC_AT, _DEVICES_AT = b"_BHRfS_M", 64, 136
_NUMBER = 8  # bytes


class MountError(GuestconvError):
    """Something could not be mounted. failed: what, and why."""

    failed: NotMounted


def of(appliance: Appliance, mount: Mount, said: str) -> MountError:
    """The error for a mount that failed. said: by mount(8)."""
    try:
        return _incomplete(appliance, mount) or _unknown(appliance, mount) or not_mounted(mount, said)
    except ApplianceError:
        return not_mounted(mount, said)


def not_mounted(mount: Mount, reason: str) -> MountError:
    """The error for a mount that failed for this reason, a clause."""
    hint = "Start the guest once on its old hypervisor, let it check its filesystems, and shut it down."
    return _failed(mount, reason, MountError("filesystem-not-mounted", _message(mount, reason), hint))


def _message(mount: Mount, reason: str) -> str:
    filesystem = mount.filesystem
    return f"{filesystem.name} ({filesystem.type or 'unknown'}) cannot be mounted at {mount.path}: {reason}."


def _failed(mount: Mount, reason: str, error: MountError) -> MountError:
    error.failed = NotMounted(mount, reason)
    return error


def _incomplete(appliance: Appliance, mount: Mount) -> MountError | None:
    if mount.filesystem.type != "btrfs":
        return None
    data = appliance.pread_device(mount.filesystem.device, _DEVICES_AT + _NUMBER, _SUPERBLOCK)
    count, there = devices(data), len(mount.filesystem.parents)
    if count <= there:
        return None
    reason = f"it consists of {count} devices, of which {there} {'is' if there == 1 else 'are'} on the disks"
    hint = "Give all of the guest's disks."
    return _failed(mount, reason, MountError("storage-incomplete", _message(mount, reason), hint))


def devices(data: bytes) -> int:
    """The number of devices of the btrfs whose superblock begins with data; 0 where that is none."""
    is_btrfs = data[_MAGIC_AT : _MAGIC_AT + len(_MAGIC)] == _MAGIC
    return int.from_bytes(data[_DEVICES_AT : _DEVICES_AT + _NUMBER], "little") if is_btrfs else 0


def _unknown(appliance: Appliance, mount: Mount) -> MountError | None:
    """Where the appliance's kernel has no driver."""
    kind = mount.filesystem.type
    # With FUSE there is a program, and no driver.
    if not kind or kind.startswith(("ntfs", "swap")) or appliance.filesystem_available(kind):
        return None
    reason = f"the kernel of the appliance, which is this machine's, has no driver for {kind}"
    hint = f"Run guestconv on a machine whose kernel mounts {kind} (modprobe {kind})."
    return _failed(mount, reason, MountError("storage-not-supported", _message(mount, reason), hint))
