# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The option first_boot, as it is given."""

from __future__ import annotations

import os

import pytest

from ansible_collections.virttools.guestconv.plugins.module_utils.commands import first_boot
from ansible_collections.virttools.guestconv.plugins.module_utils.errors import GuestconvError
from ansible_collections.virttools.guestconv.plugins.module_utils.model.first_boot import FirstBoot, PackageFile


@pytest.mark.parametrize("option", (None, {}, {"script": None, "content": None, "packages": [], "agent": False}))
def test_nothing_is_asked_for(option):
    assert first_boot.from_option(option) is None


def test_a_script_is_given_by_its_path_or_its_text(tmp_path):
    (tmp_path / "register.sh").write_bytes(b"#!/bin/sh\n\xff\n")
    by_path = first_boot.from_option({"script": str(tmp_path / "register.sh")})
    assert by_path == FirstBoot(script=b"#!/bin/sh\n\xff\n")
    assert first_boot.from_option({"content": "echo \u00e9\n"}) == FirstBoot(script="echo \u00e9\n".encode())


def test_packages_are_names_and_files(tmp_path):
    files = ["qemu-guest-agent_7.2_amd64.deb", "a-1.0.x86_64.rpm", "a-1.apk", "a-1-1-x86_64.pkg.tar.zst"]
    for name in files:
        (tmp_path / name).write_bytes(name.encode())
    names = ["htop", "qemu-guest-agent=1:7.2+dfsg-7", "@guest-agents", "glibc.i686"]
    asked = first_boot.from_option({"packages": [*names, *(str(tmp_path / name) for name in files)], "agent": True})
    kinds = ["deb", "rpm", "apk", "pacman"]
    given = tuple(PackageFile(name, kind, name.encode()) for name, kind in zip(files, kinds))
    assert asked == FirstBoot(packages=tuple(names), files=given, agent=True)


def test_packages_of_windows_have_names_as_vendors_give_them(tmp_path):
    names = ["Backup Agent (x64) 7.1.msi", "SETUP.MSI", "a_b-c.msi"]
    for name in names:
        (tmp_path / name).write_bytes(b"MSI")
    paths = [str(tmp_path / name) for name in names]
    # What is named twice is one package.
    asked = first_boot.from_option({"packages": [*paths, paths[0]]})
    assert [(each.name, each.kind) for each in asked.files] == [(name, "msi") for name in names]


@pytest.mark.parametrize("name", ["a%b.msi", "a!.msi", "\u00fc.msi", 'a"b.msi', "a^b.msi"])
def test_a_name_that_cmd_would_interpret_is_refused(tmp_path, name):
    (tmp_path / name).write_bytes(b"MSI")
    assert "cannot have" in invalid({"packages": [str(tmp_path / name)]})


def test_two_files_of_one_name_are_refused(tmp_path):
    """The guest would get one of them."""
    for directory, name in (("a", "agent.msi"), ("b", "Agent.msi")):
        (tmp_path / directory).mkdir()
        (tmp_path / directory / name).write_bytes(directory.encode())
    paths = [str(tmp_path / "a/agent.msi"), str(tmp_path / "b/Agent.msi")]
    assert "have the same name" in invalid({"packages": paths})


def invalid(option):
    with pytest.raises(GuestconvError) as caught:
        first_boot.from_option(option)
    assert caught.value.code == "first-boot-invalid"
    return str(caught.value.message)


@pytest.mark.parametrize(
    "script, message",
    (
        ("", "empty"),
        (" \n", "empty"),
        ("x" * (1 << 20 | 1), "more than"),
        ("#!/bin/sh\r\necho\r\n", "carriage return"),
        ("\0", "not text"),
        ("\ud800", "not text"),
    ),
)
def test_a_script_that_no_guest_can_run_is_refused(script, message):
    assert message in invalid({"content": script})


@pytest.mark.parametrize("name", ("", "-y", "a b", "a;b", "$(a)", "a\nb"))
def test_what_is_no_name_of_a_package_is_refused(name):
    assert "is not the name of a package" in invalid({"packages": [name]})


def test_files_that_cannot_be_read_are_refused(tmp_path):
    assert "cannot be read: No such file" in invalid({"script": str(tmp_path / "absent")})
    assert "cannot be read: No such file" in invalid({"packages": ["absent.deb"]})
    assert "cannot be read: embedded null" in invalid({"script": str(tmp_path / "a\0b")})
    assert "not a regular file" in invalid({"script": str(tmp_path)})
    os.mkfifo(tmp_path / "fifo.rpm")
    assert "not a regular file" in invalid({"packages": [str(tmp_path / "fifo.rpm")]})
    (tmp_path / "large").write_bytes(bytes(1024 * 1024 + 1))
    assert "more than 1048576 bytes" in invalid({"script": str(tmp_path / "large")})


@pytest.mark.parametrize("path", ("/srv/agent", "/srv/ag ent.deb", "/srv/-i.rpm", "./"))
def test_a_path_that_no_package_file_has_is_refused(path):
    assert "is not the path of a file" in invalid({"packages": [path]})
