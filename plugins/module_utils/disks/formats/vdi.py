# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""VDI, VirtualBox's format."""

from __future__ import annotations

from typing import BinaryIO

from .layout import Layout
from .reading import SECTOR, number, read, unpack

# VDI_IMAGE_TYPE_DIFF
_DIFFERENCING = 4


def virtual_size(stream: BinaryIO, size: int) -> int:
    """Bytes of the disk. Errors: BadHeader."""
    return number("<Q", read(stream, 0, SECTOR), 368)


def identity(stream: BinaryIO) -> tuple[bytes, bytes]:
    """(UUID of the image, that of the image below a differencing one; b"" for any other). Errors: BadHeader.

    uuidCreate and uuidLinkage of VirtualBox's VDIHEADER1, uuid_image and uuid_link of QEMU's block/vdi.c.
    """
    head = read(stream, 0, SECTOR)
    below = head[424:440] if number("<I", head, 76) == _DIFFERENCING else b""
    return head[392:408], below


def ends_early(stream: BinaryIO, size: int) -> bool:
    """Whether the blocks that the header counts as allocated do not fit into the file (QEMU does not look).

    Errors: BadHeader.
    """
    head = read(stream, 0, SECTOR)
    data_offset = number("<I", head, 344)
    block_size, extra, _blocks, allocated = unpack("<IIII", head, 376)
    return bool(data_offset + allocated * (block_size + extra) > size)


def layout(stream: BinaryIO, cluster_size: int) -> Layout:
    """Only a static one, where each block has its place, is written to in place: then only data are written.

    Errors: BadHeader.
    """
    blocks, allocated = unpack("<II", read(stream, 0, SECTOR), 384)
    return Layout(in_place=blocks == allocated)
