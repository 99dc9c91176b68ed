# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the first bytes of a disk image say, read without QEMU.

A header may make QEMU open other files of the host (a backing file, an external data file, the extents of a VMDK), and
already `qemu-img info` opens the data file and the extents (CVE-2024-4467). So these headers are read here first, and
QEMU sees the image only after the caller of this module agreed with everything that they name. Pure: nothing here runs
a program or opens a file other than the image itself.
"""

from __future__ import annotations

import os
import re
import struct
from dataclasses import dataclass
from re import Pattern
from typing import Any, BinaryIO

SUPPORTED = ("raw", "qcow2", "vmdk", "vdi", "vhdx", "vpc")

# A name that QEMU takes for a protocol (`nbd://`, `json:{}`) has a colon before its first slash: path_has_protocol()
# in QEMU's block.c.
_PROTOCOL = re.compile(r"\A[^/]*:")

# Formats and wrappings that people hand over in good faith and that would pass for raw: (offset, magic, name).
_FOREIGN = (
    (0, b"QED\0", "qed"),
    (0, b"QFI\xfb\0\0\0\1", "qcow (version 1)"),
    (0, b"WithoutFreeSpace", "parallels"),
    (0, b"WithouFreSpacExt", "parallels"),
    (0, b"\x1f\x8b\x08", "gzip"),
    (0, b"\xfd7zXZ\0", "xz"),
    (0, b"BZh", "bzip2"),
    (0, b"\x28\xb5\x2f\xfd", "zstd"),
    (0, b"PK\x03\x04", "zip"),
    (0, b"7z\xbc\xaf\x27\x1c", "7-Zip"),
    (257, b"ustar", "tar (an OVA is one)"),
)

_SECTOR = 512
# QEMU reads at most this much of a descriptor: vmdk_read_desc() in block/vmdk.c.
_DESCRIPTOR_LIMIT = 1 << 20
# Within this much of a sparse VMDK its descriptor is: QEMU and VMware put 20 sectors behind the header.
VMDK_EMBEDDED_LIMIT = 64 << 10
_DESCRIPTOR = re.compile(rb"\A(?:[ \t]*#[^\n]*\n|[ \t\r]*\n)*[ \t]*version[ \t]*=[ \t]*[123]\b")
# QEMU matches extents with sscanf, whose blanks span lines; so does this \s. Only RW extents are opened by it.
_EXTENT = re.compile(rb"\bRW\s+[-+]?(\d+)\s*([A-Za-z]+)\s*\"([^\"\r\n]*)(?:\"\s*(\d+))?")
# Of a number of sectors. More need not fit into QEMU's 64 bits, and Python refuses to read 5000.
_MOST_DIGITS = 18
_CREATE_TYPE = re.compile(rb'createType\s*=\s*"([^"\n]*)"')
# QEMU looks for this word anywhere in the descriptor: vmdk_parent_open().
_PARENT = re.compile(rb'parentFileNameHint.{2}([^"\0]*)', re.DOTALL)


class BadHeader(Exception):
    """A header that contradicts itself or ends too early; the text says how."""


def has_protocol(name: str) -> bool:
    """Whether QEMU would take `name` for a protocol or pseudo-protocol and not for a file."""
    return bool(_PROTOCOL.match(name))


def _read(stream: BinaryIO, offset: int, length: int) -> bytes:
    """Up to `length` bytes at `offset`; fewer at the end of the file. BadHeader where no file reaches."""
    try:
        stream.seek(offset)
    except (OSError, OverflowError, ValueError):
        raise BadHeader("the header points to where no file reaches") from None
    return stream.read(length)


def _unpack(layout: str, data: bytes, offset: int = 0) -> tuple[Any, ...]:
    """struct.unpack_from that says BadHeader where the header is cut off."""
    try:
        return struct.unpack_from(layout, data, offset)
    except struct.error:
        raise BadHeader("the header is cut off") from None


def probe(stream: BinaryIO, size: int) -> tuple[str, str]:
    """The format that the magic bytes say, and the name of a format that is not supported.

    Args: stream: the image, opened for reading in binary; size: its length in bytes.
    Returns: (format, foreign): format is one of SUPPORTED, "raw" where no magic is known; foreign is "" or the name of
    a known format or archive outside of SUPPORTED (format is "raw" then).
    """
    head = _read(stream, 0, 4096)
    if head[:4] == b"QFI\xfb" and head[4:8] in (b"\0\0\0\2", b"\0\0\0\3"):
        return "qcow2", ""
    if head[:4] in (b"KDMV", b"COWD") or _DESCRIPTOR.match(head):
        return "vmdk", ""
    if head[:8] == b"vhdxfile":
        return "vhdx", ""
    if head[64:68] == b"\x7f\x10\xda\xbe":
        return "vdi", ""
    # A fixed VHD is a raw disk with the footer as its last sector; a dynamic one begins with a copy of it.
    if head[:8] == b"conectix" or (size >= 1024 and _read(stream, size - _SECTOR, 8) == b"conectix"):
        return "vpc", ""
    for offset, magic, name in _FOREIGN:
        if head[offset : offset + len(magic)] == magic:
            return "raw", name
    return "raw", ""


@dataclass(frozen=True)
class Qcow2Header:
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


def read_qcow2_header(stream: BinaryIO) -> Qcow2Header:
    """Parse the header and its extensions. Errors: BadHeader."""
    head = _read(stream, 0, 1 << 16)
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
    ) = _unpack(">4sIQIIQIIQQI", head)
    if magic != b"QFI\xfb" or version not in (2, 3) or not 9 <= cluster_bits <= 21:
        raise BadHeader("this is no qcow2 header of version 2 or 3")
    incompatible, order, header_length = 0, 4, 72
    if version == 3:
        incompatible, order, header_length = _unpack(">Q16xII", head, 72)
        if order > 6 or header_length < 104:
            raise BadHeader("the qcow2 header contradicts itself")
    if backing_length > 1023:
        raise BadHeader("the name of the backing file is longer than 1023 bytes")
    extensions = _qcow2_extensions(head, header_length)
    backing = _read(stream, backing_offset, backing_length) if backing_offset else b""
    return Qcow2Header(
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


def _qcow2_extensions(head: bytes, offset: int) -> dict[int, bytes]:
    """{type: data} of the header extensions, which end with type 0 (or with the bytes that were read)."""
    extensions = {}
    while offset + 8 <= len(head):
        kind, length = struct.unpack_from(">II", head, offset)
        if kind == 0:
            break
        extensions[kind] = head[offset + 8 : offset + 8 + length]
        offset += 8 + (length + 7) // 8 * 8
    return extensions


def qcow2_counts_beyond_end(stream: BinaryIO, size: int, header: Qcow2Header) -> bool:
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
    if header.refcount_length > 8 << 20:  # QCOW_MAX_REFTABLE_SIZE: QEMU refuses more
        return True
    raw = _read(stream, header.refcount_offset, header.refcount_length)
    table = [entry & ~511 for entry in struct.unpack(">%dQ" % (len(raw) // 8), raw)]
    per_block = header.cluster_size * 8 // header.refcount_bits
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
    return any(any(_read(stream, offset + skip, header.cluster_size - skip)) for offset, skip in blocks)


def vdi_ends_early(stream: BinaryIO, size: int) -> bool:
    """Whether the blocks that a VDI header counts as allocated do not fit into the file (QEMU does not look)."""
    head = _read(stream, 0, 512)
    (data_offset,) = _unpack("<I", head, 344)
    block_size, extra, _blocks, allocated = _unpack("<IIII", head, 376)
    return bool(data_offset + allocated * (block_size + extra) > size)


def vpc_is_fixed(stream: BinaryIO) -> bool:
    """Whether a VHD is a fixed one, as QEMU tells it (vpc_open()): a dynamic one begins with a copy of its footer."""
    return _read(stream, 0, 8) != b"conectix"


@dataclass(frozen=True)
class Extent:
    """One file that a VMDK descriptor names. `end`: the bytes that it must have if it is flat, else 0."""

    name: str
    end: int


@dataclass(frozen=True)
class VmdkHeader:
    """What a VMDK says about other files and about itself; `version` 0 and no `compressed` for plain descriptors."""

    extents: tuple[Extent, ...]
    parent: str
    create_type: str
    version: int
    compressed: bool


def read_vmdk_header(stream: BinaryIO) -> VmdkHeader:
    """Parse a VMDK's descriptor, standing alone or embedded. Errors: BadHeader.

    Follows QEMU's block/vmdk.c: extents are taken from a descriptor that stands alone, or from the embedded one if the
    sparse header's capacity is 0; the parent's name is searched at 0x200 of a sparse file.
    """
    head = _read(stream, 0, _SECTOR)
    if head[:4] not in (b"KDMV", b"COWD"):
        text = _c_string(_read(stream, 0, _DESCRIPTOR_LIMIT))
        return VmdkHeader(_extents(text), _first(_PARENT, text), _first(_CREATE_TYPE, text), 0, False)
    text = _c_string(_read(stream, 0x200, _DESCRIPTOR_LIMIT))
    if head[:4] == b"COWD":
        return VmdkHeader((), _first(_PARENT, text), "vmfsSparse", 1, False)
    version, _flags, capacity, _grain, descriptor_sector = _unpack("<IIQQQ", head, 4)
    (compression,) = _unpack("<H", head, 77)
    other = _c_string(_read(stream, min(descriptor_sector, 1 << 40) * _SECTOR, _DESCRIPTOR_LIMIT))
    return VmdkHeader(
        _extents(other) if capacity == 0 else (),
        _first(_PARENT, text) or _first(_PARENT, other),
        _first(_CREATE_TYPE, other),
        version,
        compression != 0,
    )


def _c_string(data: bytes) -> bytes:
    return data.split(b"\0", 1)[0]


def _first(pattern: Pattern[bytes], text: bytes) -> str:
    match = pattern.search(text)
    return os.fsdecode(match.group(1)) if match else ""


def _extents(text: bytes) -> tuple[Extent, ...]:
    extents = []
    for sectors, kind, name, offset in _EXTENT.findall(text):
        if max(len(sectors), len(offset)) > _MOST_DIGITS:
            raise BadHeader("the VMDK's descriptor has a number that is none of sectors")
        flat = kind in (b"FLAT", b"VMFS")
        end = (int(sectors) + int(offset or 0)) * _SECTOR if flat else 0
        extents.append(Extent(os.fsdecode(name), end))
    return tuple(extents)
