# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Conversion in place: a finished conversion is brought into the disks, under a journal."""

from __future__ import annotations

import os
from collections import defaultdict
from collections.abc import Sequence

from . import images, qemu_img, replacement, room, volumes
from .images import Disk
from .journal import Entry, Journal, require_unlocked
from .partitioned import Partitioned, require_partitionable
from .replacement import Replacement
from .state_directory import room_or_place, synchronize
from .workspace import Workspace


class InPlace(Workspace):
    """A Workspace whose commit() brings the conversion into the disks themselves.

    The lock and the journal are next to the disks, where the next run finds them, whatever `workdir` is.
    Errors on entering: as Workspace, and those of refuse_read_only(). Of commit(): as Workspace, and qemu-img-failed
    and disk-not-writable, all before anything is written to a disk; then commit-incomplete.
    """

    def _begin(self) -> None:
        refuse_read_only(self._originals)
        self._lock([disk.path for disk in self.disks])
        _require_room_for_replacements(self.disks)
        for state in self._states:
            state.note(first=self.disks[0].path)

    def require_partitionable(self, index: int, new: Partitioned) -> None:
        """See Workspace."""
        require_partitionable(self.disks[index])

    def _commit(self) -> None:
        """Check all that can be checked and write what replaces disks, then the journal, then the disks."""
        overlays = [overlay.path for overlay in self.overlays]
        for path in overlays:
            synchronize(path)
        synchronize(os.path.dirname(overlays[0]))
        for disk in self.disks:
            require_unlocked(disk)
        replaced = [disk for disk in self.disks if not replacement.layout_of(disk).in_place]
        _require_room_to_grow(self.disks, self.overlays, replaced)
        # What is written of all that is written, when the journal is.
        share = len(replaced) / len(self.disks)
        replacements = self._replacements(replaced, share)
        # A rename asks no lock, and writing the replacements took a while.
        for disk in replaced:
            require_unlocked(disk)
        self._refuse_changed()
        home = self._states[0]
        for disk in self.disks:
            images.count_again(disk, home.lock_descriptor)
        journal = Journal(
            home.path, [Entry.of(disk, path, replacements.get(disk.path)) for disk, path in zip(self.disks, overlays)]
        )
        self._step("ready")
        try:
            journal.write()
        except OSError as error:
            raise room_or_place(error, home.path) from error
        self._step("journal written")
        journal.commit(home.lock_descriptor, self._step, qemu_img.share(self._tell, share, 1))

    def _replacements(self, replaced: Sequence[Disk], share: float) -> dict[str, Replacement]:
        """{path of a disk: what replaces it}, on stable storage."""
        overlays = dict(zip(self.disks, self.overlays))
        tellers = qemu_img.tellers([disk.device for disk in replaced], qemu_img.share(self._tell, 0, share))
        replacements = {}
        for disk, tell in zip(replaced, tellers):
            replacements[disk.path] = replacement.write(disk, overlays[disk], tell, self._states[0].lock_descriptor)
            self._step(f"replacement of {disk.device} written")
        return replacements


def refuse_read_only(disks: Sequence[Disk]) -> None:
    """Errors: those of images.writable_in_place() and replacement.require_replaceable()."""
    for number, disk in enumerate(disks):
        with images.about_item(number):
            images.writable_in_place(disk)
            replacement.require_replaceable(disk)


def _require_room_for_replacements(disks: Sequence[Disk]) -> None:
    """Errors: no-space, so that nobody converts for minutes before the room is found to be missing."""
    needs = _Needs()
    for disk in disks:
        if not replacement.layout_of(disk).in_place:
            needs.add(disk, replacement.required_bytes(disk.path, disk.format, disk))
    needs.require("the converted image of a disk, which is written before it replaces the disk")


def _require_room_to_grow(disks: Sequence[Disk], overlays: Sequence[Disk], replaced: Sequence[Disk]) -> None:
    """Errors: no-space, unless each filesystem has room for all that its disks may grow by in the commit."""
    needs = _Needs()
    for disk, overlay in zip(disks, overlays):
        if volumes.is_volume(disk.path):
            continue
        if disk in replaced:
            needs.add(disk, replacement.required_bytes(overlay.path, "qcow2", disk))
        else:
            held = qemu_img.held_bytes(overlay.path, disk.cluster_size or 1)
            metadata = 0 if disk.format == "raw" else (1 << 20) + held // 64
            files = {disk.path, *(() if disk.backing else disk.extents)}
            allocated = sum(os.stat(path).st_blocks * 512 for path in files)
            needs.add(disk, min(max(0, overlay.virtual_size + metadata - allocated), held + metadata))
    needs.require("writing the conversion to the disk")


class _Needs:
    """The room that several disks need, by the filesystem that they are on."""

    def __init__(self) -> None:
        self._bytes: defaultdict[int, int] = defaultdict(int)
        self._directories: dict[int, str] = {}

    def add(self, disk: Disk, needed: int) -> None:
        device = os.stat(disk.path).st_dev
        self._directories.setdefault(device, os.path.dirname(disk.path))
        self._bytes[device] += needed

    def require(self, purpose: str) -> None:
        """Errors: no-space."""
        for device, directory in self._directories.items():
            room.require_room(directory, self._bytes[device], purpose, room.NEXT_TO_DISK)
