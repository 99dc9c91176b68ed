# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Where the files are that a boot loader names: it reads one filesystem, from its top; the root has that mounted."""

from __future__ import annotations

import posixpath

from ....guest.root import GuestRoot

# What tells a bzImage, whatever its file is called (Documentation/arch/x86/boot.rst: the offset of `header`).
_HEADER, _MAGIC = 0x202, b"HdrS"


def mount_of(root: GuestRoot, path: str) -> str:
    """The mount point ("/", "/boot") of the filesystem that path is on."""
    points = (point.rstrip("/") for point in root.info["mountpoints"])
    return max((point for point in points if path == point or path.startswith(f"{point}/")), key=len, default="") or "/"


def below(mount: str, path: str) -> str:
    """The path in the root of what is at path on the filesystem that is mounted at mount. `..` does not lead out of it."""
    inside = posixpath.normpath("/" + path.lstrip("/"))
    return inside if mount == "/" else f"{mount}{inside}".rstrip("/")


def is_linux(root: GuestRoot, path: str) -> bool:
    """Whether the file at path may be a kernel of Linux for a PC. One that is not there may."""
    # Memtest86+ has had the header of a kernel since version 6.
    if "memtest" in posixpath.basename(path).casefold():
        return False
    if not root.is_file(path):
        return True
    return root.head(path, _HEADER + len(_MAGIC))[_HEADER:] == _MAGIC
