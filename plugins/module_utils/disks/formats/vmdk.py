# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""VMDK, VMware's format: a descriptor that names extents, standing alone or embedded in a sparse file."""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from re import Pattern
from typing import BinaryIO

from .layout import Layout
from .reading import SECTOR, BadHeader, number, read, unpack

# QEMU reads at most this much of a descriptor: vmdk_read_desc() in block/vmdk.c.
_DESCRIPTOR_LIMIT = 1 << 20
# Within this much of a sparse VMDK its descriptor is: QEMU and VMware put 20 sectors after the header.
_EMBEDDED_LIMIT = 64 << 10
# How a descriptor that stands alone begins.
DESCRIPTOR = re.compile(rb"\A(?:[ \t]*#[^\n]*\n|[ \t\r]*\n)*[ \t]*version[ \t]*=[ \t]*[123]\b")
# QEMU matches extents with sscanf, whose blanks span lines; so does this \s. Only RW extents are opened by it.
_EXTENT = re.compile(rb"\bRW\s+[-+]?(\d+)\s*([A-Za-z]+)\s*\"([^\"\r\n]*)(?:\"\s*(\d+))?")
# Of a number of sectors. More need not fit into QEMU's 64 bits, and Python refuses to read 5000.
_MOST_DIGITS = 18
_CREATE_TYPE = re.compile(rb'createType\s*=\s*"([^"\n]*)"')
# QEMU looks for this word anywhere in the descriptor: vmdk_parent_open().
_PARENT = re.compile(rb'parentFileNameHint.{2}([^"\0]*)', re.DOTALL)
# What VMware presents to the guest as the disk's serial number and world wide name, in pairs of digits.
_UUID = re.compile(rb'(?m)^[ \t]*ddb\.uuid[ \t]*=[ \t]*"([0-9A-Fa-f \-]{32,64})"')
# VirtualBox names a disk, and the one below it, by UUIDs alone. All zeroes are none.
_IMAGE_UUIDS = {
    key: re.compile(rb'(?m)^[ \t]*ddb\.uuid\.%s[ \t]*=[ \t]*"([0-9A-Fa-f-]{36})"' % key)
    for key in (b"image", b"parent")
}
# The content of the disk below it; ffffffff is none, and 0 where govmomi's vmdk.NewDescriptor() made the descriptor.
_PARENT_CID = re.compile(rb"(?m)^[ \t]*parentCID[ \t]*=[ \t]*([0-9A-Fa-f]{1,8})")
_CID = re.compile(rb"(?m)^[ \t]*CID[ \t]*=[ \t]*([0-9A-Fa-f]{1,8})")
# QEMU goes on to the next line: what follows would be too far at the front. vmdk_parse_extents() in block/vmdk.c.
_UNREAD = re.compile(rb"(?m)^[ \t]*((?:RDONLY|NOACCESS)[ \t]+\d+[ \t]+[A-Z]+|RW[ \t]+\d+[ \t]+ZERO\b)")
LEFT_OUT = "{path} has an extent that QEMU leaves out ({line}), so what follows it would be read at wrong places."
CLONE = "Clone the disk with VMware's tools (`vmkfstools -i`, `vmware-vdiskmanager -r`)."
# How much of such a line a message shows; between its words there may be any number of spaces.
_SHOWN = 80
# For the size of the disk every extent counts, also one that holds nothing but zeroes ("RW 4192256 ZERO").
_SIZED_EXTENT = re.compile(rb"^[ \t]*(?:RW|RDONLY|NOACCESS)[ \t]+(\d{1,18})[ \t]+[A-Z]", re.MULTILINE)

# block/vmdk.c writes the descriptor anew (its CID changes) with the first write to the disk. Within one page the
# kernel does not interrupt a write (generic_perform_write() in mm/filemap.c).
_PAGE = 4096

# Of a mapping to a LUN or a disk of the host: its descriptor has none of the data.
RAW_DEVICES = ("vmfsRawDeviceMap", "vmfsPassthroughRawDeviceMap", "vmfsRaw", "fullDevice", "partitionedDevice")
# Of a disk that vSphere or Workstation encrypts.
_ENCRYPTED = re.compile(rb'(?m)^[ \t]*(?:encryptionKeys[ \t]*=|ddb\.iofilters[ \t]*=[ \t]*"[^"\n]*vmcrypt)')
_HARDWARE = re.compile(rb'ddb\.virtualHWVersion\s*=\s*"(\d{1,3})"')
_ADAPTER = re.compile(rb'ddb\.adapterType\s*=\s*"(ide|buslogic|lsilogic|legacyESX)"')


@dataclass(frozen=True)
class Extent:
    """One file that a VMDK descriptor names. `end`: the bytes that it must have if it is flat, else 0."""

    name: str
    end: int


@dataclass(frozen=True)
class Header:
    """What a VMDK says about other files and about itself; `version` 0 and no `compressed` for plain descriptors.

    uuid: the disk's, 32 hexadecimal digits in small letters; "" where there is none. encrypted: whether the hypervisor
    encrypts what is in the extents. image, below: VirtualBox's UUIDs of the image and of the one below it, "" where there is
    none. is_delta: whether there is an image below it, also where parent does not name it. content, content_below: the
    numbers (CID) of the content of this image, and of the one below it when this one was made; None where there is none.
    unread: the beginning of the line of an extent that QEMU leaves out; "" where there is no such line.
    """

    extents: tuple[Extent, ...]
    parent: str
    create_type: str
    version: int
    compressed: bool
    uuid: str = ""
    encrypted: bool = False
    image: str = ""
    below: str = ""
    is_delta: bool = False
    content: int | None = None
    content_below: int | None = None
    unread: str = ""

    @property
    def lacks_parent(self) -> bool:
        """Whether there is an image below it that it does not name."""
        return self.is_delta and not self.parent


def read_header(stream: BinaryIO) -> Header:
    """Parse the descriptor. Errors: BadHeader.

    Follows QEMU's block/vmdk.c: extents are taken from a descriptor that stands alone, or from the embedded one if the
    sparse header's capacity is 0; the parent's name is searched at 0x200 of a sparse file.
    """
    head = read(stream, 0, SECTOR)
    if head[:4] not in (b"KDMV", b"COWD"):
        text = _text_at(stream, 0)
        return Header(
            _extents(text),
            _first(_PARENT, text),
            _first(_CREATE_TYPE, text),
            0,
            False,
            _uuid(text),
            _ENCRYPTED.search(text) is not None,
            *_chain(text),
            unread=_first(_UNREAD, text)[:_SHOWN],
        )
    text = _text_at(stream, 0x200)
    if head[:4] == b"COWD":
        return Header((), _first(_PARENT, text), "vmfsSparse", 1, False)
    version, _flags, capacity = unpack("<IIQ", head, 4)
    embedded = _embedded_descriptor(stream, head)
    return Header(
        _extents(embedded) if capacity == 0 else (),
        _first(_PARENT, text) or _first(_PARENT, embedded),
        _first(_CREATE_TYPE, embedded),
        version,
        number("<H", head, 77) != 0,
        _uuid(embedded),
        _ENCRYPTED.search(embedded) is not None,
        *_chain(embedded),
        unread=_first(_UNREAD, embedded)[:_SHOWN] if capacity == 0 else "",
    )


def virtual_size(stream: BinaryIO, size: int) -> int:
    """Bytes of the disk, with all of its extents. Errors: BadHeader."""
    head = read(stream, 0, SECTOR)
    if head[:4] == b"COWD":
        return number("<I", head, 12) * SECTOR
    if head[:4] == b"KDMV":
        capacity = number("<Q", head, 12)
        if capacity:
            return capacity * SECTOR
        # The disk is in further files: this one holds their names alone.
        text = _embedded_descriptor(stream, head)
    else:
        text = _text_at(stream, 0)
    return sum(int(sectors) for sectors in _SIZED_EXTENT.findall(text)) * SECTOR


def layout(stream: BinaryIO, cluster_size: int) -> Layout:
    """Only a flat one, whose descriptor is rewritten at once, is written to in place. Errors: BadHeader."""
    header = read_header(stream)
    if header.extents:
        flat = all(extent.end for extent in header.extents)
        return Layout(in_place=flat and stream.seek(0, 2) <= _PAGE, one_file=False)
    text = read(stream, 0, _EMBEDDED_LIMIT)
    options = ["subformat=monolithicSparse"]
    # Of what the descriptor says no more than this: a comma in it would be another option.
    for name, pattern in (("hwversion", _HARDWARE), ("adapter_type", _ADAPTER)):
        found = pattern.search(text)
        if found:
            options.append(f"{name}={found.group(1).decode('ascii')}")
    return Layout(in_place=False, options=tuple(options))


def _text_at(stream: BinaryIO, offset: int) -> bytes:
    """The text there, up to the first NUL."""
    return read(stream, offset, _DESCRIPTOR_LIMIT).split(b"\0", 1)[0]


def _embedded_descriptor(stream: BinaryIO, head: bytes) -> bytes:
    """The text of the descriptor that a sparse header points to."""
    return _text_at(stream, min(number("<Q", head, 28), 1 << 40) * SECTOR)


def _first(pattern: Pattern[bytes], text: bytes) -> str:
    match = pattern.search(text)
    return os.fsdecode(match.group(1)) if match else ""


def _uuid(text: bytes) -> str:
    digits = re.sub(r"[^0-9a-f]", "", _first(_UUID, text).lower())
    return digits if len(digits) == 32 else ""


def _chain(text: bytes) -> tuple[str, str, bool, int | None, int | None]:
    """image, below, is_delta, content and content_below of a Header."""
    image, below = (_first(_IMAGE_UUIDS[key], text).lower() for key in (b"image", b"parent"))
    below = below if below.strip("0-") else ""
    content, content_below = (_first(pattern, text).lower() for pattern in (_CID, _PARENT_CID))
    is_delta = bool(below) or content_below.strip("0") not in ("", "ffffffff")
    return image, below, is_delta, _cid(content), _cid(content_below)


def _cid(digits: str) -> int | None:
    return int(digits, 16) if digits not in ("", "ffffffff") else None


def _extents(text: bytes) -> tuple[Extent, ...]:
    extents = []
    for sectors, kind, name, offset in _EXTENT.findall(text):
        if max(len(sectors), len(offset)) > _MOST_DIGITS:
            raise BadHeader("the VMDK's descriptor has a number that cannot be one of sectors")
        flat = kind in (b"FLAT", b"VMFS")
        end = (int(sectors) + int(offset or 0)) * SECTOR if flat else 0
        extents.append(Extent(os.fsdecode(name), end))
    return tuple(extents)
