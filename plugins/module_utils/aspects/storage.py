# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Disks, and what in the guest names them: fstab, crypttab, swap space and resume.

A name that the old hardware gave (/dev/sda1, by-path, by-id) becomes the UUID of the filesystem that it named, which
is right on any hardware.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from ansible_collections.virttools.guestconv.plugins.module_utils.description import Concern, Findings
from ansible_collections.virttools.guestconv.plugins.module_utils.errors import GuestconvError
from ansible_collections.virttools.guestconv.plugins.module_utils.targets import letters

NAME = "storage"


@dataclass(frozen=True)
class Reference:
    """Files that name filesystems: the Augeas lens that reads them, and the nodes whose values are the names."""

    path: str
    lens: str
    nodes: str
    named: str


_REFERENCES = (
    Reference("/etc/fstab", "Fstab", "*/spec", "filesystem"),
    Reference("/etc/crypttab", "Crypttab", "*/device", "encrypted device"),
    # initramfs-tools(7): where the initrd looks for a hibernated system.
    Reference("/etc/initramfs-tools/conf.d/resume", "Shellvars", "RESUME", "resume device"),
    Reference("/etc/initramfs-tools/initramfs.conf", "Shellvars", "RESUME", "resume device"),
)

# Names that depend on the hardware: the kernel's, and udev's links that are made of serial numbers and PCI paths.
_HARDWARE_NAME = re.compile(r"/dev/(?:(?:sd|hd|vd|xvd)[a-z]+\d*|nvme\d+n\d+(?:p\d+)?|disk/by-(?:path|id)/.+)$")
# How every one of them begins, in a line that is no comment. A file without it need not be taken apart by Augeas,
# which takes half a second to learn a lens. Debian's installer names disks so in comments.
_BEGIN_OF_HARDWARE_NAME = re.compile(r"(?m)^[ \t]*(?![#\s]).*?/dev/(?:sd|hd|vd|xvd|nvme|disk/by-(?:path|id))")


def inspect(root):
    """One block device per disk, and a concern for every line that names a filesystem which is not there."""
    findings = Findings()
    names = _names_on_target(
        [disk.device for disk in root.guest.disks],
        {disk.device: root.guest.target.models["block"][0] for disk in root.guest.disks},
    )
    for position, disk in enumerate(root.guest.disks):
        findings.devices.setdefault("block", {})[disk.device] = {
            "name": f"/dev/{disk.device}",
            "driver": _at_source(root.guest, position).get("controller"),
            "name_on_target": names[disk.device],
            "position": position,
            "size": disk.virtual_size,
            "mountpoints": _mountpoints_on(root, disk.device),
        }
    for reference in _REFERENCES:
        findings.concerns += [_unknown_name(reference, name) for name in _unknown_names(root, reference)]
    return findings


def convert(root, conversion):
    """Name filesystems by UUID wherever the guest named them by hardware, and say what the kernel and initrd need."""
    selection = conversion.selection
    for device in selection.removed["block"]:
        _refuse_needed(root, device)
    kept = [disk.device for disk in root.guest.disks if disk.device in selection.drivers["block"]]
    models = {device: conversion.model("block", device) for device in kept}
    conversion.disk_names = _names_on_target(kept, models)
    for reference in _REFERENCES:
        _rename(root, reference, set(selection.removed["block"]))
    for model in models.values():
        conversion.initrd_modules += [name for name in model.modules if name not in conversion.initrd_modules]
    conversion.argument_edits.append(lambda argument: _edit_argument(root.guest, argument))
    # The copy of conf.d/resume that initramfs-tools' mkinitramfs put into the initrd.
    conversion.initrd_edits.append((r"conf/conf\.d/.+", lambda text: _edit_resume(root.guest, text)))
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


def stable_name(guest, name):
    """How to name the filesystem called name on whatever hardware ("UUID=..."); None when it is not the guest's."""
    filesystem = guest.filesystem(name)
    if filesystem is None:
        return None
    for tag, value in (
        ("UUID", filesystem.uuid),
        ("LABEL", filesystem.label),
        ("PARTUUID", filesystem.partuuid),
    ):
        # A label may hold a space, which each file quotes in its own way.
        if value and not re.search(r"\s", value):
            return f"{tag}={value}"
    return None


def _at_source(guest, position):
    """What the caller knows of the disk at this position in the source's virtual machine: controller, boot_order."""
    told = guest.hardware.get("disks") or []
    return told[position] if position < len(told) else {}


def _in_boot_order(guest):
    """The disks' names, first that which the source booted from. Disks without an order come last, as they were given."""
    orders = {disk.device: _at_source(guest, position).get("boot_order") for position, disk in enumerate(guest.disks)}
    return sorted(orders, key=lambda device: (orders[device] is None, orders[device] or 0))


def _names_on_target(devices, models):
    """The kernel's names of the disks on the target, which counts the disks of one prefix (vd, sd) on its own."""
    counts, names = {}, {}
    for device in devices:
        prefix = models[device].disk_prefix
        names[device] = f"/dev/{prefix}{letters(counts.get(prefix, 0))}"
        counts[prefix] = counts.get(prefix, 0) + 1
    return names


def _unknown_names(root, reference):
    """The names by hardware, in the file of reference, of what is not among the guest's filesystems."""
    if not _may_name_hardware(root, reference):
        return []
    tree = root.edit(reference.path, reference.lens, "")
    names = [tree.get(node) or "" for node in tree.match(reference.nodes)]
    return [name for name in names if _HARDWARE_NAME.match(name) and stable_name(root.guest, name) is None]


def _may_name_hardware(root, reference):
    return _BEGIN_OF_HARDWARE_NAME.search(root.read(reference.path) or "") is not None


def _mountpoints_on(root, device):
    names = {filesystem.name for filesystem in root.guest.filesystems if filesystem.disk == device}
    return sorted(path for path, name in root.info["mountpoints"].items() if name in names)


def _refuse_needed(root, device):
    needed = [path for path in _mountpoints_on(root, device) if path in ("/", "/boot", "/boot/efi", "/usr", "/var")]
    if needed or _in_boot_order(root.guest)[0] == device:
        raise GuestconvError(
            "device-required",
            f"The disk {device} cannot be removed: the guest does not boot without it"
            + (f" ({', '.join(needed)} is on it)." if needed else "."),
            path=f"guest.devices.block.{device}",
        )


def _rename(root, reference, removed):
    if not removed and not _may_name_hardware(root, reference):
        return
    tree = root.edit(reference.path, reference.lens, f"named each {reference.named} by UUID instead of by hardware")
    if tree is None:
        return
    # From the last to the first, so that a line which is taken out does not renumber those yet to be seen.
    for node in reversed(tree.match(reference.nodes)):
        name = tree.get(node) or ""
        filesystem = root.guest.filesystem(name)
        if filesystem and filesystem.disk in removed:
            _comment_out(tree, node)
        elif _HARDWARE_NAME.match(name):
            stable = stable_name(root.guest, name)
            if stable:
                tree.set(node, stable)


def _comment_out(tree, node):
    """Put a comment in the place of an entry whose disk was removed."""
    entry = node.rpartition("/")[0] or node
    fields = " ".join(filter(None, (tree.get(field) for field in tree.match(f"{entry}/*"))))
    tree.insert(entry, "#comment", True)
    comment = tree.match(f"{entry}/preceding-sibling::#comment[1]")[0]
    tree.set(comment, f"removed with its disk: {fields or tree.get(entry)}")
    tree.remove(entry)


def _edit_argument(guest, argument):
    """root= and resume= of the kernel's command line."""
    key, equals, value = argument.partition("=")
    if equals and key in ("root", "resume") and _HARDWARE_NAME.match(value):
        return f"{key}={stable_name(guest, value) or value}"
    return argument


def _edit_resume(guest, text):
    def stable(match):
        return match.group(1) + (stable_name(guest, match.group(2)) or match.group(2))

    return re.sub(r"(?m)^(RESUME=)(/dev/\S+)", stable, text)


def _unknown_name(reference, name):
    return Concern(
        "device-name-unknown",
        "warning",
        f"{reference.path} names {name}, which is none of the disks' filesystems.",
        f"Give all of the guest's disks; if that was done, remove the line from {reference.path}, "
        "or name the filesystem there by UUID.",
    )
