# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whether an NTFS is marked to be checked."""

from __future__ import annotations

import struct

import pytest

from ansible_collections.virttools.guestconv.plugins.module_utils.guest.storage import ntfs


def first_sector(sectors=8, record=0xF6, start=4, mark=b"NTFS    "):
    """With clusters of so many sectors, a record of this size as it is written, and the table at cluster start."""
    head = bytearray(512)
    head[3:11], head[11:13], head[13], head[64] = mark, b"\0\2", sectors, record
    head[48:56] = start.to_bytes(8, "little")
    return bytes(head)


def record(flags, crosses=False):
    """The record of $Volume with these flags. crosses: they are where a sector ends, and so kept elsewhere."""
    name = struct.pack("<IIHHI", 0x60, 120 + 336 * crosses, 0, 0, 0).ljust(120 + 336 * crosses, b"\0")
    content = struct.pack("<QBBH", 0, 3, 1, flags)
    volume = struct.pack("<IIHHIIHH", 0x70, 40, 0, 0, 0, len(content), 24, 0) + content
    attributes = name + volume.ljust(40, b"\0") + b"\xff\xff\xff\xff"
    data = bytearray((b"FILE" + struct.pack("<HH", 42, 3)).ljust(20, b"\0") + struct.pack("<H", 56))
    data = bytearray(bytes(data).ljust(56, b"\0") + attributes).ljust(1024, b"\0")
    data[44:46], data[46:48] = data[510:512], data[1022:1024]
    data[510:512] = data[1022:1024] = data[42:44] = b"\7\0"
    return bytes(data)


@pytest.mark.parametrize("crosses", [False, True])
@pytest.mark.parametrize("flags", [0, 1, 0x4000, 0x4001])
def test_the_first_flag_says_that_it_is_dirty(flags, crosses):
    content = {(512, 0): first_sector(), (1024, 4 * 4096 + 3 * 1024): record(flags, crosses)}
    assert ntfs.flags(record(flags, crosses)) == flags
    assert ntfs.is_dirty(lambda count, offset: content[count, offset]) is bool(flags & 1)


@pytest.mark.parametrize(
    "sector, place",
    [
        (first_sector(), (19456, 1024)),
        # Records of one cluster, and clusters of 2 MiB.
        (first_sector(record=1), (28672, 4096)),
        (first_sector(sectors=0xF4), (4 * 512 * 4096 + 3072, 1024)),
        (first_sector(mark=b"MSDOS5.0"), None),
        (first_sector(record=0x90), None),
        (first_sector(start=0), None),
        (b"", None),
    ],
)
def test_where_the_record_is(sector, place):
    assert ntfs.volume_record(sector) == place


@pytest.mark.parametrize("data", [b"", b"FILE", bytes(1024), record(1)[:60], b"FILE" + b"\xff" * 1020])
def test_what_is_no_record_has_no_flags(data):
    assert ntfs.flags(data) == 0
