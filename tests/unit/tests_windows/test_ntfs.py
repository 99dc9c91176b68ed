# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""NTFS volumes that ntfs-3g's programs made and marked, without a virtual machine."""

from __future__ import annotations

import os
import shutil
import struct
import subprocess

import pytest

from ansible_collections.virttools.guestconv.plugins.module_utils.guest.storage import ntfs

PROGRAMS = ("mkntfs", "ntfsfix", "ntfs-3g.probe")
# What ntfs-3g.probe(8) exits with.
CAN_BE_MOUNTED, IS_HIBERNATED, IS_UNCLEAN = 0, 14, 15

pytestmark = pytest.mark.skipif(not all(map(shutil.which, PROGRAMS)), reason="ntfs-3g's programs are not installed")


@pytest.fixture
def volume(tmp_path):
    path = tmp_path / "volume"
    with open(path, "wb") as file:
        os.truncate(file.fileno(), 16 << 20)
    run("mkntfs", "-F", "-q", path)
    return path


def run(*argv):
    subprocess.run(list(map(str, argv)), check=True, capture_output=True)


def probed(volume):
    """What ntfs-3g says to mounting the volume to write to it."""
    return subprocess.run(["ntfs-3g.probe", "--readwrite", str(volume)], check=False, capture_output=True).returncode


def asked(volume, question):
    with open(volume, "rb") as file:
        return question(lambda count, offset: os.pread(file.fileno(), count, offset))


def test_a_real_volume_is_dirty_when_it_is_to_be_checked(volume):
    assert not asked(volume, ntfs.is_dirty)
    run("ntfsfix", volume)
    assert asked(volume, ntfs.is_dirty)
    run("ntfsfix", "-d", volume)
    assert not asked(volume, ntfs.is_dirty)


def page(number, users, flags, version, size):
    """A page of a journal of this size, as Windows writes two of them (ntfs-3g, include/ntfs-3g/logfile.h)."""
    head = b"RSTR" + struct.pack("<HHQIIHHH", 30, 9, 0, 4096, 4096, 48, 1 if version == 1 else 0, version)
    bits = 67 - size.bit_length()
    area = struct.pack("<QHHHHIHHQIHHII", number, 1, 0xFFFF, users, flags, bits, 48 + 160, 48, size, 0, 48, 64, 0, 0)
    client = struct.pack("<QQHHH6xI", number, number, 0xFFFF, 0xFFFF, 0, 8) + "NTFS".encode("utf-16-le")
    data = bytearray(((head.ljust(48, b"\0") + area) + client.ljust(160, b"\0")).ljust(4096, b"\0"))
    # The ends of the sectors are kept after the header; here they are 0.
    data[30:32] = b"\1\0"
    for end in range(510, 4096, 512):
        data[end : end + 2] = b"\1\0"
    return bytes(data)


@pytest.mark.parametrize(
    "pages, expected",
    [
        (((0x2000, 0, 2, 1), (0x2000, 0, 2, 1)), CAN_BE_MOUNTED),
        (((0x2000, 0xFFFF, 0, 1), (0x2000, 0xFFFF, 0, 1)), CAN_BE_MOUNTED),
        (((0x2000, 0, 0, 1), (0x2000, 0, 0, 1)), IS_UNCLEAN),
        (((0x2000, 0, 2, 1), (0x3000, 0, 0, 1)), IS_UNCLEAN),
        (((0x3000, 0, 2, 1), (0x2000, 0, 0, 1)), CAN_BE_MOUNTED),
        (((0x2000, 0, 2, 2), (0x2000, 0, 2, 2)), IS_HIBERNATED),
    ],
)
def test_a_journal_is_open_where_ntfs_3g_says_so(volume, pages, expected):
    assert probed(volume) == CAN_BE_MOUNTED and not asked(volume, ntfs.has_open_journal)
    sector = ntfs.geometry(volume.read_bytes()[:512])
    record = volume.read_bytes()[sector.table + 2 * sector.record :][: sector.record]
    size = int.from_bytes(record[record.index(b"\x80\0\0\0") + 48 :][:8], "little")
    with open(volume, "r+b") as file:
        file.seek(ntfs.data_start(record) * sector.cluster)
        file.write(b"".join(page(*each, size) for each in pages))
    assert probed(volume) == expected
    assert asked(volume, ntfs.has_open_journal) is (expected != CAN_BE_MOUNTED)
