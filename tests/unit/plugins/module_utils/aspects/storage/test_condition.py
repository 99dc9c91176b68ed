# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import pytest

from ansible_collections.virttools.guestconv.plugins.module_utils.aspects.storage import condition
from ansible_collections.virttools.guestconv.plugins.module_utils.guest.storage.condition import (
    Condition,
    of_superblock,
)
from ansible_collections.virttools.guestconv.plugins.module_utils.guest.storage.mounts import Mount, MountPlan
from ansible_collections.virttools.guestconv.plugins.module_utils.texts import fstab
from ansible_collections.virttools.guestconv.tests.unit.plugins.module_utils.guest.fake_root import FakeRoot
from ansible_collections.virttools.guestconv.tests.unit.plugins.module_utils.guest.storage.storage_nodes import (
    filesystem,
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
