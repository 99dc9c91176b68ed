# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""EFI programs as PE files, for tests."""

from __future__ import annotations

import struct

_PE = 0x80
_PAGE = 0x1000


def program(sections, is_signed=False, machine=0x8664):
    """A PE file with these sections: (name, content) each."""
    has_64_bits = machine != 0x14C
    directories = 112 if has_64_bits else 96
    optional = bytearray(directories + 8 * 16)
    struct.pack_into("<H", optional, 0, 0x20B if has_64_bits else 0x10B)
    struct.pack_into("<I", optional, directories - 4, 16)
    start = -(-(_PE + 24 + len(optional) + 40 * len(sections)) // 512) * 512
    table, body = b"", b""
    for number, (name, content) in enumerate(sections, 1):
        padded = content + bytes(-len(content) % 512)
        table += struct.pack("<8sIIII16x", name.encode(), len(content), number * _PAGE, len(padded), start + len(body))
        body += padded
    if is_signed:
        struct.pack_into("<II", optional, directories + 8 * 4, start + len(body), 16)
    head = b"MZ".ljust(0x3C, b"\0") + struct.pack("<I", _PE)
    coff = b"PE\0\0" + struct.pack("<HHIIIHH", machine, len(sections), 0, 0, 0, len(optional), 0x22E)
    return (head.ljust(_PE, b"\0") + coff + optional + table).ljust(start, b"\0") + body


def image(
    arguments="root=UUID=u ro", version="6.1.0-9-amd64", initrd=b"", kernel=b"kernel", release="ID=debian\n", more=()
):
    """A unified kernel image. more: further sections."""
    return program(
        [
            (".text", b"\xcc"),
            (".osrel", release.encode()),
            (".cmdline", arguments.encode() + b"\0"),
            (".uname", version.encode()),
            (".initrd", initrd),
            (".linux", kernel),
            *more,
        ]
    )
