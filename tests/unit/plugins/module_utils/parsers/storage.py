# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Parsers of what stands on disks besides filesystems, and of what programs say of it."""

from __future__ import annotations

from hypothesis import strategies as st

from ansible_collections.virttools.guestconv.plugins.module_utils.aspects.windows import drives
from ansible_collections.virttools.guestconv.plugins.module_utils.guest.storage import (
    attachment,
    condition,
    lvm_report,
    md_superblock,
    ntfs,
)
from ansible_collections.virttools.guestconv.tests.text_guests import arrays, lvm
from ansible_collections.virttools.guestconv.tests.unit.plugins.module_utils import hostile_texts
from ansible_collections.virttools.guestconv.tests.unit.plugins.module_utils.parsers.parser import Parser, each

_UUID = "0123456789abcdef" * 2
SUPERBLOCKS = [
    arrays.superblock(arrays.Array(_UUID, metadata=metadata, label="web:0"), role)
    for metadata in arrays.METADATA
    for role in (0, None)
]
VOLUMES = lvm.volumes([lvm.Volume("/dev/vg/root", "a-b"), lvm.Volume("/dev/vg/copy", "c", origin="root")])
# The magic number, the state and a feature of an ext4 with errors that can only be read.
EXT4 = bytes(0x38) + b"\x53\xef\x02\x00" + bytes(0x28) + b"\x00\x10\x00\x00"
# The record of $Volume of an NTFS that is dirty, and the first sector of one.
VOLUME_RECORD = b"FILE" + b"\x2a\0\3\0" + bytes(12) + b"\x38\0" + bytes(34)
VOLUME_RECORD += b"\x70\0\0\0\x28\0\0\0" + bytes(8) + b"\x0c\0\0\0\x18\0\0\0" + bytes(8) + b"\3\1\1\0" + bytes(4)
NTFS = b"\xebR\x90NTFS    \0\2\x08" + bytes(34) + b"\4" + bytes(15) + b"\xf6" + bytes(447)
# The record of a file whose data begin at cluster 7, and the first page of a journal that is open.
FILE_RECORD = b"FILE" + bytes(16) + b"\x38\0" + bytes(34)
FILE_RECORD += b"\x80\0\0\0\x48\0\0\0\1" + bytes(23) + b"\x40\0" + bytes(30) + b"\x11\x10\x07\0\0\0\0\0"
JOURNAL = b"RSTR\x1e\0\1\0" + bytes(16) + b"\x30\0\0\0\1\0" + bytes(18) + b"\1" + bytes(11) + b"\0\0" + bytes(34)
# The first partition of a disk with an MBR, as a boot configuration has it.
BOOT_DEVICE = (
    bytes(16)
    + b"\6"
    + bytes(7)
    + b"\x48"
    + bytes(7)
    + b"\0\0\x10"
    + bytes(17)
    + b"\1\0\0\0\xae\x45\x46\xdf"
    + bytes(28)
)
MEMBERS = lvm.members({"vg": ["pv-1", "pv-2"]}, ["pv-2"])


def _condition(data: bytes) -> None:
    superblock = md_superblock.parsed(data)
    assert len(md_superblock.with_minor(data, 1)) == len(data)
    if superblock is not None:
        found = md_superblock.condition([superblock, superblock])
        assert found is not None and min(found.in_use, found.absent, found.unused) >= 0


def _geometry(data: bytes) -> None:
    found = ntfs.geometry(data)
    assert found is None or (found.table > 0 and found.record <= 4096)


PARSERS = (
    Parser(
        "superblock of an array",
        (),
        _condition,
        inputs=st.sampled_from(SUPERBLOCKS).flatmap(hostile_texts.damaged),
        sample=SUPERBLOCKS[0],
        found=tuple(SUPERBLOCKS),
    ),
    Parser(
        "superblock of ext4",
        (),
        condition.of_superblock,
        inputs=hostile_texts.damaged(EXT4),
        sample=EXT4,
        found=(b"", EXT4[:0x39]),
    ),
    Parser(
        "record of a volume of NTFS",
        (),
        ntfs.flags,
        inputs=hostile_texts.damaged(VOLUME_RECORD),
        sample=VOLUME_RECORD,
        found=(b"", bytes(1024)),
    ),
    Parser(
        "first sector of NTFS",
        (),
        _geometry,
        inputs=hostile_texts.damaged(NTFS),
        sample=NTFS,
        found=(b"", NTFS[:64]),
    ),
    Parser(
        "record of a file of NTFS",
        (),
        ntfs.data_start,
        inputs=hostile_texts.damaged(FILE_RECORD),
        sample=FILE_RECORD,
        found=(b"", FILE_RECORD[:70]),
    ),
    Parser(
        "journal of NTFS",
        (),
        ntfs.journal_is_open,
        inputs=hostile_texts.damaged(JOURNAL),
        sample=JOURNAL,
        found=(b"", JOURNAL[:30]),
    ),
    Parser(
        "device of a boot configuration",
        (),
        drives.of_device,
        inputs=hostile_texts.damaged(BOOT_DEVICE),
        sample=BOOT_DEVICE,
        found=(b"", BOOT_DEVICE[:40]),
    ),
    Parser(
        "device of a boot configuration in a file",
        (),
        drives.is_in_file,
        inputs=hostile_texts.damaged(BOOT_DEVICE),
        sample=BOOT_DEVICE,
        found=(b"", BOOT_DEVICE[:40]),
    ),
    Parser(
        "world wide name",
        ("0x6000c29", "naa.", "eui.", "60:00:c2:9d", "6000c29d-1f2e"),
        attachment.world_wide_name,
        found=("0x" + "6" * 10_000,),
    ),
    Parser(
        "reports of LVM",
        ('{"report": [{"lv": [{', "}]}]}", '"vg_name": "vg"', '"lv_role": "public"', '"lv_name": 1', "[[["),
        each(lvm_report.volumes, lvm_report.members),
        sample=VOLUMES,
        found=(MEMBERS, "[" * 10_000, '{"report": [{"lv": [1, {"lv_name": null}], "pv": {}}]}'),
    ),
)
