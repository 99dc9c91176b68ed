# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""EFI programs: the sections of a PE file, and whether it is signed. Pure.

Source: Microsoft's PE format specification: the DOS header's e_lfanew, the COFF header, the optional header with its
data directories (the fifth is of certificates), the section table.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass

# What the header and the table of sections of a program are within.
HEAD = 64 * 1024

_OFFSET = 0x3C
_SIGNATURE = b"PE\0\0"
_COFF = struct.Struct("<HHIIIHH")
# Where the data directories begin in the optional header, by its magic: of 32 and of 64 bits.
_DIRECTORIES = {0x10B: 96, 0x20B: 112}
_CERTIFICATES = 4
_SECTION = struct.Struct("<8sIIII16x")
# systemd-stub's images have two dozen; those with profiles more.
_MOST_SECTIONS = 1024


@dataclass(frozen=True)
class Section:
    """A section of a program: where in the file it starts, and its bytes there, less what fills it up."""

    name: str
    start: int
    size: int


@dataclass(frozen=True)
class Program:
    """A PE file. machine: its number (0x8664 for x86-64). is_signed: whether it has a table of certificates."""

    machine: int
    sections: tuple[Section, ...]
    is_signed: bool

    def section(self, name: str) -> Section | None:
        """The first section of that name."""
        return next((section for section in self.sections if section.name == name), None)


def is_kernel(data: bytes) -> bool:
    """Whether the program whose file begins with data is a kernel of Linux, which firmware starts by the stub in it.

    Linux, Documentation/arch/x86/boot.rst and Documentation/arch/arm64/booting.rst: the magic numbers of their headers.
    """
    is_x86 = data[0x1FE:0x200] == b"\x55\xaa" and data[0x202:0x206] == b"HdrS"
    return is_x86 or data[0x38:0x3C] == b"ARM\x64"


def parse(data: bytes) -> Program | None:
    """The program whose file begins with data (HEAD bytes of it); None where it is none, or its header goes on."""
    if data[:2] != b"MZ" or len(data) < _OFFSET + 4:
        return None
    start = int.from_bytes(data[_OFFSET : _OFFSET + 4], "little")
    if data[start : start + 4] != _SIGNATURE or len(data) < start + 4 + _COFF.size:
        return None
    machine, count, _time, _symbols, _number, optional_size, _flags = _COFF.unpack_from(data, start + 4)
    optional = start + 4 + _COFF.size
    table = optional + optional_size
    if count > _MOST_SECTIONS or len(data) < table + count * _SECTION.size:
        return None
    sections = tuple(_section(data, table + number * _SECTION.size) for number in range(count))
    return Program(machine, sections, _is_signed(data[optional:table]))


def _section(data: bytes, offset: int) -> Section:
    name, in_memory, _address, in_file, start = _SECTION.unpack_from(data, offset)
    # In the file it is filled up; in memory it has its own size, or more than the file has of it.
    size = min(in_memory, in_file) if in_memory else in_file
    return Section(name.partition(b"\0")[0].decode("ascii", "replace"), start, size)


def _is_signed(optional: bytes) -> bool:
    directories = _DIRECTORIES.get(int.from_bytes(optional[:2], "little"))
    if directories is None or int.from_bytes(optional[directories - 4 : directories], "little") <= _CERTIFICATES:
        return False
    size = directories + 8 * _CERTIFICATES + 4
    return any(optional[size : size + 4])
