# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Writes the archive that supplements an initrd, as bytes to put behind its end."""

from __future__ import annotations

import posixpath
import stat
from collections.abc import Collection, Iterable, Sequence
from typing import NamedTuple

from ..errors import GuestconvError
from .compression import pack
from .cpio import header, padded, trailer
from .errors import NotSupplementable
from .image import Archive, Initrd

_DIRECTORY = stat.S_IFDIR | 0o755
_LINK = stat.S_IFLNK | 0o777
_LONGEST_PATH = 1024


class File(NamedTuple):
    """A file to put into an initrd: its path there, permission bits, and bytes."""

    path: str
    mode: int
    content: bytes


def supplement(initrd: Initrd, files: Sequence[File]) -> bytes:
    """The bytes to append to an initrd so that the kernel unpacks `files` over what it holds; b"" for no files.

    Deterministic: the same initrd and files give the same bytes. They are compressed as the last archive is, for two
    reasons: the kernel surely has that decompressor; and the guest's own lsinitramfs first tests the whole file with
    `gzip -t`, `zstd -t` and so on, which accept a further stream of their kind, but fail on a raw archive behind it
    (tried with initramfs-tools 0.142: "premature end of archive"). Behind a raw archive it is raw.
    Raises GuestconvError: initrd-not-appendable (rebuild it instead), initrd-path-conflict, initrd-path-invalid,
    initrd-link-loop, initrd-tool-missing, initrd-tool-failed.
    """
    if not files:
        return b""
    last = initrd.archives[-1]
    _check_appendable(initrd, last)
    archive = _archive(initrd, files)
    if not last.compression:
        return bytes(-initrd.size % 4) + archive
    if last.compression == "lz4":
        # Both streams are one to the kernel (no end mark), so members must be aligned across them.
        archive = bytes(-last.unpacked % 4) + archive
    return pack(archive, last.compression)


def _check_appendable(initrd: Initrd, last: Archive) -> None:
    """Refuse where the kernel would not look at what is appended."""
    if initrd.bootconfig:
        reason = "a boot configuration must stay at its end"
    elif last.compression == "lzma":
        # unlzma counts the bytes it used without the range coder's last normalization: it can stop one byte early.
        reason = "the kernel does not know exactly where an lzma archive ends"
    elif last.compression == "lz4" and last.end < initrd.size:
        # Before Linux 5.13 (2c484419efc0) an empty chunk is an error, and what is behind it is not unpacked.
        reason = "it ends with an lz4 archive and padding, behind which older kernels do not look"
    else:
        return
    raise NotSupplementable(
        "initrd-not-appendable", f"nothing can be appended to the initrd: {reason}", hint="let the guest rebuild it"
    )


def _archive(initrd: Initrd, files: Iterable[File]) -> bytes:
    """One newc archive of the files, in the order of their names, each directory before what is in it."""
    places: dict[str, File] = {}
    for file in files:
        place = _place(initrd, file.path)
        if place in places:
            raise NotSupplementable("initrd-path-conflict", f"two files are to become {place!r} in the initrd")
        places[place] = file
    parts: list[bytes] = []
    for name in sorted(_missing_directories(initrd, places)):
        parts.append(header(name, _DIRECTORY, 0, len(parts) + 1))
    for name in sorted(places):
        if initrd.members.get(name) and initrd.members[name].links > 1:
            # The kernel writes into an existing file, and so into all its hard links (dracut joins equal files, such
            # as two empty indexes). A link in its place makes it unlink the name first (clean_path).
            parts.append(header(name, _LINK, 1, len(parts) + 1) + padded(b"."))
        file = places[name]
        parts.append(header(name, stat.S_IFREG | file.mode & 0o7777, len(file.content), len(parts) + 1))
        parts.append(padded(file.content))
    parts.append(trailer())
    return b"".join(parts)


def _place(initrd: Initrd, path: str) -> str:
    """Where a file of that path goes, links of the initrd followed."""
    if not path or "\0" in path or ".." in path.split("/") or path.endswith("/") or len(path) > _LONGEST_PATH:
        raise GuestconvError("initrd-path-invalid", f"{path[:100]!r} cannot be the path of a file in an initrd")
    place = initrd.resolve(path)
    member = initrd.members.get(place)
    if not place or member and not stat.S_ISREG(member.mode):
        raise NotSupplementable("initrd-path-conflict", f"{path!r} exists in the initrd, and is not a file")
    return place


def _missing_directories(initrd: Initrd, places: Collection[str]) -> set[str]:
    """The directories that the kernel must make for the files.

    Never one that exists as something else: the kernel would remove that first (clean_path), and with a link such as
    lib -> usr/lib all that is reached through it.
    """
    missing: set[str] = set()
    for name in places:
        directory = posixpath.dirname(name)
        while directory and directory not in missing:
            member = initrd.members.get(directory)
            if directory in places or member and not stat.S_ISDIR(member.mode):
                raise NotSupplementable("initrd-path-conflict", f"{directory!r} in the initrd is not a directory")
            if not member:
                missing.add(directory)
            directory = posixpath.dirname(directory)
    return missing
