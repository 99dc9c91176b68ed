# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Partitions that firmware or systemd-boot reads, and that nothing mounts."""

from __future__ import annotations

import pytest

from ansible_collections.virttools.guestconv.plugins.module_utils.aspects.boot import unread
from ansible_collections.virttools.guestconv.plugins.module_utils.aspects.boot.evidence import Evidence
from ansible_collections.virttools.guestconv.plugins.module_utils.guest.storage.mounts import Mount, MountPlan
from ansible_collections.virttools.guestconv.tests.unit.plugins.module_utils.guest.fake_root import FakeRoot
from ansible_collections.virttools.guestconv.tests.unit.plugins.module_utils.guest.storage.storage_nodes import (
    filesystem,
    image,
)

ESP, XBOOTLDR = "c12a7328-f81f-11d2-ba4b-00a0c93ec93b", "bc13c2ff-59e6-4262-a352-b275fd6f7172"
ROOT = filesystem("/dev/sdb2", uuid="u-root")
OWN = filesystem("/dev/sdb1", "vfat", "AB-1", parttype=ESP)


def told(other, reads_extended=True, hardware=None):
    root = FakeRoot(
        disks=[image(name) for name in ("sda", "sdb", "sdc")], filesystems=[OWN, ROOT, other], hardware=hardware
    )
    root.mount_plan = MountPlan((Mount("/", ROOT), Mount("/boot/efi", OWN)))
    return [(each.code, each.severity, each.message.split(" is ")[0]) for each in unread.concerns(root, reads_extended)]


@pytest.mark.parametrize(
    ("name", "parttype", "expected"),
    [("/dev/sda1", ESP, True), ("/dev/sdc1", ESP, False), ("/dev/sdb3", ESP, False), ("/dev/sdc1", XBOOTLDR, True)],
)
def test_what_may_start_the_guest_and_was_not_read_is_a_warning(name, parttype, expected):
    other = filesystem(name, "vfat", "AB-2", parttype=parttype)
    assert told(other) == [("boot-partition-not-read", "warning", name)] * expected


def test_only_systemd_boot_reads_extended_partitions_and_the_source_says_which_disk_is_first():
    assert told(filesystem("/dev/sdc1", "ext4", "u", parttype=XBOOTLDR), reads_extended=False) == []
    hardware = {"disks": [{"boot_order": 3}, {"boot_order": 1}, {"boot_order": 2}]}
    assert told(filesystem("/dev/sda1", "vfat", "AB-2", parttype=ESP), hardware=hardware) == []


@pytest.mark.parametrize(
    ("files", "severities"),
    [
        ({"/grub2/grub.cfg": "linux /vmlinuz root=UUID=u-root ro\nlinux /vmlinuz root=UUID=u-b"}, ["error"]),
        ({"/grub/grub.conf": "kernel /vmlinuz root=/dev/sdb2 ro"}, ["error"]),
        ({"/grub2/grub.cfg": "blscfg", "/loader/entries/a.conf": "options root=UUID=u-root"}, ["error"]),
        # Another system's, which os-prober found this one for.
        ({"/grub/grub.cfg": "linux /vmlinuz root=UUID=u-b ro\nlinux /vmlinuz root=UUID=u-root"}, ["warning"]),
        ({"/grub/grub.cfg": "blscfg"}, ["warning"]),
        ({"/boot/grub/grub.cfg": "linux /vmlinuz root=UUID=u-root ro"}, []),
    ],
)
def test_a_menu_of_grub_that_nothing_mounts_may_be_what_boots(files, severities):
    other = filesystem("/dev/sdb3", "xfs", "u-boot")
    root = FakeRoot(disks=[image("sda"), image("sdb")], filesystems=[ROOT, other])
    root.mount_plan = MountPlan((Mount("/", ROOT),))
    root.volumes["/dev/sdb3"] = FakeRoot(files)
    found = unread.menus_of_grub(root, Evidence())
    assert [(each.code, each.severity) for each in found] == [("boot-partition-not-read", each) for each in severities]
    root.mount_plan = MountPlan((Mount("/", ROOT), Mount("/boot", other)))
    assert unread.menus_of_grub(root, Evidence()) == []
