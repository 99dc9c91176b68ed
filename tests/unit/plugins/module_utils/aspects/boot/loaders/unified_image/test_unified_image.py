# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A unified kernel image that the firmware starts."""

from __future__ import annotations

import pytest

from ansible_collections.virttools.guestconv.plugins.module_utils.aspects.boot.command_line import CommandLine, Editors
from ansible_collections.virttools.guestconv.plugins.module_utils.aspects.boot.evidence import Evidence
from ansible_collections.virttools.guestconv.plugins.module_utils.aspects.boot.loaders import unified_image
from ansible_collections.virttools.guestconv.plugins.module_utils.aspects.boot.system_partition import SystemPartition
from ansible_collections.virttools.guestconv.plugins.module_utils.aspects.plan import Plan
from ansible_collections.virttools.guestconv.plugins.module_utils.devices.targets import KVM
from ansible_collections.virttools.guestconv.plugins.module_utils.errors import GuestconvError
from ansible_collections.virttools.guestconv.plugins.module_utils.model.selection import Selection
from ansible_collections.virttools.guestconv.tests.unit.plugins.module_utils.aspects.boot import programs
from ansible_collections.virttools.guestconv.tests.unit.plugins.module_utils.guest.fake_root import FakeRoot


def found(files, firmware="uefi"):
    root = FakeRoot({f"/efi/EFI/BOOT/{name}": data for name, data in files.items()} | {"/etc/kernel/cmdline": "quiet"})
    partition = SystemPartition("/efi/EFI", {"BOOT": list(files)})
    return root, unified_image.find(root, Evidence(firmware, partition))


@pytest.mark.parametrize(
    "files",
    [{"BOOTX64.EFI": programs.image("a")}, {"BOOTX64.EFI": b"shim", "grubx64.efi": programs.image("a")}],
)
def test_it_is_the_only_entry(files):
    _root, image = found(files)
    menu = image.menu()
    assert menu.entries == [menu.default] and menu.default.arguments == "a" and menu.default.unified
    assert [concern.code for concern in image.concerns()] == ["unified-image-console"]


def test_it_is_what_is_going_to_be_the_fallback():
    path = "/efi/EFI/debian/grubx64.efi"
    root, partition = FakeRoot({path: programs.image("a")}), SystemPartition("/efi/EFI", {"debian": ["grubx64.efi"]})
    image = unified_image.find(root, Evidence("uefi", partition, started=unified_image.NAME, program=path))
    assert image.menu().default.kernel == path
    assert unified_image.find(root, Evidence("uefi", partition, program=path)) is None


def test_nothing_in_it_changes():
    root, image = found({"BOOTX64.EFI": programs.image("root=/dev/sda1")})
    before = dict(root.files)
    plan = Plan(KVM, Selection({}, {}))
    image.edit(plan, Editors(CommandLine([], ["console=ttyS0"]), root.guest.storage))
    assert root.files == before
    editors = Editors(CommandLine([lambda argument: argument.replace("sda1", "vda1")]), root.guest.storage)
    with pytest.raises(GuestconvError) as caught:
        image.edit(plan, editors)
    assert caught.value.code == "unified-image-fixed"
    image.edit_sources(plan, Editors(CommandLine([], ["a"]), root.guest.storage), has_new_fallback=False)
    assert root.files["/etc/kernel/cmdline"] == "quiet a"


def test_other_programs_are_none():
    assert found({"BOOTX64.EFI": b"grub"})[1] is None
    assert found({"BOOTX64.EFI": programs.image()}, "bios")[1] is None
    assert unified_image.find(FakeRoot(), Evidence("uefi", None)) is None
    assert unified_image.is_program("grubx64.efi", programs.image())
    assert not unified_image.is_program("bootx64.efi", b"MZ")
    assert not unified_image.is_in_boot_sector(programs.image())
