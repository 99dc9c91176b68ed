# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What systemd-boot offers."""

from __future__ import annotations

import pytest

from ansible_collections.virttools.guestconv.plugins.module_utils.aspects.boot.loaders.systemd_boot import menu
from ansible_collections.virttools.guestconv.tests.unit.plugins.module_utils.aspects.boot import programs
from ansible_collections.virttools.guestconv.tests.unit.plugins.module_utils.guest.fake_root import FakeRoot

KERNEL = {"/efi/m/6.1/linux": b"k"}


def offered(files, tops=("/efi",), **info):
    return menu.offered(FakeRoot({**KERNEL, **files}, info={"arch": "x86_64", **info}), tops)


def entry(text, name="a.conf"):
    return {f"/efi/loader/entries/{name}": text}


def test_an_entry_of_kernel_install():
    text = "title A\nversion 6.1\nlinux /m/6.1/linux\ninitrd m/6.1/ucode\ninitrd /m/6.1/initrd\noptions a\noptions b\n"
    (found,) = offered(entry(text))
    made = found.entry
    assert (made.kernel, made.initrds) == ("/efi/m/6.1/linux", ("/efi/m/6.1/ucode", "/efi/m/6.1/initrd"))
    assert (made.arguments, made.title, made.version, made.unified) == ("a b", "A", "6.1", False)
    assert (found.id, found.path) == ("a.conf", "/efi/loader/entries/a.conf")


def test_the_version_may_be_in_the_path_alone():
    (found,) = offered(entry("linux \\m\\6.1\\linux\n"))
    assert (found.entry.kernel, found.entry.version) == ("/efi/m/6.1/linux", "6.1")


@pytest.mark.parametrize(
    "files",
    [
        entry("linux /m/6.2/linux\n"),
        entry("linux /m/6.1/linux\narchitecture aa64\n"),
        entry("title only\n"),
        entry("linux /m/6.1/linux\n", "auto-a.conf"),
        entry("linux /m/6.1/linux\n", ".a.conf"),
        entry("linux /m/6.1/linux\n", "a.conf.rpmsave"),
        {"/efi/EFI/Linux/a.efi": b"no program"},
        {"/efi/EFI/Linux/a.efi": programs.image(release="")},
    ],
)
def test_what_it_does_not_show(files):
    assert offered(files) == []


def test_an_entry_that_starts_another_program_boots_no_linux():
    (found,) = offered({**entry("efi /EFI/x.efi\n"), "/efi/EFI/x.efi": b"MZ"})
    assert found.entry is None and found.starts == "efi /EFI/x.efi"


def test_an_image_has_its_own_command_line_or_that_of_the_entry():
    image = {"/efi/EFI/Linux/b.efi": programs.image("own", "6.1")}
    by_itself, by_entry = offered({**image, **entry("efi /EFI/Linux/b.efi\noptions given\n")})
    assert (by_itself.id, by_itself.entry.arguments, by_itself.entry.is_fixed) == ("b.efi", "own", True)
    assert (by_entry.id, by_entry.entry.arguments, by_entry.entry.is_fixed) == ("a.conf", "given", False)
    (own,) = offered({**image, "/efi/EFI/Linux/b.efi": programs.image("x"), **entry("linux /none\n")})
    assert own.entry.version == "6.1.0-9-amd64"
    assert [each.entry.is_fixed for each in offered({**image, **entry("linux /EFI/Linux/b.efi\n")})] == [True, True]


def test_images_and_entries_of_both_partitions_are_one_menu():
    files = {
        **entry("linux /m/6.1/linux\nsort-key debian\nversion 6.1\n"),
        "/boot/EFI/Linux/old.efi": programs.image(release="ID=debian\nVERSION_ID=5\n"),
        "/boot/EFI/Linux/new.efi": programs.image(release="ID=debian\nVERSION_ID=7\n"),
        "/boot/EFI/Linux/x.efi": programs.image(release="ID=arch\n"),
    }
    assert [each.id for each in offered(files, ("/efi", "/boot"))] == ["x.efi", "new.efi", "a.conf", "old.efi"]


def test_profiles_are_entries_of_their_own():
    more = [(".profile", b"ID=one\n"), (".profile", b"ID=two\n"), (".cmdline", b"two"), (".profile", b"")]
    found = offered({"/efi/EFI/Linux/a.efi": programs.image("one", more=more)})
    assert [(each.id, each.entry.arguments) for each in found] == [
        ("a.efi", "one"),
        ("a.efi@two", "two"),
        ("a.efi@2", "one"),
    ]
