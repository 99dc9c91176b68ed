# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the guest's display shows: as a picture, and as text where it is in text mode."""

from __future__ import annotations

import re
import struct
import zlib

# Where a VGA has its characters in text mode, with the room for those that have scrolled off the screen.
TEXT_ADDRESS = 0xB8000
TEXT_SIZE = 0x8000

_COLUMNS = 80

_HEADER = re.compile(rb"P6\s+(\d+)\s+(\d+)\s+255\s")


# Pixels of a VGA's 80x25 characters.
_TEXT_MODE = (720, 400)


def is_text_mode(ppm: bytes) -> bool:
    """Whether a picture in PPM has the size of a VGA's text mode."""
    header = _HEADER.match(ppm)
    return header is not None and (int(header.group(1)), int(header.group(2))) == _TEXT_MODE


def png_from_ppm(ppm: bytes) -> bytes:
    """The PNG (bytes) of a picture in binary PPM (bytes; 8 bits per channel). Raises ValueError for anything else.

    QEMU writes PNG itself, but only from 7.1 on, and where it was built so.
    """
    header = _HEADER.match(ppm)
    if not header:
        raise ValueError("not a binary PPM picture")
    width, height = int(header.group(1)), int(header.group(2))
    stride = 3 * width
    pixels = ppm[header.end() :]
    if len(pixels) != stride * height:
        raise ValueError("a PPM picture of the wrong length")
    # Each line is preceded by its filter: 0, none (PNG specification, section 9).
    rows = b"".join(b"\0" + pixels[start : start + stride] for start in range(0, len(pixels), stride))
    # 8 bits per channel, colour type 2: RGB.
    shape = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + _chunk(b"IHDR", shape) + _chunk(b"IDAT", zlib.compress(rows)) + _chunk(b"IEND", b"")


def _chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def text_of(memory: bytes) -> str:
    """The text in memory (bytes, from TEXT_ADDRESS on), a line per row: rows that are full go on in the next.

    In a graphics mode it is meaningless. There are no lines of earlier rows than memory holds.
    """
    # Each character is followed by its colours.
    characters = memory[::2].decode("cp437").replace("\0", " ")
    rows = [characters[start : start + _COLUMNS] for start in range(0, len(characters), _COLUMNS)]
    return "".join(row if row[-1] != " " else row.rstrip() + "\n" for row in rows)
