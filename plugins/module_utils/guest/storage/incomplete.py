# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Arrays and volume groups that are not whole: a disk was forgotten, or they were not whole on the source. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Callable

from ...model.concerns import Concern
from .graph import Graph
from .layer import Layer
from .layers.array import Array
from .layers.filesystem import Filesystem
from .layers.logical_volume import PHYSICAL_VOLUME, LogicalVolume

_ALL_DISKS = "Give all of the guest's disks."
_LEVELS = {"linear": "a linear array", **{f"raid{number}": f"RAID {number}" for number in (0, 1, 4, 5, 6, 10)}}

# Whether the guest does not start without one of these nodes, an array or the volumes of a group.
IsNeeded = Callable[[Sequence[Layer]], bool]


def concerns(storage: Graph, is_needed: IsNeeded) -> list[Concern]:
    """A concern for each array and volume group with which something is wrong; an error where it is needed."""
    groups: dict[str, list[LogicalVolume]] = {}
    for volume in storage.of_kind(LogicalVolume):
        groups.setdefault(volume.group, []).append(volume)
    found = [_of_array(array, is_needed) for array in storage.of_kind(Array)]
    found += [_of_group(storage, volumes, is_needed) for volumes in groups.values()]
    return [concern for concern in found if concern]


def _of_array(array: Array, is_needed: IsNeeded) -> Concern | None:
    severity = "error" if is_needed([array]) else "warning"
    condition = array.condition
    if condition is None:
        return None if array.device else _unknown(array, severity)
    kind = f"{_LEVELS.get(array.level, array.level)}, metadata {array.metadata}"
    what = f"The array {array.name} ({kind}) has {condition.in_use} of its {condition.total} members"
    if condition.absent:
        was = "was" if condition.absent == 1 else "were"
        return Concern(
            "storage-incomplete",
            severity,
            f"{what} on the given disks ({_names(array.parents)}). {condition.absent} more {was} in use when the guest "
            f"last ran.{_ends(severity)}",
            f"{_ALL_DISKS} If a disk is lost, start the guest once without it on its old hypervisor.",
        )
    if condition.unused:
        return Concern(
            "array-degraded",
            severity,
            f"{what} in use ({_names(array.parents)}), and had so on the source already: a failed disk was not replaced, "
            f"or is still being rebuilt.{_ends(severity)}",
            "Replace the failed member in the guest before it moves, wait until the array is rebuilt "
            "(cat /proc/mdstat), or have the array do without that member (mdadm --grow --raid-devices=).",
        )
    return None if array.device else _stopped(f"{what} on the given disks, and could not be started.", severity)


def _unknown(array: Array, severity: str) -> Concern:
    """The concern about an array that is not started, and of whose members no superblock is understood."""
    are = "is a part" if len(array.parents) == 1 else "are parts"
    return Concern(
        "storage-incomplete",
        severity,
        f"{_names(array.parents)} {are} of a RAID array (md), of which disks are missing: it could not be started."
        f"{_ends(severity)}",
        _ALL_DISKS,
    )


def _stopped(message: str, severity: str) -> Concern:
    return Concern(
        "array-not-started",
        severity,
        message + _ends(severity),
        "Start the guest once on its old hypervisor, wait until the array is rebuilt (cat /proc/mdstat), and shut it "
        "down.",
    )


def _of_group(storage: Graph, volumes: Sequence[LogicalVolume], is_needed: IsNeeded) -> Concern | None:
    """The concern about the volume groups of one name."""
    group, severity = volumes[0].group, "error" if is_needed(volumes) else "warning"
    missing = list(dict.fromkeys(uuid for volume in volumes for uuid in volume.missing))
    inactive = [volume for volume in volumes if not volume.device and not volume.is_skipped]
    copies = _copies(storage, volumes)
    if copies or len({volume.group_uuid for volume in volumes}) > 1:
        return Concern(
            "volume-group-ambiguous",
            severity,
            f"There is more than one volume group {group}: on {_names(copies or _members(volumes))}.{_ends(severity)}",
            "Give the disks of one system only, or give the copy a name and UUIDs of its own in the guest "
            "(vgimportclone).",
        )
    if missing:
        return Concern(
            "storage-incomplete",
            severity,
            f"The volume group {group} lacks the physical volume{'s' * (len(missing) > 1)} {', '.join(missing)}. On the "
            f"given disks it has {_names(_members(volumes))}.{_ends(severity)}",
            f"{_ALL_DISKS} If a disk is lost, run `vgreduce --removemissing {group}` in the guest.",
        )
    if inactive:
        return Concern(
            "volume-not-active",
            severity,
            f"LVM could not activate {_names(inactive)}.{_ends(severity)}",
            "Start the guest once on its old hypervisor, check the volumes there (lvs -a), and shut it down.",
        )
    return None


def _ends(severity: str) -> str:
    return " The system is on it." if severity == "error" else ""


def _members(volumes: Iterable[LogicalVolume]) -> list[Layer]:
    return list(dict.fromkeys(parent for volume in volumes for parent in volume.parents))


def _copies(storage: Graph, volumes: Iterable[LogicalVolume]) -> list[Filesystem]:
    """The physical volumes of the group that have the same UUID."""
    members = [each for each in _members(volumes) if isinstance(each, Filesystem)]
    physical = [each for each in storage.filesystems if each.type == PHYSICAL_VOLUME]
    same = [each for each in physical if any(each.uuid == member.uuid for member in members)]
    return [each for each in same if sum(other.uuid == each.uuid for other in same) > 1]


def _names(nodes: Iterable[Layer]) -> str:
    return ", ".join(node.name for node in nodes)
