# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a guest mounts that no line of its fstab asks for."""

from __future__ import annotations

import pytest

from ansible_collections.virttools.guestconv.plugins.module_utils.guest.storage.mounts import Mount, planned
from ansible_collections.virttools.guestconv.plugins.module_utils.texts import fstab
from ansible_collections.virttools.guestconv.tests.unit.plugins.module_utils.guest.storage.storage_nodes import (
    filesystem,
    graph,
)

ESP, XBOOTLDR = "c12a7328-f81f-11d2-ba4b-00a0c93ec93b", "bc13c2ff-59e6-4262-a352-b275fd6f7172"
ROOT = filesystem("/dev/sda3", "ext4", "u-root")
SYSTEM = filesystem("/dev/sda1", "vfat", "AB-CD", parttype=ESP)
EXTENDED = filesystem("/dev/sda2", "ext4", "u-boot", parttype=XBOOTLDR)
OTHER = filesystem("/dev/sdb1", "vfat", "AB-CF", parttype=ESP)
OTHERS = filesystem("/dev/sdc1", "vfat", "AB-D0", parttype=ESP)


def mountpoints(filesystems, empty, text=""):
    plan = planned(fstab.parse(text), graph([ROOT, *filesystems], ["sda", "sdb", "sdc"]), Mount("/", ROOT), empty)
    return {path: name for path, name in plan.mountpoints.items() if path != "/"}


@pytest.mark.parametrize(
    ("filesystems", "empty", "expected"),
    [
        ([SYSTEM], ["/efi", "/boot"], {"/efi": "/dev/sda1"}),
        ([SYSTEM], ["/boot"], {"/boot": "/dev/sda1"}),
        ([SYSTEM], ["/boot/efi"], {"/boot/efi": "/dev/sda1"}),
        ([SYSTEM], [], {}),
        ([SYSTEM, EXTENDED], ["/efi", "/boot"], {"/efi": "/dev/sda1", "/boot": "/dev/sda2"}),
        ([SYSTEM, EXTENDED], ["/boot"], {"/boot": "/dev/sda2"}),
        ([OTHER, SYSTEM], ["/efi"], {"/efi": "/dev/sda1"}),
        ([OTHER], ["/efi"], {"/efi": "/dev/sdb1"}),
        ([OTHER, OTHERS], ["/efi"], {}),
        ([filesystem("/dev/sda1", "", parttype=ESP)], ["/efi"], {}),
        ([], ["/efi", "/boot"], {}),
    ],
)
def test_systemd_mounts_what_boot_loaders_read_in_an_empty_directory(filesystems, empty, expected):
    assert mountpoints(filesystems, empty) == expected


def test_what_fstab_mounts_is_not_mounted_twice_nor_over():
    assert mountpoints([SYSTEM], ["/efi"], "UUID=AB-CD /boot/efi vfat noauto 0 0") == {"/boot/efi": "/dev/sda1"}
    text = "UUID=u-boot /boot ext4 defaults 0 0"
    assert mountpoints([SYSTEM, EXTENDED], ["/boot"], text) == {"/boot": "/dev/sda2"}


def test_a_guest_can_do_without_what_only_systemd_mounts():
    plan = planned([], graph([ROOT, SYSTEM], ["sda"]), Mount("/", ROOT), ["/boot"])
    assert [(mount.path, mount.is_needed, mount.is_tried) for mount in plan.mounts] == [
        ("/", True, True),
        ("/boot", False, True),
    ]
