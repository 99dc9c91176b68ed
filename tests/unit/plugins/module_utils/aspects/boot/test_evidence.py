# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the firmware starts: by the code in boot sectors, and by what an EFI program says of itself or is a copy of."""

from __future__ import annotations

import pytest

from ansible_collections.virttools.guestconv.plugins.module_utils.aspects.boot import evidence, loaders
from ansible_collections.virttools.guestconv.plugins.module_utils.aspects.boot.evidence import Started
from ansible_collections.virttools.guestconv.plugins.module_utils.aspects.boot.system_partition import SystemPartition
from ansible_collections.virttools.guestconv.tests.unit.plugins.module_utils.guest.fake_root import FakeRoot
from ansible_collections.virttools.guestconv.tests.unit.plugins.module_utils.guest.storage.storage_nodes import (
    filesystem,
    image,
)

GRUB = (b"\xeb\x63\x90" + bytes(300) + b"GRUB \0Geom\0").ljust(510, b"\0") + b"\x55\xaa"
# GRUB legacy's stage1: its own version, 3.2, at 0x3e.
LEGACY = (b"\xeb\x48\x90" + bytes(0x3B) + b"\x03\x02" + bytes(0x139) + b"GRUB \0").ljust(510, b"\0") + b"\x55\xaa"
LILO = b"\xfa\xeb\x21\x01\xb4\x01LILO".ljust(510, b"\0") + b"\x55\xaa"
EMPTY = bytes(510) + b"\x55\xaa"


def generic(active=0):
    """Code that starts the active partition; its number, 0 for none."""
    sector = bytearray(b"\xfa\xb8\x00\x10".ljust(510, b"\0") + b"\x55\xaa")
    if active:
        sector[446 + 16 * (active - 1)] = 0x80
    return bytes(sector)


def with_bios(*sectors, of_partition=EMPTY, hardware=None):
    disks = [image(f"sd{letter}") for letter, _sector in zip("abc", sectors)]
    filesystems = [filesystem(f"/dev/{disk.device}1", "ext4", f"u-{disk.device}") for disk in disks]
    root = FakeRoot(disks=disks, filesystems=filesystems, hardware=hardware)
    root.guest.boot_sector = lambda index: sectors[index]
    root.guest.first_sector = lambda partition: of_partition
    found = evidence.in_sectors(root, loaders.known())
    return found, evidence.with_bios(root, found)


UNKNOWN = Started(unknown="the boot sector of sda")


@pytest.mark.parametrize(
    "sector, of_partition, name, started",
    [
        (GRUB, EMPTY, "grub2", Started("grub2")),
        (LILO, EMPTY, "LILO", Started("LILO", True)),
        (generic(), GRUB, "unknown", UNKNOWN),
        (generic(1), GRUB, "grub2", Started("grub2")),
        (generic(1), EMPTY, "unknown", UNKNOWN),
        # That partition is not there.
        (generic(2), GRUB, "unknown", UNKNOWN),
    ],
)
def test_bios_starts_the_code_in_the_disk_or_in_its_active_partition(sector, of_partition, name, started):
    assert with_bios(sector, of_partition=of_partition) == ({"sda": name}, started)


def test_the_disk_that_the_source_boots_from_comes_first():
    assert with_bios(LILO, GRUB)[1] == Started("LILO", True)
    hardware = {"disks": [{"boot_order": 2}, {"boot_order": 1}]}
    assert with_bios(LILO, GRUB, hardware=hardware)[1] == Started("grub2")
    assert with_bios(EMPTY, GRUB) == ({"sdb": "grub2"}, Started("grub2"))


GRUB_EFI = b"MZ" + bytes(100) + b"Welcome to GRUB!\n"
SHIM = b"MZ" + bytes(100) + b"UEFI SHIM\n$Version: 15.7 $"
REFIND = b"MZ" + bytes(100) + "rEFInd".encode("utf-16-le")
KERNEL = b"MZ" + bytes(0x1FC) + b"\x55\xaa\xeb\x6aHdrS"
ESP = "/boot/efi/EFI"


def with_uefi(files):
    root = FakeRoot({f"{ESP}/{path}": content for path, content in files.items()})
    partition = SystemPartition(ESP, {name: root.list(f"{ESP}/{name}") for name in root.list(ESP)})
    fallback = next((f"{ESP}/{path}" for path in files if path.casefold().endswith("bootx64.efi")), None)
    return evidence.with_uefi(root, partition, fallback, "x64", loaders.known())


@pytest.mark.parametrize(
    "files, started",
    [
        ({"BOOT/BOOTX64.EFI": GRUB_EFI}, "grub2"),
        # A copy of what is known by its name.
        ({"BOOT/BOOTX64.EFI": b"x", "debian/grubx64.efi": b"x", "other/y.efi": b"y"}, "grub2"),
        ({"BOOT/BOOTX64.EFI": SHIM, "BOOT/grubx64.efi": b"anything"}, "grub2"),
        # shim starts fbx64.efi, and that the vendor's shim.
        ({"BOOT/BOOTX64.EFI": SHIM, "BOOT/fbx64.efi": b"f", "centos/grubx64.efi": GRUB_EFI}, "grub2"),
        ({"BOOT/BOOTX64.EFI": b"s", "centos/shimx64.efi": b"s", "centos/grubx64.efi": b"g"}, "grub2"),
        ({"BOOT/BOOTX64.EFI": REFIND, "debian/grubx64.efi": GRUB_EFI}, "rEFInd"),
        ({"BOOT/BOOTX64.EFI": b"r", "refind/refind_x64.efi": b"r", "debian/grubx64.efi": b"g"}, "rEFInd"),
        ({"BOOT/BOOTX64.EFI": b"w", "Microsoft/bootmgfw.efi": b"w", "debian/grubx64.efi": b"g"}, "Windows"),
        ({"BOOT/BOOTX64.EFI": "MZ Limine 8".encode("utf-16-le"), "debian/grubx64.efi": b"g"}, "Limine"),
        ({"BOOT/BOOTX64.EFI": b"l", "limine/limine_x64.efi": b"l", "debian/grubx64.efi": b"g"}, "Limine"),
        ({"BOOT/BOOTX64.EFI": b"MZ ELILO v3.16 for EFI/x86_64", "debian/grubx64.efi": b"g"}, "ELILO"),
        ({"BOOT/BOOTX64.EFI": b"MZ SYSLINUX 6.04 EFI", "debian/grubx64.efi": b"g"}, "SYSLINUX for UEFI"),
        ({"BOOT/BOOTX64.EFI": KERNEL, "debian/grubx64.efi": b"g"}, "a Linux kernel"),
        ({"BOOT/BOOTX64.EFI": b"MZ" + bytes(0x36) + b"ARM\x64", "debian/grubx64.efi": b"g"}, "a Linux kernel"),
        # GRUB's own programs know others by their names.
        ({"BOOT/BOOTX64.EFI": GRUB_EFI + b"SYSLINUX"}, "grub2"),
        # Neither by content nor as a copy: by what there is.
        ({"BOOT/BOOTX64.EFI": b"x", "debian/grubx64.efi": b"y"}, "grub2"),
        ({"BOOT/BOOTX64.EFI": b"x"}, None),
        ({"BOOT/BOOTX64.EFI": b"", "a/grubx64.efi": b""}, "grub2"),
        ({}, None),
    ],
)
def test_uefi_starts_the_fallback(files, started):
    found = with_uefi(files)
    assert (found.name, found.is_foreign) == (started, started not in ("grub2", None))


@pytest.mark.parametrize(
    "files, program",
    [
        ({"BOOT/BOOTX64.EFI": GRUB_EFI, "a/grubx64.efi": GRUB_EFI}, "BOOT/BOOTX64.EFI"),
        ({"BOOT/BOOTX64.EFI": SHIM, "BOOT/grubx64.efi": b"g", "a/grubx64.efi": b"g"}, "BOOT/grubx64.efi"),
        # fbx64.efi starts the shim of the directory that has a list.
        (
            {
                "BOOT/BOOTX64.EFI": SHIM,
                "BOOT/fbx64.efi": b"f",
                "BOOT/grubx64.efi": b"g",
                "a/grubx64.efi": b"g",
                "b/grubx64.efi": b"g",
                "b/BOOTX64.CSV": b"",
            },
            "b/grubx64.efi",
        ),
        ({"BOOT/BOOTX64.EFI": SHIM, "a/GRUBX64.EFI": b"g"}, "a/GRUBX64.EFI"),
        ({"BOOT/BOOTX64.EFI": SHIM, "BOOT/fbx64.efi": b"f"}, None),
    ],
)
def test_the_program_that_boots_is_said(files, program):
    assert with_uefi(files).program == (f"{ESP}/{program}" if program else "")


def test_a_fallback_that_is_not_known_is_said():
    assert with_uefi({"BOOT/BOOTX64.EFI": b"x", "debian/grubx64.efi": b"y"}).unknown == f"{ESP}/BOOT/BOOTX64.EFI"
    assert with_uefi({"BOOT/BOOTX64.EFI": GRUB_EFI}).unknown == ""


def test_without_a_system_partition_nothing_is_known():
    assert evidence.with_uefi(FakeRoot(), None, None, "x64", loaders.known()) == Started()


def test_stage1_of_grub_legacy_is_not_grub_2():
    assert with_bios(LEGACY)[0]["sda"] != "grub2"


ESP_TYPE = "c12a7328-f81f-11d2-ba4b-00a0c93ec93b"
BIOS_BOOT = "21686148-6449-6e6f-744e-656564454649"


@pytest.mark.parametrize(
    "other, name",
    [
        ({}, "unknown"),
        ({"parttype": BIOS_BOOT}, "grub2"),
        ({"attributes": 0x4}, "grub2"),
        ({"attributes": 0x1}, "unknown"),
    ],
)
def test_code_from_before_the_disk_got_a_gpt_starts_nothing(other, name):
    sector = bytearray(GRUB)
    sector[446 + 4] = 0xEE
    filesystems = [
        filesystem("/dev/sda1", "vfat", "AB-CD", parttype=ESP_TYPE),
        filesystem("/dev/sda2", "ext4", "u", **other),
    ]
    root = FakeRoot(disks=[image("sda")], filesystems=filesystems)
    root.guest.boot_sector = lambda index: bytes(sector)
    assert evidence.in_sectors(root, loaders.known()) == {"sda": name}
