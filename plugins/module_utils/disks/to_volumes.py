# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Conversion to volumes: the disks stay untouched, and each converted disk is written to a block device or NBD export.

The overlay over the disk is copied at once to where it is to be, so that nothing is written twice. A volume of which the
copy was interrupted looks like no disk, and is noted as not complete; the next run writes it from the beginning.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from typing import Any

from ..errors import GuestconvError
from . import nodes, qemu_img, slices, volumes
from .images import Disk
from .partitioned import Partitioned
from .workspace import Workspace


class ToVolumes(Workspace):
    """A Workspace whose commit() writes converted copies to volumes.

    Args: dest: a block device or the URL of an NBD export for each disk; others: as Workspace.
    Errors on entering: as Workspace, and those of volumes.require_named() and require_fit(). Of commit(): the same, and
        qemu-img-failed.
    """

    def __init__(self, disks: Sequence[Disk], dest: Sequence[str], **settings: Any) -> None:
        super().__init__(disks, **settings)
        self._dest = list(dest)

    @property
    def results(self) -> list[str]:
        """The volumes, in the order of `disks`."""
        return self._dest

    def require_partitionable(self, index: int, new: Partitioned) -> None:
        """See Workspace."""
        require_room_to_partition(self._dest[index], self.disks[index], new)

    def _begin(self) -> None:
        require_volumes(self._dest, self._originals)
        self._lock(self._dest)

    def _commit(self) -> None:
        """Write all volumes. Until the last one is complete, all are noted as not complete."""
        sizes = [
            volumes.require_fit(volume, overlay.device, overlay.virtual_size)
            for volume, overlay in zip(self._dest, self.overlays)
        ]
        tellers = qemu_img.tellers([overlay.device for overlay in self.overlays], self._tell)
        with ExitStack() as stack:
            for volume in self._dest:
                stack.enter_context(volumes.claimed(volume))
            for state in self._states:
                state.note(incomplete=True)
            for overlay, volume, room, tell in zip(self.overlays, self._dest, sizes, tellers):
                with _errors():
                    self._copy(overlay, volume, room, tell)
                self._step(f"copied {overlay.device}")
            try:
                self._refuse_changed()
            except GuestconvError:
                for overlay, volume in zip(self.overlays, self._dest):
                    slices.blank(volume, overlay.virtual_size, self._states[0].lock_descriptor)
                raise
        for state in self._states:
            state.note(incomplete=False)

    def _copy(self, overlay: Disk, volume: str, room: int, tell: Any) -> None:
        node = {"driver": "qcow2", "file": nodes.file_node(overlay.path)}
        whole = slices.length_of(overlay.virtual_size, room)
        slices.copy(
            node,
            overlay.virtual_size,
            volume,
            "raw",
            0,
            lambda copied: None,
            self._states[0].lock_descriptor,
            lambda copied: tell(copied / whole),
            room=room,
            sources=[overlay.path, *overlay.backing, *overlay.extents],
        )


def require_volumes(dest: Sequence[str], disks: Sequence[Disk]) -> None:
    """Refuse volumes that the disks cannot be written to. Errors: those of volumes.require_named() and require_fit()."""
    read = [path for disk in disks for path in (disk.path, *disk.backing, *disk.extents)]
    volumes.require_named(dest, [disk.device for disk in disks], read)
    for volume, disk in zip(dest, disks):
        volumes.require_fit(volume, disk.device, disk.virtual_size)


def require_room_to_partition(volume: str, disk: Disk, new: Partitioned) -> None:
    """Refuse a volume that has the size of the disk and no room for what it grows by. Errors: dest-too-small, dest-not-usable."""
    volumes.require_room(
        volume, volumes.size_of(volume), disk.device, new.start + disk.virtual_size, "once it has a partition table"
    )


@contextmanager
def _errors() -> Iterator[None]:
    """What fails a copy fails a conversion: nothing of it is kept."""
    try:
        yield
    except slices.CopyFailed as error:
        raise GuestconvError(
            "qemu-img-failed", error.message, hint="Run it again: the volume is written from the beginning."
        ) from error
