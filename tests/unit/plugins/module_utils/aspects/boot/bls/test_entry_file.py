# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""An entry's file: what each boot loader sees in it, and what an edit leaves alone."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.virttools.guestconv.plugins.module_utils.aspects.boot.bls import (
    Reader,
    entry_file,
    entry_id,
    is_rescue,
    parse,
)
from ansible_collections.virttools.guestconv.plugins.module_utils.aspects.boot.command_line import CommandLine

EL8 = """\
title Red Hat Enterprise Linux (4.18.0-372.el8.x86_64) 8.6 (Ootpa)
version 4.18.0-372.el8.x86_64
linux /vmlinuz-4.18.0-372.el8.x86_64
initrd /initramfs-4.18.0-372.el8.x86_64.img $tuned_initrd
options root=/dev/sda2 ro crashkernel=auto $tuned_params
id rhel-20220308155153-4.18.0-372.el8.x86_64
grub_users $grub_users
grub_arg --unrestricted
grub_class kernel
"""
INSTALLED = """\
# Boot Loader Specification type#1 entry
title      Debian GNU/Linux 12 (bookworm)
version    6.1.0-9-amd64
machine-id 6a9857a393724b7a981ebb5b8495b9ea
sort-key   debian
options    root=/dev/sda2 ro
options    quiet
linux      /debian/6.1.0-9-amd64/linux
initrd     /debian/6.1.0-9-amd64/microcode
initrd     /debian/6.1.0-9-amd64/initrd.img-6.1.0-9-amd64
"""


def edit(text, present=()):
    edits = [lambda argument: "root=UUID=u" if argument == "root=/dev/sda2" else argument]
    return CommandLine(edits, ["console=ttyS0"]).edited(text, present)


def test_an_entry_of_el_8():
    found = parse(EL8, "a-4.18.0-372.el8.x86_64.conf", Reader.GRUB)
    assert found.id == "a-4.18.0-372.el8.x86_64"
    assert found.kernel == "/vmlinuz-4.18.0-372.el8.x86_64"
    assert found.initrds == ["/initramfs-4.18.0-372.el8.x86_64.img", "$tuned_initrd"]
    assert found.options == "root=/dev/sda2 ro crashkernel=auto $tuned_params"
    assert found.value("grub_users") == "$grub_users"
    assert found.value("grub_arg") == "--unrestricted"
    assert found.value("devicetree") is None
    assert not found.is_rescue
    assert found.with_options(edit) == EL8.replace(
        "root=/dev/sda2 ro crashkernel=auto $tuned_params",
        "root=UUID=u ro crashkernel=auto $tuned_params console=ttyS0",
    )
    assert found.with_options(edit, ["console=ttyS0"]) == EL8.replace("/dev/sda2", "UUID=u")


def test_an_entry_of_kernel_install():
    found = parse(INSTALLED, "debian-6.1.0-9-amd64+3-1.conf", Reader.SYSTEMD_BOOT)
    assert found.id == "debian-6.1.0-9-amd64+3-1.conf"
    assert found.program == ("linux", "/debian/6.1.0-9-amd64/linux")
    assert found.initrds == ["/debian/6.1.0-9-amd64/microcode", "/debian/6.1.0-9-amd64/initrd.img-6.1.0-9-amd64"]
    assert found.options == "root=/dev/sda2 ro quiet"
    assert found.value("sort-key") == "debian"
    expected = INSTALLED.replace("/dev/sda2", "UUID=u").replace("quiet", "quiet console=ttyS0")
    assert found.with_options(edit) == expected
    assert parse(expected, found.name, Reader.SYSTEMD_BOOT).with_options(edit) == expected
    assert parse(INSTALLED, found.name, Reader.GRUB).options == "root=/dev/sda2 ro"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("options\troot=/dev/sda2", "options\troot=UUID=u console=ttyS0"),
        ("options root=/dev/sda2 \r\nlinux /l\r\n", "options root=UUID=u console=ttyS0 \r\nlinux /l\r\n"),
        ("  options   root=/dev/sda2\n# options x", "  options   root=UUID=u console=ttyS0\n# options x"),
        ('options "root=/dev/sda2 ro"\n', 'options "root=UUID=u ro console=ttyS0"\n'),
        ("linux /l", "linux /l\noptions console=ttyS0"),
        ("linux /l\r\n", "linux /l\r\noptions console=ttyS0\r\n"),
        ("", "options console=ttyS0\n"),
        ("options a \\\n b", "options a \\ console=ttyS0\n b"),
    ],
)
def test_the_command_line_is_edited_where_it_stands(text, expected):
    assert parse(text, "a.conf", Reader.SYSTEMD_BOOT).with_options(edit) == expected


def test_nothing_is_added_where_that_is_not_wanted():
    assert parse("linux /l\n", "a.conf", Reader.GRUB).with_options(edit, None) == "linux /l\n"
    assert parse("options a\n", "a.conf", Reader.GRUB).with_options(edit, None) == "options a\n"


def test_a_line_that_becomes_empty_would_end_the_file_for_grub_and_is_removed():
    found = parse("options quiet\r\nlinux /l\r\n", "a.conf", Reader.GRUB)
    assert found.with_options(lambda text, present=(): "") == "linux /l\r\n"


@pytest.mark.parametrize("text", ["linux /l\n\noptions b", "linux /l\ntitle\noptions b", "linux /l\n \t\noptions b"])
def test_an_empty_line_ends_the_file_for_grub_only(text):
    assert parse(text, "a.conf", Reader.GRUB).options is None
    assert parse(text, "a.conf", Reader.SYSTEMD_BOOT).options == "b"


def test_which_of_several_values_counts():
    text = "title a\ntitle b\nlinux /l\nefi /e\n"
    grub, systemd_boot = (parse(text, "a.conf", reader) for reader in (Reader.GRUB, Reader.SYSTEMD_BOOT))
    assert (grub.value("title"), systemd_boot.value("title")) == ("a", "b")
    assert (grub.kernel, systemd_boot.kernel) == ("/l", None)
    assert systemd_boot.program == ("efi", "/e")
    assert parse("title a\n", "a.conf", Reader.GRUB).program is None


def test_the_rescue_entry_is_told_apart():
    assert is_rescue("6a98-0-rescue") and is_rescue("0-rescue-6a98") and not is_rescue("6a98-6.10-rescue2")
    assert parse("version 0-rescue-6a98\n", "a.conf", Reader.GRUB).is_rescue
    assert parse("", "6a98-0-rescue.conf", Reader.GRUB).is_rescue
    assert entry_id("a.conf") == "a" and entry_id("a") == "a"


@given(
    st.lists(st.sampled_from(("options a b", "\n", "\r\n", "\r", "linux /l", "#", " ", "\t", '"', "initrd /i"))),
    st.sampled_from(Reader),
)
def test_what_is_not_edited_stays(parts, reader):
    text = "".join(parts)
    found = entry_file.parse(text, "a.conf", reader)
    assert found.with_options(lambda value, present=(): value, None) == text
    assert found.with_values({line: line.value for line in found.lines}) == text
    for line in found.lines:
        assert text[line.start : line.end] == line.value
    edited = found.with_options(edit)
    assert entry_file.parse(edited, "a.conf", reader).with_options(edit) == edited
