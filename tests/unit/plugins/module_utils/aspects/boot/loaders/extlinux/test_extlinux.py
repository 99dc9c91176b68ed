# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""EXTLINUX in a root: which configuration is read, what it boots, and what is edited."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

from ansible_collections.virttools.guestconv.plugins.module_utils.aspects.boot.command_line import CommandLine, Editors
from ansible_collections.virttools.guestconv.plugins.module_utils.aspects.boot.evidence import Evidence
from ansible_collections.virttools.guestconv.plugins.module_utils.aspects.boot.loaders import LOADERS, extlinux
from ansible_collections.virttools.guestconv.plugins.module_utils.aspects.boot.loaders.extlinux import choice
from ansible_collections.virttools.guestconv.plugins.module_utils.aspects.boot.system_partition import SystemPartition
from ansible_collections.virttools.guestconv.plugins.module_utils.aspects.plan import Plan
from ansible_collections.virttools.guestconv.plugins.module_utils.devices.targets import KVM
from ansible_collections.virttools.guestconv.plugins.module_utils.model.selection import Selection
from ansible_collections.virttools.guestconv.tests.unit.plugins.module_utils import complete_guest
from ansible_collections.virttools.guestconv.tests.unit.plugins.module_utils.guest.fake_root import FakeRoot
from ansible_collections.virttools.guestconv.tests.unit.plugins.module_utils.guest.storage.storage_nodes import (
    filesystem,
)

# As extlinux --install writes it to a partition, or to a disk without any.
SECTOR = (b"\xeb\x58\x90SYSLINUX" + bytes(493) + b"\xfe\x02\xb2\x3e\x18\x37\x55\xaa")[:512]
CONF, PROGRAM = "/boot/extlinux/extlinux.conf", "/boot/extlinux/ldlinux.sys"
TEXT = f"""\
DEFAULT linux
LABEL linux
  LINUX {complete_guest.KERNEL}
  INITRD {complete_guest.INITRD}
  APPEND root=/dev/sda1 ro
LABEL memtest
  LINUX /boot/memtest86+.bin
LABEL disk
  LOCALBOOT 0x80
"""
BIOS = Evidence(started="extlinux")


def find(files, evidence=BIOS, **info):
    return extlinux.find(FakeRoot(files, info=info), evidence)


def default(files, **options):
    menu = find(files, **options).menu()
    return menu.default and menu.default.kernel


def message(text):
    ((concern),) = find({CONF: text}).concerns()
    return concern.message


def without_grub(files):
    return complete_guest.make({"/boot/grub/grub.cfg": None, **files}, sector=SECTOR)


def test_the_boot_sector_says_what_boots():
    assert extlinux.is_in_boot_sector(SECTOR)
    assert extlinux.is_in_boot_sector(b"\xeb\x58\x90EXTLINUX" + bytes(501))
    assert extlinux.is_in_boot_sector(bytes(0x1F8) + b"\xfe\x02\xb2\x3e\x18\x37\x55\xaa")
    assert not extlinux.is_in_boot_sector(complete_guest.GRUB_SECTOR)


@pytest.mark.skipif(
    not all(map(shutil.which, ("syslinux", "mkfs.vfat", "mcopy"))), reason="needs syslinux, dosfstools and mtools"
)
def test_what_syslinux_itself_installs_is_known(tmp_path):
    image, program = str(tmp_path / "image"), str(tmp_path / "ldlinux.sys")
    for argv in (
        ["mkfs.vfat", "-C", image, "16384"],
        ["syslinux", "--install", image],
        ["mcopy", "-i", image, "::ldlinux.sys", program],
    ):
        subprocess.run(argv, check=True, capture_output=True)
    sector = Path(image).read_bytes()[:512]
    assert [loader.NAME for loader in LOADERS if loader.is_in_boot_sector(sector)] == ["extlinux"]
    # It has room for them, and extlinux alone writes them: as adv() of test_choice.py does.
    end = Path(program).read_bytes()[-choice.ADV_LENGTH :]
    assert choice.stored(end) == {} and choice.stored(end[:8] + b"\1\3abc" + end[13:]) == {1: "abc"}


def test_an_efi_program_says_what_it_is():
    assert extlinux.is_program("syslinux.efi", b"") and extlinux.is_program("", b"MZ..ldlinux.e64\0")
    assert not extlinux.is_program("grubx64.efi", b"MZ")


def test_the_whole_guest_is_converted_by_its_configuration():
    root = without_grub({CONF: TEXT, PROGRAM: b"x", "/etc/default/extlinux": 'EXTLINUX_PARAMETERS="ro"\n'})
    assert complete_guest.inspected(root)["boot"]["loaders"] == {"sda": {"type": "bios", "name": "extlinux"}}
    complete_guest.converted(root)
    line = "root=UUID=u-1 ro console=tty0 console=ttyS0,115200"
    assert root.files[CONF] == TEXT.replace("root=/dev/sda1 ro", line)
    assert root.files["/etc/default/extlinux"] == 'EXTLINUX_PARAMETERS="ro console=tty0 console=ttyS0,115200"\n'
    before = dict(root.files)
    complete_guest.converted(root)
    assert root.files == before


def test_what_is_common_to_all_labels_is_edited_once_and_files_that_are_included_too():
    text = f"""\
APPEND root=/dev/sda1
DEFAULT a quiet resume=/dev/sda1
INCLUDE more.cfg
LABEL a
  KERNEL {complete_guest.KERNEL}
  APPEND initrd={complete_guest.INITRD} root=/dev/sda1
"""
    more = f"LABEL b\n  LINUX {complete_guest.KERNEL}\n  INITRD {complete_guest.INITRD}\n"
    root = without_grub({CONF: text, "/boot/extlinux/more.cfg": more})
    complete_guest.converted(root)
    console = "console=tty0 console=ttyS0,115200"
    assert root.files[CONF] == text.replace("root=/dev/sda1\n", f"root=UUID=u-1 {console}\n").replace(
        "=/dev/sda1", "=UUID=u-1"
    )
    assert root.files["/boot/extlinux/more.cfg"] == more


def edited(text):
    """The configuration after a conversion that wants UUIDs and an argument x."""
    root = FakeRoot({CONF: text}, filesystems=[filesystem("/dev/sda1", "ext4", "u-1", partuuid="p-1")])
    line = CommandLine([lambda argument: argument.replace("/dev/sda1", "UUID=u-1")], ["x"])
    extlinux.find(root, BIOS).edit(Plan(KVM, Selection({}, {})), Editors(line, root.guest.storage))
    return root.files[CONF]


@pytest.mark.parametrize(
    "before, after",
    [
        ("DEFAULT /vmlinuz root=/dev/sda1", "DEFAULT /vmlinuz root=PARTUUID=p-1 x"),
        ("DEFAULT /vmlinuz initrd=/i root=/dev/sda1", "DEFAULT /vmlinuz initrd=/i root=UUID=u-1 x"),
        ("DEFAULT /vmlinuz", "DEFAULT /vmlinuz x"),
        ("LABEL a\n KERNEL /k root=/dev/sda1", "LABEL a\n KERNEL /k root=PARTUUID=p-1 x"),
        ("LABEL a\n KERNEL /k root=/dev/sda1\n APPEND y", "LABEL a\n KERNEL /k root=PARTUUID=p-1\n APPEND y x"),
        ("LABEL a\n KERNEL /k x\n APPEND y", "LABEL a\n KERNEL /k x\n APPEND y"),
        ("LABEL a\n KERNEL /k", "LABEL a\n KERNEL /k\n APPEND x"),
        ("APPEND root=/dev/sda1\nLABEL a\n LINUX /k", "APPEND root=PARTUUID=p-1 x\nLABEL a\n LINUX /k"),
        ("APPEND a\nLABEL a\n LINUX /memtest", "APPEND a\nLABEL a\n LINUX /memtest"),
        (
            "DEFAULT a root=/dev/sda1\nLABEL a\nLINUX /k\nAPPEND x",
            "DEFAULT a root=PARTUUID=p-1\nLABEL a\nLINUX /k\nAPPEND x",
        ),
        ("LABEL a\nCOM32 mboot.c32\nAPPEND xen.gz", "LABEL a\nCOM32 mboot.c32\nAPPEND xen.gz"),
    ],
)
def test_oracle_05_arguments_are_edited_where_the_entry_has_some(before, after):
    assert edited(before + "\n") == after + "\n"


@pytest.mark.parametrize(
    "name, expected",
    [
        ("vmlinuz", "/boot/extlinux/vmlinuz"),
        ("../vmlinuz", "/boot/vmlinuz"),
        ("/vmlinuz", "/boot/vmlinuz"),
        ("../../../etc/vmlinuz", "/boot/etc/vmlinuz"),
    ],
)
def test_a_path_is_relative_to_the_configuration_and_below_the_top_of_its_filesystem(name, expected):
    text = f"DEFAULT a\nLABEL a\nLINUX {name}\n"
    assert default({CONF: text}, mountpoints={"/": "/dev/sda2", "/boot": "/dev/sda1"}) == expected


def test_the_configuration_is_searched_from_where_the_program_is():
    files = {
        "/boot/ldlinux.sys": b"x",
        CONF: "DEFAULT /other",
        "/boot/syslinux.cfg": "DEFAULT /second",
        "/boot/extlinux.conf": "DEFAULT /first",
        "/syslinux/syslinux.cfg": "DEFAULT /third",
    }
    assert default(files) == "/first"
    del files["/boot/extlinux.conf"]
    assert default(files) == "/second"
    del files["/boot/syslinux.cfg"]
    assert default(files) == "/third"


def test_with_uefi_the_configuration_on_the_system_partition_is_read():
    names = ["syslinux.efi", "ldlinux.e64", "syslinux.cfg"]
    partition = SystemPartition("/boot/efi/EFI", {"BOOT": ["BOOTX64.EFI"], "syslinux": names})
    files = {"/boot/efi/EFI/syslinux/syslinux.cfg": "DEFAULT /vmlinuz\n", CONF: TEXT}
    assert default(files, evidence=Evidence("uefi", partition)) == "/boot/efi/vmlinuz"
    assert find({CONF: TEXT}, evidence=Evidence("uefi", None)) is None


def test_what_was_chosen_before_is_the_default():
    labels = "MENU SAVE\nUI menu.c32\nLABEL a\nLINUX /a\nLABEL b\nLINUX /b\n"
    adv = b"\xa5\x2f\x2d\x5a" + bytes(4) + b"\2\1b".ljust(500, b"\0") + b"\x64\xbf\x28\xdd"
    assert default({CONF: labels}) == "/a"
    assert default({CONF: labels, PROGRAM: b"code" + adv + adv}) == "/b"


def test_syslinux_4_and_before_boots_the_label_linux_where_no_default_is_said():
    labels = {CONF: "LABEL other\nLINUX /a\nLABEL linux\nLINUX /b\n", PROGRAM: b"x"}
    assert default(labels) == "/b"
    assert default({**labels, "/boot/extlinux/ldlinux.c32": b"x"}) is None


def test_the_entry_has_the_arguments_as_the_kernel_gets_them():
    found = find({CONF: "DEFAULT a quiet\nLABEL a\nLINUX /k x\nINITRD /ucode,/initrd\nAPPEND y\n"})
    entry = found.menu().default
    assert (entry.arguments, entry.initrds) == ("x y initrd=/ucode,/initrd quiet", ("/ucode", "/initrd"))
    assert found.concerns() == []


@pytest.mark.parametrize(
    "text, what",
    [
        ("DEFAULT x\nLABEL x\nMENU LABEL Xen\nCOM32 mboot.c32\nAPPEND xen.gz --- vmlinuz\n", '"Xen"'),
        ("DEFAULT x\nLABEL x\nLOCALBOOT 0x80\n", "localboot 0x80"),
        ("DEFAULT chain.c32 hd0 1\n", "chain.c32 hd0 1"),
        ("DEFAULT x\nLABEL x\nKERNEL /memtest\n", "kernel /memtest"),
        ("LABEL x\nLINUX /k\n", "no DEFAULT"),
    ],
)
def test_a_default_that_boots_no_linux_is_named(text, what):
    found = message(text)
    assert what in found and CONF in found


def test_a_configuration_that_nothing_on_the_disks_reads_counts_for_nothing():
    assert find({CONF: TEXT}, evidence=Evidence()) is None
    assert find({CONF: TEXT}, evidence=Evidence(sectors={"sda": "unknown"})) is not None
    assert find({CONF: TEXT, PROGRAM: b"x"}, evidence=Evidence()) is not None


def test_no_configuration_or_an_empty_one_is_none():
    assert find({}) is None
    assert find({CONF: "# nothing\n"}) is None
