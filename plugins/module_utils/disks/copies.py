# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Conversion to copies: the disks stay untouched, and the converted copies appear in a directory, all or none."""

from __future__ import annotations

import os
import stat
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Callable

from ..errors import GuestconvError
from . import copy_options, qemu_img, reserved, room, slices
from .images import Disk
from .state_directory import file_identity, room_or_place, synchronize
from .suffixes import SUFFIXES
from .workspace import Workspace

# Endings that name a format, and so must change with it.
_FORMAT_SUFFIXES = (*SUFFIXES, ".vpc")


class ToCopies(Workspace):
    """A Workspace whose commit() writes converted copies to a directory.

    Args: dest: that directory; dest_format: raw, qcow2, or None for the disk's own if it is one of these, else qcow2;
        others: as Workspace. By default the overlays are next to the copies.
    Errors on entering: as Workspace, and dest-not-usable, dest-exists. Of commit(): as Workspace, and dest-exists,
        dest-not-usable, qemu-img-failed, after which no copy is left.
    """

    def __init__(self, disks: Sequence[Disk], dest: str, dest_format: str | None = None, **settings: Any) -> None:
        super().__init__(disks, **settings)
        self._dest = os.path.realpath(dest)
        self._copies = plan_copies(self._originals, self._dest, dest_format)

    @property
    def results(self) -> list[str]:
        """The paths of the copies, in the order of `disks`."""
        return [copy.path for copy in self._copies]

    def _begin(self) -> None:
        room.require_usable_directory(self._dest, "dest-not-usable", "dest")
        self._lock(self.results)
        refuse_existing(self.results)

    def _commit(self) -> None:
        """Copy under temporary names, then move all copies to their places."""
        required = [
            qemu_img.required_bytes(overlay.path, copy.format) for overlay, copy in zip(self.overlays, self._copies)
        ]
        room.require_room(self._dest, sum(required), "the converted copy")
        parts = [os.path.join(state.path, "copy") for state in self._states]
        tellers = qemu_img.tellers([overlay.device for overlay in self.overlays], self._tell)
        try:
            for overlay, copy, part, needed, tell in zip(self.overlays, self._copies, parts, required, tellers):
                self._copy(overlay, copy.format, part, needed, tell)
                _resemble(part, copy.source)
                synchronize(part)
                self._step(f"copied {overlay.device}")
            self._refuse_changed()
            self._arrive(parts)
        except OSError as error:
            raise room_or_place(error, self._dest, "dest-not-usable") from error

    def _copy(self, overlay: Disk, image_format: str, part: str, needed: int, tell: Callable[[float], Any]) -> None:
        """Write what an overlay shows to a new image. needed: its bytes at most."""
        slices.create(part, image_format, overlay.virtual_size)
        read = [overlay.path, *overlay.backing, *overlay.extents]
        options = copy_options.fast(read, part, overlay.virtual_size)
        with reserved.room_for(part, image_format, needed, overlay.virtual_size):
            qemu_img.transfer(
                ["convert", "-n", "--target-is-zero", *options, "-f", "qcow2", "-O", image_format, overlay.path, part],
                qemu_img.copy_timeout(overlay.virtual_size),
                tell,
                self._states[0].lock_descriptor,
            )

    def _arrive(self, parts: Sequence[str]) -> None:
        """All copies appear, or none: until they all have, the notes say what is to be removed again."""
        home = self._states[0]
        refuse_existing(self.results)
        home.note(arriving={path: file_identity(part) for path, part in zip(self.results, parts)})
        for path, part in zip(self.results, parts):
            os.rename(part, path)
            self._step(f"arrived {os.path.basename(path)}")
        synchronize(self._dest)
        home.note(arriving={})


def refuse_existing(paths: Sequence[str]) -> None:
    """Errors: dest-exists, where something has one of these names."""
    for path in paths:
        if os.path.lexists(path):
            raise GuestconvError(
                "dest-exists",
                f"{path} exists already.",
                hint="Remove it, or give another `dest`: a disk is never overwritten by a copy.",
                path="dest",
            )


@dataclass(frozen=True)
class Copy:
    """One converted copy to be: of the disk at `source`, to `path`, as `format`."""

    source: str
    path: str
    format: str


def plan_copies(disks: Sequence[Disk], directory: str, dest_format: str | None) -> list[Copy]:
    """Where the converted copies go: the disk's own name, its ending changed with the format.

    Disks from different directories may have one name (VMware likes disk.vmdk): then all of these get their device
    name as well (disk-sda.qcow2).
    """
    names = [_copy_name(disk, dest_format, "") for disk in disks]
    copies = []
    for disk, (name, image_format) in zip(disks, names):
        if [other for other, _format in names].count(name) > 1:
            name, image_format = _copy_name(disk, dest_format, "-" + disk.device)
        copies.append(Copy(disk.path, os.path.join(directory, name), image_format))
    return copies


def _copy_name(disk: Disk, dest_format: str | None, distinction: str) -> tuple[str, str]:
    image_format = dest_format or (disk.format if disk.format in ("raw", "qcow2") else "qcow2")
    stem, suffix = os.path.splitext(os.path.basename(disk.path))
    if suffix not in _FORMAT_SUFFIXES:
        stem, suffix = stem + suffix, ""
    if image_format != disk.format:
        suffix = "." + image_format
    return stem + distinction + suffix, image_format


def _resemble(path: str, source: str) -> None:
    """Give a copy the mode and, where permitted, the owner of its source. A block device's say nothing for a file."""
    status = os.stat(source)
    if stat.S_ISREG(status.st_mode):
        try:
            os.chown(path, status.st_uid, status.st_gid)
        except PermissionError:
            pass
        os.chmod(path, stat.S_IMODE(status.st_mode))
