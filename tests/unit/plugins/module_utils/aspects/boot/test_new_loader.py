# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import os

import pytest

from ansible_collections.virttools.guestconv.plugins.module_utils.aspects.boot.new_loader import image, menu
from ansible_collections.virttools.guestconv.plugins.module_utils.errors import GuestconvError
from ansible_collections.virttools.guestconv.plugins.module_utils.guest.boot_menu import BootMenu, Entry
from ansible_collections.virttools.guestconv.plugins.module_utils.guest.storage.mounts import Mount, MountPlan
from ansible_collections.virttools.guestconv.tests.unit.plugins.module_utils.guest.fake_root import FakeRoot
from ansible_collections.virttools.guestconv.tests.unit.plugins.module_utils.guest.storage.storage_nodes import (
    filesystem,
)
from tests.conftest import ROOT
from tests.text_guests import run

FILES = ("diskboot.img", "kernel.img", "biosdisk.mod", "part_msdos.mod", "normal.mod", "linux.mod", "xfs.mod")


def root_with(files, **settings):
    root = FakeRoot(files, info={"arch": "x86_64"}, **settings)
    root.mount_plan = MountPlan((Mount("/", filesystem("/dev/sda", uuid="u-root")),))
    return root


def test_the_newest_kernel_boots_by_default_with_its_own_initrd():
    names = ("vmlinuz-6.1.0-9-amd64", "vmlinuz-6.1.0-10-amd64", "vmlinuz-6.1.0-10-amd64.old", "vmlinuz-0-rescue-1f")
    root = root_with({f"/boot/{name}": "" for name in (*names, "initrd.img-6.1.0-10-amd64", "initrd.img-6.1.0-9-x")})
    found = menu.of_kernels(root)
    assert [entry.kernel for entry in found.entries] == [f"/boot/{name}" for name in (names[1], names[0])]
    assert [entry.initrds for entry in found.entries] == [("/boot/initrd.img-6.1.0-10-amd64",), ()]
    assert found.default is found.entries[0]
    assert found.default.arguments == "root=UUID=u-root ro"


@pytest.mark.parametrize(
    "initrd", ["initrd.img-5.14.0-1.el9.x86_64", "initramfs-5.14.0-1.el9.x86_64.img", "initrd-5.14.0-1.el9.x86_64"]
)
def test_each_distribution_calls_its_initrds_in_its_own_way(initrd):
    root = root_with({"/boot/vmlinuz-5.14.0-1.el9.x86_64": "", f"/boot/{initrd}": ""})
    assert menu.of_kernels(root).entries[0].initrds == (f"/boot/{initrd}",)


def test_without_kernels_there_is_no_entry():
    assert menu.of_kernels(root_with({"/boot/memtest86+.bin": ""})) == BootMenu([], None)


def test_the_script_means_what_the_menu_has():
    entries = [
        Entry(
            "/boot/vmlinuz-1", ("/boot/ucode", "/boot/initrd-1"), 'root=/dev/sda1 ro dyndbg="file a +p"', "It's; $(one)"
        ),
        Entry("/boot/vmlinuz-2", (), "root=/dev/sda1", ""),
    ]
    text = menu.script(root_with({}), BootMenu(entries, entries[1]))
    assert "set default=1\n" in text
    assert "menuentry 'It'\\''s; $(one)' {\n" in text
    assert (
        "\tlinux /boot/vmlinuz-1 root=/dev/sda1 ro 'dyndbg=file a +p'\n\tinitrd /boot/ucode /boot/initrd-1\n}\n" in text
    )
    assert "menuentry vmlinuz-2 {\n\tlinux /boot/vmlinuz-2 root=/dev/sda1\n}\n" in text


def test_paths_begin_at_the_filesystem_with_boot():
    entry = Entry("/boot/vmlinuz-1", ("/boot/initrd-1",), "ro", "one")
    root = root_with({})
    root.info["mountpoints"] = {"/": "/dev/sdb", "/boot": "/dev/sda"}
    root.mount_plan = MountPlan((*root.mount_plan.mounts, Mount("/boot", filesystem("/dev/sda", uuid="u-boot"))))
    assert "\tlinux /vmlinuz-1 ro\n\tinitrd /initrd-1\n" in menu.script(root, BootMenu([entry], entry))


def guest_with_grub(directory="/usr/lib/grub/i386-pc", program="/usr/bin/grub-mkimage", lacking=""):
    files = {f"{directory}/{name}": "x" for name in FILES if name != lacking}
    return root_with({**files, f"{directory}/boot.img": b"B" * 512, program: ""})


@pytest.fixture(autouse=True)
def _without_grub_of_this_machine(monkeypatch):
    monkeypatch.setattr(image.shutil, "which", lambda name: None)


@pytest.mark.parametrize(
    "directory, program",
    [
        ("/usr/lib/grub/i386-pc", "/usr/bin/grub-mkimage"),
        ("/usr/lib/grub/i386-pc", "/usr/bin/grub2-mkimage"),
        ("/usr/share/grub2/i386-pc", "/usr/bin/grub2-mkimage"),
    ],
)
def test_the_guests_own_grub_is_taken(directory, program):
    found = image.source(guest_with_grub(directory, program))
    assert (found.directory, found.program) == (directory, program)


def test_without_all_that_it_is_made_of_there_is_none():
    assert image.source(guest_with_grub(lacking="kernel.img")) is None
    assert image.source(root_with({})) is None


def test_a_machine_without_a_bios_gets_none():
    root = guest_with_grub()
    root.info["arch"] = "aarch64"
    assert image.source(root) is None


def of_this_machine(directory, monkeypatch, script):
    """A GRUB 2 of this machine whose grub-mkimage is a shell script."""
    for name in FILES:
        (directory / name).write_bytes(b"x")
    (directory / "boot.img").write_bytes(b"B" * 512)
    program = directory / "grub-mkimage"
    program.write_text(f"#!/bin/sh\n{script}\n")
    program.chmod(0o755)
    monkeypatch.setattr(image, "_DIRECTORIES", (str(directory),))
    monkeypatch.setattr(image.shutil, "which", lambda name: str(program) if name == "grub-mkimage" else None)
    return image.source(root_with({}))


def test_the_grub_of_this_machine_is_taken_where_the_guest_has_none(tmp_path, monkeypatch):
    found = of_this_machine(tmp_path, monkeypatch, 'while [ "$1" != -o ]; do shift; done; echo "$*" > "$2"')
    made = found.image("(,msdos1)/boot/grub")
    assert made.boot == b"B" * 440
    words = made.core.decode().split()
    assert words[2:4] == ["-p", "(,msdos1)/boot/grub"]
    # Those modules that it has.
    assert words[4:] == ["biosdisk", "part_msdos", "xfs", "normal", "linux"]
    assert os.path.dirname(words[1]) != str(tmp_path)


@pytest.mark.parametrize("script", ["echo 'no such module.' >&2; exit 1", "exit 0"])
def test_a_grub_that_cannot_be_made_is_an_error(tmp_path, monkeypatch, script):
    with pytest.raises(GuestconvError) as caught:
        of_this_machine(tmp_path, monkeypatch, script).image("(,msdos1)/boot/grub")
    assert caught.value.code == "boot-loader-not-installed"


@pytest.mark.parametrize(
    "name, severity, code",
    [
        ("no-grub", "error", "boot-loader-not-installable"),
        ("no-kernel", "error", "boot-kernel-missing"),
        ("no-menu", "warning", "boot-menu-not-maintained"),
    ],
)
def test_what_the_guest_lacks_is_a_concern(name, severity, code):
    outcome = run.try_case(ROOT / "tests" / "text_guests" / "cases" / f"storage-filled-disk-{name}.txt").outcome
    assert (severity, code) in [(each["severity"], each["code"]) for each in outcome.concerns]
