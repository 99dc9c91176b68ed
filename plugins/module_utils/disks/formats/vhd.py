# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""VHD, Virtual PC's format, which QEMU calls vpc: raw with a footer, or dynamic with a copy of that as its header."""

from __future__ import annotations

import re
from typing import BinaryIO

from .layout import Layout
from .reading import SECTOR, number, read

MAGIC = b"conectix"


def is_fixed(stream: BinaryIO) -> bool:
    """Whether it is a fixed one, by QEMU's own rule (vpc_open()): a dynamic one begins with a copy of its footer."""
    return read(stream, 0, 8) != MAGIC


def virtual_size(stream: BinaryIO, size: int) -> int:
    """Bytes of the disk as it is now; the footer has the original size before that. Errors: BadHeader."""
    footer = read(stream, max(size - SECTOR, 0) if is_fixed(stream) else 0, SECTOR)
    return number(">Q", footer, 48)


def is_differencing(stream: BinaryIO) -> bool:
    """Whether it needs a parent, which QEMU does not look for: it reads zeroes instead. Errors: BadHeader."""
    return not is_fixed(stream) and number(">I", read(stream, 0, SECTOR), 60) == 4


def parent(stream: BinaryIO) -> str:
    """The name of the file below a differencing one, "" for any other. Errors: BadHeader."""
    if not is_differencing(stream):
        return ""
    # The dynamic header has the name, or a path of Windows, in 512 bytes from its 64th on.
    header = read(stream, number(">Q", read(stream, 0, SECTOR), 16), 2 * SECTOR)
    name = header[64:576].decode("utf-16-be", "replace").partition("\0")[0]
    return re.split(r"[/\\]", name)[-1]


def layout(stream: BinaryIO, cluster_size: int) -> Layout:
    """Only a fixed one is written to in place: a raw disk with a footer, which QEMU does not write.

    Without force_size the size of the disk would be rounded up to cylinders.
    """
    return Layout(in_place=is_fixed(stream), options=("subformat=dynamic", "force_size=on"))
