# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Where the files are that a boot loader names: it reads one filesystem, from its top; the root has that mounted."""

from __future__ import annotations

import posixpath
import re

from ....guest.root import GuestRoot

# Programs that boot as Linux's kernels do, some with the header of one: their names, or what they say of themselves.
_OTHER_NAMES = re.compile(r"memtest|memdisk|mt86plus|\.lkrn\Z|core\.img\Z", re.IGNORECASE)
_OTHER_SIGNS = (b"Memtest86", b"MEMDISK", b"iPXE")
_HEAD = 8192

# What tells a bzImage, whatever its file is called (Documentation/arch/x86/boot.rst: the offset of `header`).
_HEADER, _MAGIC = 0x202, b"HdrS"
# The header of a kernel that is no Linux: Xen, GRUB 2 (Multiboot specification, 3.1.1): magic, flags and checksum.
_MULTIBOOT = (0x1BADB002).to_bytes(4, "little")


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
    if _OTHER_NAMES.search(posixpath.basename(path)):
        return False
    head = root.head(path, _HEAD) if root.is_file(path) else b""
    if any(sign in head for sign in _OTHER_SIGNS):
        return False
    return head[_HEADER:].startswith(_MAGIC) or not _is_multiboot(head)


def _is_multiboot(head: bytes) -> bool:
    fields = (head[at : at + 12] for at in range(0, len(head) - 11, 4) if head[at : at + 4] == _MULTIBOOT)
    return any(sum(int.from_bytes(each[at : at + 4], "little") for at in (0, 4, 8)) % (1 << 32) == 0 for each in fields)
