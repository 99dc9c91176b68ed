# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The door to one mounted root, as far as it is only read. Every read is bounded: the guest says how large a file is."""

from __future__ import annotations

import builtins
import posixpath
import re
import stat
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress

from ..appliance.appliance import Appliance, is_possible
from ..appliance.failures import ApplianceError, CallFailed, TextNotUtf8
from ..errors import GuestconvError
from ..texts import globs
from . import search
from .writing import MESSAGE

# No configuration file of a system is larger; a guest that has one must not fill our memory.
READ_LIMIT = 8 * 1024 * 1024
# Nor is any initrd; a sparse file of a guest's may have any size, and must not fill our disk.
DOWNLOAD_LIMIT = 1024 * 1024 * 1024


class Reader:
    """Reads what is mounted of one root in the appliance at /. name: the root's. Texts are read once."""

    def __init__(self, appliance: Appliance, name: str) -> None:
        self.name = name
        self._appliance = appliance
        self._texts: dict[str, str | None] = {}
        self._spelled: dict[str, str] = {}

    def exists(self, path: str) -> bool:
        """Whether anything is at path, be it a symbolic link that leads nowhere."""
        return bool(is_possible(path) and self._appliance.exists(path))

    def is_file(self, path: str) -> bool:
        """Whether path is a regular file, or a symbolic link to one."""
        return self._file_size(path) is not None

    def real_path(self, path: str) -> str:
        """path with all symbolic links followed; as it is where it leads nowhere."""
        return str(self._appliance.realpath(path)) if self._appliance.status(path) is not None else path

    def spelled(self, path: str) -> str:
        """path as the filesystem spells it, where it may be written in any letter case, as Windows has paths.

        What is not there of it stays as it is.
        """
        path = "/" + path.strip("/")
        if path == "/" or not is_possible(path):
            return path
        # The appliance starts a process for it.
        if path not in self._spelled:
            self._spelled[path] = self._asked_spelling(path)
        return self._spelled[path]

    def _asked_spelling(self, path: str) -> str:
        try:
            return self._appliance.case_sensitive_path(path)
        except CallFailed:
            above, name = posixpath.split(path)
            return posixpath.join(self.spelled(above), name)

    def is_dir(self, path: str) -> bool:
        """Whether path is a directory, or a symbolic link to one."""
        found = self._appliance.status(path)
        return found is not None and stat.S_ISDIR(found["st_mode"])

    def has_content(self, path: str) -> bool:
        """Whether path is a directory, or a file that is not empty, or a symbolic link to one."""
        found = self._appliance.status(path)
        return found is not None and (stat.S_ISDIR(found["st_mode"]) or found["st_size"] > 0)

    def _file_size(self, path: str) -> int | None:
        """The size of the regular file at path in bytes, None when there is none."""
        found = self._appliance.status(path)
        return found["st_size"] if found is not None and stat.S_ISREG(found["st_mode"]) else None

    def glob(self, *patterns: str) -> list[str]:
        """The paths that match the shell patterns, in their order, those of each sorted. It takes one call."""
        if together := search.joined(patterns):
            with suppress(TextNotUtf8):
                return list(dict.fromkeys(self._appliance.glob_expand(together, directoryslash=False)))
        return [path for pattern in patterns for path in self._matching(pattern)]

    def _matching(self, pattern: str) -> list[str]:
        try:
            return sorted(self._appliance.glob_expand(pattern, directoryslash=False))
        except TextNotUtf8:
            directory, name = posixpath.split(pattern)
            if re.search(r"[*?\[]", directory):
                raise
            return [posixpath.join(directory, one) for one in self.list(directory) if _matches(one, name)]

    def list(self, directory: str) -> builtins.list[str]:
        """The names in directory, sorted, but those that are not UTF-8; none when it is not there."""
        if not self.is_dir(directory):
            return []
        try:
            return sorted(self._appliance.ls(directory))
        except TextNotUtf8:
            pass
        with tempfile.NamedTemporaryFile() as names:
            self._appliance.ls0(directory, names.name)
            return sorted(name.decode() for name in names.read().split(b"\0") if name and _is_utf8(name))

    def size(self, path: str) -> int:
        """The size of the file at path, in bytes."""
        return self._appliance.filesize(path)

    def read(self, path: str) -> str | None:
        """The text of the file at path, or None when there is none. Raises GuestconvError `guest-file-too-large`.

        Bytes that are not UTF-8 survive a read and a write.
        """
        if path not in self._texts:
            self._texts[path] = self._decoded(path)
        return self._texts[path]

    def texts(self, patterns: Iterable[str]) -> dict[str, str]:
        """{path: text} of the files that match the shell patterns, in their order."""
        texts = {path: self.read(path) for path in self.glob(*patterns)}
        return {path: text for path, text in texts.items() if text is not None}

    def files_with(self, expression: str, *directories: str) -> search.Found | None:
        """The small text files below directories that have a line which fits expression (grep -E).

        It takes one call, and is bounded (see search.py). None where the appliance cannot search.
        """
        try:
            return search.found(self._appliance.shell(search.script(directories, expression)))
        except (ApplianceError, AttributeError):
            # The latter where libguestfs was built without the call.
            return None

    def _decoded(self, path: str) -> str | None:
        content = self.read_bytes(path)
        return None if content is None else content.decode("utf-8", "surrogateescape")

    def read_bytes(self, path: str, limit: int = READ_LIMIT) -> bytes | None:
        """The content of the file at path, or None when there is none. Raises GuestconvError over limit bytes."""
        size = self._file_size(path)
        return None if size is None else b"".join(self._pieces(path, 0, self._bounded(path, size, limit)))

    def _bounded(self, path: str, size: int, limit: int) -> int:
        if size > limit:
            raise GuestconvError(
                "guest-file-too-large", f"{path} on {self.name} has {size} bytes; at most {limit} are read."
            )
        return size

    def head(self, path: str, count: int) -> bytes:
        """The first count bytes of the file at path, fewer where it ends before."""
        return b"".join(self._pieces(path, 0, count))

    def part(self, path: str, start: int, count: int) -> bytes:
        """count bytes of the file at path from start on, fewer where it ends before. Raises `guest-file-too-large`."""
        end = start + self._bounded(path, count, READ_LIMIT)
        return b"".join(self._pieces(path, start, min(end, self._file_size(path) or 0)))

    def tail(self, path: str, count: int) -> bytes:
        """The last count bytes of the file at path, b"" when there is none."""
        size = self._file_size(path) or 0
        return b"".join(self._pieces(path, max(0, size - count), size))

    def _pieces(self, path: str, start: int, end: int) -> Iterator[bytes]:
        for offset in range(start, end, MESSAGE):
            yield self._appliance.pread(path, min(MESSAGE, end - offset), offset)

    def download(self, path: str, local: str, parts: Sequence[tuple[int, int]] | None = None) -> None:
        """Copy the file at path to the host's file local. Raises GuestconvError `guest-file-too-large`.

        parts: (start, size) of what is copied of it, one behind the other; None for all.
        In messages: libguestfs's download takes three times as long for the same.
        """
        size = self.size(path)
        parts = [(0, size)] if parts is None else parts
        self._bounded(path, sum(count for _start, count in parts), DOWNLOAD_LIMIT)
        with open(local, "wb") as copy:
            for start, count in parts:
                for piece in self._pieces(path, start, min(start + count, size)):
                    copy.write(piece)


def _is_utf8(name: bytes) -> bool:
    try:
        name.decode()
    except UnicodeDecodeError:
        return False
    return True


def _matches(name: str, pattern: str) -> bool:
    # As the shell has it, `*` is not for hidden files.
    return globs.fits(name, pattern) and (name[:1] != "." or pattern[:1] == ".")
