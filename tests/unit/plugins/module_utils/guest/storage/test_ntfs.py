# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whether an NTFS is marked to be checked, or was not unmounted."""

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
        (first_sector(), (4096, 16384, 1024)),
        # Records of one cluster, and clusters of 2 MiB.
        (first_sector(record=1), (4096, 16384, 4096)),
        (first_sector(sectors=0xF4), (1 << 21, 4 << 21, 1024)),
        (first_sector(mark=b"MSDOS5.0"), None),
        (first_sector(record=0x90), None),
        (first_sector(start=0), None),
        (b"", None),
    ],
)
def test_how_a_volume_is_laid_out(sector, place):
    assert ntfs.geometry(sector) == (place and ntfs.Geometry(*place))


@pytest.mark.parametrize("data", [b"", b"FILE", bytes(1024), record(1)[:60], b"FILE" + b"\xff" * 1020])
def test_what_is_no_record_has_no_flags(data):
    assert ntfs.flags(data) == 0


def restart(number=1, users=0, flags=0, version=1, mark=b"RSTR", checked=0):
    """A page of the journal: its number, the first of those that use it, the version, and the number of chkdsk."""
    head = mark + struct.pack("<HHQIIHHH", 30, 9, checked, 4096, 4096, 48, 0, version)
    area = struct.pack("<QHHHH", number, 1, 0xFFFF, users, flags)
    return (head.ljust(48, b"\0") + area).ljust(4096, b"\0")


@pytest.mark.parametrize(
    "pages, is_open",
    [
        # Emptied, as ntfs-3g leaves it.
        (b"\xff" * 8192, False),
        (restart() * 2, True),
        (restart(flags=2) * 2, False),
        (restart(users=0xFFFF) * 2, False),
        # Windows 8 and later, while they have it in use.
        (restart(flags=2, version=2) * 2, True),
        # The later one counts.
        (restart(1) + restart(2, flags=2), False),
        (restart(3) + restart(2, flags=2), True),
        # Of one that chkdsk wrote, the number of chkdsk counts.
        (restart(1, users=0xFFFF, mark=b"CHKD", checked=4) + restart(3), False),
        (restart(3, users=0xFFFF, mark=b"CHKD", checked=1) + restart(2), True),
        # One was not written whole, or is not there.
        (restart(3, mark=b"BAAD") + restart(2, flags=2), False),
        (restart(3), True),
        (restart(3)[:50], True),
        (b"", False),
    ],
)
def test_a_journal_that_is_open(pages, is_open):
    assert ntfs.journal_is_open(pages) is is_open


def file_record(runs, is_resident=False):
    """The record of a file whose data are at these runs."""
    content = struct.pack("<IIBBHHH", 0x80, 64 + 8, not is_resident, 0, 0, 0, 0).ljust(32, b"\0") + struct.pack(
        "<H", 64
    )
    attributes = (content.ljust(64, b"\0") + runs).ljust(72, b"\0") + b"\xff\xff\xff\xff"
    return (b"FILE".ljust(20, b"\0") + struct.pack("<H", 56)).ljust(56, b"\0") + attributes.ljust(968, b"\0")


@pytest.mark.parametrize(
    "record, start",
    [
        (file_record(b"\x21\x10\x34\x12\0"), 0x1234),
        (file_record(b"\x42\0\x10\x04\0\x0c\0"), 0xC0004),
        # The data are in the record; a hole; more than there is.
        (file_record(b"\x21\x10\x34\x12\0", is_resident=True), None),
        (file_record(b"\x01\x10"), None),
        (file_record(b"\x78\x10\1\2\3\4\5\6"), None),
        (b"", None),
    ],
)
def test_where_the_data_of_a_file_begin(record, start):
    assert ntfs.data_start(record) == start


def test_the_journal_is_read_at_its_place():
    content = {
        (512, 0): first_sector(),
        (1024, 16384 + 2048): file_record(b"\x11\x10\x07\0"),
        (8192, 7 * 4096): restart() * 2,
    }
    assert ntfs.has_open_journal(lambda count, offset: content[count, offset])
    content[8192, 7 * 4096] = b"\xff" * 8192
    assert not ntfs.has_open_journal(lambda count, offset: content[count, offset])


@pytest.mark.parametrize("runs", [b"\x71\x10\xff\xff\xff\xff\xff\xff\xff", b"\x11\x10\0", b""])
def test_a_journal_at_no_place_is_not_read(runs):
    content = {(512, 0): first_sector(), (1024, 16384 + 2048): file_record(runs)}
    assert not ntfs.has_open_journal(lambda count, offset: content[count, offset])


def test_what_is_no_ntfs_has_no_journal():
    assert not ntfs.has_open_journal(lambda count, offset: bytes(count))
