# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The boot loader: what boots the guest, its menu, and the kernel's command line in source and product."""

from __future__ import annotations

from dataclasses import dataclass

from ...model.description import Concern, Findings
from . import uefi, without_initrd
from .loaders import grub2
from .loaders.grub2 import debconf, defaults

NAME = "bootloader"


@dataclass(frozen=True)
class Facts:
    """What the boot menu says.

    entries: grub2.Entry, in the order of the menu; kernel and initrd are paths in the root.
    default: the entry that boots when nobody is at the keyboard, or None.
    firmware: "bios" or "uefi".
    system_partition: uefi.SystemPartition, or None.
    """

    entries: list
    default: grub2.Entry | None
    firmware: str = "bios"
    system_partition: uefi.SystemPartition | None = None

    @property
    def arguments(self):
        """The kernel's arguments in the default entry."""
        return self.default.arguments.split() if self.default else []


def inspect(root):
    """The firmware and boot loader of each disk, and the menu."""
    loaders = _loaders(root)
    firmware = _firmware(root, loaders)
    partition = uefi.look(root)
    entries, default = grub2.menu(root, _menu_directories(firmware, partition))
    root.facts[NAME] = Facts(entries, default, firmware, partition)
    concerns = _concerns(root, loaders)
    if firmware == "uefi" and uefi.is_there(root.guest):
        concerns += uefi.concerns(root, partition)
    return Findings(boot={"firmware": firmware, "loaders": loaders}, concerns=concerns)


def convert(root, conversion):
    """Make the menu, and what it is generated from, boot the guest on its new hardware."""
    facts = root.facts[NAME]

    def edit_without_initrd(line, present=()):
        return without_initrd.by_partition(root.guest.storage, line, conversion.edit_arguments(line, present))

    directories = _menu_directories(facts.firmware, facts.system_partition)
    grub2.convert(root, conversion, conversion.edit_arguments, edit_without_initrd, directories)
    has_initrd = facts.default is None or facts.default.initrd is not None
    defaults.convert(root, conversion.edit_arguments if has_initrd else edit_without_initrd)
    is_new = facts.firmware == "uefi" and uefi.convert(root)
    debconf.convert(root, conversion.disk_names, keep_fallback=is_new)


def _menu_directories(firmware, partition):
    """Where a grub.cfg may be. EL 7 has the menu on the EFI system partition; others have there what leads to it."""
    there = partition.with_file(grub2.CONFIGURATION) if partition else []
    return (*there, *grub2.DIRECTORIES) if firmware == "uefi" else (*grub2.DIRECTORIES, *there)


def _loaders(root):
    """Per disk what would start from it: that boots, whatever files are installed.

    Partitioning programs write code into the first sector that starts nothing, so an EFI system partition says more
    than code that is not known.
    """
    loaders = {}
    for index, disk in enumerate(root.guest.disks):
        sector = root.guest.boot_sector(index)
        is_grub, has_uefi = grub2.in_boot_sector(sector), uefi.on_disk(root.guest, disk.device)
        if sector[510:512] == b"\x55\xaa" and any(sector[:440]) and (is_grub or not has_uefi):
            loaders[disk.device] = {"type": "bios", "name": grub2.NAME if is_grub else "unknown"}
        elif has_uefi:
            loaders[disk.device] = {"type": "uefi", "name": grub2.NAME}
    return loaders


def _firmware(root, loaders):
    """What the caller knows of the source's firmware is right; else a guest with an EFI system partition has UEFI.

    Disks with GRUB for both (cloud images) boot either way; BIOS needs no variables that a disk does not carry.
    """
    if root.guest.hardware.get("firmware"):
        return root.guest.hardware["firmware"]
    is_grub_for_bios = {"type": "bios", "name": grub2.NAME} in loaders.values()
    return "uefi" if uefi.is_there(root.guest) and not is_grub_for_bios else "bios"


def _concerns(root, loaders):
    concerns = []
    facts = root.facts[NAME]
    if facts.default is None:
        concerns.append(
            Concern(
                "boot-loader-not-supported",
                "error",
                f"No GRUB 2 menu with a Linux entry was found on {root.name}.",
                "guestconv converts guests that boot with GRUB 2 (grub.cfg with its entries in it).",
            )
        )
    kinds = {loader["type"] for loader in loaders.values()} | ({"uefi"} if uefi.is_there(root.guest) else set())
    if facts.firmware not in kinds:
        concerns.append(
            Concern(
                "boot-loader-missing",
                "warning",
                f"No disk has a boot loader for {facts.firmware.upper()} firmware; the guest may not boot.",
                "Give all of the guest's disks, and as hardware.firmware what the source has.",
            )
        )
    return concerns
