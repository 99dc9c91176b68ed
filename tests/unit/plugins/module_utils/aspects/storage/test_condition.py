# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import pytest

from ansible_collections.virttools.guestconv.plugins.module_utils.aspects.storage import condition, journals
from ansible_collections.virttools.guestconv.plugins.module_utils.aspects.storage.names import Names
from ansible_collections.virttools.guestconv.plugins.module_utils.guest.storage.condition import (
    Condition,
    of_superblock,
)
from ansible_collections.virttools.guestconv.plugins.module_utils.guest.storage.mounts import Mount, MountPlan
from ansible_collections.virttools.guestconv.plugins.module_utils.texts import fstab
from ansible_collections.virttools.guestconv.tests.unit.plugins.module_utils.guest.fake_root import FakeRoot
from ansible_collections.virttools.guestconv.tests.unit.plugins.module_utils.guest.storage.storage_nodes import (
    filesystem,
    image,
)


def told(found=Condition(), room=1 << 30, kind="ntfs", files=None):
    root = FakeRoot(files)
    root.room = room
    root.condition = lambda mount: found
    (entry,) = fstab.parse("/dev/sda2 /srv auto defaults 0 0\n")
    data = Mount("/srv", filesystem("/dev/sda2", type=kind), entry=entry)
    root.mount_plan = MountPlan((Mount("/", filesystem("/dev/sda1")), data))
    return [(concern.code, concern.severity) for concern in condition.concerns(root)]


def test_oracle_13_20_what_is_read_only_damaged_or_nearly_full_is_a_concern():
    assert told() == []
    assert told(Condition(is_read_only=True), room=0) == [("filesystem-read-only", "error")]
    assert told(Condition(has_errors=True)) == [("filesystem-has-errors", "warning")]
    assert told(room=1000) == [("filesystem-full", "warning")]


@pytest.mark.parametrize(
    "kind, content, expected",
    (
        ("ntfs", "hibr", [("filesystem-hibernated", "warning")]),
        ("ntfs", "HIBR", [("filesystem-hibernated", "warning")]),
        ("ntfs", "wake", []),
        ("ntfs", "", []),
        ("ext4", "hibr", []),
    ),
)
def test_oracle_20_the_volume_of_a_hibernated_windows_is_a_concern(kind, content, expected):
    assert told(kind=kind, files={"/srv/hiberfil.sys": content + "\0" * 4096}) == expected


@pytest.mark.parametrize(
    "changes, expected",
    (
        ({0x38: b"\x53\xef", 0x3A: b"\1\0"}, Condition()),
        ({0x38: b"\x53\xef", 0x3A: b"\2\0"}, Condition(has_errors=True)),
        ({0x38: b"\x53\xef", 0x65: b"\x10"}, Condition(is_read_only=True)),
        ({0x3A: b"\2\0", 0x65: b"\x10"}, Condition()),
        ({0x38: b"\x53\xef", 0xE0: b"\x08"}, Condition()),
        ({0x38: b"\x53\xef", 0xE4: b"\x11\x08"}, Condition(journal=0x811)),
    ),
)
def test_a_superblock_says_the_condition(changes, expected):
    data = bytearray(0xE8)
    for place, content in changes.items():
        data[place : place + len(content)] = content
    assert of_superblock(bytes(data)) == expected
    assert of_superblock(b"") == Condition()


SAME = {"virtio-scsi-pci": {"sda": "/dev/sda", "sdb": "/dev/sdb"}}
OTHER = {"virtio-blk-pci": {"sda": "/dev/vda", "sdb": "/dev/vdb"}}
APART = "filesystem-journal-apart"


@pytest.mark.parametrize(
    "options, by_driver, expected",
    (
        ("defaults 0 0", OTHER, [(APART, "error")]),
        ("nofail 0 0", OTHER, [(APART, "warning")]),
        # e2fsck searches it by its UUID.
        ("defaults 0 2", OTHER, [(APART, "warning")]),
        ("journal_dev=2065 0 2", OTHER, [(APART, "error")]),
        ("journal_dev=0x811 0 2", OTHER, [(APART, "error")]),
        ("journal_dev=089,journal_dev=ab 0 0", OTHER, [(APART, "error")]),
        ("journal_path=/dev/sdb1,journal_dev=0x811 0 0", OTHER, []),
        ("defaults 0 0", {**OTHER, **SAME}, [(APART, "warning")]),
        ("defaults 0 0", SAME, []),
        # Nothing on the disks has that number.
        ("journal_dev=0x899 0 0", OTHER, []),
    ),
)
def test_a_journal_that_is_named_by_its_number_is_a_concern_where_that_changes(options, by_driver, expected):
    own, journal = filesystem("/dev/sda1", uuid="u-1"), filesystem("/dev/sdb1", "jbd", "u-j")
    root = FakeRoot({}, disks=[image("sda"), image("sdb")], filesystems=[own, journal])
    (entry,) = fstab.parse(f"UUID=u-1 /srv ext4 {options}\n")
    root.mount_plan = MountPlan((Mount("/srv", own, entry=entry),))
    root.condition = lambda mount: Condition(journal=0x811)
    concerns = journals.concerns(root, Names(root.guest.storage, frozenset(), by_driver))
    assert [(concern.code, concern.severity) for concern in concerns] == expected
    assert all("journal_path=/dev/disk/by-uuid/u-j" in concern.hint for concern in concerns)


def test_without_a_journal_on_the_disks_no_superblock_is_read():
    root = FakeRoot({}, disks=[image("sda")], filesystems=[filesystem("/dev/sda1", uuid="u-1")])
    root.condition = None
    assert journals.concerns(root, Names(root.guest.storage, frozenset(), OTHER)) == []
