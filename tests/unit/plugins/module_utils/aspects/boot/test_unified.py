# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Unified kernel images: what is in them, and that nothing in them may have to change."""

from __future__ import annotations

import pytest

from ansible_collections.virttools.guestconv.plugins.module_utils.aspects.boot import pe, unified
from ansible_collections.virttools.guestconv.plugins.module_utils.aspects.boot.command_line import CommandLine
from ansible_collections.virttools.guestconv.plugins.module_utils.errors import GuestconvError
from ansible_collections.virttools.guestconv.plugins.module_utils.guest import boot_menu
from ansible_collections.virttools.guestconv.tests.unit.plugins.module_utils.aspects.boot import programs
from ansible_collections.virttools.guestconv.tests.unit.plugins.module_utils.guest.fake_root import FakeRoot

PATH = "/efi/EFI/Linux/a.efi"
RELEASE = "# c\nID=debian\nPRETTY_NAME=\"Debian 12\"\nVERSION_ID='12'\n"


def root(data, **further):
    return FakeRoot({PATH: data, **further})


def entry(arguments, is_fixed=True, kernel=PATH):
    return unified.Entry(kernel, (), arguments, unified=True, is_fixed=is_fixed)


def test_what_is_in_an_image():
    door = root(programs.image("root=UUID=u\n quiet", initrd=b"cpio", kernel=b"k" * 99, release=RELEASE))
    (found,) = unified.read(door, PATH)
    assert (found.arguments, found.version, found.title) == ("root=UUID=u  quiet", "6.1.0-9-amd64", "Debian 12")
    assert found.release == {"ID": "debian", "PRETTY_NAME": "Debian 12", "VERSION_ID": "12"}
    made = found.entry(found.arguments)
    assert (made.kernel, made.initrds, made.unified, made.is_fixed) == (PATH, (), True, True)
    assert unified.kernel_head(door, PATH, 9) == b"k" * 9


def test_the_initrd_is_copied_without_what_fills_its_section_up(tmp_path):
    local = tmp_path / "initrd"
    assert unified.download_initrd(root(programs.image(initrd=b"cpio")), PATH, str(local))
    assert local.read_bytes() == b"cpio"
    assert not unified.download_initrd(root(programs.program([(".linux", b"k")])), PATH, str(local))


@pytest.mark.parametrize("data", [b"uki", b"", programs.program([(".text", b"code"), (".cmdline", b"a")])])
def test_what_has_no_kernel_in_it_is_no_image(data):
    assert unified.read(root(data), PATH) == []
    assert not unified.is_image(data)
    assert unified.kernel_head(root(data), PATH, 9) == b""
    assert unified.is_image(programs.image())


def test_profiles_have_what_the_base_has_and_they_have_not():
    more = [
        (".profile", b"ID=regular\nTITLE='Regular boot'\n"),
        (".profile", b"ID=reset\n"),
        (".cmdline", b"reset"),
    ]
    found = unified.read(root(programs.image("quiet", release=RELEASE, more=more)), PATH)
    assert [(each.profile, each.arguments, each.title) for each in found] == [
        (0, "quiet", "Debian 12 (Regular boot)"),
        (1, "reset", "Debian 12 (reset)"),
    ]
    assert len(unified.profiles(pe.parse(programs.program([(".profile", b"")] * 300)))) == 256


def test_addons_add_to_the_command_line():
    addon = programs.program([(".cmdline", b"console=ttyS0\n")])
    door = FakeRoot(
        {
            PATH: programs.image("quiet"),
            f"{PATH}.extra.d/b.addon.efi": addon,
            f"{PATH}.extra.d/c.cred": b"",
            "/efi/loader/addons/a.addon.efi": programs.program([(".cmdline", b"ro")]),
            "/efi/loader/addons/z.addon.efi": b"none",
        }
    )
    (image,) = unified.read(door, PATH)
    assert unified.with_addons(door, image, ["/efi/loader/addons"]) == "quiet ro console=ttyS0"


def test_a_console_cannot_be_added():
    (found,) = unified.concerns(entry("root=UUID=u console=tty0"))
    assert (found.code, found.severity) == ("unified-image-console", "info")
    assert unified.concerns(entry("console=ttyS0,115200")) == []
    assert unified.concerns(entry("", is_fixed=False)) == []
    assert unified.concerns(boot_menu.Entry("/k", (), "")) == []
    assert unified.concerns(None) == []


def test_a_command_line_that_would_have_to_change_is_an_error_of_the_default_and_a_concern_of_others():
    edit = CommandLine([lambda argument: argument.replace("sda", "vda")], ["console=ttyS0"]).edited
    good, bad = entry("root=UUID=u"), entry("root=/dev/sda1", kernel="/b.efi")
    assert unified.check(boot_menu.BootMenu([good], good), edit) == []
    (found,) = unified.check(boot_menu.BootMenu([good, bad], good), edit)
    assert (found.code, found.severity) == ("unified-image-fixed", "warning") and "root=/dev/sda1" in found.message
    with pytest.raises(GuestconvError, match="root=/dev/sda1") as caught:
        unified.check(boot_menu.BootMenu([good, bad], bad), edit)
    assert caught.value.code == "unified-image-fixed"
    # Given from outside it can be edited there; another console is no reason not to start.
    outside = entry("root=/dev/sda1", is_fixed=False)
    assert unified.check(boot_menu.BootMenu([outside], outside), edit) == []
    console = entry("console=hvc0")
    gone = CommandLine([lambda argument: None if argument == "console=hvc0" else argument]).edited
    assert unified.check(boot_menu.BootMenu([console], console), gone) == []
