# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The opened guest: its storage (a graph), and the roots on it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

from ..appliance.appliance import Appliance
from ..devices.targets import Target
from ..disks.images import Disk
from ..model.changes import Change
from .root import GuestRoot
from .storage import transforms
from .storage.answers import Answers
from .storage.discovery import discover
from .storage.graph import Graph
from .storage.layers.partition import Partition
from .storage.mounter import Mounter
from .storage.transform import Announced


class Guest:
    """The disks of one guest, opened in a launched appliance.

    hardware: what the source hypervisor knows, as the caller gave it.
    storage: the graph of what is on the disks.
    transform: the changes to their layout that conversion makes; see storage/transform.py.
    roots: the operating systems, once they were looked for (storage/roots.py).
    """

    def __init__(
        self,
        appliance: Appliance,
        disks: Sequence[Disk],
        target: Target,
        hardware: Mapping[str, Any],
        storage: Graph,
    ) -> None:
        self.appliance = appliance
        self.disks = disks
        self.target = target
        self.hardware = hardware
        self.storage = storage
        self.transform: list[Announced] = [
            each for one in transforms.TRANSFORMS for each in one.wanted(storage, target)
        ]
        self.mounter = Mounter(appliance)
        self.roots: list[GuestRoot] = []
        self._changes: list[Change] = []

    @classmethod
    def opened(cls, appliance: Appliance, disks: Sequence[Disk], target: Target, hardware: Mapping[str, Any]) -> Guest:
        """The guest on the disks of a launched appliance, which is asked what is on them."""
        answers = Answers(appliance, disks, attached=hardware.get("disks") or ())
        return cls(appliance, disks, target, hardware, discover(answers))

    def apply_transforms(self) -> None:
        """Change the layout of the disks as announced in transform, before roots are looked for. Raises GuestconvError."""
        for one in transforms.TRANSFORMS:
            # Each sees what those before it have made.
            for announced in one.wanted(self.storage, self.target):
                detail = one.apply(self.appliance, self.storage, announced)
                self._changes.append(Change("", "transform", "transformed", f"/dev/{announced['disk']}", detail))
                attached = self.hardware.get("disks") or ()
                self.storage = discover(Answers(self.appliance, self.disks, attached=attached))

    def changes(self) -> list[Change]:
        """What was done to the disks and to all roots so far, in order."""
        return [*self._changes, *(change for root in self.roots for change in root.changes())]

    def fingerprint(self) -> str:
        """The identity of the disks; see Graph.fingerprint."""
        return self.storage.fingerprint()

    def boot_sector(self, index: int) -> bytes:
        """The first 512 bytes of the disk number index."""
        return self.storage.disks[index].boot_sector

    def first_sector(self, partition: Partition) -> bytes:
        """The first 512 bytes of a partition."""
        sector: bytes = self.appliance.call("pread_device", partition.device, 512, 0)
        return sector

    @contextmanager
    def mounted(self, root: GuestRoot, read_only: bool) -> Iterator[GuestRoot]:
        """Have root and what its fstab mounts mounted while the block runs. root.not_mounted says what could not be."""
        try:
            root.not_mounted = self.mounter.show(root.mount_plan.mounts, read_only)
            yield root
        finally:
            root.close()
            if not read_only:
                self.mounter.show([], read_only=True)
