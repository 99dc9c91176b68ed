# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The superblock of a member of an array (md): what it knows of the whole array. Pure.

Sources: Linux, include/uapi/linux/raid/md_p.h; drivers/md/md.c, super_90_validate and super_1_validate.
"""

from __future__ import annotations

import struct
from collections.abc import Sequence
from dataclasses import dataclass

# Bytes that hold all of a superblock.
SIZE = 4096
_MAGIC = 0xA92B4EFC
_SECTOR = 512
_LEVELS = {-1: "linear", **{level: f"raid{level}" for level in (0, 1, 4, 5, 6, 10)}}
# Of a device that is no active one, from here on: journal, faulty, spare (md_p.h, MD_DISK_ROLE_MAX).
_NO_ROLE = 0xFF00
_SPARE = 0xFFFF
# Of the state of a device in a superblock 0.90.
_FAULTY, _IN_SYNC = 1 << 0, 1 << 2
_MOST_OF_090 = 27
_REBUILDING = 2
_CLEAN = (1 << 64) - 1
_CLEAN_090 = 1 << 0
# Words of a superblock 0.90.
_MINOR_090, _CHECKSUM_090 = 11, 38


@dataclass(frozen=True)
class Superblock:
    """What one member knows.

    metadata: "1.2". uuid: as mdadm writes it. label: the name that the array was given ("web:0"), or "". minor: the number
    of its device, which only 0.90 has. total: how many devices it is made of, spares aside.
    role: which of them this is; None for a spare, a faulty one or a journal. is_rebuilding: it has not all data yet.
    roles: all that were in use, as far as this member knows. events: grows with each change; a member that was left out
    stays behind. is_clean: whether all members have the same data.
    """

    metadata: str
    uuid: str
    label: str
    level: str
    minor: int | None
    total: int
    role: int | None
    roles: frozenset[int]
    events: int
    is_clean: bool = True
    is_rebuilding: bool = False


@dataclass(frozen=True)
class Condition:
    """The condition of an array of total devices: how many of them are in use, absent, and out of use since before.

    is_settled: whether all members that are in use have the same data.
    """

    total: int
    in_use: int
    absent: int
    unused: int
    is_settled: bool = True

    @property
    def is_whole(self) -> bool:
        """Whether all its members are in use and have the same data, so that the kernel writes none of them anew."""
        return self.is_settled and self.in_use == self.total


def offset(metadata: str, size: int) -> int | None:
    """Where the superblock of this metadata ("1.2", blkid's "0.90.0") is in a device of size bytes; None if unknown.

    md_p.h, MD_NEW_SIZE_SECTORS; md.c, super_1_load.
    """
    if metadata.startswith("0.90"):
        return (size & ~0xFFFF) - 0x10000 if size >= 0x20000 else None
    if metadata == "1.0":
        return ((size // _SECTOR - 16) & ~7) * _SECTOR if size >= 0x4000 else None
    return {"1.1": 0, "1.2": SIZE}.get(metadata)


def parsed(data: bytes) -> Superblock | None:
    """The superblock that data begins with; None where there is none that is understood."""
    if len(data) < SIZE or int.from_bytes(data[:4], "little") != _MAGIC:
        return None
    major = int.from_bytes(data[4:8], "little")
    if major not in (0, 1):
        return None
    return _parsed_1(data) if major else _parsed_090(data)


def condition(superblocks: Sequence[Superblock]) -> Condition | None:
    """The condition of the array that these are the members of; None where there are none.

    The kernel goes by the member with the most events that is no spare, and leaves out those with fewer.
    """
    if not superblocks:
        return None
    freshest = max(superblocks, key=lambda each: (each.role is not None, each.events))
    given = {each.role for each in superblocks if each.role is not None}
    is_rebuilding = any(each.is_rebuilding for each in superblocks)
    current = {each.role for each in superblocks if each.events + 1 >= freshest.events and not each.is_rebuilding}
    in_use, absent = len(current & freshest.roles), len(freshest.roles - given)
    unused = max(freshest.total - in_use - absent, 0)
    return Condition(freshest.total, in_use, absent, unused, freshest.is_clean and not is_rebuilding)


def with_minor(data: bytes, minor: int) -> bytes:
    """The superblock 0.90 that data begins with, with this number of the array's device; data where it is none.

    Linux, drivers/md/md.c, calc_sb_csum.
    """
    if len(data) < SIZE or data[:8] != struct.pack("<II", _MAGIC, 0):
        return data
    words = list(struct.unpack_from("<1024I", data))
    if words[_MINOR_090] == minor:
        return data
    words[_MINOR_090], words[_CHECKSUM_090] = minor, 0
    total = sum(words)
    words[_CHECKSUM_090] = (total + (total >> 32)) & 0xFFFFFFFF
    return struct.pack("<1024I", *words) + data[SIZE:]


def _parsed_1(data: bytes) -> Superblock:
    features, uuid, name = struct.unpack_from("<I4x16s32s", data, 8)
    level, total = struct.unpack_from("<i16xi", data, 72)
    minor_version = {0: "1.1", 8: "1.2"}.get(struct.unpack_from("<Q", data, 144)[0], "1.0")
    number, events, resync, most = struct.unpack_from("<I36xQQ4xI", data, 160)
    roles = struct.unpack_from(f"<{min(most, (SIZE - 256) // 2)}H", data, 256)
    own = roles[number] if number < len(roles) else _SPARE
    return Superblock(
        minor_version,
        with_colons(uuid.hex()),
        name.partition(b"\0")[0].decode("utf-8", "replace"),
        _LEVELS.get(level, f"level {level}"),
        None,
        max(total, 0),
        own if own < _NO_ROLE else None,
        frozenset(role for role in roles if role < min(total, _NO_ROLE)),
        events,
        resync == _CLEAN,
        bool(features & _REBUILDING) and own < _NO_ROLE,
    )


def _parsed_090(data: bytes) -> Superblock:
    words: Sequence[int] = struct.unpack_from("<1024I", data)
    level = words[7] - (1 << 32 if words[7] >> 31 else 0)
    total = words[10]
    devices = [words[start : start + 5] for start in range(128, 128 + 32 * _MOST_OF_090, 32)]
    in_use = {role for _number, _major, _minor, role, state in devices if state & (_FAULTY | _IN_SYNC) == _IN_SYNC}
    _number, _major, _minor, own, state = words[992:997]
    # The descriptor of the member itself may be older than the one in the table.
    is_active = state & (_FAULTY | _IN_SYNC) == _IN_SYNC and own in in_use
    return Superblock(
        "0.90",
        ":".join(f"{words[index]:08x}" for index in (5, 13, 14, 15)),
        "",
        _LEVELS.get(level, f"level {level}"),
        words[_MINOR_090],
        total,
        own if is_active else None,
        frozenset(role for role in in_use if role < total),
        words[39] | words[40] << 32,
        bool(words[33] & _CLEAN_090),
    )


def with_colons(digits: str) -> str:
    """A UUID as mdadm writes it, of its 32 hexadecimal digits."""
    return ":".join(digits[start : start + 8] for start in range(0, 32, 8))
