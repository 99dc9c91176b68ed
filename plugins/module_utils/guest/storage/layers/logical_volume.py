# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""LVM's logical volumes, which are made of the physical volumes of their group."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar

from ... import device_names
from ..answers import Answers
from ..layer import Layer, Nodes
from ..lvm_report import Member, Volume
from .disk import Disk
from .filesystem import Filesystem
from .partition import Partition

PHYSICAL_VOLUME = "LVM2_member"


@dataclass(frozen=True)
class LogicalVolume:
    """A logical volume.

    device: "" when it is not active. name: /dev/VG/LV. parents: the physical volumes of its group that are there.
    uuid, group_uuid: its UUID without hyphens, and that of its volume group. is_snapshot: it is a copy of another volume.
    is_skipped: LVM does not activate it unless somebody insists.
    missing: the UUIDs of the physical volumes of its group that are on none of the disks.
    """

    IS_DEVICE: ClassVar[bool] = True

    device: str
    name: str
    parents: tuple[Layer, ...]
    uuid: str = ""
    group_uuid: str = ""
    is_snapshot: bool = False
    is_skipped: bool = False
    missing: tuple[str, ...] = ()
    tags: ClassVar[Mapping[str, str]] = {}

    @property
    def group(self) -> str:
        """The name of its volume group."""
        return self.name.split("/")[2]

    @property
    def identity(self) -> str:
        """Its UUID."""
        return f"LVM={self.uuid}"

    def is_called(self, path: str) -> bool:
        """Whether path is one of LVM's or the device mapper's names of it."""
        if device_names.logical_volume(path) == self.name:
            return True
        uuid = device_names.logical_volume_uuid(path)
        return uuid is not None and uuid == self.uuid

    @classmethod
    def discover(cls, answers: Answers, known: Nodes, fresh: Sequence[Layer]) -> Iterable[Layer]:
        """The volumes that are complete now that new physical volumes appeared."""
        if not any(isinstance(node, Filesystem) and node.type == PHYSICAL_VOLUME for node in fresh):
            return
        # One that was not active may be so now.
        there = {(node.group_uuid, node.name) for node in known.of_kind(cls) if node.device}
        volumes = [each for each in _active(answers) if (each.group_uuid, each.path) not in there]
        physical = [node for node in known.of_kind(Filesystem) if node.type == PHYSICAL_VOLUME]
        # With one physical volume there is nothing to ask, unless LVM knows one that is not found yet: in an array.
        is_plain = all(isinstance(node, (Disk, Partition)) for node in known.nodes if node.IS_DEVICE)
        is_simple = is_plain and len(physical) == 1 and not any(volume.is_partial for volume in volumes)
        members = [] if is_simple or not volumes else answers.volume_members()
        for volume in volumes:
            own = [member for member in members if member.group_uuid == volume.group_uuid]
            parents = physical if is_simple else _parents(own, physical)
            # Of a group that LVM found on a part of an array, and not in it, there are none.
            if parents:
                yield cls(
                    volume.path if volume.is_active else "",
                    volume.path,
                    tuple(parents),
                    volume.uuid,
                    volume.group_uuid,
                    volume.is_snapshot,
                    volume.is_skipped,
                    tuple(member.uuid for member in own if member.is_missing),
                )


def _active(answers: Answers) -> list[Volume]:
    """All volumes, after those were activated that the guest itself would: a group is complete, or stays as it is."""
    volumes = answers.volumes()
    waiting = {each.group for each in volumes if not (each.is_active or each.is_skipped or each.is_partial)}
    for group in sorted(waiting):
        answers.activate(group)
    return answers.volumes() if waiting else volumes


def _parents(members: Iterable[Member], physical: Sequence[Filesystem]) -> list[Filesystem]:
    uuids = {device_names.bare_uuid(member.uuid) for member in members}
    return [node for node in physical if device_names.bare_uuid(node.uuid) in uuids]
