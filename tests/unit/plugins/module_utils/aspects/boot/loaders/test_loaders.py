# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Every registered boot loader keeps to the interface; and another goes the whole way."""

from __future__ import annotations

import pytest

from ansible_collections.virttools.guestconv.plugins.module_utils.aspects.boot import loaders
from ansible_collections.virttools.guestconv.plugins.module_utils.aspects.boot.evidence import Evidence
from ansible_collections.virttools.guestconv.plugins.module_utils.aspects.boot.loaders import LOADERS
from ansible_collections.virttools.guestconv.plugins.module_utils.aspects.boot.loaders.loader import (
    BootLoader,
    InstalledLoader,
    default_not_supported,
)
from ansible_collections.virttools.guestconv.plugins.module_utils.guest.boot_menu import BootMenu, Entry
from ansible_collections.virttools.guestconv.tests.unit.plugins.module_utils import complete_guest
from ansible_collections.virttools.guestconv.tests.unit.plugins.module_utils.conformance import lacks

by_name = pytest.mark.parametrize("loader", LOADERS, ids=lambda loader: loader.NAME)


@by_name
def test_each_registered_loader_keeps_to_the_interface(loader):
    assert lacks(loader, BootLoader) == []
    assert loader.__doc__ and loader.TITLE


def test_loaders_have_different_names():
    assert len({loader.NAME for loader in LOADERS}) == len(LOADERS)


@by_name
def test_no_loader_takes_an_empty_boot_sector_or_a_root_without_a_menu_for_its_own(loader):
    assert not loader.is_in_boot_sector(bytes(512))
    root = complete_guest.make({"/boot/grub/grub.cfg": None})
    assert loader.find(root, Evidence()) is None


@by_name
def test_no_loader_makes_a_fallback_of_nothing(loader):
    assert [way({}, "x64") for way in loader.FALLBACKS] == [[]] * len(loader.FALLBACKS)


TOY, XEN = "/boot/toy.cfg", "/boot/xen.gz"


class InstalledToy:
    """Its menu has an entry a line: kernel, initrd, arguments."""

    def __init__(self, root):
        self._root = root

    def menu(self):
        rows = [line.split(" ", 2) for line in self._root.read(TOY).splitlines()]
        entries = [Entry(kernel, (initrd,), arguments) for kernel, initrd, arguments in rows]
        return BootMenu(entries, None if entries[0].kernel == XEN else entries[0])

    def concerns(self):
        return [] if self.menu().default else [default_not_supported(TOY, "Xen", XEN)]

    def edit(self, plan, editors):
        lines = [line.split(" ", 2) for line in self._root.read(TOY).splitlines()]
        edited = "".join(" ".join([*line[:2], editors.with_initrd(line[2])]) + "\n" for line in lines)
        self._root.write(TOY, edited, "the command lines fit the target")

    def edit_sources(self, plan, editors, has_new_fallback):
        self._root.write("/etc/toy.disks", " ".join(plan.disk_names.values()) + "\n", "upgrades install it there")


class Toy:
    """A boot loader that is in the boot sector by its name."""

    NAME = "toy"
    TITLE = "Toy"
    READS_EXTENDED = False
    FALLBACKS = (lambda names, suffix: [names["toy.efi"]] if "toy.efi" in names else [],)

    def is_in_boot_sector(self, sector):
        return sector.startswith(b"TOY")

    def is_program(self, name, data):
        return name == "toy.efi"

    def find(self, root, evidence):
        return InstalledToy(root) if root.is_file(TOY) else None


def test_another_loader_is_found_read_and_edited(monkeypatch):
    assert lacks(Toy, BootLoader) == [] and lacks(InstalledToy, InstalledLoader) == []
    monkeypatch.setattr(loaders, "LOADERS", (*LOADERS, Toy()))
    line = f"{complete_guest.KERNEL} {complete_guest.INITRD} root=/dev/sda1 quiet"
    sector = b"TOY".ljust(510, b"\1") + b"\x55\xaa"
    root = complete_guest.make({TOY: line, "/boot/grub/grub.cfg": None}, sector=sector)
    found = complete_guest.inspected(root)
    assert found["boot"] == {"firmware": "bios", "loaders": {"sda": {"type": "bios", "name": "toy"}}}
    assert [kernel["version"] for kernel in found["roots"]["/dev/sda1"]["kernels"]] == [complete_guest.VERSION]
    complete_guest.converted(root)
    arguments = root.files[TOY].split()[2:]
    assert arguments == ["root=UUID=u-1", "quiet", "console=tty0", "console=ttyS0,115200"]
    assert root.files["/etc/toy.disks"] == "/dev/vda\n"


def errors(root):
    return [
        (each["code"], each["message"])
        for each in complete_guest.inspected(root)["concerns"]
        if each["severity"] == "error"
    ]


SECTOR = b"TOY".ljust(510, b"\1") + b"\x55\xaa"


def test_a_default_that_is_no_linux_is_named(monkeypatch):
    monkeypatch.setattr(loaders, "LOADERS", (*LOADERS, Toy()))
    lines = f"{XEN} {complete_guest.INITRD} x\n{complete_guest.KERNEL} {complete_guest.INITRD} root=/dev/sda1"
    ((code, message),) = errors(complete_guest.make({TOY: lines, "/boot/grub/grub.cfg": None}, sector=SECTOR))
    assert code == "boot-default-not-supported" and XEN in message and TOY in message


def test_the_menu_of_what_the_firmware_starts_counts_whatever_others_lie_there(monkeypatch):
    monkeypatch.setattr(loaders, "LOADERS", (*LOADERS, Toy()))
    line = f"{complete_guest.KERNEL} {complete_guest.INITRD} root=/dev/sda1 quiet"
    by_toy = complete_guest.inspected(complete_guest.make({TOY: line}, sector=SECTOR))
    assert by_toy["boot"]["loaders"] == {"sda": {"type": "bios", "name": "toy"}}
    by_grub = complete_guest.inspected(complete_guest.make({TOY: line}))
    assert by_grub["boot"]["loaders"] == {"sda": {"type": "bios", "name": "grub2"}}
    ((code, message),) = errors(complete_guest.make({TOY: line}, sector=bytes(512)))
    assert code == "boot-loader-uncertain" and "Toy" in message and "GRUB 2" in message


def test_what_the_firmware_starts_must_have_its_menu(monkeypatch):
    monkeypatch.setattr(loaders, "LOADERS", (*LOADERS, Toy()))
    ((code, message),) = errors(complete_guest.make(sector=SECTOR))
    assert code == "boot-loader-not-supported" and "Toy" in message and "firmware" in message


def test_a_loader_that_is_known_and_not_supported_is_named():
    sector = (b"\xfa\xeb\x21\x01\xb4\x01LILO" + bytes(500))[:510] + b"\x55\xaa"
    ((code, message),) = errors(complete_guest.make(sector=sector))
    assert code == "boot-loader-not-supported" and "LILO" in message


def test_a_guest_that_boots_by_no_known_loader_cannot_be_converted():
    (concern,) = [
        each
        for each in complete_guest.inspected(complete_guest.make({"/boot/grub/grub.cfg": None}))["concerns"]
        if each["code"] == "boot-loader-not-supported"
    ]
    assert concern["severity"] == "error" and all(loader.TITLE in concern["hint"] for loader in LOADERS)
