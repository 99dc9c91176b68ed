# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Parsers of what stands on disks besides filesystems, and of what programs say of it."""

from __future__ import annotations

from hypothesis import strategies as st

from ansible_collections.virttools.guestconv.plugins.module_utils.guest.storage import (
    attachment,
    condition,
    lvm_report,
    md_superblock,
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
MEMBERS = lvm.members({"vg": ["pv-1", "pv-2"]}, ["pv-2"])


def _condition(data: bytes) -> None:
    superblock = md_superblock.parsed(data)
    assert len(md_superblock.with_minor(data, 1)) == len(data)
    if superblock is not None:
        found = md_superblock.condition([superblock, superblock])
        assert found is not None and min(found.in_use, found.absent, found.unused) >= 0


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
