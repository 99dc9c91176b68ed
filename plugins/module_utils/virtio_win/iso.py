# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The files of an ISO image, by its directories. No program is run, and nothing is unpacked.

The structures are those of ECMA-119 (ISO 9660), with the names of Joliet where the image has them, else those of Rock
Ridge (IEEE P1282), else its own.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass
from typing import BinaryIO

_SECTOR = 2048
_FIRST_DESCRIPTOR, _DESCRIPTORS = 16, 32
_MAGIC = b"CD001"
_PRIMARY, _SUPPLEMENTARY, _LAST = 1, 2, 255
# The escape sequences of Joliet's three levels.
_JOLIET = (b"%/@", b"%/C", b"%/E")
_RECORD = struct.Struct("<BBIxxxxIxxxx7xB6xB")
_ROOT_RECORD = slice(156, 190)
_IS_DIRECTORY = 2
# virtio-win has some 2000 directories, each of a few KiB, and 10,000 files.
_MOST_DIRECTORIES, _MOST_FILES, _DEEPEST, _LARGEST = 20_000, 100_000, 12, 1 << 20


class NotIso(ValueError):
    """It is no ISO image, or it is damaged."""


@dataclass(frozen=True)
class IsoFile:
    """A file in an image. path: without a slash at its beginning. offset: of its bytes in the image."""

    path: str
    offset: int
    size: int


def files(image: BinaryIO) -> Iterator[IsoFile]:
    """The files of an image that is open for reading. Raises NotIso, OSError."""
    root, is_joliet = _root(image)
    left, count = [(root, "", 0)], 0
    seen: set[int] = set()
    while left:
        (extent, size), above, depth = left.pop()
        if extent in seen or depth > _DEEPEST or len(seen) > _MOST_DIRECTORIES or size > _LARGEST:
            raise NotIso("its directories are damaged")
        seen.add(extent)
        for record in _records(_read(image, extent * _SECTOR, size)):
            name = record.joliet_name if is_joliet else record.name
            if not name or "/" in name or name in (".", ".."):
                continue
            if record.is_directory:
                left.append(((record.extent, record.size), f"{above}{name}/", depth + 1))
                continue
            count += 1
            if count > _MOST_FILES:
                raise NotIso("it has too many files")
            yield IsoFile(above + name, record.extent * _SECTOR, record.size)


@dataclass(frozen=True)
class _Record:
    """A directory record (ECMA-119, 9.1). raw: the identifier. system_use: what follows it."""

    extent: int
    size: int
    is_directory: bool
    raw: bytes
    system_use: bytes

    @property
    def joliet_name(self) -> str:
        """Its name in the tree of Joliet; "" for the directory itself and the one above."""
        return "" if self.raw in (b"\0", b"\1") else _without_version(self.raw.decode("utf-16-be", "replace"))

    @property
    def name(self) -> str:
        """Its name in the primary tree; "" for the directory itself and the one above."""
        if self.raw in (b"\0", b"\1"):
            return ""
        return self._rock_ridge_name() or _without_version(self.raw.decode("latin-1"))

    def _rock_ridge_name(self) -> str:
        """The name in the entries NM, "" without one. Entries in a continuation area are not looked at."""
        rest, name = self.system_use, b""
        while len(rest) >= 5 and rest[2] >= 5:
            entry, rest = rest[: rest[2]], rest[rest[2] :]
            if entry[:2] == b"NM":
                name += entry[5:]
        return name.decode("utf-8", "replace")


def _without_version(name: str) -> str:
    return name.partition(";")[0].rstrip(".")


def _root(image: BinaryIO) -> tuple[tuple[int, int], bool]:
    """Where the root directory is (its extent, its size), and whether that is the tree of Joliet."""
    found: tuple[int, int] | None = None
    for number in range(_FIRST_DESCRIPTOR, _FIRST_DESCRIPTOR + _DESCRIPTORS):
        descriptor = _read(image, number * _SECTOR, _SECTOR)
        if descriptor[1:6] != _MAGIC or descriptor[0] == _LAST:
            break
        _length, _extended, extent, size, _flags, _name = _RECORD.unpack(descriptor[_ROOT_RECORD][: _RECORD.size])
        if descriptor[0] == _SUPPLEMENTARY and descriptor[88:91] in _JOLIET:
            return (extent, size), True
        if descriptor[0] == _PRIMARY:
            found = extent, size
    if found is None:
        raise NotIso("it has no ISO 9660 filesystem")
    return found, False


def _records(directory: bytes) -> Iterator[_Record]:
    position = 0
    while position + _RECORD.size <= len(directory):
        length, _extended, extent, size, flags, name_length = _RECORD.unpack_from(directory, position)
        if not length:
            # A record does not cross the end of a sector.
            position = (position // _SECTOR + 1) * _SECTOR
            continue
        record = directory[position : position + length]
        start = _RECORD.size
        end = start + name_length
        # The identifier is padded to an even length of what precedes the system's use.
        yield _Record(extent, size, bool(flags & _IS_DIRECTORY), record[start:end], record[end + (end % 2) :])
        position += length


def _read(image: BinaryIO, offset: int, size: int) -> bytes:
    image.seek(offset)
    data = image.read(size)
    if len(data) < size:
        raise NotIso("it ends too early")
    return data
