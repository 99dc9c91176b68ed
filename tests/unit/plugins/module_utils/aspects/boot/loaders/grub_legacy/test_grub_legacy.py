# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""GRUB legacy in a root: which menu is read, what it boots, and what is edited."""

from __future__ import annotations

import pytest

from ansible_collections.virttools.guestconv.plugins.module_utils.aspects.boot.evidence import Evidence
from ansible_collections.virttools.guestconv.plugins.module_utils.aspects.boot.loaders import grub2, grub_legacy
from ansible_collections.virttools.guestconv.plugins.module_utils.aspects.boot.system_partition import SystemPartition
from ansible_collections.virttools.guestconv.tests.unit.plugins.module_utils import complete_guest
from ansible_collections.virttools.guestconv.tests.unit.plugins.module_utils.guest.fake_root import FakeRoot
from ansible_collections.virttools.guestconv.tests.unit.plugins.module_utils.guest.storage.storage_nodes import (
    filesystem,
    image,
)

# As it is in GRUB 0.97: a jump, the version, and messages.
STAGE1 = (b"\xeb\x48\x90" + bytes(0x3B) + b"\x03\x02\xff" + bytes(0x138) + b"GRUB \0Geom\0").ljust(
    510, b"\0"
) + b"\x55\xaa"
MENU, CONF = "/boot/grub/menu.lst", "/boot/grub/grub.conf"
LINES = f"title Linux\nroot (hd0,0)\nkernel {complete_guest.KERNEL} root=/dev/sda1 ro\ninitrd {complete_guest.INITRD}\n"


def entry(name, arguments="ro"):
    return f"title {name}\nroot (hd0,0)\nkernel /boot/{name} {arguments}\n"


BIOS = Evidence(started="grub-legacy")


def found(files, evidence=BIOS, links=None, **info):
    root = FakeRoot(
        files,
        info=info,
        links=links,
        disks=[image("sda")],
        filesystems=[filesystem("/dev/sda1", "ext3", "u-1"), filesystem("/dev/sda2", "ext3", "u-2")],
    )
    return root, grub_legacy.find(root, evidence)


def default(files, **options):
    _root, installed = found(files, **options)
    chosen = installed.menu().default
    return chosen.kernel if chosen else [each.message for each in installed.concerns()]


def test_the_boot_sector_says_which_grub_it_is():
    assert grub_legacy.is_in_boot_sector(STAGE1) and not grub2.is_in_boot_sector(STAGE1)
    assert grub2.is_in_boot_sector(complete_guest.GRUB_SECTOR)
    assert not grub_legacy.is_in_boot_sector(complete_guest.GRUB_SECTOR)


def test_an_efi_program_says_which_grub_it_is():
    assert grub_legacy.is_program("", b"MZ" + b"find\0root\0rootnoverify\0savedefault\0")
    assert not grub_legacy.is_program("grub.efi", b"MZ" + b"insmod\0rootnoverify\0")
    assert not grub_legacy.is_program("grub.efi", b"")


def test_the_whole_guest_is_converted_by_its_menu_whatever_else_lies_there():
    root = complete_guest.make(
        {MENU: "default 0\n" + LINES, "/boot/grub/device.map": "(hd0) /dev/sda\n"}, sector=STAGE1
    )
    assert complete_guest.inspected(root)["boot"]["loaders"] == {"sda": {"type": "bios", "name": "grub-legacy"}}
    complete_guest.converted(root)
    line = f"kernel {complete_guest.KERNEL} root=UUID=u-1 ro console=tty0 console=ttyS0,115200\n"
    assert line in root.files[MENU]
    assert root.files["/boot/grub/device.map"] == "(hd0) /dev/vda\n"
    assert root.files["/boot/grub/grub.cfg"] == complete_guest.GRUB_CFG
    before = dict(root.files)
    complete_guest.converted(root)
    assert root.files == before


def test_a_link_is_read_and_written_once():
    root, installed = found({CONF: LINES}, links={MENU: "./grub.conf", "/etc/grub.conf": "../boot/grub/grub.conf"})
    assert installed.menu().default.title == "Linux"
    assert installed._paths == [CONF]


def test_the_menu_that_stage2_names_is_read():
    files = {MENU: entry("old"), CONF: entry("new")}
    assert default(files) == "/boot/old"
    stage2 = bytes(0x210) + b"\x00\x000.97\0/boot/grub/grub.conf\0" + bytes(500)
    assert default({**files, "/boot/grub/stage2": stage2}) == "/boot/new"


def test_with_uefi_the_menu_on_the_system_partition_is_read():
    partition = SystemPartition("/boot/efi/EFI", {"BOOT": ["BOOTX64.efi", "BOOTX64.conf"], "redhat": ["grub.conf"]})
    files = {
        "/boot/efi/EFI/BOOT/BOOTX64.conf": entry("fallback"),
        "/boot/efi/EFI/redhat/grub.conf": entry("redhat"),
        MENU: entry("bios"),
    }
    evidence = Evidence("uefi", partition, started="grub-legacy")
    assert default(files, evidence=evidence) == "/boot/fallback"
    assert default(files) == "/boot/bios"
    del files["/boot/efi/EFI/BOOT/BOOTX64.conf"]
    partition = SystemPartition("/boot/efi/EFI", {"redhat": ["grub.conf"]})
    assert default(files, evidence=Evidence("uefi", partition)) == "/boot/redhat"


def test_a_menu_that_nothing_on_the_disks_reads_counts_for_nothing():
    files = {MENU: entry("a")}
    assert found(files, evidence=Evidence())[1] is None
    assert found({**files, "/boot/grub/stage2": b""}, evidence=Evidence())[1] is not None
    assert found(files, evidence=Evidence("uefi"))[1] is None
    assert found(files, evidence=Evidence("uefi", started="grub-legacy"))[1] is not None


def test_oracle_11_the_saved_entry_is_the_default():
    files = {MENU: "default saved\n" + entry("a") + entry("b"), "/boot/grub/default": "1\n#\n#\n"}
    assert default(files) == "/boot/b"
    assert default({**files, "/boot/grub/default": "0\n"}) == "/boot/a"


def test_oracle_11_the_fallback_is_booted_where_the_kernel_of_the_default_is_gone():
    menu = "default 0\nfallback 1 2\n" + entry("gone") + entry("gone-too") + entry("there")
    assert default({MENU: menu, "/boot/there": ""}) == "/boot/there"
    assert default({MENU: menu}) == "/boot/gone"


def test_grub_stops_at_a_command_that_is_the_menus_alone():
    menu = "fallback 1\n" + entry("a") + "timeout 5\n" + entry("b")
    assert default({MENU: menu, "/boot/a": "", "/boot/b": ""}) == "/boot/b"


@pytest.mark.parametrize(
    "commands, what",
    [
        ("kernel /boot/xen.gz dom0_mem=1G\nmodule /boot/vmlinuz root=/dev/sda1", "kernel /boot/xen.gz dom0_mem=1G"),
        ("rootnoverify (hd0,1)\nchainloader +1", "chainloader +1"),
        ("kernel /boot/grub/core.img", "kernel /boot/grub/core.img"),
        ("kernel --type=netbsd /netbsd", "kernel --type=netbsd /netbsd"),
        ("configfile /boot/grub/gone.lst", "configfile /boot/grub/gone.lst"),
        ("kernel /boot/memtest86+.bin", "kernel /boot/memtest86+.bin"),
        ("root (hd0,1)\nkernel /boot/vmlinuz", "kernel /boot/vmlinuz"),
        ("reboot", "reboot"),
    ],
)
def test_a_default_that_boots_no_linux_of_this_root_is_named(commands, what):
    (message,) = default({MENU: f"title Odd one\n{commands}\n{entry('vmlinuz')}"})
    assert MENU in message and '"Odd one"' in message and f"starts {what};" in message


def test_a_menu_that_leads_to_another_is_followed_and_one_that_leads_to_itself_is_not():
    lead = "title More\nconfigfile (hd0,0)/boot/grub/more.lst\n"
    root, installed = found({MENU: lead, "/boot/grub/more.lst": LINES})
    assert installed.menu().default.title == "Linux"
    assert installed._paths == [MENU, "/boot/grub/more.lst"]
    (message,) = default({MENU: "title Round\nconfigfile /boot/grub/menu.lst\n"})
    assert "configfile" in message


def test_of_several_initrds_grub_loads_the_first_of_the_last_line():
    _root, installed = found({MENU: f"{LINES}initrd /boot/a /boot/b\n"})
    assert installed.menu().default.initrds == ("/boot/a",)


def test_no_menu_or_an_empty_one_is_none():
    assert found({})[1] is None
    assert found({MENU: "default 0\ntimeout 5\n"})[1] is None
