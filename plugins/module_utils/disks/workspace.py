# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The disks are never half-converted: conversion writes to overlays, and only a finished one goes further.

What all ways of converting have in common. They differ in where a finished conversion goes: into the disks (commit.py),
into copies in a directory (copies.py), to volumes (to_volumes.py), or nowhere (throwaway.py).
"""

from __future__ import annotations

import os
import uuid
from collections.abc import Sequence
from typing import Any, Callable

from ..errors import GuestconvError
from ..texts import disk_urls
from . import images, overlays, partitioned, room
from .images import Disk
from .journal import pending
from .partitioned import Partitioned
from .state_directory import (
    SCRATCH_PREFIX,
    StateDirectory,
    file_identity,
    lock_all,
    release_all,
    room_or_place,
    state_directory_for,
    written_sectors,
)


class Workspace:
    """A context manager around one conversion: overlays over the disks, to be written to by the appliance.

    Leaving it without commit() removes everything, and the disks are as before. The appliance must be closed before
    commit(): while it has the overlays open nobody else may read them.

    Args:
        disks: the guest's. workdir: directory for the overlays; by default that of the state.
        room: bytes that each overlay must find free. step: called with the name of each point that is reached;
        the tests of interruption kill the process there. tell: called while commit() writes, with what it does and how
        much of all the disks is written (0 to 1).
        originals: the disks that `disks` stand for, where these are over the overlays of an interrupted commit.
    Errors on entering: disk-busy, disk-corrupt, state-of-another-user, journal-pending and those of pending(),
        workdir-not-usable, no-space; and those of each way.
    """

    def __init__(
        self,
        disks: Sequence[Disk],
        workdir: str | None = None,
        room: int = overlays.OVERLAY_ROOM,
        step: Callable[[str], Any] = lambda point: None,
        tell: Callable[[str, float], Any] = lambda disk, fraction: None,
        originals: Sequence[Disk] | None = None,
    ) -> None:
        self.disks = list(disks)
        self.overlays: list[Disk] = []
        self._originals = list(originals or disks)
        self._workdir = os.path.realpath(workdir) if workdir else None
        self._room = room
        self._step = step
        self._tell = tell
        self._states: list[StateDirectory] = []
        self._identities: dict[str, Any] = {}

    @property
    def originals(self) -> Sequence[Disk]:
        """The disks as the caller named them."""
        return self._originals

    @property
    def results(self) -> list[str]:
        """The paths of the guest's disks after commit(), in the order of `disks`."""
        return [disk.path for disk in self._originals]

    def __enter__(self) -> Workspace:
        if pending(self.disks) is not None:
            raise _journal_pending(self.disks[0].path)
        try:
            self._begin()
            for number, disk in enumerate(self.disks):
                with images.about_item(number):
                    images.require_sound(disk)
            place = self._place_for_overlays()
            self._identities = _identities(self.disks)
            for disk in self.disks:
                path = overlays.create_overlay(disk, place, disk.device + ".qcow2", self._room)
                self.overlays.append(overlays.overlay_disk(disk, path))
        except BaseException:
            self._release()
            raise
        return self

    def __exit__(self, *_exception: object) -> None:
        self._release()

    def require_partitionable(self, index: int, new: Partitioned) -> None:
        """Refuse the disk number index if it cannot become that Partitioned, before anything is converted.

        Errors: disk-not-partitionable, dest-too-small.
        """

    def partition(self, index: int, new: Partitioned) -> None:
        """Make what the overlay of a disk shows a partition of that disk, which grows. The appliance must be closed.

        Errors: disk-changed, no-space, qemu-img-failed. The disk is not written to.
        """
        self._refuse_changed()
        disk, overlay = self.disks[index], self.overlays[index]
        self.overlays[index] = partitioned.write(disk, overlay, new, self._tell, self._states[0].lock_descriptor)
        self._step(f"partitioned {disk.device}")

    def commit(self) -> None:
        """Make the conversion take effect.

        Errors: no-space, disk-in-use, disk-changed, all before anything is written; and those of each way.
        """
        self._refuse_changed()
        self._commit()

    def _begin(self) -> None:
        """Refuse what cannot be done in this way, and lock the state directories."""
        raise NotImplementedError

    def _commit(self) -> None:
        raise NotImplementedError

    def _release(self) -> None:
        states, self._states = self._states, []
        release_all(states)

    def _lock(self, paths: Sequence[str]) -> None:
        """Take over the state directories of these paths, with what a killed run left in them removed."""
        self._states = lock_all([state_directory_for(path) for path in paths])
        for state, path in zip(self._states, paths):
            if state.has_journal():
                raise _journal_pending(path)
        for state in self._states:
            try:
                state.clean()
            except OSError as error:
                raise room_or_place(error, state.path) from error

    def _place_for_overlays(self) -> str:
        """The directory for the overlays, noted before it is made."""
        home = self._states[0]
        if not self._workdir:
            return home.path
        room.require_usable_directory(self._workdir, "workdir-not-usable", "workdir")
        name = SCRATCH_PREFIX + os.path.basename(self.disks[0].path)[:64] + "-" + uuid.uuid4().hex[:8]
        scratch = os.path.join(self._workdir, name)
        home.note(scratch=scratch)
        try:
            os.mkdir(scratch, 0o700)
        except OSError as error:
            raise room_or_place(error, self._workdir) from error
        return scratch

    def _refuse_changed(self) -> None:
        """Nobody may have written to what lies under the overlays since these were made."""
        for path in self._identities:
            if _identity(path) != self._identities[path]:
                raise GuestconvError(
                    "disk-changed",
                    f"{path} was written to, or replaced, while its guest was converted. The conversion "
                    "was discarded. No disk was changed.",
                    hint="Stop what writes to it, as a virtual machine or a copy that goes on; then run again.",
                )


def _journal_pending(path: str) -> GuestconvError:
    return GuestconvError(
        "journal-pending",
        f"An interrupted conversion of {path} is not finished.",
        hint="Run convert on it in place: that finishes the commit first.",
    )


def _identities(disks: Sequence[Disk]) -> dict[str, Any]:
    """{path: _identity(path)} of all that the disks are read from."""
    return {path: _identity(path) for disk in disks for path in (disk.path, *disk.backing, *disk.extents)}


def _identity(path: str) -> Any:
    """What changes when somebody writes to a file, or this machine to a block device. Of an NBD export nothing is known."""
    if disk_urls.is_export(path):
        return None
    path = os.path.realpath(path)
    if os.path.isfile(path):
        return file_identity(path)
    if not os.path.exists(path):
        return None
    return written_sectors(path)
