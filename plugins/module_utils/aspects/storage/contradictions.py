# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Signs in fstab and crypttab that the disks were given in another order than the guest knew them in.

A name that the hardware gave (/dev/sdb1) leads to another filesystem then, and would be bound to it by UUID for good.
"""

from __future__ import annotations

import posixpath
from collections.abc import Collection, Mapping

from ...guest import device_names
from ...guest.root import GuestRoot
from ...guest.storage.layers.filesystem import Filesystem
from ...model.concerns import Concern
from ...texts import fstab, tables
from ...texts.fstab import Entry
from .names import Names
from .references import is_made_anew

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

_WRONG_PLACE = " The guest would mount it in the wrong place, or not start."
_DESTROYED = " The guest would destroy what is there when it starts."
_HINT = (
    "Give the disks in the order in which the guest knew them (sda first), or as device the name that it knew each by. "
    "If the order is right, correct the line in the guest."
)


def concerns(root: GuestRoot, names: Names) -> list[Concern]:
    """A concern for each line of fstab and crypttab that expects something else than what the name in it leads to."""
    entries = [
        entry
        for entry in fstab.parse(root.read("/etc/fstab") or "")
        if device_names.is_of_hardware(entry.spec) and not {"bind", "rbind"} & set(entry.options)
    ]
    labels = frozenset(word for entry in entries if entry.is_mount for word in _labels_for(entry.path))
    found = [_of_line(root, names, entry, labels) for entry in entries]
    found += [_of_mapping(names, row) for row in tables.rows(root.read("/etc/crypttab") or "")]
    return [concern for concern in found if concern]


def _of_line(root: GuestRoot, names: Names, entry: Entry, labels: frozenset[str]) -> Concern | None:
    """The concern about a line of fstab. labels: those that go with what such lines mount."""
    filesystems = names.filesystems(entry.spec)
    # Of clones any may be meant.
    others = [each for each in filesystems if not _is_expected(entry, each)]
    severity = "error" if entry.stops(root.info["init"]) else "warning"
    if filesystems and others == filesystems:
        kind = others[0].type or "empty"
        return _concern(
            "/etc/fstab", f"{entry.spec} is {entry.type}, and on the given disks it is {kind}", severity, _WRONG_PLACE
        )
    if _is_other_root(root, filesystems, entry):
        return _concern(
            "/etc/fstab",
            f"{entry.spec} is the root, and on the given disks that is {root.name}",
            severity,
            _WRONG_PLACE,
        )
    theirs = {each.label.lower() for each in filesystems}
    if entry.is_mount and theirs and theirs <= labels and theirs.isdisjoint(_labels_for(entry.path)):
        label = ", ".join(sorted({each.label for each in filesystems}))
        return _concern(
            "/etc/fstab", f"{entry.spec} is {entry.path}, and on the given disks its label is {label}", "warning", ""
        )
    return None


def _is_expected(entry: Entry, filesystem: Filesystem) -> bool:
    """Whether entry may mount filesystem, as far as its type says."""
    families = [_FAMILIES.get(kind) for kind in entry.type.split(",") if kind]
    # Of a type that is not known here nothing is.
    return not families or None in families or _FAMILIES.get(filesystem.type, filesystem.type) in families


def _is_other_root(root: GuestRoot, filesystems: Collection[Filesystem], entry: Entry) -> bool:
    """Whether entry is about the root, and leads to other filesystems, which have no system on them.

    One that has is what this root was cloned from.
    """
    if entry.path != "/":
        return False
    others = {filesystem.name for filesystem in filesystems}
    systems = {other.mount_plan.root.filesystem.name for other in root.guest.roots}
    own = root.mount_plan.root.filesystem.name
    return bool(others) and own in systems and others.isdisjoint(systems)


def _labels_for(path: str) -> set[str]:
    """What people label, in lower case, that is mounted at path: as Red Hat's installers did, or its last part."""
    return {path.lower(), posixpath.basename(path).lower()} - {""}


def _of_mapping(names: Names, row: tables.Row) -> Concern | None:
    """The concern about a row of crypttab whose device has a filesystem on it that is not encrypted."""
    fields = [fstab.unescaped(field) for field in row.fields]
    if len(fields) < 2 or not device_names.is_of_hardware(fields[1]):
        return None
    found = [each for each in names.filesystems(fields[1]) if _FAMILIES.get(each.type, "swap") != "swap"]
    if not found or len(found) < len(names.filesystems(fields[1])):
        return None
    severity, ends = ("error", _DESTROYED) if is_made_anew(row) else ("warning", "")
    said = f"{fields[1]} is encrypted, and on the given disks it is {found[0].type}"
    return _concern("/etc/crypttab", said, severity, ends)


def _concern(path: str, said: str, severity: str, ends: str) -> Concern:
    return Concern(
        "disk-order-contradicted",
        severity,
        f"{path} says that {said}: the disks were given in another order than the guest knew them in."
        + (ends if severity == "error" else ""),
        _HINT,
    )
