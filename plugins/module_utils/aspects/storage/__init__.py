# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Disks, and what in the guest names them: fstab, crypttab, swap space and resume, LVM.

A name that the old hardware gave (/dev/sda1, by-path, by-id) becomes the UUID of the filesystem that it named, which
is right on any hardware.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

from ...devices.targets import Model, letters
from ...errors import GuestconvError
from ...guest.root import GuestRoot
from ...guest.storage.mounts import NEEDED
from ...initrd import initramfs_tools
from ...model.description import Concern, Findings
from ...texts import fstab
from ..conversion import Conversion
from . import lvm, references, resume, unmounted
from .names import Names

if TYPE_CHECKING:
    from ...guest.guest import Guest

NAME = "storage"

# What stands at the end of the first page of a swap space that memory was written to (libblkid, superblocks/swap.c).
_PAGE = 4096
_ASLEEP = (b"S1SUSPEND", b"S2SUSPEND", b"ULSUSPEND", b"LINHIB0001")


def inspect(root: GuestRoot) -> Findings:
    """One block device per disk, and a concern for all that names a filesystem which is not there on the target."""
    findings = Findings()
    names_on_target = _names_on_target(
        [disk.device for disk in root.guest.disks],
        {disk.device: root.guest.target.models["block"][0] for disk in root.guest.disks},
    )
    disks_of = _disks_of_mountpoints(root)
    for position, disk in enumerate(root.guest.disks):
        findings.devices.setdefault("block", {})[disk.device] = {
            "name": f"/dev/{disk.device}",
            "driver": _at_source(root.guest, position).get("controller"),
            "name_on_target": names_on_target[disk.device],
            "position": position,
            "size": disk.virtual_size,
            "mountpoints": sorted(path for path, disks in disks_of.items() if disk.device in disks),
        }
    findings.concerns += unmounted.concerns(root)
    findings.concerns += references.concerns(root, _names(root))
    findings.concerns += lvm.concerns(root, names_on_target)
    asleep = [each.name for each in root.guest.storage.filesystems if each.type == "swsuspend"]
    findings.concerns += map(_hibernated, [*asleep, *_hibernated_files(root)])
    return findings


def convert(root: GuestRoot, conversion: Conversion) -> None:
    """Name filesystems by UUID wherever the guest named them by hardware, and say what the kernel and initrd need."""
    selection = conversion.selection
    removed = frozenset(selection.removed["block"])
    _refuse_needed(root, removed)
    kept = [disk.device for disk in root.guest.disks if disk.device in selection.drivers["block"]]
    models = {device: conversion.model("block", device) for device in kept}
    conversion.disk_names = _names_on_target(kept, models)
    names = _names(root)
    for reference in references.REFERENCES:
        references.rename(root, names, reference, removed)
    resume.convert(root, names, removed)
    lvm.convert(root, conversion)
    for model in models.values():
        conversion.initrd_modules += [name for name in model.modules if name not in conversion.initrd_modules]
    conversion.argument_edits.append(lambda argument: references.edit_argument(names, argument))
    conversion.initrd_edits.append((initramfs_tools.COPIES, lambda text: resume.renamed(text, names, removed)))
    in_boot_order = [device for device in _in_boot_order(root.guest) if device in models]
    conversion.hardware["disks"] = [
        {
            "device": device,
            "driver": model.driver,
            "bus": model.bus,
            "boot_order": in_boot_order.index(device) + 1,
            "name_on_target": conversion.disk_names[device],
        }
        for device, model in models.items()
    ]


def _names(root: GuestRoot) -> Names:
    return Names(root.guest.storage, references.names_of_hardware(root))


def _at_source(guest: Guest, position: int) -> Mapping[str, Any]:
    """What the caller knows of the disk at this position in the source's virtual machine: controller, boot_order."""
    told = guest.hardware.get("disks") or []
    return told[position] if position < len(told) else {}


def _in_boot_order(guest: Guest) -> list[str]:
    """The disks' ids, first that which the source booted from. Those without an order come last, as they were given."""
    orders = {disk.device: _at_source(guest, position).get("boot_order") for position, disk in enumerate(guest.disks)}
    return sorted(orders, key=lambda device: (orders[device] is None, orders[device] or 0))


def _names_on_target(devices: Iterable[str], models: Mapping[str, Model]) -> dict[str, str]:
    """The kernel's names of the disks on the target, which counts the disks of one prefix (vd, sd) on its own."""
    counts: dict[str, int] = {}
    names = {}
    for device in devices:
        prefix = models[device].disk_prefix
        names[device] = f"/dev/{prefix}{letters(counts.get(prefix, 0))}"
        counts[prefix] = counts.get(prefix, 0) + 1
    return names


def _disks_of_mountpoints(root: GuestRoot) -> dict[str, frozenset[str]]:
    """{path: names of the disks (frozenset)} of what the guest mounts."""
    storage = root.guest.storage
    disks = {each.name: storage.disks_of(each) for each in storage.filesystems}
    return {path: disks.get(name, frozenset()) for path, name in root.info["mountpoints"].items()}


def _refuse_needed(root: GuestRoot, removed: frozenset[str]) -> None:
    """Refuse to remove disks that the guest does not start without, or that hold a part of what stays."""
    if not removed:
        return
    disks_of = _disks_of_mountpoints(root)
    first = _in_boot_order(root.guest)[0]
    for device in sorted(removed):
        on_it = sorted(path for path, disks in disks_of.items() if device in disks)
        needed = [path for path in on_it if path in NEEDED or not disks_of[path] <= removed]
        if needed or device == first:
            raise GuestconvError(
                "device-required",
                f"The disk {device} cannot be removed: the guest does not boot without it"
                + (f" ({', '.join(needed)} is on it)." if needed else "."),
                hint="What is on a volume group can be removed with all of its disks only.",
                path=f"guest.devices.block.{device}",
            )


def _hibernated_files(root: GuestRoot) -> list[str]:
    """The swap files that hold a hibernated system. The kernel finds one by resume_offset= alone."""
    menu = root.facts.get("bootloader")
    if not any("resume_offset=" in entry.arguments for entry in (menu.entries if menu else ())):
        return []
    swap = [entry.spec for entry in fstab.parse(root.read("/etc/fstab") or "") if entry.type == "swap"]
    paths = [path for path in swap if path.startswith("/") and not path.startswith("/dev/")]
    return [path for path in paths if root.is_file(path) and root.head(path, _PAGE)[_PAGE - 10 :].startswith(_ASLEEP)]


def _hibernated(name: str) -> Concern:
    return Concern(
        "guest-hibernated",
        "error",
        f"The guest is hibernated: {name} holds the memory of a system that was not shut down. Going on from "
        "there after the conversion would destroy its filesystems.",
        "Start the guest once on its old hypervisor, and shut it down.",
    )
