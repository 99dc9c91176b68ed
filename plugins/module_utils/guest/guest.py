# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The opened guest: its storage (a graph), and the roots on it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
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
from .storage.keyring import Key, Keyring
from .storage.layers.filesystem import Filesystem
from .storage.layers.partition import Partition
from .storage.mounter import Mounter
from .storage.transform import Announced


class Guest:
    """The disks of one guest, opened in a launched appliance.

    hardware: what the source hypervisor knows, as the caller gave it.
    storage: the graph of what is on the disks.
    keyring: the keys of what is encrypted on them, and what was opened.
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
        keyring: Keyring | None = None,
    ) -> None:
        self.appliance = appliance
        self.keyring = keyring or Keyring(appliance)
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
    def opened(
        cls,
        appliance: Appliance,
        disks: Sequence[Disk],
        target: Target,
        hardware: Mapping[str, Any],
        keys: Iterable[Key] = (),
    ) -> Guest:
        """The guest on the disks of a launched appliance, which is asked what is on them. keys: of what is encrypted."""
        keyring = Keyring(appliance, keys)
        storage = discover(Answers(appliance, disks, keyring, hardware.get("disks") or ()))
        return cls(appliance, disks, target, hardware, storage, keyring)

    def close(self) -> None:
        """Unmount everything, and close what was opened with keys. The disks stay open in the appliance."""
        if self.keyring.has_opened:
            self.mounter.show([], read_only=True)
            self.keyring.close()

    def open(self, locked: Filesystem, key: Key) -> bool:
        """Open an encrypted device with a key that was found in the guest. Returns whether it is open.

        What is in it is then in storage.
        """
        self.mounter.show([], read_only=True)
        if not self.keyring.open(locked, key):
            return False
        self.storage = discover(self._answers(), self.storage)
        return True

    def _answers(self) -> Answers:
        return Answers(self.appliance, self.disks, self.keyring, self.hardware.get("disks") or ())

    def apply_transforms(self) -> None:
        """Change the layout of the disks as announced in transform, before roots are looked for. Raises GuestconvError."""
        for one in transforms.TRANSFORMS:
            # Each sees what those before it have made.
            for announced in one.wanted(self.storage, self.target):
                self.close()
                detail = one.apply(self.appliance, self.storage, announced)
                self._changes.append(Change("", "transform", "transformed", f"/dev/{announced['disk']}", detail))
                self.storage = discover(self._answers())

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
