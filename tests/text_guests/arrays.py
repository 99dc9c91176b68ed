# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Superblocks of arrays (md) that a test states, as far as they are read (Linux, include/uapi/linux/raid/md_p.h)."""

from __future__ import annotations

import struct
from dataclasses import dataclass

SIZE = 4096
_MAGIC = 0xA92B4EFC
_SPARE = 0xFFFF
_CLEAN = (1 << 64) - 1
_IN_SYNC = 0b110
LEVELS = {"linear": -1, **{f"raid{number}": number for number in (0, 1, 4, 5, 6, 10)}}
METADATA = ("0.90", "1.0", "1.1", "1.2")


@dataclass(frozen=True)
class Array:
    """An array of total devices, of which those of these roles are in use. uuid: 32 hexadecimal digits."""

    uuid: str
    level: str = "raid1"
    metadata: str = "1.2"
    label: str = ""
    minor: int = 0
    total: int = 2
    in_use: tuple[int, ...] = (0, 1)
    is_clean: bool = True


def blkid(array: Array) -> dict[str, str]:
    """What blkid prints of a member."""
    digits = array.uuid
    parts = (digits[:8], digits[8:12], digits[12:16], digits[16:20], digits[20:])
    is_old = array.metadata == "0.90"
    return {
        "TYPE": "linux_raid_member",
        "UUID": "-".join(parts),
        "VERSION": "0.90.0" if is_old else array.metadata,
        **({"LABEL": array.label} if array.label and not is_old else {}),
    }


def place(metadata: str, size: int) -> int:
    """Where the superblock is in a device of size bytes."""
    if metadata == "0.90":
        return (size & ~0xFFFF) - 0x10000
    return {"1.0": ((size // 512 - 16) & ~7) * 512, "1.1": 0, "1.2": SIZE}[metadata]


def superblock(array: Array, role: int | None, events: int = 10, is_rebuilding: bool = False) -> bytes:
    """That of the member with this role; of a spare, where it is None."""
    make = _version_090 if array.metadata == "0.90" else _version_1
    return make(array, role, events, is_rebuilding)


def _version_1(array: Array, role: int | None, events: int, is_rebuilding: bool) -> bytes:
    roles = [each if each in array.in_use else _SPARE for each in range(array.total)] + [_SPARE] * 4
    number = array.total if role is None else role
    if role is not None and role not in array.in_use:
        # One that was left out: it does not know that yet.
        roles[role] = role
    data = bytearray(SIZE)
    struct.pack_into("<III4x16s32s", data, 0, _MAGIC, 1, 2 * is_rebuilding, bytes.fromhex(array.uuid), b"")
    data[32:64] = array.label.encode().ljust(32, b"\0")
    struct.pack_into("<i16xi", data, 72, LEVELS[array.level], array.total)
    struct.pack_into("<Q", data, 144, {"1.1": 0, "1.2": 8}.get(array.metadata, 1000))
    resync = _CLEAN if array.is_clean else 0
    struct.pack_into("<I36xQQ4xI", data, 160, number, events, resync, len(roles))
    struct.pack_into(f"<{len(roles)}H", data, 256, *roles)
    return bytes(data)


def _version_090(array: Array, role: int | None, events: int, is_rebuilding: bool) -> bytes:
    words = [0] * 1024
    words[0], words[2] = _MAGIC, 90
    words[5], words[13], words[14], words[15] = (int(array.uuid[at : at + 8], 16) for at in range(0, 32, 8))
    words[7], words[10], words[11] = LEVELS[array.level] & 0xFFFFFFFF, array.total, array.minor
    words[33], words[39] = int(array.is_clean), events
    for number in array.in_use:
        words[128 + 32 * number : 133 + 32 * number] = [number, 8, number, number, _IN_SYNC]
    own = array.total if role is None else role
    words[992:997] = [own, 8, own, own, 0 if role is None or is_rebuilding else _IN_SYNC]
    return struct.pack("<1024I", *words)
