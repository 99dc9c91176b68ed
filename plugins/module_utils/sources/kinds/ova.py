# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""OVA: an OVF package in a tar archive, which is not compressed (DMTF DSP0243, 6.4).

Each disk is one run of bytes of the archive, from `offset` on and `length` bytes long, so it can be read in place:
QEMU's driver `raw` shows such a part of a file (`offset`, `size`) as one of its own.
"""

from __future__ import annotations

import io
import os
import posixpath
import tarfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, BinaryIO, cast
from urllib.parse import unquote

from ...disks import disk_files
from ...errors import GuestconvError
from . import archives, manifest, metadata, ovf, packed_ova
from .kind import Counter, Description, DiskEntry, Package
from .metadata import malformed

# tarfile reads blocks of 512 bytes, a few per member.
_MAX_READS = 16 * archives.MAX_MEMBERS

_CHUNK = 1 << 20

# The first bytes, the name, and how it is unpacked, of what packed_ova.py does not read.
_COMPRESSED = ((b"\x28\xb5\x2f\xfd", "zstd", "tar --zstd -xf"),)


@dataclass(frozen=True)
class Member:
    """A file in the archive: its name, where in the archive it begins, and how many bytes it has."""

    name: str
    offset: int
    length: int


def read(path: str, vm: str | None = None) -> Description:
    """The description of the guest of the OVA path. Of its disks only headers are read. vm: which, if there are several.

    Raises GuestconvError `source-...`.
    """
    packed = _packing(path)
    if packed:
        return packed_ova.describe(path, packed, vm)
    with metadata.open_file(path) as stream:
        found = _members(stream, path)
        descriptor = _descriptor(found, path)
        data = _content(stream, descriptor, path)
        checksums = _checksums(stream, found, path)
        # The rest is gigabytes: verify().
        of_descriptor = {name: checksum for name, checksum in checksums.items() if name == descriptor.name}
        manifest.verify(of_descriptor, lambda name: [data], path)
        description = ovf.parse(data, path, vm)
        for disk in description["disks"]:
            capacity = disk.get("size")
            disk.update(_located(stream, found, descriptor, disk, path))
            description["warnings"] += ovf.other_size(disk, capacity)
    if checksums:
        description["warnings"] += [
            f"The manifest has no checksum for {disk['member']}."
            for disk in description["disks"]
            if disk["member"] not in checksums
        ]
    return description


def verify(path: str, progress: Counter | None = None) -> list[str]:
    """Compare all that the manifest of the OVA path lists with its checksums, which reads all of it.

    progress: see manifest.verify. Returns the names of the files that were verified, none if there is no manifest.
    Raises GuestconvError.
    """
    with metadata.open_file(path) as stream:
        found = _members(stream, path)

        def chunks(name: str) -> Iterator[bytes]:
            if name not in found:
                raise malformed(path, f"its manifest lists {name}, which is not in it.")
            view = _view(stream, found[name])
            return iter(lambda: view.read(_CHUNK), b"")

        return manifest.verify(_checksums(stream, found, path), chunks, path, progress)


def _packing(path: str) -> str:
    """How the archive is packed, "" where it is not. See packed_ova.packing()."""
    with metadata.open_file(path) as stream:
        return packed_ova.packing(stream.read(6))


def _members(stream: BinaryIO, path: str) -> dict[str, Member]:
    """{name: Member} of the regular files of the archive in stream. Others are refused: an OVA has none."""
    size = stream.seek(0, io.SEEK_END)
    stream.seek(0)
    _refuse_compressed(stream.read(6), path)
    stream.seek(0)
    found = {}
    try:
        with tarfile.open(fileobj=cast(BinaryIO, _Bounded(stream, path)), mode="r:") as archive:
            for number, info in enumerate(archive):
                if number == archives.MAX_MEMBERS:
                    raise malformed(path, f"it has more than {archives.MAX_MEMBERS} files.")
                name = posixpath.normpath(info.name)
                if info.isdir() or archives.is_of_macos(name):
                    continue
                archives.require_file(info, name, path)
                archives.require_inside(name, info.size, path)
                if name in found:
                    raise archives.hostile(path, f"holds {name!r} twice")
                if info.offset_data + info.size > size:
                    raise malformed(path, f"it ends in the middle of {name}.", "Copy it again, and compare the sizes.")
                found[name] = Member(name, info.offset_data, info.size)
    except GuestconvError:
        raise
    except (tarfile.TarError, OSError, ValueError, OverflowError, EOFError) as error:
        raise malformed(path, f"it is not a tar archive, or is damaged ({error}).") from error
    return found


def _refuse_compressed(head: bytes, path: str) -> None:
    """DSP0243, 6.4: an OVA is a tar archive, which is not compressed. Some scripts compress it all the same."""
    for magic, name, command in _COMPRESSED:
        if head.startswith(magic):
            raise GuestconvError(
                "source-not-supported",
                f"{path} is compressed with {name}, and an OVA is not.",
                path=path,
                hint=f"Unpack it (`{command} {os.path.basename(path)}`), and use the .ovf file.",
            )


def _descriptor(found: dict[str, Member], path: str) -> Member:
    names = [name for name in found if name.lower().endswith(".ovf")]
    if len(names) != 1:
        raise malformed(path, f"it holds {len(names)} OVF descriptors, and one is expected.")
    return found[names[0]]


def _content(stream: BinaryIO, member: Member, path: str) -> bytes:
    if member.length > metadata.MAX_DESCRIPTOR:
        what = f"{path}: {member.name} has {member.length} bytes, which is too large for such a file."
        raise GuestconvError("source-too-large", what, path=path)
    return _view(stream, member).read(member.length)


def _checksums(stream: BinaryIO, found: dict[str, Member], path: str) -> manifest.Checksums:
    """The checksums of the manifest, by the names of members; none without a manifest."""
    names = [name for name in found if name.lower().endswith(".mf")]
    if not names:
        return {}
    folder = posixpath.dirname(names[0])
    checksums = manifest.parse(_content(stream, found[names[0]], path), path)
    return {posixpath.normpath(posixpath.join(folder, name)): checksum for name, checksum in checksums.items()}


def _located(stream: BinaryIO, found: dict[str, Member], descriptor: Member, disk: DiskEntry, path: str) -> DiskEntry:
    """What is to be changed in disk, an entry of the description, for its file is in the archive."""
    folder = posixpath.dirname(descriptor.name)
    names = [posixpath.normpath(posixpath.join(folder, name)) for name in (disk["path"], unquote(disk["path"]))]
    member = next((found[name] for name in names if name in found), None)
    if member is None:
        what = f"{path} refers to {disk['path']!r}, which is not in it."
        raise GuestconvError(
            "source-disk-missing", what, path=path, hint="Export it again as one OVA, with all of its disks."
        )
    place: DiskEntry = {"path": path, "member": member.name, "offset": member.offset, "length": member.length}
    if "compression" in disk:
        return place
    where = f"{path}: {member.name}"
    if not member.length:
        raise GuestconvError("source-disk-damaged", f"{where} is empty.", path=path, hint="Export the guest again.")
    try:
        found_format, size = disk_files.measure(_view(stream, member), member.length, where, ovf.stated_format(disk))
    except GuestconvError as error:
        error.path = path
        raise
    ovf.check_format(disk, found_format, path)
    return {**place, "format": found_format, "size": size}


@contextmanager
def opened_member(disk: DiskEntry) -> Iterator[BinaryIO]:
    """The image file of a disk, an entry of a description as of read(), to be read as a file of its own."""
    with metadata.open_file(disk["path"]) as stream:
        yield _view(stream, Member(disk["member"], disk["offset"], disk["length"]))


class _Part(io.RawIOBase):
    """The bytes of a member."""

    def __init__(self, stream: BinaryIO, member: Member) -> None:
        super().__init__()
        self._stream, self._member = stream, member
        self._position = 0

    def readable(self) -> bool:
        """As of files."""
        return True

    def seekable(self) -> bool:
        """As of files."""
        return True

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        """As of files; nothing is past the end."""
        start = {io.SEEK_SET: 0, io.SEEK_CUR: self._position, io.SEEK_END: self._member.length}[whence]
        self._position = min(start + offset, self._member.length)
        return self._position

    def readinto(self, buffer: Any) -> int:
        """As of files."""
        length = min(len(buffer), self._member.length - self._position)
        self._stream.seek(self._member.offset + self._position)
        data = self._stream.read(max(length, 0))
        buffer[: len(data)] = data
        self._position += len(data)
        return len(data)


def _view(stream: BinaryIO, member: Member) -> BinaryIO:
    """A member, to be read as a file of its own."""
    return io.BufferedReader(_Part(stream, member))


class _Bounded(archives.Bounded):
    """The archive, for tarfile, which may go round in circles (CVE-2025-8194)."""

    def __init__(self, stream: BinaryIO, path: str) -> None:
        super().__init__(stream, path)
        self._left = _MAX_READS

    def read(self, length: int) -> bytes:
        """As of files."""
        self._left -= 1
        if self._left < 0:
            raise archives.hostile(self._path, "has headers that never end")
        return super().read(length)


KIND = Package("ova", (".ova",), read, verify=verify)
