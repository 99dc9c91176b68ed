# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Boot sectors: the code that a loader or a partitioning program writes, and the partition table of an MBR."""

from __future__ import annotations

import lzma
from collections.abc import Iterable
from dataclasses import dataclass

SIZE = 512
_CODE = 440
_TABLE = 446
_ENTRY = 16
_PRIMARY = 4
_ACTIVE = 0x80
_EXTENDED = 0x05
_PROTECTIVE = 0xEE
_MIB = 2048  # sectors

_TYPES = {"swap": 0x82, "LVM2_member": 0x8E, "linux_raid_member": 0xFD, "vfat": 0x0C, "ntfs": 0x07}
_LINUX = 0x83


def _code(*parts: tuple[int, bytes]) -> bytes:
    """Code of which these parts are known, each at its offset."""
    code = bytearray(_CODE)
    for offset, part in parts:
        code[offset : offset + len(part)] = part
    return bytes(code)


_STAGE_1 = b"GRUB \0Geom\0Hard Disk\0Read\0 Error\0"
_EMPTY = b""
# Not even the signature at the end is there.
_BLANK = bytes(1)

# As far as programs tell loaders by it: jumps, strings and numbers at their places, as the packages of Debian 12 have
# them (grub-pc-bin, grub-legacy, syslinux-common, extlinux, parted, dosfstools). LILO's is from ms-sys.
_GRUB2 = _code((0, b"\xeb\x63\x90"), (0x5C, b"\x01"), (0x180, _STAGE_1))
# GRUB legacy's stage1 has the same words, and at 0x3e its own version, 3.2.
_LEGACY = _code((0, b"\xeb\x48\x90"), (0x3E, b"\x03\x02\xff\0\0\x80\x01"), (0x17F, _STAGE_1))
_LILO = _code((0, b"\xfa\xeb\x7clbaLILO"))
_EXTLINUX = _code((0, b"\xeb\x58\x90SYSLINUX"))

# Those in the first sector of a disk. All from syslinux on start the boot sector of a partition.
OF_DISK = {
    "grub2": _GRUB2,
    "legacy": _LEGACY,
    "lilo": _LILO,
    "extlinux": _EXTLINUX,
    "syslinux": _code((0, b"\x33\xc0\xfa\x8e\xd8\x8e\xd0\xbc\0\x7c"), (0x5E, b"Missing operating system.\r\n")),
    "gptmbr": _code((0, b"\x33\xc0\xfa\x8e\xd8\x8e\xd0\xbc\0\x7c"), (0xB6, b"Missing OS\r\n"), (0x135, b"!GPT")),
    "mbr": _code((0, b"\xfa\xb8\0\x10\x8e\xd0\xbc\0\xb0\xb8\0\0\x8e\xd8\x8e\xc0")),
    "empty": _EMPTY,
    "blank": _BLANK,
}

# And in that of a partition.
OF_PARTITION = {
    "grub2": _GRUB2,
    "legacy": _LEGACY,
    "lilo": _LILO,
    "extlinux": _EXTLINUX,
    "windows": _code((0, b"\xeb\x52\x90NTFS    "), (0x100, b"BOOTMGR is missing\0")),
    "fat": _code((0, b"\xeb\x3c\x90mkfs.fat"), (0x5C, b"This is not a bootable disk.")),
    "empty": _EMPTY,
}


# What grub-mkimage makes of GRUB 2, and its boot.img that loads it.
CORE = b"\x52GRUB core".ljust(SIZE, b"\0")
BOOT_IMG = _GRUB2.ljust(SIZE - 2, b"\0") + b"\x55\xaa"


@dataclass(frozen=True)
class Entry:
    """An entry of an MBR. kind: the type of the filesystem, or of the partition ("0xef")."""

    number: int
    kind: str
    is_active: bool = False


def of_partition(code: bytes) -> bytes:
    """The first sector of a partition with that boot code; b"" when there is none."""
    return code.ljust(SIZE - 2, b"\0") + b"\x55\xaa" if code else b""


def of_disk(code: bytes, entries: Iterable[Entry], is_gpt: bool) -> bytes:
    """The first sector of a disk with that boot code and those partitions; of one with a GPT, its protective MBR."""
    if code is _BLANK:
        return bytes(SIZE)
    sector = bytearray(code.ljust(SIZE - 2, b"\0") + b"\x55\xaa")
    entries = [] if is_gpt else list(entries)
    types = {entry.number: (_type(entry.kind), entry.is_active) for entry in entries if entry.number <= _PRIMARY}
    if is_gpt:
        types[1] = (_PROTECTIVE, False)
    elif any(entry.number > _PRIMARY for entry in entries):
        free = [number for number in range(1, _PRIMARY + 1) if number not in types]
        types.update((number, (_EXTENDED, False)) for number in free[:1])
    for number, (kind, is_active) in types.items():
        first = (1 if is_gpt else number * _MIB).to_bytes(4, "little")
        entry = bytes((_ACTIVE * is_active, 0, 0, 0, kind, 0, 0, 0)) + first + _MIB.to_bytes(4, "little")
        place = _TABLE + _ENTRY * (number - 1)
        sector[place : place + _ENTRY] = entry
    return bytes(sector)


def _type(kind: str) -> int:
    return int(kind, 16) if kind.startswith("0x") else _TYPES.get(kind, _LINUX)


def with_superblock(sector: bytes, has_errors: bool, is_read_only: bool, journal: int) -> bytes:
    """The beginning of an ext4 with this first sector, and what its superblock says of its state (kernel, ext4/super.rst).

    journal: the number of the device that its journal is on; 0 for one within it.
    """
    superblock = bytearray(0x100)
    superblock[0x38:0x3A] = b"\x53\xef"
    superblock[0x3A] = 1 | 2 * int(has_errors)
    superblock[0x64:0x66] = (0x1000 * int(is_read_only)).to_bytes(2, "little")
    superblock[0xE0] = 0 if journal else 8
    superblock[0xE4:0xE8] = journal.to_bytes(4, "little")
    return sector.ljust(1024, b"\0") + superblock


# Where GRUB's image begins on a disk with an MBR.
_IMAGE = 1


def started(sector: bytes) -> bytes:
    """The boot sector of GRUB 2, with the place of its image in it (GRUB, grub-core/boot/i386/pc/boot.S)."""
    return sector[:0x5C] + _IMAGE.to_bytes(8, "little") + sector[0x64:]


def core_image(text: str, code: int = 0xB20) -> dict[int, bytes]:
    """{place on the disk: bytes} of GRUB 2's image for a BIOS that has text in a module: the prefix, or a script.

    code: the bytes of the code that unpacks it (GRUB, util/mkimage.c, grub_install_generate_image).
    """
    plain = bytes(0x2000) + b"mimg" + bytes(20) + text.encode() + b"\0"
    unpacker = [{"id": lzma.FILTER_LZMA1, "dict_size": 1 << 16, "lc": 3, "lp": 0, "pb": 2}]
    packed = lzma.compress(plain, lzma.FORMAT_RAW, filters=unpacker)
    head = bytes(8) + len(packed).to_bytes(4, "little") + len(plain).to_bytes(4, "little")
    body = head.ljust(code, b"\x90") + packed
    count = -(-len(body) // SIZE)
    first = bytes(500) + (_IMAGE + 1).to_bytes(8, "little") + count.to_bytes(2, "little") + b"\x20\x08"
    return {SIZE * _IMAGE: first, SIZE * (_IMAGE + 1): body.ljust(SIZE * count, b"\0")}
