# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""GRUB's names of devices and files, in a root."""

from __future__ import annotations

import pytest

from ansible_collections.virttools.guestconv.plugins.module_utils.aspects.boot.loaders.grub2.paths import RootFiles
from ansible_collections.virttools.guestconv.tests.unit.plugins.module_utils.guest.fake_root import FakeRoot
from ansible_collections.virttools.guestconv.tests.unit.plugins.module_utils.guest.storage.storage_nodes import (
    filesystem,
    image,
)

FILES = {"/boot/vmlinuz": "x", "/etc/fstab": "", "/boot/grub/grub.cfg": "x"}


def files(mountpoints, there=None, kind="ext4"):
    found = [filesystem("/dev/sda1", kind, "u-Root"), filesystem("/dev/sda2", "ext4", "u-boot", label="BOOT")]
    info = {"mountpoints": mountpoints}
    return RootFiles(FakeRoot(FILES if there is None else there, info=info, disks=[image("sda")], filesystems=found))


@pytest.mark.parametrize(
    "device, path, expected",
    [
        ("hd0,2", "/vmlinuz", "/boot/vmlinuz"),
        ("hd0,gpt2", "/vmlinuz", "/boot/vmlinuz"),
        (",msdos2", "//vmlinuz", "/boot/vmlinuz"),
        ("hd0,msdos1", "/etc/fstab", "/etc/fstab"),
        ("lvm/vg-not--there", "/vmlinuz", "/boot/vmlinuz"),
        ("", "/vmlinuz", "/boot/vmlinuz"),
        ("hd0,1", "/gone", "/gone"),
    ],
)
def test_a_path_is_on_the_filesystem_that_is_mounted(device, path, expected):
    assert files({"/": "/dev/sda1", "/boot": "/dev/sda2"}).path(device, path) == expected


def test_a_path_on_what_is_not_mounted_is_none():
    assert files({"/": "/dev/sda1"}).path("hd0,2", "/vmlinuz") is None


def test_the_subvolume_before_a_path_is_the_one_that_is_mounted():
    assert files({"/": "/dev/sda1"}, kind="btrfs").path("hd0,1", "/@/boot/vmlinuz") == "/boot/vmlinuz"


@pytest.mark.parametrize(
    "kind, value, device",
    [
        ("fs-uuid", "U-ROOT", "hd0,1"),
        ("fs-label", "BOOT", "hd0,2"),
        ("fs-label", "boot", None),
        ("file", "/vmlinuz", "hd0,2"),
        ("fs-uuid", "", None),
    ],
)
def test_filesystems_are_searched_for(kind, value, device):
    assert files({"/": "/dev/sda1", "/boot": "/dev/sda2"}).search(kind, value) == device


def test_grubs_name_of_a_place_and_what_is_there():
    found = files({"/": "/dev/sda1", "/boot": "/dev/sda2"})
    assert found.place("/boot/grub/grub.cfg") == ("hd0,2", "/grub/grub.cfg")
    assert found.place("/etc") == ("hd0,1", "/etc")
    assert [found.probe("hd0,2", what) for what in ("fs-uuid", "label", "fs")] == ["u-boot", "BOOT", "ext4"]
