# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Turns QEMU's screenshots into PNG: it writes PNG itself from 7.1 on only, and where it was built so."""

from __future__ import annotations

import re
import struct
import zlib

_HEADER = re.compile(rb"P6\s+(\d+)\s+(\d+)\s+255\s")


def png_from_ppm(ppm):
    """The PNG (bytes) of a picture in binary PPM (bytes; 8 bits per channel). Raises ValueError for anything else."""
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


def _chunk(kind, data):
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
