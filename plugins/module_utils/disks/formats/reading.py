# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How headers are read: bounded, and with one error for all that can be wrong with them."""

from __future__ import annotations

import struct
from typing import Any, BinaryIO

SECTOR = 512


class BadHeader(Exception):
    """A header that contradicts itself or ends too early; the text says how."""


def read(stream: BinaryIO, offset: int, length: int) -> bytes:
    """Up to `length` bytes at `offset`; fewer at the end of the file. Errors: BadHeader, where no file reaches."""
    try:
        stream.seek(offset)
    except (OSError, OverflowError, ValueError):
        raise BadHeader("the header points to where no file reaches") from None
    return stream.read(length)


def unpack(layout: str, data: bytes, offset: int = 0) -> tuple[Any, ...]:
    """As struct.unpack_from(). Errors: BadHeader, where the header is cut off."""
    try:
        return struct.unpack_from(layout, data, offset)
    except struct.error:
        raise BadHeader("the header is cut off") from None


def number(layout: str, data: bytes, offset: int = 0) -> int:
    """The one integer that `layout` is, as unpack()."""
    return int(unpack(layout, data, offset)[0])
