# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""NTFS, as far as no program of the appliance shows it: whether a volume was left in order.

The layout is that of Linux, fs/ntfs3/ntfs.h: NTFS_BOOT, MFT_REC, ATTRIB and VOLUME_INFO; and of ntfs-3g,
include/ntfs-3g/logfile.h: RESTART_PAGE_HEADER and RESTART_AREA.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from . import mbr

# Gives bytes (count, offset) of a volume.
Read = Callable[[int, int], bytes]

_MARK = b"NTFS    "
_FILE = b"FILE"
# The records of the files $LogFile, which is the journal, and $Volume.
_LOG, _VOLUME = 2, 3
# The attribute with the flags of the volume; the first flag is that it is dirty. And the one with the data of a file.
_VOLUME_INFORMATION, _DATA, _END = 0x70, 0x80, 0xFFFFFFFF
_FLAGS_AT, _IS_DIRTY = 10, 0x1
# Each sector of a record ends with two bytes that are kept elsewhere in it.
_STRIDE, _KEPT = 512, 2
_MOST_ATTRIBUTES = 32
# Bytes of a record that are credible: 1 and 4 KiB are in use.
_RECORDS = (512, 1024, 2048, 4096)
# No place on a volume is at so many bytes.
_MOST = 1 << 62
# The journal begins with two pages that Windows writes in turn; the one with the higher number is the later one.
_PAGE = 4096
# chkdsk marks the one that it wrote, and has a number of its own in the header (ntfs-3g, libntfs-3g/logfile.c).
_RESTART, _OF_CHKDSK = b"RSTR", b"CHKD"
_NOBODY, _IS_CLEAN = 0xFFFF, 0x2
# The version of the journal while Windows 8 or later has a part of the volume in memory. It is 1 again when that is written.
_IN_MEMORY = 2


@dataclass(frozen=True)
class Geometry:
    """cluster: the bytes of one. table: where the table of files begins. record: the bytes of a record in it."""

    cluster: int
    table: int
    record: int


def is_dirty(read: Read) -> bool:
    """Whether a volume is marked so that Windows checks it at its next start."""
    found = geometry(read(mbr.SECTOR, 0))
    return found is not None and flags(_record(read, found, _VOLUME)) & _IS_DIRTY != 0


def has_open_journal(read: Read) -> bool:
    """Whether the journal has what is not done on the volume yet, as it was not unmounted.

    ntfs-3g throws that away when it mounts the volume to write to it, or does not write to it at all (libntfs-3g,
    volume.c: ntfs_volume_check_logfile). Windows does it at its next start.
    """
    found = geometry(read(mbr.SECTOR, 0))
    if found is None:
        return False
    place = (data_start(_record(read, found, _LOG)) or 0) * found.cluster
    return 0 < place < _MOST and journal_is_open(read(2 * _PAGE, place))


def geometry(data: bytes) -> Geometry | None:
    """How a volume is laid out, by its first sector; None where that is no NTFS."""
    if data[3:11] != _MARK or len(data) < mbr.SECTOR:
        return None
    # From 0x80 on, a power of two with a negative exponent.
    cluster = _number(data, 11, 2) * (data[13] if data[13] <= 0x80 else 1 << min(256 - data[13], 31))
    signed = int.from_bytes(data[64:65], "little", signed=True)
    record = signed * cluster if signed >= 0 else 1 << min(-signed, 31)
    table = _number(data, 48, 8) * cluster
    return Geometry(cluster, table, record) if record in _RECORDS and 0 < table < _MOST else None


def flags(data: bytes) -> int:
    """The flags of the volume, in the record of $Volume; 0 where there are none."""
    found = _attribute(_whole(data), _VOLUME_INFORMATION)
    return _number(found, _number(found, 20, 2) + _FLAGS_AT, 2)


def data_start(data: bytes) -> int | None:
    """The cluster that the data of a file begin with, by the record of the file; None where they are in the record."""
    found = _attribute(_whole(data), _DATA)
    runs = found[_number(found, 32, 2) :] if found[8:9] == b"\1" else b""
    sizes = _number(runs, 0, 1)
    length, size = sizes & 0xF, sizes >> 4
    start = runs[1 + length : 1 + length + size]
    return int.from_bytes(start, "little") if length and 0 < len(start) == size < 8 else None


def journal_is_open(data: bytes) -> bool:
    """Whether the journal that has these first two pages is open. One that was emptied is not."""
    pages = [_whole(data[:_PAGE]), _whole(data[_PAGE:])]
    found = [(page, _number(page, 24, 2)) for page in pages if page[:4] in (_RESTART, _OF_CHKDSK)]
    if not found:
        return False
    page, area = max(found, key=lambda each: _number(each[0], 8 if each[0][:4] == _OF_CHKDSK else each[1], 8))
    is_left = _number(page, area + 12, 2) == _NOBODY or _number(page, area + 14, 2) & _IS_CLEAN
    return not is_left or _number(page, 28, 2) == _IN_MEMORY


def _record(read: Read, volume: Geometry, number: int) -> bytes:
    return read(volume.record, volume.table + number * volume.record)


def _attribute(record: bytes, kind: int) -> bytes:
    """The first attribute of a kind in a record, from its header on; b"" where there is none."""
    at = _number(record, 20, 2)
    for _count in range(_MOST_ATTRIBUTES):
        found, length = _number(record, at, 4), _number(record, at + 4, 4)
        if record[:4] != _FILE or found == _END or length < 24 or at + length > len(record):
            return b""
        if found == kind:
            return record[at : at + length]
        at += length
    return b""


def _whole(data: bytes) -> bytes:
    """A record, with what stands at the ends of its sectors put back there."""
    start, count = _number(data, 4, 2), _number(data, 6, 2)
    record = bytearray(data)
    for sector in range(1, min(count, len(data) // _STRIDE + 1)):
        kept = data[start + _KEPT * sector : start + _KEPT * (sector + 1)]
        end = sector * _STRIDE
        if len(kept) == _KEPT:
            record[end - _KEPT : end] = kept
    return bytes(record)


def _number(data: bytes, place: int, size: int) -> int:
    return int.from_bytes(data[place : place + size], "little")
