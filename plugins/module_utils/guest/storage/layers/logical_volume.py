# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""LVM's logical volumes, which are made of the physical volumes of their group."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Callable, ClassVar

from ... import device_names
from ..answers import Answers
from ..layer import Layer, Nodes
from .filesystem import Filesystem

PHYSICAL_VOLUME = "LVM2_member"


@dataclass(frozen=True)
class LogicalVolume:
    """A logical volume.

    name: /dev/VG/LV. parents: the physical volumes of its group.
    uuid: gives its UUID, without hyphens. It is a function because few guests use it and LVM takes long to answer.
    """

    IS_DEVICE: ClassVar[bool] = True

    device: str
    name: str
    parents: tuple[Layer, ...]
    uuid: Callable[[], str] = field(compare=False, repr=False)
    tags: ClassVar[Mapping[str, str]] = {}

    @property
    def identity(self) -> str:
        """Its UUID."""
        return f"LVM={self.uuid()}"

    def is_called(self, path: str) -> bool:
        """Whether path is one of LVM's or the device mapper's names of it."""
        if device_names.logical_volume(path) == self.name:
            return True
        uuid = device_names.logical_volume_uuid(path)
        return uuid is not None and uuid == self.uuid()

    @classmethod
    def discover(cls, answers: Answers, known: Nodes, fresh: Sequence[Layer]) -> Iterable[Layer]:
        """The volumes that are complete now that new physical volumes appeared."""
        if not any(isinstance(node, Filesystem) and node.type == PHYSICAL_VOLUME for node in fresh):
            return
        members = [node for node in known.of_kind(Filesystem) if node.type == PHYSICAL_VOLUME]
        there = {node.device for node in known.of_kind(cls)}
        groups: dict[str, tuple[Layer, ...]] = {}
        for device in answers.volumes():
            group = device.split("/")[2]
            if group not in groups:
                groups[group] = _members_of(group, answers, members)
            if device not in there:
                yield cls(device, device, groups[group], partial(answers.volume_uuid, device))


def _members_of(group: str, answers: Answers, members: Sequence[Filesystem]) -> tuple[Layer, ...]:
    # With one physical volume there is nothing to ask.
    if len(members) < 2:
        return tuple(members)
    uuids = answers.group_members(group)
    return tuple(member for member in members if device_names.bare_uuid(member.uuid) in uuids)
