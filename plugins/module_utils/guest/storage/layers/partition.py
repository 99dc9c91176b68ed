# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Partitions of disks."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar

from ... import device_names
from .. import mbr
from ..answers import Answers
from ..layer import Layer, Nodes
from .disk import Disk


class InTable:
    """What an entry of a partition table gives a partition. uuid, label: as blkid writes them; "" where there is none."""

    uuid: str
    label: str

    @property
    def identity(self) -> str:
        """The UUID that the partition table gives it."""
        return f"PARTUUID={self.uuid}" if self.uuid else ""

    @property
    def tags(self) -> Mapping[str, str]:
        """PARTUUID and PARTLABEL."""
        return {tag: value for tag, value in (("PARTUUID", self.uuid), ("PARTLABEL", self.label)) if value}


@dataclass(frozen=True)
class Partition(InTable):
    """A partition.

    type: that of the partition table, as blkid writes it; "" where there is none.
    attributes: the 64 bits that a GPT has for it; in an MBR, whether it is active (0x80).
    filled: the partition table that conversion makes for what fills the disk now; None for a partition that is there.
    start: its first sector, of 512 bytes; None where that is not known.
    """

    IS_DEVICE: ClassVar[bool] = True

    device: str
    disk: Disk
    number: int
    uuid: str = ""
    label: str = ""
    type: str = ""
    attributes: int = 0
    filled: mbr.Table | None = None
    start: int | None = None

    @property
    def name(self) -> str:
        """The kernel's name of it, after the guest's name of the disk."""
        return device_names.partition(self.disk.name, str(self.number))

    @property
    def parents(self) -> tuple[Layer, ...]:
        """The disk."""
        return (self.disk,)

    def is_called(self, path: str) -> bool:
        """Whether path is the kernel's name of it, or of the disk that it filled."""
        return path == self.name or (self.filled is not None and path == self.disk.name)

    @classmethod
    def discover(cls, answers: Answers, known: Nodes, fresh: Sequence[Layer]) -> Iterable[Layer]:
        """The partitions of new disks, less the extended ones: a look into each would cost a quarter of a second."""
        disks = [node for node in fresh if isinstance(node, Disk)]
        partitions = answers.partitions() if disks else []
        for disk in disks:
            # The kernel puts a p between when the disk's name ends with a digit.
            matches = (re.fullmatch(re.escape(disk.device) + r"p?(\d+)", name) for name in partitions)
            for found in filter(None, matches):
                number = int(found[1])
                if number not in disk.extended_partitions:
                    tags = answers.tags(found[0])
                    uuid, label, kind, flags = (
                        tags.get(f"PART_ENTRY_{key}", "") for key in ("UUID", "NAME", "TYPE", "FLAGS")
                    )
                    offset = tags.get("PART_ENTRY_OFFSET", "")
                    start = int(offset) if re.fullmatch(r"[0-9]{1,18}", offset) else None
                    yield cls(found[0], disk, number, uuid, label, kind, _number(flags), start=start)


def _number(text: str) -> int:
    """The number that blkid writes as 0x80; 0 for anything else."""
    return int(text, 16) if re.fullmatch(r"0x[0-9a-fA-F]{1,16}", text) else 0
