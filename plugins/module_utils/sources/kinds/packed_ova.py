# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""OVAs that somebody compressed: a tar archive by gzip, xz or bzip2, or a zip archive in its place.

An OVA is not compressed (DMTF DSP0243, 6.4), so the disks cannot be read where they are. The descriptor is read here, from
the beginning of the archive; to be fetched, the members are unpacked into a directory of ours, once.

The archive is as hostile as what is in it: nothing is written but members that the descriptor names, each of the size that
its header has, after the room for it was asked for.
"""

from __future__ import annotations

import bz2
import gzip
import io
import lzma
import os
import posixpath
import re
import stat
import tarfile
import zipfile
import zlib
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass
from typing import Any, BinaryIO, cast
from urllib.parse import unquote

from ...errors import GuestconvError
from . import archives, metadata, ovf
from .kind import Counter, Description
from .metadata import malformed

# The first bytes, and how they are packed. A tar archive begins with a name: of a guest called PKI, say.
_MAGIC = (
    (re.compile(rb"\x1f\x8b\x08"), "gzip"),
    (re.compile(rb"\xfd7zXZ\0"), "xz"),
    (re.compile(rb"BZh[1-9]1A"), "bzip2"),
    (re.compile(rb"PK\x03\x04"), "zip"),
)

# The methods of zip archives that take little memory, whatever the archive says.
_ZIP_METHODS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2)

# Files and directories: a small archive can unpack to any number of them.
_MAX_HEADERS = 16000
# Bytes that may have to be unpacked until the descriptor comes, which should be first; and in all that nobody asked for.
_MAX_BEFORE, _MAX_SKIPPED = 64 << 20, 1 << 40
_CHUNK = 1 << 20
# Bytes that xz may take for what it looks back on: `xz -9` needs 65 MiB.
_XZ_MEMORY = 256 << 20

_FAILURES = (
    tarfile.TarError,
    zipfile.BadZipFile,
    lzma.LZMAError,
    zlib.error,
    EOFError,
    OSError,
    ValueError,
    OverflowError,
)


def packing(head: bytes) -> str:
    """How an archive with these first six bytes is packed; "" where it is not, or in no way that is known here."""
    return next((name for magic, name in _MAGIC if magic.match(head)), "")


@dataclass(frozen=True)
class _Member:
    """A file in the archive. read: the next bytes of it, at most so many."""

    name: str
    size: int
    read: Callable[[int], bytes]


def describe(path: str, packed: str, vm: str | None) -> Description:
    """The description of the guest of the packed OVA path. vm: as of ovf.parse(). Raises GuestconvError `source-...`."""
    with metadata.open_file(path) as stream:
        descriptor, data = _descriptor(stream, packed, path)
    description = ovf.parse(data, path, vm)
    folder = posixpath.dirname(descriptor)
    for disk in description["disks"]:
        name = posixpath.normpath(posixpath.join(folder, disk["path"]))
        disk["path"], disk["member"], disk["packed"] = path, name, packed
        disk.setdefault("size", 0)
    description["warnings"].append(
        f"{path} is compressed, and an OVA is not. Its disks are unpacked first, for which there must be room."
    )
    return description


def _descriptor(stream: BinaryIO, packed: str, path: str) -> tuple[str, bytes]:
    """(name, content) of the OVF descriptor."""
    skipped = 0
    for member in _members(stream, packed, path):
        if member.name.lower().endswith(".ovf"):
            if member.size > metadata.MAX_DESCRIPTOR:
                raise GuestconvError("source-too-large", f"{path}: {member.name} has {member.size} bytes.", path=path)
            return member.name, _whole(member, path)
        skipped += member.size if packed != "zip" else 0
        if skipped > _MAX_BEFORE:
            break
    raise malformed(
        path,
        f"its first {_MAX_BEFORE >> 20} MiB hold no OVF descriptor, which must be the first file.",
        "Unpack it, and use the .ovf file.",
    )


def unpack(
    path: str, packed: str, wanted: set[str], folder: str, room: Callable[[int], object], progress: Counter
) -> tuple[str, set[str]]:
    """Unpack the descriptor, the manifest and the members called `wanted` of the OVA path into an empty folder.

    Args: room: called with the bytes of each before it is written, raises GuestconvError `no-space`; progress: called with
    the bytes of the archive that were read. Returns: the path of the descriptor there, and the paths that the members
    would have that were not unpacked. Raises GuestconvError `source-...`; OSError, where the folder cannot be written to.
    """
    missing, found, skipped, left_out = set(wanted), "", 0, set()
    quoted = {unquote(name): name for name in wanted}
    with metadata.open_file(path) as stream:
        read = 0

        def tell() -> None:
            nonlocal read
            progress(max(0, stream.tell() - read))
            read = max(read, stream.tell())

        for member in _members(stream, packed, path):
            suffix = posixpath.splitext(member.name)[1].lower()
            target = os.path.join(folder, member.name)
            if member.name in wanted or member.name in quoted or suffix in (".ovf", ".mf"):
                room(member.size)
                _write(member, target, path, tell)
                missing -= {member.name, quoted.get(member.name)}
                found = found or (target if suffix == ".ovf" else "")
            else:
                left_out.add(target)
                skipped += member.size
                if skipped > _MAX_SKIPPED:
                    raise archives.hostile(path, "holds much that its descriptor does not name")
    if missing or not found:
        raise GuestconvError(
            "source-disk-missing",
            f"{path} refers to {', '.join(sorted(missing)) or 'a descriptor'}, which is not in it.",
            path=path,
            hint="Export it again as one OVA, with all of its disks.",
        )
    return found, left_out


def _write(member: _Member, target: str, path: str, tell: Callable[[], None]) -> None:
    """Unpack a member of the OVA path to the new file target. tell: called after each piece."""
    os.makedirs(os.path.dirname(target), mode=0o700, exist_ok=True)
    with open(target, "xb") as written:
        left = member.size
        while left:
            data = _some(member, left, path)
            written.write(data)
            left -= len(data)
            tell()
        written.flush()
        os.fsync(written.fileno())


def unpacked_file(folder: str, name: str) -> str:
    """The path of the member `name`, one of those wanted, after unpack() into the folder. A reference of an envelope is
    part of a URL, so what is "web%2001.vmdk" there can be "web 01.vmdk" in the archive."""
    path = os.path.join(folder, name)
    return path if os.path.lexists(path) else os.path.join(folder, unquote(name))


def _whole(member: _Member, path: str) -> bytes:
    pieces, left = [], member.size
    while left:
        pieces.append(_some(member, left, path))
        left -= len(pieces[-1])
    return b"".join(pieces)


def _some(member: _Member, left: int, path: str) -> bytes:
    """The next bytes of a member, of which so many are left."""
    try:
        data = member.read(min(left, _CHUNK))
    except _FAILURES as error:
        raise _damaged(path, str(error)) from error
    if not data:
        raise _damaged(path, f"it ends in the middle of {member.name}")
    return data


def _members(stream: BinaryIO, packed: str, path: str) -> Iterator[_Member]:
    """The regular files in the archive, in its order; each is to be read before the next."""
    seen: set[str] = set()
    try:
        for member in _of_zip(stream, path) if packed == "zip" else _of_tar(stream, packed, path):
            if archives.is_of_macos(member.name):
                continue
            name = posixpath.normpath(member.name)
            archives.require_inside(name, member.size, path)
            if name in seen or len(seen) == archives.MAX_MEMBERS:
                raise archives.hostile(path, f"holds {name!r} twice, or more than {archives.MAX_MEMBERS} files")
            seen.add(name)
            yield _Member(name, member.size, member.read)
    except _FAILURES as error:
        raise _damaged(path, str(error)) from error


def _of_tar(stream: BinaryIO, packed: str, path: str) -> Iterator[_Member]:
    unpacked = _Forward(_unpacking(stream, packed), path)
    with tarfile.open(fileobj=cast(BinaryIO, unpacked), mode="r:") as archive:
        for number, info in enumerate(archive):
            if number == _MAX_HEADERS:
                raise archives.hostile(path, f"has more than {_MAX_HEADERS} files and directories")
            if info.isdir():
                continue
            archives.require_file(info, info.name, path)
            yield _Member(info.name, info.size, unpacked.data)


def _of_zip(stream: BinaryIO, path: str) -> Iterator[_Member]:
    with zipfile.ZipFile(cast(BinaryIO, _Directory(stream, path))) as archive:
        for info in archive.infolist():
            if info.is_dir():
                continue
            kind = info.external_attr >> 16
            if stat.S_IFMT(kind) not in (0, stat.S_IFREG):
                raise archives.hostile(path, f"holds {info.filename!r}, which is a link or a device")
            if info.flag_bits & 1:
                raise GuestconvError(
                    "source-encrypted", f"{path} has a password.", path=path, hint="Pack it again without one."
                )
            if info.compress_type not in _ZIP_METHODS:
                raise GuestconvError(
                    "source-not-supported",
                    f"{path} is packed by method {info.compress_type} of zip.",
                    path=path,
                    hint="Unpack it, and use the .ovf file.",
                )
            with closing(archive.open(info)) as content:
                yield _Member(info.filename, info.file_size, content.read)


def _unpacking(stream: BinaryIO, packed: str) -> Any:
    """What is in a compressed file, to be read from the beginning to the end."""
    if packed == "gzip":
        return gzip.GzipFile(fileobj=stream, mode="rb")
    if packed == "bzip2":
        return bz2.BZ2File(stream, "rb")
    return io.BufferedReader(_Xz(stream))


class _Xz(io.RawIOBase):
    """As lzma.LZMAFile, with a limit of memory."""

    def __init__(self, stream: BinaryIO) -> None:
        super().__init__()
        self._stream = stream
        self._unpacker = self._new()

    @staticmethod
    def _new() -> lzma.LZMADecompressor:
        return lzma.LZMADecompressor(lzma.FORMAT_XZ, memlimit=_XZ_MEMORY)

    def readable(self) -> bool:
        """As of files."""
        return True

    def readinto(self, buffer: Any) -> int:
        """As of files."""
        while True:
            # pylint takes the attributes of lzma's class for constants. pylint: disable=using-constant-test
            if self._unpacker.eof:
                # An xz file may have several streams, with zeroes between them.
                rest = (self._unpacker.unused_data or self._stream.read(_CHUNK)).lstrip(b"\0")
                if not rest:
                    return 0
                self._unpacker = self._new()
            else:
                rest = self._stream.read(_CHUNK) if self._unpacker.needs_input else b""
                if not rest and self._unpacker.needs_input:
                    raise EOFError("the compressed data ends early")
            data = self._unpacker.decompress(rest, len(buffer))
            if data:
                buffer[: len(data)] = data
                return len(data)


class _Directory(archives.Bounded):
    """A zip archive, whose directory is at its end."""

    def read(self, length: int = -1) -> bytes:
        """As of files."""
        if length < 0:
            position = self.tell()
            length = self.seek(0, io.SEEK_END) - position
            self.seek(position)
        return super().read(length)

    def seekable(self) -> bool:
        """As of files."""
        return True


class _Forward:
    """What is unpacked, for tarfile: it can be read once, and goes one byte back at most."""

    def __init__(self, stream: Any, path: str) -> None:
        self._stream, self._path = stream, path
        self._position, self._last, self._again = 0, b"", False

    def read(self, length: int) -> bytes:
        """As of files, for headers."""
        archives.require_short(length, self._path)
        data = self._last if self._again and length else b""
        self._again = self._again and not length
        self._position += len(data)
        while len(data) < length:
            more = self.data(length - len(data))
            if not more:
                break
            data += more
        return data

    def data(self, length: int) -> bytes:
        """The next bytes of a member, at most so many."""
        data: bytes = self._stream.read(length)
        if data:
            self._position += len(data)
            self._last = data[-1:]
        return data

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        """As of files, to where tarfile goes: what follows a member, less a byte."""
        if offset == self._position - 1 and self._last:
            self._position, self._again = offset, True
            return offset
        if whence != io.SEEK_SET or offset < self._position:
            raise ValueError(f"{offset} was read already")
        if offset - self._position > _MAX_SKIPPED:
            raise archives.hostile(self._path, "holds much that its descriptor does not name")
        while self._position < offset and self.data(min(_CHUNK, offset - self._position)):
            pass
        return self._position

    def tell(self) -> int:
        """As of files."""
        return self._position


def _damaged(path: str, reason: str) -> GuestconvError:
    return malformed(path, f"it is no archive, or is damaged ({reason}).", "Copy it again, and compare the sizes.")
