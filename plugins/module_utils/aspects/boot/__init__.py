# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The boot loader: what boots the guest, its menu, and the kernel's command line in source and product.

It knows no loader by name: loaders/ has a package for each.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ...guest.boot_menu import BootMenu
from ...guest.root import GuestRoot
from ...model.concerns import Concern
from ...model.description import Findings
from . import evidence, loaders, menu_files, new_loader, shared, system_partition, uefi, unread
from .command_line import Editors
from .evidence import UNKNOWN, Evidence
from .loaders import grub2, grub_legacy
from .loaders.loader import Fallback, InstalledLoader
from .new_loader import NewLoader

if TYPE_CHECKING:
    from ..plan import Plan

NAME = "bootloader"
INSPECT_AFTER = ()
# They ask for arguments of the kernel's; and the initrds are there before the menu leads to them.
CONVERT_AFTER = ("console", "network", "storage", "kernel")


@dataclass(frozen=True)
class Facts:
    """What boots a root. loader: as it is installed; None when it is not known. firmware: "bios" or "uefi".

    ways: to make a UEFI fallback of that loader. new: the loader that conversion installs, or None.
    found_by: by which it was found. is_of_another: whether the boot loader is another system's.
    """

    loader: InstalledLoader | None
    firmware: str
    ways: Sequence[Fallback] = ()
    new: NewLoader | None = None
    found_by: Evidence = Evidence()
    is_of_another: bool = False


def inspect(root: GuestRoot) -> Findings:
    """The firmware and boot loader of each disk, and the menu."""
    if root.started_by:
        # The boot loader is inspected with the system that has it.
        root.boot_menu = shared.of_others(root)
        root.remember(Facts(None, "", is_of_another=True))
        return Findings(concerns=shared.concerns(root))
    new = new_loader.planned(root)
    if new:
        root.boot_menu = new.menu
        root.remember(Facts(None, "bios", new=new))
        return Findings(boot={"firmware": "bios", "loaders": {}}, concerns=new.concerns)
    known = loaders.known()
    sectors = evidence.in_sectors(root, known)
    firmware = _firmware(root, sectors)
    partition = system_partition.mounted(root)
    if firmware == "bios":
        started = evidence.with_bios(root, sectors)
    else:
        started = uefi.started(root, partition, known)
    found_by = Evidence(firmware, partition, sectors, started.name, started.is_foreign, started.program)
    boots = loaders.find(root, found_by)
    ways = boots.kind.FALLBACKS if boots.kind else ()
    root.boot_menu = shared.of_root(root, boots.installed.menu()) if boots.installed else BootMenu()
    root.remember(Facts(boots.installed, firmware, ways, found_by=found_by))
    found = _by_disk(root, sectors, boots.kind.NAME if boots.kind else UNKNOWN)
    concerns = [*boots.concerns, *(boots.installed.concerns() if boots.installed else ())]
    concerns += _not_started(root, firmware, {each["type"] for each in found.values()})
    if started.unknown and boots.kind:
        concerns.append(_unknown_code(started.unknown, boots.kind.TITLE))
    if firmware == "uefi" and system_partition.is_there(root.guest):
        concerns += uefi.concerns(root, partition, ways)
    if (started.name or (boots.kind and boots.kind.NAME)) in (grub2.NAME, grub_legacy.NAME):
        concerns += unread.menus_of_grub(root, found_by)
    if firmware == "uefi":
        concerns += unread.concerns(root, boots.kind is None or boots.kind.READS_EXTENDED)
    return Findings(boot={"firmware": firmware, "loaders": found}, concerns=concerns)


def convert(root: GuestRoot, plan: Plan) -> None:
    """Make the menu, and what it is generated from, boot the guest on its new hardware."""
    facts = root.recall(Facts)
    editors = Editors(plan.command_line, root.guest.storage)
    loader = facts.new.install(root, plan) if facts.new else facts.loader
    if facts.loader and root in root.guest.roots[1:]:
        # Roots may share a menu, and the conversion of another one has edited it.
        loader = loaders.find(root, facts.found_by).installed
    if loader:
        loader.edit(plan, editors)
    if facts.is_of_another:
        loaders.edit_sources(root, editors)
        return
    # After the menu, of which it may have a copy.
    is_new = uefi.convert(root, is_needed=facts.firmware == "uefi", ways=facts.ways)
    if loader:
        loader.edit_sources(plan, editors, has_new_fallback=is_new)


def may_have_menu(root: GuestRoot) -> bool:
    """Whether root, which was inspected, has a menu of what the firmware starts, be it one that was not understood."""
    return bool(root.boot_menu.entries) or menu_files.are_there(root, root.recall(Facts).found_by.started)


def _by_disk(root: GuestRoot, sectors: Mapping[str, str], installed: str) -> dict[str, dict[str, str]]:
    """Per disk what would start from it: that boots, whatever files are installed.

    Partitioning programs write code into the first sector that starts nothing, so an EFI system partition says more
    than code that is not known. installed: the name of the loader whose menu was found.
    """
    found = {}
    for disk in root.guest.disks:
        name = sectors.get(disk.device)
        has_partition = system_partition.on_disk(root.guest, disk.device)
        if name is not None and (name != UNKNOWN or not has_partition):
            found[disk.device] = {"type": "bios", "name": name}
        elif has_partition:
            found[disk.device] = {"type": "uefi", "name": installed}
    return found


def _firmware(root: GuestRoot, sectors: Mapping[str, str]) -> str:
    """What the caller knows of the source's firmware is right; else a guest with an EFI system partition has UEFI.

    Disks with a loader for both (cloud images) boot either way; BIOS needs no variables that a disk does not carry.
    """
    if root.guest.hardware.get("firmware"):
        return str(root.guest.hardware["firmware"])
    boots_with_bios = any(name != UNKNOWN for name in sectors.values())
    return "uefi" if system_partition.is_there(root.guest) and not boots_with_bios else "bios"


def _not_started(root: GuestRoot, firmware: str, kinds: set[str]) -> list[Concern]:
    """kinds: the firmwares ("bios", "uefi") that something on the disks starts with."""
    if firmware in kinds | ({"uefi"} if system_partition.is_there(root.guest) else set()):
        return []
    return [
        Concern(
            "boot-loader-missing",
            "warning",
            f"No disk has a boot loader for {firmware.upper()} firmware; the guest may not boot.",
            "Give all of the guest's disks, and as hardware.firmware what the source has.",
        )
    ]


def _unknown_code(place: str, title: str) -> Concern:
    """place: where the code is that is not known. title: of the loader that the guest is prepared to boot by."""
    return Concern(
        "boot-loader-unknown",
        "warning",
        f"guestconv does not know the boot loader in {place}. The guest is prepared to boot by {title}, the only one that "
        "was found.",
        f"If something else starts the guest, install {title} again in the guest before it moves.",
    )
