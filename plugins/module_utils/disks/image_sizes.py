# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How large the disk in an image is, by its header: for who wants to know it of 500 images without QEMU. Pure."""

from __future__ import annotations

import re
import struct
import uuid
from typing import BinaryIO

from . import image_formats
from .image_formats import BadHeader

_SECTOR = 512
_DESCRIPTOR_LIMIT = 1 << 20
# Every extent counts, also one that holds nothing but zeroes ("RW 4192256 ZERO").
_EXTENT = re.compile(rb"^[ \t]*(?:RW|RDONLY|NOACCESS)[ \t]+(\d{1,18})[ \t]+[A-Z]", re.MULTILINE)

# [MS-VHDX] 2.2.3 and 2.6: the region table, the region of metadata in it, and there the size of the virtual disk.
_VHDX_REGIONS = 192 << 10
_VHDX_METADATA = uuid.UUID("8b7ca206-4790-4b9a-b8fe-575f050f886e").bytes_le
_VHDX_SIZE = uuid.UUID("2fa54224-cd1b-4876-b211-5dbed83bf4b8").bytes_le
# [MS-VHDX] 2.6.2.1: the parameters of the file: the size of its blocks, and flags.
_VHDX_PARAMETERS = uuid.UUID("caa16737-fa36-4d43-b3b6-33f0aa44e76b").bytes_le
_VHDX_KEEPS_BLOCKS = 1
# The most entries that either of its tables may have.
_VHDX_ENTRIES = 2047


def virtual_size(stream, size, image_format):
    """Bytes of the disk in an image.

    Args: stream: the image, opened for reading in binary; size: its length in bytes; image_format: one of
    image_formats.SUPPORTED. Errors: BadHeader.
    """
    if image_format == "qcow2":
        return image_formats.read_qcow2_header(stream).virtual_size
    if image_format == "raw":
        return size
    return {"vmdk": _vmdk, "vdi": _vdi, "vhdx": _vhdx, "vpc": _vpc}[image_format](stream, size)


def _vmdk(stream, _size):
    head = _read(stream, 0, _SECTOR)
    if head[:4] == b"COWD":
        return _unpack("<I", head, 12) * _SECTOR
    if head[:4] == b"KDMV":
        capacity = _unpack("<Q", head, 12)
        if capacity:
            return capacity * _SECTOR
        # The disk is in further files: this one holds their names alone.
        start = min(_unpack("<Q", head, 28), 1 << 40) * _SECTOR
    else:
        start = 0
    text = _read(stream, start, _DESCRIPTOR_LIMIT).split(b"\0", 1)[0]
    return sum(int(sectors) for sectors in _EXTENT.findall(text)) * _SECTOR


def _vdi(stream, _size):
    return _unpack("<Q", _read(stream, 0, _SECTOR), 368)


def _vpc(stream, size):
    # The size that it has now (in the footer, of which a dynamic one begins with a copy) stands behind the original.
    head = _read(stream, 0, _SECTOR)
    footer = head if head[:8] == b"conectix" else _read(stream, max(size - _SECTOR, 0), _SECTOR)
    return _unpack(">Q", footer, 48)


def vhdx_is_fixed(stream: BinaryIO) -> bool:
    """Whether a VHDX keeps all its blocks allocated. Errors: BadHeader."""
    _block_size, flags = struct.unpack("<II", _vhdx_item(stream, _VHDX_PARAMETERS).ljust(8, b"\0"))
    return bool(flags & _VHDX_KEEPS_BLOCKS)


def _vhdx(stream, _size):
    return _unpack("<Q", _vhdx_item(stream, _VHDX_SIZE), 0)


def _vhdx_item(stream: BinaryIO, wanted: bytes) -> bytes:
    """The first 8 bytes of the item of a VHDX's metadata that is wanted."""
    regions = _read(stream, _VHDX_REGIONS, 64 << 10)
    metadata = _vhdx_entry(regions, b"regi", 8, "<I", 16, _VHDX_METADATA)
    (offset,) = struct.unpack_from("<Q", metadata, 16)
    table = _read(stream, offset, 64 << 10)
    entry = _vhdx_entry(table, b"metadata", 10, "<H", 32, wanted)
    (within,) = struct.unpack_from("<I", entry, 16)
    return _read(stream, offset + within, 8)


def _vhdx_entry(table, signature, count_at, count_layout, first, wanted):
    """The entry (32 bytes, of which the first 16 say what it is) of a VHDX's table that is wanted."""
    if not table.startswith(signature):
        raise BadHeader("a table of the VHDX is missing")
    for number in range(min(_unpack(count_layout, table, count_at), _VHDX_ENTRIES)):
        entry = table[first + 32 * number : first + 32 * (number + 1)]
        if entry[:16] == wanted and len(entry) == 32:
            return entry
    raise BadHeader("an entry of the VHDX's tables is missing")


def _read(stream, offset, length):
    try:
        stream.seek(offset)
    except (OSError, OverflowError, ValueError):
        raise BadHeader("the header points to where no file reaches") from None
    return stream.read(length)


def _unpack(layout, data, offset):
    try:
        return struct.unpack_from(layout, data, offset)[0]
    except struct.error:
        raise BadHeader("the header is cut off") from None
