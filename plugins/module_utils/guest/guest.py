# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The opened guest: its storage (a graph), and the roots on it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from typing import Any

from ..appliance.appliance import Appliance
from ..devices.targets import Target
from ..disks.images import Disk
from ..disks.partitioned import Partitioned
from ..errors import GuestconvError
from ..model.changes import Change
from ..model.tools import ToolsPolicy
from ..virtio_win.library import VirtioWin
from .root import GuestRoot
from .storage import closing, mbr, ntfs, transforms
from .storage.answers import Answers
from .storage.discovery import discover
from .storage.graph import Graph
from .storage.keyring import Key, Keyring
from .storage.layers.array import Array
from .storage.layers.disk import Disk as StorageDisk
from .storage.layers.encrypted import Encrypted
from .storage.layers.filesystem import Filesystem
from .storage.layers.partition import Partition
from .storage.mounter import Mounter
from .storage.transform import Announced


class Guest:
    """The disks of one guest, opened in a launched appliance.

    hardware: what the source hypervisor knows, as the caller gave it.
    tools: what is to become of the tools of hypervisors.
    virtio_win: the drivers for Windows that conversion can install; None where there are none.
    storage: the graph of what is on the disks.
    keyring: the keys of what is encrypted on them, and what was opened.
    roots: the operating systems, once they were looked for (storage/roots.py).
    transform: the changes to the disks' layout that conversion makes, once the roots are known; see storage/transform.py.
    """

    def __init__(
        self,
        appliance: Appliance,
        disks: Sequence[Disk],
        target: Target,
        hardware: Mapping[str, Any],
        storage: Graph,
        keyring: Keyring | None = None,
        tools: ToolsPolicy | None = None,
        virtio_win: VirtioWin | None = None,
    ) -> None:
        self.appliance = appliance
        self.keyring = keyring or Keyring(appliance)
        self._answers = Answers(appliance, disks, self.keyring, hardware.get("disks") or ())
        self.disks = disks
        self.target = target
        self.hardware = hardware
        self.tools = tools or ToolsPolicy()
        self.virtio_win = virtio_win
        self.storage = storage
        self.transform: list[Announced] = []
        self.mounter = Mounter(appliance)
        self.roots: list[GuestRoot] = []
        self._changes: list[Change] = []
        self._boot_code: dict[str, tuple[bytes, bytes]] = {}

    @classmethod
    def opened(
        cls,
        appliance: Appliance,
        disks: Sequence[Disk],
        target: Target,
        hardware: Mapping[str, Any],
        keys: Iterable[Key] = (),
        tools: ToolsPolicy | None = None,
        virtio_win: VirtioWin | None = None,
    ) -> Guest:
        """The guest on the disks of a launched appliance, which is asked what is on them. keys: of what is encrypted."""
        guest = cls(appliance, disks, target, hardware, Graph(), Keyring(appliance, keys), tools, virtio_win)
        guest.storage = discover(guest._answers)
        return guest

    def close(self) -> None:
        """Unmount everything, stop arrays, and close what was opened with keys. The disks stay open in the appliance.

        Raises ApplianceError.
        """
        if self.keyring.has_opened or any(array.device for array in self.storage.of_kind(Array)):
            self.mounter.show([], read_only=True)
            closing.close(self._answers, self.keyring, self.storage)

    def open(self, locked: Filesystem, key: Key) -> bool:
        """Open an encrypted device with a key that was found in the guest. Returns whether it is open.

        What is in it is then in storage.
        """
        self.mounter.show([], read_only=True)
        if not self.keyring.open(locked, key):
            return False
        self.storage = discover(self._answers, self.storage)
        return True

    @contextmanager
    def mappings_called_by_guest(self) -> Iterator[None]:
        """Have opened devices called in the appliance as the guest calls them, while one of its programs runs."""
        with ExitStack() as stack:
            if self.keyring.has_opened:
                opened = [each for each in self.storage.of_kind(Encrypted) if each.names]
                stack.enter_context(self.keyring.called({each.device: each.names[0] for each in opened}))
            yield

    def announce_transforms(self) -> None:
        """Find out, once the roots are known, how conversion changes the layout of the disks."""
        self.transform = [each for one in transforms.TRANSFORMS for each in one.wanted(self)]

    def apply_transforms(self) -> None:
        """Have the graph as the transforms make it. The roots must be looked for again, if there are any transforms."""
        named = {one.NAME: one for one in transforms.TRANSFORMS}
        for announced in self.transform:
            self.storage, detail = named[announced["name"]].applied(self.storage, announced)
            self._changes.append(Change("", "transform", "transformed", f"/dev/{announced['disk']}", detail))

    def install_boot_code(self, root: GuestRoot, disk: str, program: bytes, gap: bytes) -> None:
        """Have a boot loader of root's on a disk (its id) that gets a partition table.

        program: in its first sector. gap: in those after it. Raises GuestconvError `boot-loader-not-installed`.
        """
        table = next(each.filled for each in self.storage.partitions if each.disk.identifier == disk and each.filled)
        room = (table.start - 1) * mbr.SECTOR
        if len(gap) > room:
            raise GuestconvError(
                "boot-loader-not-installed",
                f"The boot loader has {len(gap)} bytes, and there is room for {room} before the partition of /dev/{disk}.",
            )
        self._boot_code[disk] = (program, gap)
        detail = "installed a boot loader in the boot sector and before the first partition"
        self._changes.append(Change(root.name, "bootloader", "installed", f"/dev/{disk}", detail))

    @property
    def partitioned(self) -> dict[int, Partitioned]:
        """What disks become, by their indexes: what is to be written when the appliance is closed."""
        indexes = {disk: index for index, disk in enumerate(self.storage.disks)}
        return {
            indexes[each.disk]: Partitioned(self._head(each.disk, each.filled), each.filled.start * mbr.SECTOR)
            for each in self.storage.partitions
            if each.filled
        }

    def _head(self, disk: StorageDisk, table: mbr.Table) -> bytes:
        program, gap = self._boot_code.get(disk.identifier, (b"", b""))
        return table.sector(program) + gap

    def changes(self) -> list[Change]:
        """What was done to the disks and to all roots so far, in order."""
        made = [
            Change(root.name, "storage", "created", path, "the mount point of a line in /etc/fstab, which was missing")
            for root in self.roots
            for path in self.mount_points_made(root)
        ]
        return [*self._changes, *made, *(change for root in self.roots for change in root.changes())]

    def mount_points_made(self, root: GuestRoot) -> list[str]:
        """The mount points of root that were missing, and were made."""
        return [path for name, path in self.mounter.made if name == root.mount_plan.root.filesystem.name]

    def fingerprint(self) -> str:
        """The identity of the disks; see Graph.fingerprint."""
        return self.storage.fingerprint()

    def boot_sector(self, index: int) -> bytes:
        """The first 512 bytes of the disk number index."""
        return self.storage.disks[index].boot_sector

    def of_disk(self, disk: StorageDisk, count: int, offset: int) -> bytes:
        """count bytes of a disk from offset on; fewer at its end."""
        return self._answers.data(disk.device, count, offset)

    def first_sector(self, partition: Partition) -> bytes:
        """The first 512 bytes of a partition."""
        return self._answers.first_sector(partition.device)

    def is_dirty(self, filesystem: Filesystem) -> bool:
        """Whether an NTFS is marked so that Windows checks it."""
        return ntfs.is_dirty(lambda count, offset: self._answers.data(filesystem.device, count, offset))

    def has_open_journal(self, filesystem: Filesystem) -> bool:
        """Whether an NTFS was not unmounted, so that its journal has writes that are not done yet."""
        return ntfs.has_open_journal(lambda count, offset: self._answers.data(filesystem.device, count, offset))

    @contextmanager
    def mounted(self, root: GuestRoot, read_only: bool) -> Iterator[GuestRoot]:
        """Have root and what its fstab mounts mounted while the block runs. root.not_mounted says what could not be."""
        root.is_read_only = read_only
        try:
            root.not_mounted = self.mounter.show(root.mount_plan.mounts, read_only)
            yield root
        finally:
            root.close()
            if not read_only:
                self.mounter.show([], read_only=True)
