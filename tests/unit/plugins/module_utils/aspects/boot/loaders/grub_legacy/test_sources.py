# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What GRUB legacy's menu is generated from."""

from __future__ import annotations

from ansible_collections.virttools.guestconv.plugins.module_utils.aspects.boot.loaders.grub_legacy import sources

AUTOMAGIC = """\
# kopt=root=/dev/sda1
### BEGIN AUTOMAGIC KERNELS LIST
## ## Start Default Options ##
## e.g. kopt=root=/dev/hda1 ro
# kopt=root=/dev/sda1 ro
# kopt_2_6=root=/dev/sda1 ro
# groot=(hd0,0)
# defoptions=quiet resume=/dev/sda1
# xenhopt=dom0_mem=1G
# xenkopt=console=tty0
# altoptions=(single-user mode) single
# memtest86=true
## ## End Default Options ##

title Debian
kernel /vmlinuz root=/dev/sda1
# kopt=root=/dev/sda1
"""


def everything(line):
    return line.replace("/dev/sda1", "UUID=1") + " x"


def part(line):
    return line.replace("/dev/sda1", "UUID=1")


def test_the_settings_of_update_grub_are_edited_between_its_marks():
    edited = sources.edit_menu(AUTOMAGIC, everything, part)
    changed = [(old, new) for old, new in zip(AUTOMAGIC.splitlines(), edited.splitlines()) if old != new]
    assert changed == [
        ("# kopt=root=/dev/sda1 ro", "# kopt=root=UUID=1 ro x"),
        ("# kopt_2_6=root=/dev/sda1 ro", "# kopt_2_6=root=UUID=1 ro x"),
        ("# defoptions=quiet resume=/dev/sda1", "# defoptions=quiet resume=UUID=1"),
    ]
    assert sources.edit_menu(AUTOMAGIC, str, str) == AUTOMAGIC


def test_the_name_of_an_alternative_is_none_of_its_options():
    edited = sources.edit_menu(AUTOMAGIC, str, lambda line: f"<{line}>")
    assert "# altoptions=(single-user mode) <single>\n" in edited


def test_a_menu_that_update_grub_did_not_write_has_no_settings():
    text = "# kopt=root=/dev/sda1\ntitle a\n"
    assert sources.edit_menu(text, everything, part) == text


def test_the_disk_that_the_installer_noted_is_renamed():
    names = {"sda": "/dev/vda"}
    assert sources.rename_boot("#boot=/dev/sda\n#boot=/dev/sda1\n# boot=/dev/sda\n", names) == (
        "#boot=/dev/vda\n#boot=/dev/sda1\n# boot=/dev/sda\n"
    )
    assert sources.edit_grub("boot=/dev/sda\nforcelba=0\n", names) == "boot=/dev/vda\nforcelba=0\n"


def test_suse_keeps_the_arguments_of_new_entries():
    text = 'LOADER_TYPE="grub"\nDEFAULT_APPEND="resume=/dev/sda1 splash=silent"\nFAILSAFE_APPEND="x11failsafe"\n'
    edited = sources.edit_bootloader(text + 'XEN_APPEND="a"\n', everything)
    assert edited == (
        'LOADER_TYPE="grub"\nDEFAULT_APPEND="resume=UUID=1 splash=silent x"\nFAILSAFE_APPEND="x11failsafe x"\nXEN_APPEND="a"\n'
    )


def test_the_disk_with_the_boot_loader_is_renamed_once():
    names = {"sda": "/dev/vda", "sdb": "/dev/sda"}
    for edit in (sources.rename_boot, sources.edit_grub):
        text = "#boot=/dev/sdb\n" if edit is sources.rename_boot else "boot=/dev/sdb\n"
        renamed = edit(text, names, ["sdb"])
        assert renamed == text.replace("sdb", "sda")
        assert edit(renamed, names, ["sdb"]) == renamed
