# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""qcow2, QEMU's own format (docs/interop/qcow2.txt of QEMU)."""

from __future__ import annotations

import os
import struct
from dataclasses import dataclass
from typing import BinaryIO

from .layout import Layout
from .reading import BadHeader, read, unpack

# QCOW_MAX_REFTABLE_SIZE: QEMU refuses more.
_MAX_TABLE = 8 << 20
# Blocks of reference counts that are read in search of the last one that counts something.
_MAX_EMPTY = 64


@dataclass(frozen=True)
class Header:
    """The fields of a qcow2 header that guestconv judges by (docs/interop/qcow2.txt of QEMU). Sizes in bytes."""

    version: int
    virtual_size: int
    cluster_size: int
    backing_file: str
    backing_format: str
    external_data: bool
    encrypted: bool
    dirty: bool
    corrupt: bool
    l1_offset: int
    l1_length: int
    refcount_offset: int
    refcount_length: int
    refcount_bits: int


def read_header(stream: BinaryIO) -> Header:
    """Parse the header and its extensions. Errors: BadHeader."""
    head = read(stream, 0, 1 << 16)
    (
        magic,
        version,
        backing_offset,
        backing_length,
        cluster_bits,
        virtual_size,
        crypt,
        l1_entries,
        l1_offset,
        refcount_offset,
        refcount_clusters,
    ) = unpack(">4sIQIIQIIQQI", head)
    if magic != b"QFI\xfb" or version not in (2, 3) or not 9 <= cluster_bits <= 21:
        raise BadHeader("this is no qcow2 header of version 2 or 3")
    incompatible, order, header_length = 0, 4, 72
    if version == 3:
        incompatible, order, header_length = unpack(">Q16xII", head, 72)
        if order > 6 or header_length < 104:
            raise BadHeader("the qcow2 header contradicts itself")
    if backing_length > 1023:
        raise BadHeader("the name of the backing file is longer than 1023 bytes")
    extensions = _extensions(head, header_length)
    backing = read(stream, backing_offset, backing_length) if backing_offset else b""
    return Header(
        version=version,
        virtual_size=virtual_size,
        cluster_size=1 << cluster_bits,
        backing_file=os.fsdecode(backing),
        backing_format=extensions.get(0xE2792ACA, b"").decode("ascii", "replace"),
        external_data=bool(incompatible & 4) or 0x44415441 in extensions,
        encrypted=crypt != 0,
        dirty=bool(incompatible & 1),
        corrupt=bool(incompatible & 2),
        l1_offset=l1_offset,
        l1_length=l1_entries * 8,
        refcount_offset=refcount_offset,
        refcount_length=refcount_clusters << cluster_bits,
        refcount_bits=1 << order,
    )


def _extensions(head: bytes, offset: int) -> dict[int, bytes]:
    """{type: data} of the header extensions, which end with type 0 (or with the bytes that were read)."""
    extensions = {}
    while offset + 8 <= len(head):
        kind, length = struct.unpack_from(">II", head, offset)
        if kind == 0:
            break
        extensions[kind] = head[offset + 8 : offset + 8 + length]
        offset += 8 + (length + 7) // 8 * 8
    return extensions


def counts_beyond_end(stream: BinaryIO, size: int, header: Header) -> bool:
    """Whether the image counts clusters as used that begin at or after the end of the file: a truncated copy.

    Only the reference counts *of the missing part* are looked at (one or two blocks of 64 KiB, whatever the size of
    the disk), where a walk over all L2 tables, as `qemu-img check` does, would read 13 MB scattered over a 100 GB
    image. It errs to one side only: QEMU writes a count before the cluster, so a power failure can leave a count for a
    cluster that was never written. A yes is therefore to be confirmed by `qemu-img check`; a no is certain, as QEMU
    refuses to use a cluster that has no count.
    """
    for offset, length in ((header.l1_offset, header.l1_length), (header.refcount_offset, header.refcount_length)):
        if offset + length > size:
            return True
    if header.refcount_length > _MAX_TABLE:
        return True
    table = _refcount_table(stream, header)
    per_block = _per_block(header)
    first_missing = -(-size // header.cluster_size)
    index, within = divmod(first_missing, per_block)
    if any(offset >= size for offset in table):
        return True
    beyond = [offset for offset in table[index + 1 :] if offset]
    if len(beyond) > 64:  # QEMU does not prepare blocks for gigabytes that do not exist; bounds the reads below
        return True
    blocks = [(offset, 0) for offset in beyond]
    if index < len(table) and table[index]:
        blocks.append((table[index], within * header.refcount_bits // 8))
    return any(any(read(stream, offset + skip, header.cluster_size - skip)) for offset, skip in blocks)


def used_end(stream: BinaryIO, header: Header) -> int:
    """Where the last cluster ends that is counted as used, in bytes: what follows it holds nothing that QEMU would read.

    Args: those of an image that is not open for writing and not dirty: its counts are complete. Errors: BadHeader.
    """
    if header.refcount_length > _MAX_TABLE:
        raise BadHeader("the table of its reference counts is too large")
    blocks = [(index, offset) for index, offset in enumerate(_refcount_table(stream, header)) if offset]
    # QEMU makes a block when it counts a cluster in it: the last ones can be empty only where what they counted was freed.
    for index, offset in blocks[: -_MAX_EMPTY - 1 : -1]:
        counts = read(stream, offset, header.cluster_size).rstrip(b"\0")
        if counts:
            # Counts of less than a byte begin at its lowest bit.
            last = (len(counts) * 8 - 9 + counts[-1].bit_length()) // header.refcount_bits
            return (index * _per_block(header) + last + 1) * header.cluster_size
    raise BadHeader("its last blocks of reference counts are empty")


def _refcount_table(stream: BinaryIO, header: Header) -> list[int]:
    """Where the blocks of reference counts are; 0 for those that are not there."""
    raw = read(stream, header.refcount_offset, header.refcount_length)
    whole = len(raw) // 8
    return [entry & ~511 for entry in struct.unpack(f">{whole}Q", raw[: whole * 8])]


def _per_block(header: Header) -> int:
    """How many clusters a block of reference counts is for."""
    return header.cluster_size * 8 // header.refcount_bits


def virtual_size(stream: BinaryIO, size: int) -> int:
    """Bytes of the disk. Errors: BadHeader."""
    return read_header(stream).virtual_size


def layout(stream: BinaryIO, cluster_size: int) -> Layout:
    """It is written to in place: QEMU's driver writes the data first, then the counts, and then what points to the
    data (qcow2_cache_set_dependency()), so what a kill leaves are clusters that are counted and not used.
    """
    return Layout(in_place=True)
