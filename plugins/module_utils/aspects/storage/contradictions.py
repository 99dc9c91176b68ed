# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Signs in fstab and crypttab that the disks were given in another order than the guest knew them in.

A name that the hardware gave (/dev/sdb1) leads to another filesystem then, and would be bound to it by UUID for good.
"""

from __future__ import annotations

import posixpath
from collections.abc import Collection, Iterable, Mapping

from ...guest import device_names
from ...guest.root import GuestRoot
from ...guest.storage.layers.filesystem import Filesystem
from ...model.concerns import Concern
from ...texts import crypttab, fstab, tables
from ...texts.fstab import Entry
from .. import inits
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

# What is a member of another layer, or swap space, is mounted by no type.
_MEMBERS = ("LVM2_member", "linux_raid_member", "zfs_member", "crypto_LUKS", "BitLocker", "bcache", "drbd")
_NEVER_MOUNTED = (*_MEMBERS, "swap", "swsuspend")
_ANY_TYPE = ("", "auto")
# Of these a guest mounts several subvolumes.
_SEVERAL_TIMES = ("btrfs",)
# What the firmware reads is FAT (UEFI specification, 13.3).
_OF_FIRMWARE = ("/boot/efi", "/efi")

_WRONG_PLACE = " The guest would mount it in the wrong place, or not start."
_DESTROYED = " The guest would destroy what is there when it starts."
_HINT = (
    "Give the disks in the order in which the guest knew them (sda first), or as device the name that it knew each by. "
    "If the order is right, correct the line in the guest."
)


def concerns(root: GuestRoot, names: Names, mounted: Collection[tuple[str, Entry]] = ()) -> list[Concern]:
    """A concern for each line of fstab and crypttab that expects something else than what the name in it leads to.

    mounted: (path of the unit, what it mounts by a name of hardware).
    """
    lines = fstab.parse(root.read("/etc/fstab") or "")
    entries = [
        entry
        for entry in lines
        if device_names.is_of_hardware(entry.spec) and not {"bind", "rbind"} & set(entry.options)
    ]
    lasting = [entry for entry in lines if not device_names.is_of_hardware(entry.spec)] if entries else []
    mounted_so = _mounted_by_lasting_names(root, names, lasting)
    of_root = {entry.spec for entry in entries if entry.path == "/"}
    labels = frozenset(word for entry in entries if entry.is_mount for word in _labels_for(entry.path))
    found = [
        _of_line(root, names, "/etc/fstab", entry, labels)
        # What is the root by that very name is mounted twice by any order of the disks.
        or (None if entry.spec in of_root else _twice(root, names, entry, mounted_so))
        for entry in entries
    ]
    found += [_of_line(root, names, path, entry, frozenset()) for path, entry in mounted]
    found += [_of_mapping(names, row) for row in tables.rows(root.read("/etc/crypttab") or "")]
    return [concern for concern in found if concern]


def _of_line(root: GuestRoot, names: Names, path: str, entry: Entry, labels: frozenset[str]) -> Concern | None:
    """The concern about a line of fstab, or a unit, in the file at path. labels: those that go with what such lines mount."""
    filesystems = names.filesystems(entry.spec)
    # Of clones any may be meant.
    others = [each for each in filesystems if not _is_expected(entry, each)]
    if filesystems and others == filesystems:
        kind = others[0].type or "empty"
        expected = entry.path if entry.type in _ANY_TYPE else entry.type
        said = f"{entry.spec} is {expected}, and on the given disks it is {kind}"
        return _concern(path, said, _severity(root, entry), _WRONG_PLACE)
    if _is_other_root(root, filesystems, entry):
        said = f"{entry.spec} is the root, and on the given disks that is {root.name}"
        return _concern(path, said, _severity(root, entry), _WRONG_PLACE)
    theirs = {_label(each) for each in filesystems}
    lowered = {label.lower() for label in theirs}
    if entry.is_mount and theirs and lowered <= labels and lowered.isdisjoint(_labels_for(entry.path)):
        said = f"{entry.spec} is {entry.path}, and on the given disks its label is {', '.join(sorted(theirs))}"
        return _concern(path, said, "warning", "")
    return None


def _mounted_by_lasting_names(
    root: GuestRoot, names: Names, entries: Iterable[Entry]
) -> dict[Filesystem, dict[str, None]]:
    """{filesystem: the paths (as keys) where lines mount it at boot by a name that holds on any hardware}; of the root "/"
    alone. A `noauto` line is a second way to what another mounts, which proves nothing."""
    found: dict[Filesystem, dict[str, None]] = {}
    for entry in entries:
        filesystems = names.filesystems(entry.spec) if entry.is_mount and entry.is_tried else []
        if len(filesystems) == 1:
            found.setdefault(filesystems[0], {})[entry.path] = None
    return {**found, root.mount_plan.root.filesystem: {"/": None}}


def _twice(
    root: GuestRoot, names: Names, entry: Entry, mounted: Mapping[Filesystem, Mapping[str, None]]
) -> Concern | None:
    """The concern about a line that leads to what is mounted elsewhere. mounted: as of _mounted_by_lasting_names."""
    filesystems = names.filesystems(entry.spec)
    if len(filesystems) != 1 or not entry.is_mount or entry.path == "/" or filesystems[0].type in _SEVERAL_TIMES:
        return None
    other = next((path for path in mounted.get(filesystems[0], ()) if path != entry.path), None)
    if other is None:
        return None
    said = f"{entry.spec} is {entry.path}, and on the given disks it is what is mounted at {other}"
    return _concern("/etc/fstab", said, _severity(root, entry), _WRONG_PLACE)


def _severity(root: GuestRoot, entry: Entry) -> str:
    return "error" if inits.stops(root, entry) else "warning"


def _label(filesystem: Filesystem) -> str:
    """Its label, or that of its partition."""
    return filesystem.label or (filesystem.partition.label if filesystem.partition else "")


def _is_expected(entry: Entry, filesystem: Filesystem) -> bool:
    """Whether entry may mount filesystem, as far as its type says."""
    if entry.type in _ANY_TYPE and entry.is_mount:
        is_fat = _FAMILIES.get(filesystem.type) == "fat"
        return filesystem.type not in _NEVER_MOUNTED and (is_fat or entry.path not in _OF_FIRMWARE)
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
    """The concern about a row of crypttab whose device has something on it that is not encrypted."""
    fields = [fstab.unescaped(field) for field in row.fields]
    if len(fields) < 2 or not device_names.is_of_hardware(fields[1]):
        return None
    entry = crypttab.entry(row)
    if entry and not entry.is_luks:
        return None
    is_new = is_made_anew(row)
    found = [each for each in names.filesystems(fields[1]) if _is_another(each.type, is_new)]
    if not found or len(found) < len(names.filesystems(fields[1])):
        return None
    # Where the swap space is, there may have been an encrypted device before.
    is_destroyed = is_new and found[0].type != "crypto_LUKS"
    severity, ends = ("error", _DESTROYED) if is_destroyed else ("warning", "")
    expected = "encrypted with a key that is made at each start" if is_new else "encrypted"
    said = f"{fields[1]} is {expected}, and on the given disks it is {found[0].type}"
    return _concern("/etc/crypttab", said, severity, ends)


def _is_another(kind: str, is_new: bool) -> bool:
    """Whether what is of this type is not what a row of crypttab opens. is_new: with a key that is made at each start."""
    if kind == "crypto_LUKS":
        return is_new
    return kind in _MEMBERS or _FAMILIES.get(kind, "swap") != "swap"


def _concern(path: str, said: str, severity: str, ends: str) -> Concern:
    return Concern(
        "disk-order-contradicted",
        severity,
        f"{path} says that {said}: the disks were given in another order than the guest knew them in."
        + (ends if severity == "error" else ""),
        _HINT,
    )
