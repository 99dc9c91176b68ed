# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Signs in fstab that the disks were given in another order than the guest knew them in.

A name that the hardware gave (/dev/sdb1) leads to another filesystem then, and would be bound to it by UUID for good.
"""

from __future__ import annotations

from collections.abc import Mapping

from ...guest import device_names
from ...guest.root import GuestRoot
from ...guest.storage.layers.filesystem import Filesystem
from ...model.concerns import Concern
from ...texts import fstab
from ...texts.fstab import Entry
from .names import Names

# {type in fstab: what one driver, or one name, stands for}, of the types that blkid knows by the same words. Each
# mounts all of its family (mount(8); the kernel's ext4 mounts the older ones).
_FAMILIES: Mapping[str, str] = {
    **dict.fromkeys(("ext2", "ext3", "ext4"), "ext"),
    **dict.fromkeys(("vfat", "msdos", "fat", "umsdos"), "fat"),
    **dict.fromkeys(("ntfs", "ntfs3", "ntfs-3g", "lowntfs-3g"), "ntfs"),
    **dict.fromkeys(("swap", "swsuspend"), "swap"),
    **dict.fromkeys(("iso9660", "udf"), "disc"),
    **{name: name for name in ("xfs", "btrfs", "reiserfs", "jfs", "f2fs", "exfat")},
}

_HINT = (
    "Give the disks in the order in which the guest knew them (sda first), or as device the name that it knew each by. "
    "If the order is right, correct the line in the guest."
)


def concerns(root: GuestRoot, names: Names) -> list[Concern]:
    """A concern for each line of fstab that expects something else than what the name in it leads to."""
    entries = [
        entry
        for entry in fstab.parse(root.read("/etc/fstab") or "")
        if device_names.is_of_hardware(entry.spec) and not {"bind", "rbind"} & set(entry.options)
    ]
    paths = {entry.path for entry in entries}
    found = []
    for entry in entries:
        # Of clones any may be meant.
        reasons = [_contradiction(entry, filesystem, paths) for filesystem in names.filesystems(entry.spec)]
        if reasons and all(reasons):
            found.append(_concern(entry, reasons[0], "error" if entry.is_waited_for else "warning"))
        elif reasons and _is_other_root(root, names, entry):
            said = f"says that {entry.spec} is its root, and on the given disks that is {root.name}"
            found.append(_concern(entry, said, "error"))
    return found


def _is_other_root(root: GuestRoot, names: Names, entry: Entry) -> bool:
    """Whether entry is about the root, and leads to another filesystem, which has no system on it.

    One that has is what this root was cloned from.
    """
    others = {filesystem.name for filesystem in names.filesystems(entry.spec)}
    systems = {other.name for other in root.guest.roots}
    return entry.path == "/" and root.name in systems and others.isdisjoint(systems)


def _contradiction(entry: Entry, filesystem: Filesystem, paths: set[str]) -> str:
    """What the filesystem is that entry does not expect, in words; "" when nothing contradicts."""
    expected = [kind for kind in entry.type.split(",") if kind]
    families = [_FAMILIES.get(kind) for kind in expected]
    if expected and None not in families and _FAMILIES.get(filesystem.type, filesystem.type) not in families:
        return f"says that {entry.spec} is {entry.type}, and on the given disks it is {filesystem.type or 'empty'}"
    # Installers of Red Hat's label a filesystem with its mount point.
    label = filesystem.label
    if label.startswith("/") and entry.is_mount and label != entry.path and label in paths:
        return f"mounts {entry.spec} at {entry.path}, and on the given disks its label is {label}"
    return ""


def _concern(entry: Entry, reason: str, severity: str) -> Concern:
    ends = " The guest would mount it in the wrong place, or not start." if severity == "error" else ""
    return Concern(
        "disk-order-contradicted",
        severity,
        f"/etc/fstab {reason}: the disks were given in another order than the guest knew them in.{ends}",
        _HINT,
    )
