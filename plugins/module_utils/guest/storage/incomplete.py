# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Arrays and volume groups that are not whole: a disk was forgotten, or they were not whole on the source. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from .graph import Graph
from .layer import Layer
from .layers.array import Array
from .layers.filesystem import Filesystem
from .layers.logical_volume import PHYSICAL_VOLUME, LogicalVolume

_ALL_DISKS = "Give all of the guest's disks."
_LEVELS = {"linear": "a linear array", **{f"raid{number}": f"RAID {number}" for number in (0, 1, 4, 5, 6, 10)}}


@dataclass(frozen=True)
class Lack:
    """What is wrong with an array or a volume group.

    nodes: the array, or the volumes of the group. code: of the concern or error. message, hint: for a person.
    """

    nodes: tuple[Layer, ...]
    code: str
    message: str
    hint: str


def lacks(storage: Graph) -> list[Lack]:
    """All that is wrong with the arrays and volume groups."""
    groups: dict[str, list[LogicalVolume]] = {}
    for volume in storage.of_kind(LogicalVolume):
        groups.setdefault(volume.group, []).append(volume)
    found = [
        *(lack for array in storage.of_kind(Array) for lack in _of_array(array)),
        *(lack for volumes in groups.values() for lack in _of_group(storage, volumes)),
    ]
    return found


def _of_array(array: Array) -> Iterator[Lack]:
    condition = array.condition
    what = f"The array {array.name}"
    if condition is None:
        if not array.device:
            yield _stopped(
                array, f"{what} could not be started: its members ({_names(array.parents)}) say nothing of it."
            )
        return
    kind = f"{_LEVELS.get(array.level, array.level)}, metadata {array.metadata}"
    what = f"{what} ({kind}) has {condition.in_use} of its {condition.total} members ({_names(array.parents)})"
    if condition.absent:
        verb = "was" if condition.absent == 1 else "were"
        yield Lack(
            (array,),
            "storage-incomplete",
            f"{what}. {condition.absent} more {verb} in use when the guest last ran, and not on the given disks.",
            f"{_ALL_DISKS} If a disk is lost, start the guest once without it on its old hypervisor.",
        )
    elif condition.unused:
        yield Lack(
            (array,),
            "array-degraded",
            f"{what}, and ran so on the source: it has no redundancy, or less than it was made for.",
            "Replace the failed member in the guest before it moves, or have the array do without it "
            "(mdadm --grow --raid-devices=).",
        )
    elif not array.device:
        yield _stopped(array, f"{what}, and could not be started.")


def _stopped(array: Array, message: str) -> Lack:
    return Lack(
        (array,),
        "array-not-started",
        message,
        "Start the guest once on its old hypervisor, wait until the array is rebuilt (cat /proc/mdstat), and shut it "
        "down.",
    )


def _of_group(storage: Graph, volumes: list[LogicalVolume]) -> Iterator[Lack]:
    """What is wrong with the volume groups of one name."""
    group, nodes = volumes[0].group, tuple(volumes)
    if len({volume.group_uuid for volume in volumes}) > 1:
        yield _ambiguous(nodes, f"Two volume groups are called {group}: on {_names(_members(volumes))}.")
        return
    missing = list(dict.fromkeys(uuid for volume in volumes for uuid in volume.missing))
    inactive = [volume for volume in volumes if not volume.device and not volume.is_skipped]
    copies = _copies(storage, volumes)
    if missing:
        are = "volume" if len(missing) == 1 else "volumes"
        yield Lack(
            nodes,
            "storage-incomplete",
            f"The volume group {group} lacks the physical {are} {', '.join(missing)}. It is on "
            f"{_names(_members(volumes))} as far as the given disks go.",
            f"{_ALL_DISKS} If a disk is lost, run `vgreduce --removemissing {group}` in the guest.",
        )
    elif copies and inactive:
        yield _ambiguous(
            nodes,
            f"The volume group {group} is there more than once: {_names(copies)} are copies of one physical volume.",
        )
    elif inactive:
        yield Lack(
            tuple(inactive),
            "volume-not-active",
            f"LVM could not activate {_names(inactive)}.",
            "Start the guest once on its old hypervisor, check the volumes there (lvs -a), and shut it down.",
        )


def _ambiguous(nodes: tuple[Layer, ...], message: str) -> Lack:
    return Lack(
        nodes,
        "volume-group-ambiguous",
        message,
        "Give the disks of one system only, or give the copy a name and UUIDs of its own in the guest (vgimportclone).",
    )


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
