# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""NTFS, as far as no program of the appliance shows it: whether the volume is marked to be checked.

The layout is that of Linux, fs/ntfs3/ntfs.h: NTFS_BOOT, MFT_REC, ATTRIB and VOLUME_INFO.
"""

from __future__ import annotations

from collections.abc import Callable

from . import mbr

_MARK = b"NTFS    "
_FILE = b"FILE"
# The record of the file $Volume, and the attribute with its flags; the first flag is that the volume is dirty.
_VOLUME = 3
_VOLUME_INFORMATION, _END = 0x70, 0xFFFFFFFF
_FLAGS_AT, _IS_DIRTY = 10, 0x1
# Each sector of a record ends with two bytes that are kept elsewhere in it.
_STRIDE, _KEPT = 512, 2
_MOST_ATTRIBUTES = 32
# Bytes of a record that are credible: 1 and 4 KiB are in use.
_RECORDS = (512, 1024, 2048, 4096)


def is_dirty(read: Callable[[int, int], bytes]) -> bool:
    """Whether a volume is marked so that Windows checks it at its next start. read: gives bytes (count, offset) of it."""
    place = volume_record(read(mbr.SECTOR, 0))
    if place is None:
        return False
    offset, size = place
    return flags(read(size, offset)) & _IS_DIRTY != 0


def volume_record(data: bytes) -> tuple[int, int] | None:
    """Where the record of $Volume is, and its size, by the first sector of a volume; None where that is no NTFS."""
    if data[3:11] != _MARK or len(data) < mbr.SECTOR:
        return None
    sector = int.from_bytes(data[11:13], "little")
    # From 0x80 on, a power of two with a negative exponent.
    cluster = sector * (data[13] if data[13] <= 0x80 else 1 << min(256 - data[13], 31))
    signed = int.from_bytes(data[64:65], "little", signed=True)
    size = signed * cluster if signed >= 0 else 1 << min(-signed, 31)
    start = int.from_bytes(data[48:56], "little") * cluster
    return (start + _VOLUME * size, size) if size in _RECORDS and 0 < start < 1 << 62 else None


def flags(data: bytes) -> int:
    """The flags of the volume, in the record of $Volume; 0 where there are none."""
    record = _whole(data)
    at = int.from_bytes(record[20:22], "little")
    for _count in range(_MOST_ATTRIBUTES):
        kind, length = (int.from_bytes(record[at + place : at + place + 4], "little") for place in (0, 4))
        if record[:4] != _FILE or kind == _END or length < 24 or at + length > len(record):
            return 0
        if kind == _VOLUME_INFORMATION:
            content = at + int.from_bytes(record[at + 20 : at + 22], "little") + _FLAGS_AT
            return int.from_bytes(record[content : content + 2], "little")
        at += length
    return 0


def _whole(data: bytes) -> bytes:
    """A record, with what stands at the ends of its sectors put back there."""
    start, count = int.from_bytes(data[4:6], "little"), int.from_bytes(data[6:8], "little")
    record = bytearray(data)
    for sector in range(1, min(count, len(data) // _STRIDE + 1)):
        kept = data[start + _KEPT * sector : start + _KEPT * (sector + 1)]
        end = sector * _STRIDE
        if len(kept) == _KEPT:
            record[end - _KEPT : end] = kept
    return bytes(record)
