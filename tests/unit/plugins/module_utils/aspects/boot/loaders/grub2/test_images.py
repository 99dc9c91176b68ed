# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Unified kernel images that GRUB starts."""

from __future__ import annotations

import pytest

from ansible_collections.virttools.guestconv.plugins.module_utils.aspects.boot.evidence import Evidence
from ansible_collections.virttools.guestconv.plugins.module_utils.aspects.boot.loaders import grub2
from ansible_collections.virttools.guestconv.plugins.module_utils.aspects.boot.system_partition import SystemPartition
from ansible_collections.virttools.guestconv.tests.unit.plugins.module_utils.aspects.boot import programs
from ansible_collections.virttools.guestconv.tests.unit.plugins.module_utils.guest.fake_root import FakeRoot
from ansible_collections.virttools.guestconv.tests.unit.plugins.module_utils.guest.storage.storage_nodes import (
    filesystem,
)

ESP = "c12a7328-f81f-11d2-ba4b-00a0c93ec93b"
PARTITIONS = (filesystem("/dev/sda1", "vfat", "AB-CD", parttype=ESP), filesystem("/dev/sda2", "ext4", "u-root"))
ENTRY = """\
menuentry 'Image' {
  search --fs-uuid --set=root AB-CD
  chainloader %s
}
"""


def found(menu, **images):
    files = {"/boot/grub/grub.cfg": menu, "/efi/EFI/BOOT/BOOTX64.EFI": b"x"}
    files.update({f"/efi/EFI/Linux/{name}.efi": data for name, data in images.items()})
    root = FakeRoot(files, info={"mountpoints": {"/": "/dev/sda2", "/efi": "/dev/sda1"}}, filesystems=PARTITIONS)
    return grub2.find(root, Evidence("uefi", SystemPartition("/efi/EFI", {"BOOT": ["BOOTX64.EFI"]})))


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [("/EFI/Linux/a.efi", "own"), ("--force ($root)/EFI/Linux/a.efi root=/dev/sda2 quiet", "root=/dev/sda2 quiet")],
)
def test_an_image_by_chainloader_is_an_entry(arguments, expected):
    loader = found(ENTRY % arguments, a=programs.image("own", "6.1"))
    default = loader.menu().default
    assert (default.kernel, default.unified, default.arguments) == ("/efi/EFI/Linux/a.efi", True, expected)
    assert (default.title, default.version) == ("Image", "6.1")
    assert [concern.code for concern in loader.concerns()] == ["unified-image-console"]


def test_the_images_of_the_command_uki_are_entries_the_newest_first():
    loader = found("uki\n", **{"a-6.9": programs.image("old"), "a-6.10": programs.image("new")})
    menu = loader.menu()
    assert [entry.arguments for entry in menu.entries] == ["new", "old"]
    assert menu.default is menu.entries[0]


def test_other_programs_boot_no_linux():
    assert found(ENTRY % "/EFI/Linux/a.efi", a=b"MZ") is None
    assert found(ENTRY % "+1") is None
