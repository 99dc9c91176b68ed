# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is refused in an OVA, compressed or not: whoever made the archive can have written anything into it."""

from __future__ import annotations

import io
import posixpath
import tarfile
from typing import BinaryIO

from ...errors import GuestconvError

# An OVA has a file per disk, a descriptor, a manifest, perhaps a certificate, NVRAM and messages per language.
MAX_MEMBERS = 1000
# tarfile reads the extended headers (pax, GNU's long names) in one piece, and zipfile the whole directory.
MAX_READ = 1 << 20


def hostile(path: str, what: str) -> GuestconvError:
    """The error for the archive path, which does or holds `what`."""
    return GuestconvError(
        "source-hostile",
        f"{path} {what}.",
        path=path,
        hint="No tool that exports guests makes such an archive. Ask the person who gave it to you.",
    )


def is_of_macos(name: str) -> bool:
    """Whether a member has the attributes of another: the tar of macOS adds a file ._NAME with those of each."""
    return posixpath.basename(name).startswith("._")


def require_file(info: tarfile.TarInfo, name: str, path: str) -> None:
    """Refuse a member of the tar archive path that is no regular file. Errors: source-hostile."""
    if not info.isreg() or info.issparse():
        raise hostile(path, f"holds {name!r}, which is a link, a device or a sparse file")


def require_inside(name: str, size: int, path: str) -> None:
    """Refuse a name (normal, as of posixpath.normpath) that leads out of the archive path, and a size that none is.

    Errors: source-hostile.
    """
    if posixpath.isabs(name) or name.split("/")[0] in ("..", ".") or "\0" in name or size < 0:
        raise hostile(path, f"holds {name!r}, which would be outside of it")


class Bounded:
    """The archive path, for Python's readers, which trust every size in it: it is read in pieces of a limited size."""

    def __init__(self, stream: BinaryIO, path: str) -> None:
        self._stream, self._path = stream, path

    def read(self, length: int) -> bytes:
        """As of files."""
        require_short(length, self._path)
        return self._stream.read(length)

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        """As of files."""
        return self._stream.seek(offset, whence)

    def tell(self) -> int:
        """As of files."""
        return self._stream.tell()


def require_short(length: int, path: str) -> None:
    """Refuse to read so many bytes of the archive path for a header. Errors: source-hostile."""
    if not 0 <= length <= MAX_READ:
        raise hostile(path, "has headers that are too large")
