# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Disks: what the graph begins with."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import ClassVar

from .. import mbr
from ..answers import Answers
from ..attachment import Attachment, attachment
from ..layer import Layer, Nodes

# Types of extended partitions: CHS, LBA, Linux (sfdisk --list-types).
_EXTENDED = frozenset((0x05, 0x0F, 0x85))


@dataclass(frozen=True)
class Disk:
    """A disk. size: bytes. boot_sector: its first 512 bytes. attached: what the source knows of it.

    learned: udev's links by which roots that are on it know it; they are known once a root is open.
    foreign: those that roots have for disks which are elsewhere, on a network.
    """

    IS_DEVICE: ClassVar[bool] = True

    device: str
    name: str
    size: int
    boot_sector: bytes = b""
    attached: Attachment = Attachment()
    learned: list[str] = field(default_factory=list, compare=False, repr=False)
    foreign: set[str] = field(default_factory=set, compare=False, repr=False)
    parents: tuple[Layer, ...] = ()
    # The hardware gives all that a disk is known by.
    identity: ClassVar[str] = ""
    tags: ClassVar[Mapping[str, str]] = {}

    @property
    def identifier(self) -> str:
        """Its id in a description: "sda"."""
        return self.name[len("/dev/") :]

    @property
    def extended_partitions(self) -> frozenset[int]:
        """The numbers of those partitions in an MBR that hold no filesystem, but other partitions."""
        # Four entries of 16 bytes, the type in the fifth of each.
        types = {number: self.boot_sector[446 + 16 * (number - 1) + 4 :][:1] for number in range(1, 5)}
        return frozenset(number for number, kind in types.items() if kind and kind[0] in _EXTENDED)

    @property
    def has_boot_code(self) -> bool:
        """Whether its first sector has code that a BIOS starts."""
        return mbr.has_boot_code(self.boot_sector)

    def is_called(self, path: str) -> bool:
        """Whether path is the kernel's name of the disk."""
        return path == self.name

    @classmethod
    def discover(cls, answers: Answers, known: Nodes, fresh: Sequence[Layer]) -> Iterable[Layer]:
        """The disks that were given, the first time."""
        for index, disk in enumerate(() if known.nodes else answers.disks):
            device = answers.disk_device(index)
            attached = attachment(answers.attached[index]) if index < len(answers.attached) else Attachment()
            yield cls(device, f"/dev/{disk.device}", disk.virtual_size, answers.first_sector(device), attached)
