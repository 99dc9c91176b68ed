# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The first sector of a disk with an MBR (UEFI specification, 5.2.1). Pure."""

from __future__ import annotations

import hashlib
import struct
from dataclasses import dataclass

SECTOR = 512
# Bytes at the start of the sector that are code.
CODE = 440

# An MBR counts sectors with 32 bits.
MOST_SECTORS = (1 << 32) - 1
LINUX = 0x83

_MARK = b"\x55\xaa"
# Where the type of the first partition is, the bytes of an entry, and the type of the one that only protects a GPT.
_FIRST_TYPE, _ENTRY = 446 + 4, 16
_PROTECTIVE = 0xEE
# Cylinder, head and sector of what lies beyond all of them: the number of the sector alone counts.
_BEYOND = b"\xfe\xff\xff"


@dataclass(frozen=True)
class Table:
    """A table with one partition. signature: of the disk. start, length: of the partition, in sectors."""

    signature: int
    start: int
    length: int

    @property
    def partition_uuid(self) -> str:
        """What the kernel and blkid make the partition's UUID of."""
        return partition_uuid(self.signature, 1)

    def sector(self, program: bytes = b"") -> bytes:
        """The sector, with this program, which a BIOS starts."""
        entry = struct.pack("<B3sB3sII", 0, _BEYOND, LINUX, _BEYOND, self.start, self.length)
        head = program[:CODE].ljust(CODE, b"\0") + struct.pack("<IH", self.signature, 0)
        return head + entry.ljust(4 * len(entry), b"\0") + _MARK


def partition_uuid(disk: int, number: int) -> str:
    """The UUID of a partition of a disk with this signature, as blkid writes it."""
    return f"{disk:08x}-{number:02x}"


def signature(identity: str) -> int:
    """The signature of a disk for a filesystem with this identity. A second conversion of a copy makes the same."""
    # 0 is none.
    return int.from_bytes(hashlib.sha256(identity.encode()).digest()[:4], "little") or 1


def protects_gpt(sector: bytes) -> bool:
    """Whether a first sector is there only to protect a GPT. One with further partitions is read as an MBR by Windows."""
    types = [sector[place] for place in range(_FIRST_TYPE, min(_FIRST_TYPE + 4 * _ENTRY, len(sector)), _ENTRY)]
    return types[:1] == [_PROTECTIVE] and not any(types[1:])


def has_boot_code(sector: bytes) -> bool:
    """Whether a first sector of a disk or partition has code that a BIOS starts."""
    return sector[SECTOR - len(_MARK) : SECTOR] == _MARK and any(sector[:CODE])
