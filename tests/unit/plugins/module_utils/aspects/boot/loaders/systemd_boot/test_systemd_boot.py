# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""systemd-boot: whether it is there, its menu, and what an edit leaves alone."""

from __future__ import annotations

from pathlib import Path

import pytest

from ansible_collections.virttools.guestconv.plugins.module_utils.aspects.boot import evidence, system_partition
from ansible_collections.virttools.guestconv.plugins.module_utils.aspects.boot.command_line import CommandLine, Editors
from ansible_collections.virttools.guestconv.plugins.module_utils.aspects.boot.loaders import systemd_boot
from ansible_collections.virttools.guestconv.plugins.module_utils.aspects.plan import Plan
from ansible_collections.virttools.guestconv.plugins.module_utils.devices.targets import KVM
from ansible_collections.virttools.guestconv.plugins.module_utils.model.selection import Selection
from ansible_collections.virttools.guestconv.tests.unit.plugins.module_utils.aspects.boot import programs
from ansible_collections.virttools.guestconv.tests.unit.plugins.module_utils.guest.fake_root import FakeRoot
from ansible_collections.virttools.guestconv.tests.unit.plugins.module_utils.guest.storage.storage_nodes import (
    filesystem,
)

REAL = Path("/usr/lib/systemd/boot/efi")
ESP, XBOOTLDR = "c12a7328-f81f-11d2-ba4b-00a0c93ec93b", "bc13c2ff-59e6-4262-a352-b275fd6f7172"
PARTITIONS = (
    filesystem("/dev/sda1", "vfat", "AB-CD", parttype=ESP),
    filesystem("/dev/sda2", "vfat", "AB-CE", parttype=XBOOTLDR),
    filesystem("/dev/sda3", "ext4", "u-root"),
)
FILES = {
    "/efi/EFI/BOOT/BOOTX64.EFI": b"x",
    "/efi/EFI/systemd/systemd-bootx64.efi": b"x",
    "/efi/loader/loader.conf": "default b*\n",
    "/boot/loader/entries/a.conf": "linux /vmlinuz\ninitrd /initrd\noptions root=/dev/sda3 quiet\n",
    "/boot/loader/entries/b.conf": "# b\nlinux /vmlinuz\noptions root=/dev/sda3\noptions ro",
    "/boot/loader/entries/lost.conf": "linux /gone\ninitrd /initrd\noptions root=/dev/sda3\n",
    "/boot/loader/entries/shell.conf": "efi /shell.efi\noptions root=/dev/sda3 x\n",
    "/boot/vmlinuz": b"k",
    "/boot/initrd": b"i",
    "/boot/shell.efi": b"MZ",
}
EDITS = [lambda argument: argument.replace("/dev/sda3", "UUID=u-root")]


def installed(files, firmware="uefi"):
    points = {"/": "/dev/sda3", "/efi": "/dev/sda1", "/boot": "/dev/sda2"}
    root = FakeRoot(files, info={"mountpoints": points, "arch": "x86_64"}, filesystems=PARTITIONS)
    partition = system_partition.mounted(root)
    return root, systemd_boot.find(root, evidence.Evidence(firmware, partition))


def edit(files):
    root, found = installed(files)
    plan = Plan(KVM, Selection({}, {}))
    editors = Editors(CommandLine(EDITS, ["console=ttyS0"]), root.guest.storage)
    found.edit(plan, editors)
    found.edit_sources(plan, editors, has_new_fallback=False)
    return root, plan


@pytest.mark.skipif(not REAL.is_dir(), reason="no systemd-boot")
def test_the_real_programs_are_told_apart():
    assert systemd_boot.is_program("", (REAL / "systemd-bootx64.efi").read_bytes())
    assert not systemd_boot.is_program("", (REAL / "linuxx64.efi.stub").read_bytes())


def test_it_is_told_by_its_name_where_its_content_is_not_known():
    assert systemd_boot.is_program("systemd-bootaa64.efi", b"")
    assert not systemd_boot.is_program("grubx64.efi", b"")
    assert not systemd_boot.is_in_boot_sector(b"#### LoaderInfo: systemd-boot" + bytes(512))


def test_its_menu():
    _root, found = installed(FILES)
    menu = found.menu()
    assert [entry.title for entry in menu.entries] == ["b.conf", "a.conf"]
    assert menu.default.arguments == "root=/dev/sda3 ro"
    assert found.concerns() == []


def test_all_entries_are_edited_where_they_stand():
    root, plan = edit({**FILES, "/etc/kernel/cmdline": "root=/dev/sda3"})
    assert root.files["/boot/loader/entries/a.conf"] == (
        "linux /vmlinuz\ninitrd /initrd\noptions root=UUID=u-root quiet console=ttyS0\n"
    )
    # It has no initrd that could find a UUID; the filesystem has no PARTUUID here.
    assert root.files["/boot/loader/entries/b.conf"] == (
        "# b\nlinux /vmlinuz\noptions root=UUID=u-root\noptions ro console=ttyS0"
    )
    assert "root=UUID=u-root console=ttyS0" in root.files["/boot/loader/entries/lost.conf"]
    assert root.files["/boot/loader/entries/shell.conf"] == "efi /shell.efi\noptions root=UUID=u-root x\n"
    assert root.files["/etc/kernel/cmdline"] == "root=UUID=u-root console=ttyS0"
    assert plan.concerns == []
    before = dict(root.files)
    root, _plan = edit(before)
    assert root.files == before


def test_an_image_keeps_its_own_command_line():
    image = {"/efi/EFI/Linux/z.efi": programs.image("root=UUID=u-root")}
    text = "linux /EFI/Linux/z.efi\n"
    root, _plan = edit({**FILES, **image, "/efi/loader/entries/z.conf": text})
    assert root.files["/efi/loader/entries/z.conf"] == text
    root, _plan = edit({**FILES, **image, "/efi/loader/entries/z.conf": text + "options root=/dev/sda3\n"})
    assert root.files["/efi/loader/entries/z.conf"] == text + "options root=UUID=u-root console=ttyS0\n"


def test_what_an_image_that_is_not_the_default_has_wrong_is_a_concern():
    _root, plan = edit({**FILES, "/efi/EFI/Linux/z.efi": programs.image("root=/dev/sda3")})
    assert [(each.code, each.severity) for each in plan.concerns] == [("unified-image-fixed", "warning")]


@pytest.mark.parametrize(
    ("files", "told"),
    [
        ({"/efi/loader/loader.conf": "default shell.conf"}, "efi /shell.efi"),
        (
            {"/efi/loader/loader.conf": "default auto-windows", "/efi/EFI/Microsoft/Boot/bootmgfw.efi": b"MZ"},
            "auto-windows",
        ),
    ],
)
def test_a_default_that_boots_no_linux(files, told):
    _root, found = installed({**FILES, **files})
    assert found.menu().default is None
    (concern,) = found.concerns()
    assert (concern.code, concern.severity) == ("boot-default-not-supported", "error") and told in concern.message


def test_its_entries_say_nothing_where_it_is_not_itself():
    files = {path: content for path, content in FILES.items() if "systemd-boot" not in path}
    root, found = installed(files)
    assert found is None
    started = evidence.Evidence("uefi", system_partition.mounted(root), started="systemd-boot")
    assert systemd_boot.find(root, started) is not None


def test_it_boots_with_uefi_and_with_entries_alone():
    assert installed(FILES, "bios")[1] is None
    assert installed({"/efi/EFI/systemd/systemd-bootx64.efi": b"x"})[1] is None
    root = FakeRoot(FILES)
    assert systemd_boot.find(root, evidence.Evidence("uefi", None)) is None
