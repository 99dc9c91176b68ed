# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A btrfs over several devices, which is one filesystem, whenever its devices were found: one may be on LVM."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace

from ..answers import Answers
from ..layer import Layer
from .filesystem import Filesystem
from .subvolume import Subvolume


def joined(answers: Answers, nodes: Sequence[Layer]) -> list[Layer]:
    """nodes, in which those of one btrfs are one node, in the place of the last; and its subvolumes are that one's.

    Each device of a btrfs has the filesystem's UUID and one of its own, which tells it from a clone.
    """
    parts: dict[tuple[str, str], list[list[Filesystem]]] = {}
    for node in nodes:
        if isinstance(node, Filesystem) and node.type == "btrfs":
            groups = parts.setdefault((node.uuid, node.label), [])
            group = next((each for each in groups if _may_belong(answers, node, each)), None)
            if group is None:
                groups.append(group := [])
            group.append(node)
    wholes = {
        id(part): (replace(group[0], parents=tuple(device for each in group for device in each.parents)), group[-1])
        for groups in parts.values()
        for group in groups
        for part in group
        if len(group) > 1
    }
    return list(_replaced(nodes, wholes)) if wholes else list(nodes)


def _may_belong(answers: Answers, node: Filesystem, group: Iterable[Filesystem]) -> bool:
    own = _own_uuids(answers, [node])
    there = _own_uuids(answers, group)
    return "" not in own | there and own.isdisjoint(there)


def _own_uuids(answers: Answers, filesystems: Iterable[Filesystem]) -> set[str]:
    devices = (device for each in filesystems for device in each.parents)
    return {answers.tags(device.device).get("UUID_SUB", "") for device in devices}


def _replaced(nodes: Sequence[Layer], wholes: dict[int, tuple[Filesystem, Filesystem]]) -> Iterable[Layer]:
    """wholes: by the id of each part, the whole, and the last of its parts."""
    subvolumes: dict[Subvolume, None] = {}
    for node in nodes:
        if id(node) in wholes:
            whole, last = wholes[id(node)]
            if node is last:
                yield whole
        elif isinstance(node, Subvolume) and id(node.filesystem) in wholes:
            # Each part was asked for them.
            subvolumes[replace(node, filesystem=wholes[id(node.filesystem)][0])] = None
        else:
            yield node
    yield from subvolumes
