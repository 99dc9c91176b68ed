# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Disks, and what in the guest names them: fstab, crypttab, swap space and resume, LVM.

A name that the old hardware gave (/dev/sda1, by-path, by-id) becomes the UUID of the filesystem that it named, which
is right on any hardware.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from ...devices.targets import Model
from ...errors import GuestconvError
from ...guest.root import GuestRoot
from ...guest.storage.layers.array import MEMBER
from ...guest.storage.mounts import NEEDED
from ...model import target_hardware
from ...model.concerns import Concern
from ...model.description import Findings
from ...texts import fstab
from ..plan import Plan
from . import (
    arguments,
    condition,
    contradictions,
    encryption,
    incomplete,
    journals,
    lvm,
    mentions,
    references,
    resume,
    shared_folders,
    unified_images,
    unmounted,
)
from .names import Names

if TYPE_CHECKING:
    from ...guest.guest import Guest

NAME = "storage"
INSPECT_AFTER = ("bootloader",)
CONVERT_AFTER = ("hypervisor_tools",)

# What stands at the end of the first page of a swap space that memory was written to (libblkid, superblocks/swap.c).
_PAGE = 4096
_ASLEEP = (b"S1SUSPEND", b"S2SUSPEND", b"ULSUSPEND", b"LINHIB0001")


@dataclass(frozen=True)
class _Told:
    """What inspection found by the driver that it recommends: the concerns about what mentions disks, and the names."""

    names: Names
    concerns: list[Concern]


def inspect(root: GuestRoot) -> Findings:
    """One block device per disk, and a concern for all that names a filesystem which is not there on the target."""
    findings = Findings()
    encryption.learn(root)
    there = mentions.found(root)
    names_by_driver = _names_by_driver(root.guest)
    rejected = {driver: lvm.rejections(root, on_target) for driver, on_target in names_by_driver.items()}
    usable = [driver for driver in rejected if not rejected[driver]]
    certain = {driver: _certain_names(root.guest, driver, names_by_driver[driver]) for driver in usable or rejected}
    names = _names(root, there, certain)
    preferred = _preferred(root, there, names)
    # Where LVM takes the disks by none of their names, that is told, and not that there is no driver.
    if usable and len(usable) < len(rejected):
        findings.usable["block"] = {driver: "; ".join(map(str, reasons)) for driver, reasons in rejected.items()}
    if len(preferred) < len(names.by_driver):
        findings.preferred["block"] = preferred
    names_on_target = names_by_driver[preferred[0]]
    disks_of = _disks_of_mountpoints(root)
    for position, disk in enumerate(root.guest.disks):
        findings.devices.setdefault("block", {})[disk.device] = {
            "name": f"/dev/{disk.device}",
            "driver": _at_source(root.guest, position).get("controller"),
            "name_on_target": {driver: by_disk[disk.device] for driver, by_disk in names_by_driver.items()},
            "position": position,
            "size": disk.virtual_size,
            "mountpoints": sorted(path for path, disks in disks_of.items() if disk.device in disks),
        }
    findings.concerns += incomplete.concerns(root)
    findings.concerns += unmounted.concerns(root, names)
    findings.concerns += condition.concerns(root)
    findings.concerns += journals.concerns(root, names)
    findings.concerns += references.concerns(root, names)
    findings.concerns += encryption.concerns(root, names)
    findings.concerns += unified_images.concerns(root, names)
    findings.concerns += contradictions.concerns(root, names, mentions.mounted(there))
    by_hardware = mentions.concerns(root, there, names, names_on_target)
    root.remember(_Told(names, by_hardware))
    findings.concerns += by_hardware
    findings.concerns += lvm.concerns(rejected)
    asleep = [each.name for each in root.guest.storage.filesystems if each.type == "swsuspend"]
    findings.concerns += map(_hibernated, [*asleep, *_hibernated_files(root)])
    return findings


def convert(root: GuestRoot, plan: Plan) -> None:
    """Name filesystems by UUID wherever the guest named them by hardware, and say what the kernel and initrd need."""
    selection = plan.selection
    removed = frozenset(selection.removed["block"])
    models = target_hardware.disk_models([disk.device for disk in root.guest.disks], plan.target, selection)
    there = mentions.found(root)
    # What is removed needs no name.
    uncertain = target_hardware.uncertain(models, plan.target)
    certain = {device: name for device, name in plan.disk_names.items() if device not in uncertain}
    chosen = {**{device: f"/dev/{device}" for device in removed}, **certain}
    names = _names(root, there, {", ".join(sorted({model.driver for model in models.values()})): chosen})
    _refuse_needed(root, names, removed)
    _refuse_lost(root, names)
    plan.concerns += _told_by_choice(root, there, plan)
    plan.concerns += _order_uncertain(models, uncertain)
    for reference in references.references_in(root):
        references.rename(root, names, reference, removed)
    shared_folders.convert(root)
    encryption.convert(root, plan, names, removed)
    resume.convert(root, names, removed)
    mentions.convert(root, there, plan, names, removed)
    lvm.convert(root, plan)
    for model in models.values():
        plan.initrd.require(model.modules)
    plan.command_line.edit(lambda argument: arguments.edited(names, argument, removed))
    resume.edit_initrd(plan, names, removed)


def _names(root: GuestRoot, there: mentions.Found, by_driver: Mapping[str, Mapping[str, str]] | None = None) -> Names:
    links = references.names_of_hardware(root) | mentions.names_of_hardware(there)
    return Names(root.guest.storage, links, by_driver or {})


def _preferred(root: GuestRoot, there: mentions.Found, names: Names) -> list[str]:
    """The drivers with which the most of those names hold that cannot be replaced, and without which something is lost."""
    found = {name: names.filesystems(name) for name in names.links}
    # mdadm finds the members of arrays under any name.
    lasting = [
        name
        for name, filesystems in found.items()
        if any(filesystem.type != MEMBER for filesystem in filesystems) and names.stable(name) is None
    ]
    lasting += [journal.name for journal in journals.journals(root, names)]
    lost = {
        driver: sum(driver not in names.held_by(name) for name in lasting) + mentions.lost_with(there, names, disks)
        for driver, disks in names.by_driver.items()
    }
    return [driver for driver in lost if lost[driver] == min(lost.values())]


def _refuse_lost(root: GuestRoot, names: Names) -> None:
    """Refuse drivers with which names are lost that the guest needs, and that others keep."""
    kept = replace(names, by_driver={"kept": {disk.identifier: disk.name for disk in names.storage.disks}})
    sources = (references.concerns, unmounted.concerns, journals.concerns)
    always = [concern for concerns in sources for concern in concerns(root, kept)]
    for concern in [concern for concerns in sources for concern in concerns(root, names)]:
        if concern.severity == "error" and concern not in always:
            raise GuestconvError(concern.code, concern.message, hint=concern.hint, path="guest.devices.block")


def _told_by_choice(root: GuestRoot, there: mentions.Found, plan: Plan) -> list[Concern]:
    """What mentions disks and does not hold with the drivers that were chosen, and would with that which is recommended."""
    try:
        told = root.recall(_Told)
    except KeyError:
        return []
    return [each for each in mentions.concerns(root, there, told.names, plan.disk_names) if each not in told.concerns]


def _order_uncertain(models: Mapping[str, Model], uncertain: Sequence[str]) -> list[Concern]:
    """The concern about disks of several models with names of one kind; in a list, which may be empty."""
    if not uncertain:
        return []
    listed = ", ".join(f"{device} on {models[device].driver}" for device in uncertain)
    return [
        Concern(
            "disk-order-uncertain",
            "info",
            f"Which name of the kind /dev/{models[uncertain[0]].disk_prefix}X each of these disks gets on the target "
            f"depends on the order in which the kernel finds their controllers: {listed}.",
            "Nothing needs to be done: the guest finds its disks by UUID. `name_on_target` is the most likely name.",
        )
    ]


def _names_by_driver(guest: Guest) -> dict[str, dict[str, str]]:
    """{driver: names of the disks on the target, were all of that model}, of the target's models, the best first."""
    devices = [disk.device for disk in guest.disks]
    return {
        model.driver: target_hardware.disk_names(devices, dict.fromkeys(devices, model), guest.target)
        for model in guest.target.models["block"]
    }


def _certain_names(guest: Guest, driver: str, names: Mapping[str, str]) -> dict[str, str]:
    """Those of names ({disk: its name on the target, were all of this driver}) on which the guest can rely there."""
    models = dict.fromkeys(names, guest.target.model("block", driver))
    uncertain = target_hardware.uncertain(models, guest.target)
    return {device: name for device, name in names.items() if device not in uncertain}


def _at_source(guest: Guest, position: int) -> Mapping[str, Any]:
    """What the caller knows of the disk at this position in the source's virtual machine: controller, boot_order."""
    told = guest.hardware.get("disks") or []
    return told[position] if position < len(told) else {}


def _disks_of_mountpoints(root: GuestRoot) -> dict[str, frozenset[str]]:
    """{path: names of the disks (frozenset)} of what the guest mounts."""
    storage = root.guest.storage
    disks = {each.name: storage.disks_of(each) for each in storage.filesystems}
    return {path: disks.get(name, frozenset()) for path, name in root.info["mountpoints"].items()}


def _refuse_needed(root: GuestRoot, names: Names, removed: frozenset[str]) -> None:
    """Refuse to remove disks that the guest does not start without, or that hold a part of what stays."""
    if not removed:
        return
    storage = root.guest.storage
    disks_of = {path: disks for path, disks in _disks_of_mountpoints(root).items() if path in NEEDED}
    parts_of = {node.name: storage.disks_of(node) for node in storage.nodes if len(node.parents) > 1}
    keys = references.beside(root, names, removed)
    first = target_hardware.boot_order([disk.device for disk in root.guest.disks], root.guest.hardware)[0]
    for device in sorted(removed):
        needed = sorted(path for path, disks in disks_of.items() if device in disks)
        needed += [f"a part of {name}" for name, disks in parts_of.items() if device in disks and not disks <= removed]
        needed += [f"{name}, which {path} names," for path, name in keys if names.are_on(name, [device])]
        if needed or device == first:
            raise GuestconvError(
                "device-required",
                f"The disk {device} cannot be removed: the guest does not boot without it"
                + (f" ({', '.join(needed)} is on it)." if needed else "."),
                hint="What is on a volume group or an array can be removed with all of its disks only.",
                path=f"guest.devices.block.{device}",
            )


def _hibernated_files(root: GuestRoot) -> list[str]:
    """The swap files that hold a hibernated system. The kernel finds one by resume_offset= alone."""
    if not any("resume_offset=" in entry.arguments for entry in root.boot_menu.entries):
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
