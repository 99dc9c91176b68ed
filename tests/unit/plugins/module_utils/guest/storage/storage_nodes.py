# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Nodes of a storage graph, and graphs of them, for tests that state what is on the disks instead of finding it."""

from __future__ import annotations

import re
from collections.abc import Sequence

from ansible_collections.virttools.guestconv.plugins.module_utils.disks.images import Disk as Image
from ansible_collections.virttools.guestconv.plugins.module_utils.guest.storage.graph import Graph
from ansible_collections.virttools.guestconv.plugins.module_utils.guest.storage.layer import Layer
from ansible_collections.virttools.guestconv.plugins.module_utils.guest.storage.layers.disk import Disk
from ansible_collections.virttools.guestconv.plugins.module_utils.guest.storage.layers.filesystem import Filesystem
from ansible_collections.virttools.guestconv.plugins.module_utils.guest.storage.layers.logical_volume import (
    LogicalVolume,
)
from ansible_collections.virttools.guestconv.plugins.module_utils.guest.storage.layers.partition import Partition

SIZE = 1 << 30


def image(identifier: str, size: int = SIZE) -> Image:
    """A disk as the modules open it."""
    return Image(f"/images/{identifier}.raw", "raw", identifier, size)


def disk(identifier: str, size: int = SIZE) -> Disk:
    """A disk as a node."""
    return Disk(f"/dev/appliance/{identifier}", f"/dev/{identifier}", size, bytes(512))


def device(
    name: str,
    partuuid: str = "",
    partlabel: str = "",
    parttype: str = "",
    attributes: int = 0,
    start: int | None = None,
) -> Layer:
    """The disk or partition of this name."""
    parts = re.fullmatch(r"/dev/((?:sd|vd|hd)[a-z]+|nvme\d+n\d+)p?(\d*)", name)
    if not parts[2]:
        return disk(parts[1])
    table = partuuid, partlabel, parttype, attributes
    return Partition(f"/dev/appliance{name[4:]}", disk(parts[1]), int(parts[2]), *table, start=start)


def filesystem(
    name: str,
    type: str = "ext4",
    uuid: str = "",
    label: str = "",
    partuuid: str = "",
    parttype: str = "",
    members: Sequence[Filesystem] = (),
    volume_uuid: str = "",
    attributes: int = 0,
    start: int | None = None,
) -> Filesystem:
    """The filesystem on the disk, partition or, with members (physical volumes), logical volume of this name."""
    if members:
        below: Layer = LogicalVolume(f"/dev/appliance{name[4:]}", name, tuple(members), volume_uuid)
    else:
        below = device(name, partuuid, parttype=parttype, attributes=attributes, start=start)
    return Filesystem((below,), type, uuid, label)


def graph(nodes: Sequence[Layer] = (), disks: Sequence[str] = ()) -> Graph:
    """The graph of these nodes, and of all that they are made of; and of these disks, which come first."""
    found: dict[Layer, None] = dict.fromkeys(map(disk, disks))

    def add(node: Layer) -> None:
        for parent in node.parents:
            add(parent)
        found[node] = None

    for node in nodes:
        add(node)
    return Graph(found)
