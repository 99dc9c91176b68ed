# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The formats that are supported, and which of them an image is."""

from __future__ import annotations

import re
from typing import BinaryIO, Protocol

from . import qcow2, raw, vdi, vhd, vhdx, vmdk
from .layout import Layout
from .reading import SECTOR, read


class ImageFormat(Protocol):
    """What each format's file has."""

    def virtual_size(self, stream: BinaryIO, size: int) -> int:
        """Bytes of the disk in an image of `size` bytes. Errors: BadHeader."""

    def layout(self, stream: BinaryIO, cluster_size: int) -> Layout:
        """Whether it may be written to in place, and how one of its kind is made. Errors: BadHeader."""


# By QEMU's names.
FORMATS: dict[str, ImageFormat] = {
    "raw": raw,
    "qcow2": qcow2,
    "vmdk": vmdk,
    "vdi": vdi,
    "vhdx": vhdx,
    "vpc": vhd,
}
SUPPORTED = tuple(FORMATS)

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


def has_protocol(name: str) -> bool:
    """Whether QEMU would take `name` for a protocol or pseudo-protocol and not for a file."""
    return bool(_PROTOCOL.match(name))


def probe(stream: BinaryIO, size: int) -> tuple[str, str]:
    """The format that the magic bytes say, and the name of a format that is not supported.

    Args: stream: the image, opened for reading in binary; size: its length in bytes.
    Returns: (format, foreign): format is one of SUPPORTED, "raw" where no magic is known; foreign is "" or the name of
    a known format or archive outside of SUPPORTED (format is "raw" then).
    """
    head = read(stream, 0, 4096)
    if head[:4] == b"QFI\xfb" and head[4:8] in (b"\0\0\0\2", b"\0\0\0\3"):
        return "qcow2", ""
    if head[:4] in (b"KDMV", b"COWD") or vmdk.DESCRIPTOR.match(head):
        return "vmdk", ""
    if head[:8] == b"vhdxfile":
        return "vhdx", ""
    if head[64:68] == b"\x7f\x10\xda\xbe":
        return "vdi", ""
    # A fixed VHD is a raw disk with the footer as its last sector; a dynamic one begins with a copy of it.
    if head[:8] == vhd.MAGIC or (size >= 1024 and read(stream, size - SECTOR, 8) == vhd.MAGIC):
        return "vpc", ""
    for offset, magic, name in _FOREIGN:
        if head[offset : offset + len(magic)] == magic:
            return "raw", name
    return "raw", ""


def virtual_size(stream: BinaryIO, size: int, image_format: str) -> int:
    """Bytes of the disk in an image.

    Args: stream: the image, opened for reading in binary; size: its length in bytes; image_format: one of SUPPORTED.
    Errors: BadHeader.
    """
    return FORMATS[image_format].virtual_size(stream, size)


def layout(stream: BinaryIO, image_format: str, cluster_size: int) -> Layout:
    """The Layout of an image.

    Args: stream: the image, opened for reading in binary; image_format: one of SUPPORTED; cluster_size: in bytes, as
    qemu-img says it. Errors: BadHeader.
    """
    return FORMATS[image_format].layout(stream, cluster_size)
