# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The boot loader: what boots the guest, its menu, and the kernel's command line in source and product."""

from __future__ import annotations

from dataclasses import dataclass

from ansible_collections.virttools.guestconv.plugins.module_utils.aspects.bootloader import grub2
from ansible_collections.virttools.guestconv.plugins.module_utils.description import Concern, Findings

NAME = "bootloader"

# The type of an EFI system partition in a GPT, and in an MBR (UEFI specification, 5.2 and 5.3).
_EFI_SYSTEM_PARTITION = ("c12a7328-f81f-11d2-ba4b-00a0c93ec93b", "0xef")


@dataclass(frozen=True)
class Facts:
    """What the boot menu says.

    entries: grub2.Entry, in the order of the menu; kernel and initrd are paths in the root.
    default: the entry that boots when nobody is at the keyboard, or None.
    """

    entries: list
    default: grub2.Entry | None

    @property
    def arguments(self):
        """The kernel's arguments in the default entry."""
        return self.default.arguments.split() if self.default else []


def inspect(root):
    """The firmware and boot loader of each disk, and the menu."""
    loaders = _loaders(root)
    entries, default = grub2.menu(root)
    root.facts[NAME] = Facts(entries, default)
    findings = Findings(boot={"firmware": _firmware(root, loaders), "loaders": loaders})
    if default is None:
        findings.concerns.append(
            Concern(
                "boot-loader-not-supported",
                "error",
                f"No GRUB 2 menu with a Linux entry was found on {root.name}.",
                "guestconv converts guests that boot with GRUB 2 (grub.cfg with its entries in it).",
            )
        )
    return findings


def convert(root, conversion):
    """Make the menu, and what it is generated from, boot the guest on its new hardware."""
    grub2.convert(root, conversion)


def _loaders(root):
    """Per disk what its first sector would start: that boots, whatever files are installed."""
    loaders = {}
    for index, disk in enumerate(root.guest.disks):
        sector = root.guest.boot_sector(index)
        if sector[510:512] == b"\x55\xaa" and any(sector[:440]):
            loaders[disk.device] = {"type": "bios", "name": grub2.NAME if grub2.in_boot_sector(sector) else "unknown"}
        elif any(f.disk == disk.device and f.parttype in _EFI_SYSTEM_PARTITION for f in root.guest.filesystems):
            loaders[disk.device] = {"type": "uefi", "name": grub2.NAME}
    return loaders


def _firmware(root, loaders):
    """What the caller knows of the source's firmware is right; else a guest with an EFI system partition alone has UEFI.

    Disks with both kinds of loader (cloud images) boot either way; BIOS needs no variables that a disk does not carry.
    """
    if root.guest.hardware.get("firmware"):
        return root.guest.hardware["firmware"]
    kinds = {loader["type"] for loader in loaders.values()}
    return "uefi" if kinds == {"uefi"} else "bios"
