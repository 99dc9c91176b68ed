# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The files of an ISO image, by libarchive's bsdtar: one call lists them, and one has the content of those that are needed.

bsdtar copies the needed files into a tar archive (bsdtar(1), @archive), which tarfile reads. So nothing of the image is
ever a file of this machine.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import tarfile
import tempfile
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import IO

from .refusal import not_usable

_PROGRAM = "bsdtar"
_INSTALL = (
    "Install the package libarchive-tools (Debian, Ubuntu) or bsdtar (Fedora, EL, SUSE), or give the path of a directory "
    "that the ISO was unpacked to."
)
# ECMA-119, 6.2.1 and 8.1.2: the first volume descriptor is in sector 16, and this stands in it.
_MAGIC_OFFSET, _MAGIC = 16 * 2048 + 1, b"CD001"
# virtio-win has 10,000 files. The drivers for one Windows, and the agent, have some 30 MiB.
_MOST_FILES = 100_000
_MOST_LISTED, _MOST_CONTENT = 32 << 20, 512 << 20
_LIMITS = ("prlimit", "--as=1073741824", "--cpu=120")
_SECONDS = 300
# Of bsdtar -tv: mode, links, user, group, size, three words of the date, name.
_LINE = re.compile(r"([-h])\S+ +\d+ +\d+ +\d+ +(\d+) +\S+ +\S+ +\S+ (.+)")
_LINK = " link to "
# What has a meaning in the patterns of --include.
_PATTERN = re.compile(r"[\\*?\[\]^$]")


@dataclass(frozen=True)
class Entry:
    """A file in an image. size: of its content in bytes. source: the name with which bsdtar has that content."""

    size: int
    source: str


def entries_in(listing: str) -> dict[str, Entry]:
    """The files by their names, in what `bsdtar --numeric-owner -tv` lists.

    libarchive takes a file for a hard link if an earlier one has the same place in the image. Names that bsdtar cannot
    print are left out.
    """
    found: dict[str, Entry] = {}
    for line in listing.split("\n"):
        match = _LINE.fullmatch(line)
        if not match or "\\" in line:
            continue
        name, link, target = match[3].partition(_LINK)
        if not link:
            found[name] = Entry(int(match[2]), name)
        elif target in found:
            found[name] = found[target]
    return found


class Image:
    """An ISO image. entries: its files, by their names without a slash at their beginning."""

    def __init__(self, path: str, entries: Mapping[str, Entry]) -> None:
        self.entries = entries
        self._path = path
        self._expected: set[str] = set()
        self._contents: dict[str, bytes] = {}

    @classmethod
    def opened(cls, path: str) -> Image:
        """The image at path. Errors: virtio-win-not-usable, OSError."""
        with open(path, "rb") as stream:
            stream.seek(_MAGIC_OFFSET)
            if stream.read(len(_MAGIC)) != _MAGIC:
                raise not_usable(path, "it is no directory, and has no ISO 9660 filesystem")
        with tempfile.TemporaryFile() as output:
            _run(path, ["--numeric-owner", "-tvf", os.path.abspath(path)], output, _MOST_LISTED)
            entries = entries_in(output.read().decode("utf-8", "replace"))
        if not entries:
            raise not_usable(path, "its ISO 9660 filesystem has no files, or is damaged")
        if len(entries) > _MOST_FILES:
            raise not_usable(path, "it has too many files")
        return cls(path, entries)

    def expect(self, names: Iterable[str]) -> None:
        """Have the next content() read these files too, as a call of bsdtar reads all directories of the image."""
        self._expected.update(names)

    def content(self, name: str) -> bytes:
        """The bytes of a file. Errors: virtio-win-not-usable."""
        source = self.entries[name].source
        if source not in self._contents:
            sources = {source, *(self.entries[each].source for each in self._expected)}
            self._contents.update(self._read(sorted(sources - set(self._contents))))
        return self._contents[source]

    def _read(self, sources: Sequence[str]) -> dict[str, bytes]:
        included = [f"--include={_PATTERN.sub(_escaped, name)}" for name in sources]
        arguments = ["-cf", "-", "--format=gnutar", *included, f"@{os.path.abspath(self._path)}"]
        try:
            with tempfile.TemporaryFile() as output:
                _run(self._path, arguments, output, _MOST_CONTENT)
                with tarfile.open(fileobj=output, mode="r:") as archive:
                    members = ((member.name, archive.extractfile(member)) for member in archive if member.isreg())
                    found = {name: stream.read() for name, stream in members if stream}
        except (OSError, tarfile.TarError) as error:
            raise not_usable(self._path, f"its files cannot be read: {error}") from error
        for name in sources:
            if len(found.get(name, b"")) != self.entries[name].size:
                raise not_usable(self._path, f"{name} cannot be read as a whole")
        return found


def _escaped(match: re.Match[str]) -> str:
    return f"\\{match[0]}"


def _run(path: str, arguments: Sequence[str], output: IO[bytes], most: int) -> None:
    """Run bsdtar. output: a file for what it writes, at most `most` bytes. Errors: virtio-win-not-usable, OSError."""
    if shutil.which(_PROGRAM) is None:
        raise not_usable(path, f"it is an image, and the program {_PROGRAM} that reads it is not installed", _INSTALL)
    try:
        done = subprocess.run(
            [*_LIMITS, f"--fsize={most}", _PROGRAM, *arguments],
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.PIPE,
            env=dict(os.environ, LC_ALL="C.UTF-8"),
            timeout=_SECONDS,
            check=False,
        )
    except subprocess.TimeoutExpired as error:
        raise not_usable(path, f"{_PROGRAM} has not read it within {_SECONDS} seconds") from error
    if done.returncode:
        said = done.stderr.decode("utf-8", "replace").strip().split("\n")[0].rstrip(".")
        raise not_usable(path, said or f"{_PROGRAM} failed with status {done.returncode}")
    output.seek(0)
