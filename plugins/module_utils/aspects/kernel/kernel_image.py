# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The version of a kernel, as the kernel's own file says it. Pure.

Source: Linux, Documentation/arch/x86/boot.rst (the real-mode kernel header of a bzImage).
"""

from __future__ import annotations

# The real-mode part, which has the version: a boot sector and at most 64 sectors of setup code.
HEAD = 65 * 512

_SETUP_SECTORS = 0x1F1
_BOOT_FLAG = slice(0x1FE, 0x200)
_MAGIC = slice(0x202, 0x206)
_POINTER = slice(0x20E, 0x210)


def release(head: bytes) -> str | None:
    """The version, as `uname -r` prints it, of the kernel whose file begins with head.

    None where it is not a bzImage, or has no version. "6.1.0-50-amd64 (debian-kernel@lists.debian.org) #1 SMP ..." is
    what stands there, 0x200 bytes after the place that the header points to; it must be within the setup code.
    """
    if head[_BOOT_FLAG] != b"\x55\xaa" or head[_MAGIC] != b"HdrS":
        return None
    pointer = int.from_bytes(head[_POINTER], "little")
    # For historical reasons 0 means 4.
    sectors = head[_SETUP_SECTORS] or 4
    if not 0 < pointer < 0x200 * sectors:
        return None
    text = head[pointer + 0x200 :].partition(b"\0")[0].decode("ascii", "replace")
    return next(iter(text.split()), None)
