# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""GRUB 2's image for a BIOS, core.img: what it has in it of where GRUB reads its menu. Pure.

grub-mkimage puts a prefix in it, such as `(,msdos1)/boot/grub` (of the disk that it is started from), or a script,
`search.fs_uuid UUID root`. The image is compressed behind the code that unpacks it. Sources: GRUB, util/mkimage.c
(grub_install_generate_image), grub-core/boot/i386/pc/boot.S, diskboot.S and startup_raw.S, include/grub/offsets.h; tried
with images of GRUB 2.06.
"""

from __future__ import annotations

import lzma
import re
from collections.abc import Callable

_SECTOR = 512
# In boot.img: the sector of the image. In that sector, diskboot.img: where the rest is, its sectors, and its address.
_KERNEL_SECTOR = slice(0x5C, 0x64)
_REST, _SECTORS = slice(500, 508), slice(508, 510)
# An image with every module is smaller, and libguestfs's messages have no more than twice that.
_MOST_SECTORS = 4096
# In the code that unpacks: the bytes that are packed and unpacked. Where it ends is not in it, so that places are tried.
_PACKED, _UNPACKED = slice(0x08, 0x0C), slice(0x0C, 0x10)
_ENDS = range(0x800, 0x1000)
_LARGEST = 4 << 20
# Unpacking 16 MiB takes a second, and most that is tried is unpacked to its end if all of it is zeroes, as a hostile guest's.
_MOST_UNPACKED = 128 << 20
_LZMA = [{"id": lzma.FILTER_LZMA1, "dict_size": 1 << 16, "lc": 3, "lp": 0, "pb": 2}]
# The beginning of each module in it.
_MODULE = b"mimg"
_PREFIX = re.compile(rb"\(,[a-z0-9,]{1,32}\)[!-~]{0,200}")
_SCRIPT = re.compile(rb"search[.]?[a-z_]* [ -~]{1,200}")


def places(read: Callable[[int, int], bytes]) -> list[str]:
    """What the image on a disk says of where the menu is: prefixes and commands of a script, none where that is not known.

    read: the function that gives so many bytes of the disk from an offset on.
    """
    start = int.from_bytes(read(_SECTOR, 0)[_KERNEL_SECTOR], "little")
    if not start or start >> 48:
        return []
    first = read(_SECTOR, start * _SECTOR)
    rest, count = int.from_bytes(first[_REST], "little"), int.from_bytes(first[_SECTORS], "little")
    # What is in a file may be in pieces; such a list goes on.
    if rest != start + 1 or not 0 < count <= _MOST_SECTORS:
        return []
    image = unpacked(read(count * _SECTOR, rest * _SECTOR))
    found = [*_PREFIX.findall(image), *_SCRIPT.findall(image)]
    return [place.decode("ascii") for place in found]


def unpacked(image: bytes) -> bytes:
    """What is packed in an image (without its first sector); nothing where it cannot be unpacked."""
    packed, size = int.from_bytes(image[_PACKED], "little"), int.from_bytes(image[_UNPACKED], "little")
    if not 0 < size <= _LARGEST:
        return b""
    # Every stream of LZMA begins so.
    ends = [end for end in _ENDS if image[end : end + 1] == b"\0"]
    for end in ends[: _MOST_UNPACKED // size]:
        try:
            unpacker = lzma.LZMADecompressor(lzma.FORMAT_RAW, filters=_LZMA)
            content = unpacker.decompress(image[end : end + packed], size)
        except lzma.LZMAError:
            continue
        if len(content) == size and _MODULE in content:
            return content
    return b""
