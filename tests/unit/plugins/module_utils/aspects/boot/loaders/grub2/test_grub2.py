# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""GRUB 2 in a root: which menu it is, what boots by default, and what an edit of the command lines leaves alone."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from ansible_collections.virttools.guestconv.plugins.module_utils.aspects.boot.command_line import CommandLine, Editors
from ansible_collections.virttools.guestconv.plugins.module_utils.aspects.boot.evidence import Evidence
from ansible_collections.virttools.guestconv.plugins.module_utils.aspects.boot.loaders import grub2
from ansible_collections.virttools.guestconv.plugins.module_utils.devices.targets import TARGETS
from ansible_collections.virttools.guestconv.plugins.module_utils.errors import GuestconvError
from ansible_collections.virttools.guestconv.tests.unit.plugins.module_utils.aspects.boot import programs
from ansible_collections.virttools.guestconv.tests.unit.plugins.module_utils.guest.fake_root import FakeRoot

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
   set boot_once=true
else
   set default="%s"
fi

if [ x"${feature_menuentry_id}" = xy ]; then
  menuentry_id_option="--id"
else
  menuentry_id_option=""
fi

export menuentry_id_option
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
XEN = "menuentry 'Xen' {\n\tmultiboot2 /boot/xen.gz placeholder\n\tmodule2 /boot/vmlinuz root=/dev/sda1\n}\n"
BLOCK = "# GRUB Environment Block\n"


def with_padding(text):
    return text.ljust(1024, "#")


def installed(text, files=None, evidence=Evidence()):
    """A root with that grub.cfg, and GRUB in it; None where GRUB finds no menu."""
    root = FakeRoot({"/boot/grub/grub.cfg": text, **(files or {})})
    return root, grub2.find(root, evidence)


def edited(text, files=None, required=()):
    """The files of a root with that grub.cfg after an edit."""
    root, loader = installed(text, files)
    line = CommandLine([lambda argument: argument.replace("/dev/sda1", "UUID=x")], list(required))
    loader.edit(SimpleNamespace(disk_names={"sda": "/dev/vda"}, concerns=[]), Editors(line, root.guest.storage))
    return root.files


def test_entries_have_their_kernels_initrds_and_arguments():
    entries = installed(GRUB_CFG % "0")[1].menu().entries
    assert [entry.kernel for entry in entries] == [FIFTY, FIFTY, FORTY_NINE, OLD]
    assert entries[0].arguments == "root=/dev/sda1 ro resume=/dev/sda5 quiet"
    assert entries[0].title == "Debian GNU/Linux"
    assert entries[2].initrds == ("/boot/early.cpio", "/boot/initrd.img-6.1.0-49-amd64")
    assert entries[3].initrds == ()


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
        ("${saved_entry}", "saved_entry=1>1\n", FORTY_NINE),
        ("${saved_entry}", "saved_entry=0\nnext_entry=old\n", OLD),
        ("${saved_entry}", "", FIFTY),
        ("no such entry", None, FIFTY),
    ],
)
def test_oracle_11_the_default_entry_is_the_one_that_grub_boots(default, saved, kernel):
    files = {} if saved is None else {"/boot/grub/grubenv": with_padding(BLOCK + saved)}
    root, loader = installed(GRUB_CFG % default, {**files, **dict.fromkeys((FIFTY, FORTY_NINE, OLD), "kernel")})
    assert loader.menu().default.kernel == kernel
    assert loader.concerns() == []


@pytest.mark.parametrize(
    "text, started",
    [
        (XEN + GRUB_CFG % "0", "multiboot2 /boot/xen.gz"),
        (GRUB_CFG % "uefi-firmware", "fwsetup"),
        ("menuentry w {\n\tchainloader +1\n}\n" + GRUB_CFG % "0", "chainloader +1"),
        ("menuentry m {\n\tlinux16 /boot/memtest86+.bin\n}\n" + GRUB_CFG % "0", "linux16 /boot/memtest86+.bin"),
        ("menuentry n {\n\techo\n}\n" + GRUB_CFG % "0", "nothing"),
        (GRUB_CFG % "0" + "while true; do\n\techo\ndone\n", "runs without end"),
    ],
)
def test_a_default_that_boots_no_linux_is_an_error_that_names_it(text, started):
    root, loader = installed(text, dict.fromkeys((FIFTY, FORTY_NINE, OLD), "kernel"))
    (concern,) = loader.concerns()
    assert (concern.code, concern.severity) == ("boot-default-not-supported", "error")
    assert started in concern.message
    assert loader.menu().default is None and loader.menu().entries


def test_where_the_default_kernel_is_gone_what_fallback_names_is_booted():
    text = 'set fallback="3"\n' + GRUB_CFG % "0"
    root, loader = installed(text, {OLD: "kernel"})
    assert loader.menu().default.kernel == OLD


def test_a_menu_without_linux_is_none():
    assert installed("menuentry 'x' {\n\tchainloader +1\n}\n")[1] is None


def test_oracle_05_an_edit_changes_the_command_lines_and_nothing_else():
    text = GRUB_CFG % "0"
    new = edited(text)["/boot/grub/grub.cfg"]
    assert new.replace("root=UUID=x", "root=/dev/sda1") == text
    assert new.count("root=UUID=x") == 4


def test_all_scripts_that_are_read_are_edited_and_no_others():
    text = (
        GRUB_CFG % "0" + "if [ -f ${config_directory}/custom.cfg ]; then\n\tsource ${config_directory}/custom.cfg\nfi\n"
    )
    entry = "menuentry mine {\n\tlinux /boot/vmlinuz root=/dev/sda1\n}\n"
    files = edited(text, {"/boot/grub/custom.cfg": entry, "/boot/grub/left-over.cfg": entry})
    assert "root=UUID=x" in files["/boot/grub/custom.cfg"]
    assert files["/boot/grub/left-over.cfg"] == entry


def test_an_environment_block_that_kernels_take_their_arguments_from_is_edited_and_keeps_its_size():
    text = "load_env\nmenuentry a {\n\tlinux /vmlinuz $kernelopts\n\tinitrd /i\n}\n"
    block = with_padding(BLOCK + "saved_entry=a\nkernelopts=root=/dev/sda1 ro\n")
    files = edited(text, {"/boot/grub/grubenv": block}, ["console=ttyS0"])
    assert files["/boot/grub/grub.cfg"] == text
    expected = BLOCK + "saved_entry=a\nkernelopts=root=UUID=x ro console=ttyS0\n"
    assert files["/boot/grub/grubenv"] == with_padding(expected)


def test_a_block_without_room_is_an_error_before_anything_is_written():
    text = "load_env\nmenuentry a {\n\tlinux /vmlinuz $kernelopts\n\tinitrd /i\n}\n"
    block = BLOCK + "kernelopts=root=UUID=x ro\n#"
    with pytest.raises(GuestconvError) as caught:
        edited(text, {"/boot/grub/grubenv": block}, ["console=ttyS0"])
    assert caught.value.code == "boot-menu-not-editable"
    assert "/boot/grub/grubenv" in caught.value.message and "no room" in caught.value.message


def test_kernels_that_share_an_argument_and_need_different_ones_are_an_error():
    function = "function start {\n\tlinux /vmlinuz $2\n}\n"
    entry = "menuentry a {\n\tstart x root=/dev/sda1\n\tlinux_args=1\n}\n"
    root, loader = installed(function + entry + entry.replace("linux_args=1", "initrd /i"))
    storage = root.guest.storage
    line = CommandLine()
    editors = SimpleNamespace(
        with_initrd=lambda text, present=(): text.replace("/dev/sda1", "UUID=x"),
        without_initrd=lambda text, present=(): text.replace("/dev/sda1", "PARTUUID=x"),
    )
    loader.edit(SimpleNamespace(disk_names={}, concerns=[]), editors)
    assert "start x root=PARTUUID=x\n\tlinux_args" in root.files["/boot/grub/grub.cfg"]
    assert "start x root=UUID=x\n\tinitrd" in root.files["/boot/grub/grub.cfg"]
    shared = "menuentry b {\n\tstart x $r\n}\nmenuentry c {\n\tstart x $r\n\tinitrd /i\n}\n"
    root, loader = installed("set r=root=/dev/sda1\n" + function + shared)
    with pytest.raises(GuestconvError) as caught:
        loader.edit(SimpleNamespace(disk_names={}, concerns=[]), editors)
    assert caught.value.code == "boot-menu-not-editable"
    assert line.required == [] and storage is not None


@pytest.mark.parametrize(
    "target, firmware, video, is_refused",
    [
        ("kvm", "bios", None, True),
        ("proxmox", "bios", None, True),
        ("kvm", "uefi", None, False),
        ("kvm", "bios", "virtio-vga", False),
        ("xen", "bios", None, False),
    ],
)
def test_a_graphical_menu_on_a_machine_without_a_display_is_refused_where_seabios_starts_it(
    target, firmware, video, is_refused
):
    text = f"terminal_output gfxterm\n{GRUB_CFG % '0'}"
    root, loader = installed(text, {"/boot/grub/i386-pc/normal.mod": ""}, Evidence(firmware=firmware))
    plan = SimpleNamespace(
        disk_names={},
        concerns=[],
        target=TARGETS[target],
        model=lambda kind, identifier: video if kind == "graphics" else 1,
    )
    editors = Editors(CommandLine(), root.guest.storage)
    try:
        loader.edit(plan, editors)
        code = None
    except GuestconvError as error:
        code = error.code
    assert code == ("boot-menu-needs-display" if is_refused else None)


def test_entries_of_the_boot_loader_specification_are_a_part_of_the_menu_where_the_script_says_so():
    text = 'load_env\nset default="${saved_entry}"\ninsmod blscfg\nblscfg\n' + XEN
    options = "options $kernelopts $tuned_params\n"
    files = {
        "/boot/grub/grubenv": with_padding(BLOCK + "saved_entry=m-4.18.0-2\nkernelopts=root=/dev/sda1 ro\n"),
        "/boot/loader/entries/m-4.18.0-2.conf": "title Two\nversion 4.18.0-2\nlinux /boot/v2\ninitrd /boot/i2\n"
        + options,
        "/boot/loader/entries/m-4.18.0-10.conf": "title Ten\nlinux /boot/v10\ninitrd /boot/i10 $tuned_initrd\n"
        + "options root=/dev/sda1 quiet $tuned_params\n",
        **dict.fromkeys(("/boot/v2", "/boot/i2", "/boot/v10", "/boot/i10"), "x"),
    }
    root, loader = installed(text, files)
    menu = loader.menu()
    assert [(entry.kernel, entry.initrds) for entry in menu.entries] == [
        ("/boot/v10", ("/boot/i10",)),
        ("/boot/v2", ("/boot/i2",)),
    ]
    assert menu.default.kernel == "/boot/v2" and menu.default.version == "4.18.0-2"
    assert menu.default.arguments == "root=/dev/sda1 ro"
    new = edited(text, files, ["console=ttyS0"])
    assert new["/boot/loader/entries/m-4.18.0-2.conf"] == files["/boot/loader/entries/m-4.18.0-2.conf"]
    assert "kernelopts=root=UUID=x ro console=ttyS0\n" in new["/boot/grub/grubenv"]
    assert "options root=UUID=x quiet $tuned_params console=ttyS0\n" in new["/boot/loader/entries/m-4.18.0-10.conf"]


def test_device_map_names_the_disk_of_the_target():
    files = edited(GRUB_CFG % "0", {"/boot/grub/device.map": "(hd0)\t/dev/sda\n"})
    assert files["/boot/grub/device.map"] == "(hd0)\t/dev/vda\n"


def test_the_boot_sector_says_what_boots():
    assert grub2.is_in_boot_sector(b"\xeb\x63\x90" + bytes(300) + b"GRUB \0Geom\0" + bytes(198))
    assert not grub2.is_in_boot_sector(bytes(512))


@pytest.mark.parametrize(
    "name, data, expected",
    [
        ("grubx64.efi", b"", True),
        ("", b"MZ..Welcome to GRUB!", True),
        # Ubuntu's says nothing as it starts.
        ("", programs.program([(".text", b"x"), ("mods", b"mimg")]), True),
        ("bootx64.efi", programs.program([(".text", b"x")]), False),
    ],
)
def test_its_efi_program_is_known_by_its_name_its_modules_or_what_it_says(name, data, expected):
    assert grub2.is_program(name, data) == expected
