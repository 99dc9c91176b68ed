# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Filesystems, and what else blkid finds on a device: swap space, members of other layers (LVM, RAID, LUKS)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import ClassVar

from ..answers import Answers
from ..layer import Layer, Nodes
from .disk import Disk
from .partition import Partition

# What blkid calls devices that are encrypted.
LUKS = "crypto_LUKS"
BITLOCKER = "BitLocker"


@dataclass(frozen=True)
class Filesystem:
    """What is on a device, or on several (btrfs).

    parents: the devices. type, uuid, label: as blkid has them; "" where there is none, or nothing that blkid knows.
    """

    IS_DEVICE: ClassVar[bool] = False

    parents: tuple[Layer, ...]
    type: str = ""
    uuid: str = ""
    label: str = ""

    @property
    def device(self) -> str:
        """The first of its devices: any of them mounts it."""
        return self.parents[0].device

    @property
    def name(self) -> str:
        """The guest's name of the first of its devices."""
        return self.parents[0].name

    @property
    def identity(self) -> str:
        """Its UUID."""
        return f"UUID={self.uuid}" if self.uuid else ""

    @property
    def tags(self) -> Mapping[str, str]:
        """UUID and LABEL."""
        return {tag: value for tag, value in (("UUID", self.uuid), ("LABEL", self.label)) if value}

    @property
    def partition(self) -> Partition | None:
        """The partition that it fills; None when it is on something else, or on several devices."""
        parent = self.parents[0]
        return parent if isinstance(parent, Partition) and len(self.parents) == 1 else None

    @property
    def disk(self) -> str:
        """The id of the disk that it is on directly, or in a partition ("sda"); "" when there is a layer between."""
        parent = self.parents[0]
        disk = parent.disk if isinstance(parent, Partition) else parent
        return disk.identifier if isinstance(disk, Disk) else ""

    def is_called(self, path: str) -> bool:
        """Nothing: paths name the devices that it is on."""
        return False

    @classmethod
    def discover(cls, answers: Answers, known: Nodes, fresh: Sequence[Layer]) -> Iterable[Layer]:
        """What is on each new device that is not divided further.

        A btrfs on several devices is one, if they appeared together (multi_device.py joins the others). Each has the
        filesystem's UUID and one of its own, which tells it from a clone.
        """
        found: list[tuple[str, str, str, dict[str, Layer]]] = []
        devices = [node for node in fresh if node.IS_DEVICE and node.device and not known.made_of(node)]
        for device in sorted(devices, key=partial(_place, known)):
            tags = answers.tags(device.device)
            contents = tuple(tags.get(key, "") for key in ("TYPE", "UUID", "LABEL"))
            own = tags.get("UUID_SUB", "") if tags.get("TYPE") == "btrfs" else ""
            for *others, members in found if own else ():
                if others == list(contents) and own not in members and "" not in members:
                    members[own] = device
                    break
            else:
                found.append((contents[0], contents[1], contents[2], {own: device}))
        return [cls(tuple(members.values()), kind, uuid, label) for kind, uuid, label, members in found]


def _place(known: Nodes, device: Layer) -> int:
    """Disks in the guest's order, whether they are partitioned or not; then the others as they were found."""
    return known.nodes.index(device.disk if isinstance(device, Partition) else device)
