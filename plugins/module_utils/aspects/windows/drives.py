# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Drive letters of Windows. They hold on any hardware: Windows knows a partition by what the partition table says of it."""

from __future__ import annotations

import re
import string
import uuid

from ...guest.root import GuestRoot
from ...guest.storage import mbr
from ...guest.storage.layers.partition import Partition
from . import release

_MOUNTED = "MountedDevices"
# What a value for a partition of a GPT begins with; its GUID follows.
_GPT = b"DMIO:ID:"
# The device of a boot configuration, after the GUID of its options (jpz4085/BCD-SYS, Linux/update_device.sh): the kind of
# it, of which this one is a partition; which partition; what its disk is; the kind of its table; and which disk.
_KIND, _PLACE, _OF_DISK, _TABLE, _DISK, _DEVICE_SIZE = 0x10, 0x20, 0x30, 0x34, 0x38, 0x48
_IS_DISK, _IS_PARTITION, _IN_GPT, _IN_MBR = 0, 6, 0, 1
# Disks that are files: loaded into memory, a file, a virtual disk (ReactOS, boot/environ/include/bl.h, BL_LOCAL_DEVICE_TYPE).
_FILES = (3, 5, 6)


def letters(root: GuestRoot) -> dict[str, str]:
    """{letter: partition} of the drives that are on the guest's disks, sorted. Raises GuestconvError."""
    hive = root.hive(release.SYSTEM, "")
    mounted = hive.key(_MOUNTED) if hive else None
    found = {}
    # Each is asked for: the key also has all volumes that Windows has ever seen, on some servers tens of thousands.
    for letter in string.ascii_uppercase if mounted else ():
        value = mounted.value(rf"\DosDevices\{letter}:") if mounted else None
        partition = _partition(root, value.data) if value else ""
        if partition:
            found[letter] = partition
    return found


def _partition(root: GuestRoot, data: bytes) -> str:
    """The name of the partition that a value of MountedDevices means; "" for other devices, and for another guest's."""
    found = (each.name for each in root.guest.storage.partitions if data == value_for(each))
    return next(found, "")


def is_in_file(data: bytes) -> bool:
    """Whether a device of a boot configuration is in a file: a virtual disk, or an image that is loaded into memory."""
    place = {_IS_DISK: _PLACE, _IS_PARTITION: _OF_DISK}.get(_number(data, _KIND))
    return place is not None and _number(data, place) in _FILES


def _number(data: bytes, place: int) -> int:
    """The number at this place of a device; -1 where it ends before."""
    found = data[place : place + 4]
    return int.from_bytes(found, "little") if len(found) == 4 else -1


def of_device(data: bytes) -> bytes | None:
    """What MountedDevices has for the partition that a device of a boot configuration is; None for another device."""
    if len(data) < _DEVICE_SIZE or _number(data, _KIND) != _IS_PARTITION or is_in_file(data):
        return None
    table = _number(data, _TABLE)
    if table == _IN_GPT:
        return _GPT + data[_PLACE : _PLACE + 16]
    return data[_DISK : _DISK + 4] + data[_PLACE : _PLACE + 8] if table == _IN_MBR else None


def value_for(partition: Partition) -> bytes | None:
    """What MountedDevices has for a partition, in the form for the kind of its table; None where it is not known."""
    try:
        identity = uuid.UUID(partition.uuid)
    except ValueError:
        pass
    else:
        return _GPT + identity.bytes_le
    if partition.start is None or not re.fullmatch(r"[0-9a-f]{8}-[0-9a-f]{2}", partition.uuid):
        return None
    # blkid makes the UUID of the signature.
    signature = int(partition.uuid[:8], 16).to_bytes(4, "little")
    return signature + (partition.start * mbr.SECTOR).to_bytes(8, "little")
