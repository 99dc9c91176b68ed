# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Boot sectors: the code that a loader or a partitioning program writes, and partition tables."""

from __future__ import annotations

# As far as programs tell loaders by it: strings and numbers at their places.
BOOT_CODE = {
    "grub2": b"\xeb\x63\x90" + bytes(300) + b"GRUB \0Geom\0",
    # GRUB legacy's stage1 has the same words, and at 0x3e its own version, 3.2.
    "legacy": b"\xeb\x48\x90" + bytes(0x3B) + b"\x03\x02" + bytes(0x139) + b"GRUB \0Geom\0Hard Disk\0Read\0 Error\0",
    "syslinux": b"\x33\xc0\xfa\x8e\xd8\x8e\xd0Missing operating system",
    "empty": b"",
}

SIZE = 512
_CODE = 440


def first_sector(code: bytes) -> bytes:
    """The first sector of a disk or partition with that boot code."""
    return code[:_CODE].ljust(SIZE - 2, b"\0") + b"\x55\xaa"
