# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""GRUB 2's menu: what boots by default, and what an edit of the command lines leaves alone."""

from __future__ import annotations

import pytest

from ansible_collections.virttools.guestconv.plugins.module_utils.aspects.boot.loaders import grub2

GRUB_CFG = """\
### BEGIN /etc/grub.d/00_header ###
if [ -s $prefix/grubenv ]; then
  set have_grubenv=true
  load_env
fi
if [ "${next_entry}" ] ; then
   set default="${next_entry}"
   set next_entry=
   save_env next_entry
else
   set default="%s"
fi
function recordfail {
  set recordfail=1
}
### BEGIN /etc/grub.d/10_linux ###
menuentry 'Debian GNU/Linux' --class debian --class os $menuentry_id_option 'gnulinux-simple-9d' {
\tload_video
\tif [ x$grub_platform = xxen ]; then insmod xzio; insmod lzopio; fi
\tset root='hd0,msdos1'
\techo\t'Loading Linux 6.1.0-50-amd64 ...'
\tlinux\t/boot/vmlinuz-6.1.0-50-amd64 root=/dev/sda1 ro resume=/dev/sda5 quiet
\tinitrd\t/boot/initrd.img-6.1.0-50-amd64
}
submenu 'Advanced options for Debian GNU/Linux' $menuentry_id_option 'gnulinux-advanced-9d' {
\tmenuentry 'Debian, with Linux 6.1.0-50-amd64' --class debian $menuentry_id_option 'gnulinux-50-advanced-9d' {
\t\tlinux\t/boot/vmlinuz-6.1.0-50-amd64 root=/dev/sda1 ro quiet
\t\tinitrd\t/boot/initrd.img-6.1.0-50-amd64
\t}
\tmenuentry 'Debian, with Linux 6.1.0-49-amd64' --class debian $menuentry_id_option 'gnulinux-49-advanced-9d' {
\t\tlinux\t/boot/vmlinuz-6.1.0-49-amd64 root=/dev/sda1 ro quiet
\t\tinitrd\t/boot/early.cpio /boot/initrd.img-6.1.0-49-amd64
\t}
}
### BEGIN /etc/grub.d/30_uefi-firmware ###
menuentry 'UEFI Firmware Settings' --id=uefi-firmware {
\tfwsetup
}
menuentry "Old" --id=old {
\tlinux16 /boot/vmlinuz-old root=/dev/sda1
}
"""

FIFTY, FORTY_NINE, OLD = "/boot/vmlinuz-6.1.0-50-amd64", "/boot/vmlinuz-6.1.0-49-amd64", "/boot/vmlinuz-old"


def test_entries_have_their_positions_kernels_and_arguments():
    entries = grub2.parse_entries(GRUB_CFG % "0")
    assert [(entry.position, entry.kernel) for entry in entries] == [
        ("0", FIFTY),
        ("1>0", FIFTY),
        ("1>1", FORTY_NINE),
        ("3", OLD),
    ]
    assert entries[0].arguments == "root=/dev/sda1 ro resume=/dev/sda5 quiet"
    assert entries[2].initrd == "/boot/initrd.img-6.1.0-49-amd64"
    assert entries[3].initrd is None


@pytest.mark.parametrize(
    "default, saved, kernel",
    [
        ("0", None, FIFTY),
        ("1", None, FIFTY),
        ("1>1", None, FORTY_NINE),
        ("Debian GNU/Linux", None, FIFTY),
        ("gnulinux-advanced-9d>gnulinux-49-advanced-9d", None, FORTY_NINE),
        ("Advanced options for Debian GNU/Linux>Debian, with Linux 6.1.0-49-amd64", None, FORTY_NINE),
        ("Advanced options for Debian GNU/Linux>1", None, FORTY_NINE),
        ("gnulinux-advanced-9d", None, FIFTY),
        ("old", None, OLD),
        ("${saved_entry}", "1>1", FORTY_NINE),
        ("${saved_entry}", None, FIFTY),
        ("no such entry", None, FIFTY),
    ],
)
def test_oracle_11_the_default_entry_is_the_one_that_grub_boots(default, saved, kernel):
    text = GRUB_CFG % default
    entries = grub2.parse_entries(text)
    assert grub2.default_entry(entries, grub2.default_name(text, saved)).kernel == kernel


def test_a_title_with_an_angle_bracket_is_told_from_an_entry_of_a_submenu():
    text = "submenu a {\nmenuentry b {\nlinux /1\n}\n}\nmenuentry 'a>b' {\nlinux /2\n}\n"
    entries = grub2.parse_entries(text)
    assert [grub2.default_entry(entries, name).kernel for name in ("a>b", "a>>b")] == ["/1", "/2"]


def test_an_initrd_command_without_a_file_names_none():
    (entry,) = grub2.parse_entries("menuentry a {\nlinux /vmlinuz\ninitrd \n}\n")
    assert entry.initrd is None


def test_a_menu_without_linux_has_no_default():
    assert grub2.default_entry(grub2.parse_entries("menuentry 'x' {\n\tchainloader +1\n}\n"), "0") is None


def test_oracle_05_an_edit_changes_the_command_lines_and_nothing_else():
    text = GRUB_CFG % "0"
    edited = grub2.edit_entries(text, *[lambda line: line.replace("/dev/sda1", "UUID=x")] * 2)
    assert edited.replace("root=UUID=x", "root=/dev/sda1") == text
    assert edited.count("root=UUID=x") == 4


def test_an_entry_without_an_initrd_is_edited_in_its_own_way():
    edited = grub2.edit_entries(GRUB_CFG % "0", lambda line: "with", lambda line: "without")
    lines = [line.split()[1:] for line in edited.splitlines() if line.strip().startswith("linux")]
    assert lines == [[FIFTY, "with"], [FIFTY, "with"], [FORTY_NINE, "with"], [OLD, "without"]]


def test_an_initrd_is_its_own_entrys_only():
    text = "\tlinux /a root=/dev/sda1\n\tlinux /b root=/dev/sda1\n\tinitrd /i\n}\n{\n\tinitrd /j\n}\n\tlinux /c x\n"
    edited = grub2.edit_entries(text, lambda line: "with", lambda line: "without")
    assert [line for line in edited.split("\n") if "linux" in line] == [
        "\tlinux /a without",
        "\tlinux /b with",
        "\tlinux /c without",
    ]


def test_an_edit_that_changes_nothing_keeps_the_spacing():
    text = "\tlinux\t/boot/vmlinuz  root=UUID=x   ro \n"
    assert grub2.edit_entries(text, str, str) == text


def test_device_map_names_the_disk_of_the_target():
    names = {"sda": "/dev/vda", "sdb": "/dev/vdb"}
    assert grub2.rename_disks("(hd0)\t/dev/sda\n(hd1)\t/dev/sdb\n", names) == "(hd0)\t/dev/vda\n(hd1)\t/dev/vdb\n"


def test_the_boot_sector_says_what_boots():
    assert grub2.is_in_boot_sector(b"\xeb\x63\x90" + bytes(300) + b"GRUB \0Geom\0" + bytes(198))
    assert not grub2.is_in_boot_sector(bytes(512))
