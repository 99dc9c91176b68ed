# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""VHDX, Hyper-V's format ([MS-VHDX])."""

from __future__ import annotations

import uuid
from typing import BinaryIO

from .layout import Layout
from .reading import BadHeader, number, read, unpack

# [MS-VHDX] 2.2.3 and 2.6: the region table, the region of metadata in it, and there the size of the virtual disk.
_REGIONS = 192 << 10
_METADATA = uuid.UUID("8b7ca206-4790-4b9a-b8fe-575f050f886e").bytes_le
_SIZE = uuid.UUID("2fa54224-cd1b-4876-b211-5dbed83bf4b8").bytes_le
# [MS-VHDX] 2.6.2.1: the parameters of the file: the size of its blocks, and flags.
_PARAMETERS = uuid.UUID("caa16737-fa36-4d43-b3b6-33f0aa44e76b").bytes_le
# 2.6.2.6: the parent locator: in UTF-16, the identities that the data of the parent may have.
_LOCATOR = uuid.UUID("a8d35f2d-b30b-454d-abf7-d3d84834ab0c").bytes_le
_LINKAGES = ("parent_linkage", "parent_linkage2")
# 2.2.2: of its two headers, the one with the higher number counts. They have the identity of the data at byte 32.
_HEADERS = (64 << 10, 128 << 10)
_KEEPS_BLOCKS = 1
_HAS_PARENT = 2
# The most entries that either of its tables may have.
_ENTRIES = 2047


def is_fixed(stream: BinaryIO) -> bool:
    """Whether it keeps all its blocks allocated. Errors: BadHeader."""
    _block_size, flags = unpack("<II", _item(stream, _PARAMETERS).ljust(8, b"\0"))
    return bool(flags & _KEEPS_BLOCKS)


def is_differencing(stream: BinaryIO) -> bool:
    """Whether it has a parent, which QEMU refuses. Errors: BadHeader."""
    _block_size, flags = unpack("<II", _item(stream, _PARAMETERS).ljust(8, b"\0"))
    return bool(flags & _HAS_PARENT)


def data_identity(stream: BinaryIO) -> str:
    """The GUID that changes when the data is written to for the first time after it was opened, as 32 digits. Errors: BadHeader."""
    headers = [head for head in (read(stream, offset, 48) for offset in _HEADERS) if head.startswith(b"head")]
    if not headers:
        raise BadHeader("the VHDX has no header")
    _sequence, _file, data = unpack("<Q16s16s", max(headers, key=lambda head: number("<Q", head, 8)), 8)
    return uuid.UUID(bytes_le=data).hex


def linkages(stream: BinaryIO) -> frozenset[str]:
    """What data_identity() of the disk below a differencing one may be; none where it is not known. Errors: BadHeader."""
    if not is_differencing(stream):
        return frozenset()
    locator = _item(stream, _LOCATOR, 64 << 10)
    found = set()
    for index in range(min(number("<H", locator, 18), _ENTRIES)):
        key, value, key_length, value_length = unpack("<IIHH", locator, 20 + 12 * index)
        name, text = (
            locator[start : start + length].decode("utf-16-le", "replace")
            for start, length in ((key, key_length), (value, value_length))
        )
        if name in _LINKAGES:
            found.add(text.strip("{}").replace("-", "").lower())
    return frozenset(found)


def virtual_size(stream: BinaryIO, size: int) -> int:
    """Bytes of the disk. Errors: BadHeader."""
    return number("<Q", _item(stream, _SIZE))


def layout(stream: BinaryIO, cluster_size: int) -> Layout:
    """It is never written to in place. Errors: BadHeader."""
    fixed = is_fixed(stream)
    subformat = "fixed" if fixed else "dynamic"
    return Layout(in_place=False, preallocated=fixed, options=(f"subformat={subformat}", f"block_size={cluster_size}"))


def _item(stream: BinaryIO, wanted: bytes, most: int = 8) -> bytes:
    """The item of the metadata that is wanted, or the first bytes of it, at most so many as `most`."""
    regions = read(stream, _REGIONS, 64 << 10)
    metadata = _entry(regions, b"regi", 8, "<I", 16, _METADATA)
    offset = number("<Q", metadata, 16)
    table = read(stream, offset, 64 << 10)
    entry = _entry(table, b"metadata", 10, "<H", 32, wanted)
    return read(stream, offset + number("<I", entry, 16), min(most, number("<I", entry, 20)))


def _entry(table: bytes, signature: bytes, count_at: int, count_layout: str, first: int, wanted: bytes) -> bytes:
    """The entry (32 bytes, of which the first 16 say what it is) of a table that is wanted."""
    if not table.startswith(signature):
        raise BadHeader("a table of the VHDX is missing")
    for start in range(first, first + 32 * min(number(count_layout, table, count_at), _ENTRIES), 32):
        entry = table[start : start + 32]
        if entry[:16] == wanted and len(entry) == 32:
            return entry
    raise BadHeader("an entry of the VHDX's tables is missing")
