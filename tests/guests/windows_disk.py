# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Files of an NTFS in an image, read on this machine by ntfs-3g's programs, without the appliance."""

from __future__ import annotations

import subprocess
import tempfile
from contextlib import contextmanager
from pathlib import Path

from tests.guests.errors import run

# What ntfsls -a lists in each directory.
_NOT_LISTED = (".", "..")


class Ntfs:
    """An NTFS in a file."""

    def __init__(self, path):
        self._path = str(path)

    def read(self, path):
        """The bytes of the file at a path, in the letter case that it has there; None when there is none."""
        ended = subprocess.run(["ntfscat", "-f", self._path, path], capture_output=True, check=False)
        return None if ended.returncode else ended.stdout

    def names(self, directory):
        """The names in a directory, which may be missing."""
        ended = subprocess.run(["ntfsls", "-f", "-a", "-p", directory, self._path], capture_output=True, check=False)
        return sorted(set(ended.stdout.decode().splitlines()) - set(_NOT_LISTED))


@contextmanager
def opened(image, start, scratch=None):
    """The Ntfs (a context manager) that begins at this byte of a qcow2 image."""
    with tempfile.TemporaryDirectory(dir=scratch) as directory:
        part = Path(directory, "ntfs.raw")
        source = f"driver=raw,offset={start},file.driver=qcow2,file.file.driver=file,file.file.filename={image}"
        run(["qemu-img", "convert", "--image-opts", "-O", "raw", source, str(part)])
        yield Ntfs(part)
