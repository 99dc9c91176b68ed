# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""GRUB legacy's names of disks and partitions: the filesystem of the root that they mean."""

from __future__ import annotations

import pytest

from ansible_collections.virttools.guestconv.plugins.module_utils.aspects.boot.loaders.grub_legacy.devices import (
    Devices,
)
from ansible_collections.virttools.guestconv.tests.unit.plugins.module_utils.guest.fake_root import FakeRoot
from ansible_collections.virttools.guestconv.tests.unit.plugins.module_utils.guest.storage.storage_nodes import (
    filesystem,
    image,
)

FILESYSTEMS = [
    filesystem("/dev/sda1", "ext3", "u-boot"),
    filesystem("/dev/sda5", "ext3", "u-root"),
    filesystem("/dev/sda3", "ext3", "u-other"),
    filesystem("/dev/sda4", "linux_raid_member", "u-raid"),
    filesystem("/dev/sdb1", "ext3", "u-data"),
    filesystem("/dev/sdc", "ext3", "u-whole"),
]
MOUNTS = {"/": "/dev/sda5", "/boot": "/dev/sda1", "/data": "/dev/sdb1", "/whole": "/dev/sdc"}


def path(named, selected=None, files=(), mounts=None, disks=None, home="/boot/grub/menu.lst"):
    root = FakeRoot(
        dict.fromkeys(files, ""),
        info={"mountpoints": MOUNTS if mounts is None else mounts},
        disks=[image(name) for name in ("sda", "sdb", "sdc")],
        filesystems=FILESYSTEMS,
    )
    return Devices(root, home, disks or {}).path(named, selected)


@pytest.mark.parametrize(
    "named, selected, expected",
    [
        ("(hd0,0)/vmlinuz", None, "/boot/vmlinuz"),
        ("/vmlinuz", ("root", "(hd0,0)"), "/boot/vmlinuz"),
        ("/boot/vmlinuz", ("root", "(hd0,4)"), "/boot/vmlinuz"),
        ("/vmlinuz", ("rootnoverify", "hd0,0"), "/boot/vmlinuz"),
        ("/vmlinuz", ("uuid", "u-boot"), "/boot/vmlinuz"),
        ("(hd0,0)/vmlinuz", ("root", "(hd0,4)"), "/boot/vmlinuz"),
        ("/vmlinuz", None, "/boot/vmlinuz"),
        ("(hd1,0)/x", None, "/data/x"),
        ("(hd2)/x", None, "/whole/x"),
        ("(hd0,2)/vmlinuz", None, None),
        ("/vmlinuz", ("uuid", "u-other"), None),
        ("vmlinuz", None, None),
        ("+1", ("root", "(hd0,0)"), None),
    ],
)
def test_a_file_is_where_the_root_has_its_filesystem_mounted(named, selected, expected):
    assert path(named, selected) == expected


def test_without_a_filesystem_that_is_known_a_file_is_where_the_menu_is_or_where_it_is_found():
    assert path("/vmlinuz", ("root", "(hd0,3)")) == "/boot/vmlinuz"
    assert path("/vmlinuz", ("root", "(hd9,0)"), files=["/vmlinuz"]) == "/vmlinuz"
    assert path("/x", ("root", "(nd)"), files=["/x"], mounts={"/": "/dev/sda5"}) == "/x"


def test_device_map_says_which_disk_is_the_first():
    assert path("(hd0,0)/x", disks={0: "/dev/sdb", 1: "/dev/sda"}) == "/data/x"


def test_the_order_of_the_disks_is_no_certainty():
    assert path("(hd1,0)/vmlinuz", files=["/boot/vmlinuz"]) == "/boot/vmlinuz"
