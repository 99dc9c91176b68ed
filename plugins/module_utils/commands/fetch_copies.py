# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How the disks of a guest that are not there yet are copied: several at once, each where it is to be.

There are never more copies than the slots for copies permit: on this machine, and from the machine that has the disks.
"""

from __future__ import annotations

import hashlib
import os
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from functools import partial
from typing import Any

from ..disks import images, nodes, overlays, slices
from ..disks.nodes import Node
from ..disks.state_directory import synchronize
from ..errors import GuestconvError
from ..run.at_once import AtOnce
from ..run.progress import Progress
from ..run.slots import slot
from ..sources.fetch_record import Record
from ..sources.kinds.kind import DiskEntry
from ..sources.places.local import node_of
from ..sources.places.place import Opened, Place

# Disks of one guest. More do not make storage faster.
_AT_ONCE = 4
_OPTION = "copy_slots"
WAITING = "waiting for a slot"


@dataclass(frozen=True)
class Task:
    """One disk to fetch.

    number: its place in the list of disks. mode: overlay or copy. format: of the image that it becomes. name: the name
    of that image's file. volume: the block device or NBD export that it is written to; "" where that is a file.
    """

    number: int
    entry: DiskEntry
    place: Place
    mode: str
    format: str
    name: str
    volume: str = ""

    @property
    def part(self) -> str:
        """The name of the copy while it is not complete."""
        return self.name + ".part"

    @property
    def file(self) -> str:
        """The name of the image file as it is elsewhere, while it is needed."""
        return self.name + ".file"


@dataclass(frozen=True)
class OpenTask:
    """A Task whose disk is open. source: the identity of the disk, in the mode in which it is fetched. record: of what is
    there of it."""

    task: Task
    opened: Opened
    source: str
    record: Record

    @property
    def size(self) -> int | None:
        """Bytes of the disk as the guest sees it; None where only the copy will show that: of an image file elsewhere, and
        in an OVA that is not unpacked, as envelopes round them."""
        opened = self.opened
        return None if opened.is_file or not opened.node else opened.size

    def result(self, directory: str) -> dict[str, Any]:
        """The entry in the module's result. directory: that of the images."""
        task = self.task
        found = {
            "path": task.volume or os.path.join(directory, task.name),
            "format": task.format,
            "device": task.entry["device"],
        }
        disk = self.opened.disk
        return dict(found, backing=[disk.path, *disk.backing]) if task.mode == "overlay" and disk else found

    def sizes(self) -> dict[str, Any]:
        """The entry in `sizes` of the module's result. Of an image file elsewhere only its own bytes are known, and of a disk
        that is not unpacked what the envelope says."""
        opened, allocated = self.opened, None
        if opened.is_file:
            allocated = opened.size
        elif opened.node:
            allocated = nodes.allocated_bytes(opened.node)
        return {
            "device": self.task.entry["device"],
            "size": None if opened.is_file else opened.size or None,
            "allocated": allocated,
        }


class Copying:
    """The copying of disks that are missing. wanted: the option copy_slots."""

    def __init__(self, progress: Progress, disks: Sequence[OpenTask], wanted: Mapping[str, Any] | None = None) -> None:
        self._shown = _Shown(progress, disks)
        self._disks = disks
        self._wanted = wanted
        self._together = AtOnce(_AT_ONCE)

    def run(self) -> int:
        """Copy all, and move them to their places. Returns how many bytes were copied. Errors: those of the first disk that
        fails; the other copies are ended, and go on when it is run again."""
        arriving: dict[Record, dict[str, tuple[str, str]]] = {}
        with ExitStack() as stack:
            for record in dict.fromkeys(disk.record for disk in self._disks):
                stack.enter_context(record.written())
            done = self._together.run([partial(self._one, disk) for disk in self._disks])
            for disk, (part, _copied) in zip(self._disks, done):
                arriving.setdefault(disk.record, {})[disk.task.name] = part, disk.source
            for record, files in arriving.items():
                record.arrive(files)
        return sum(copied for _part, copied in done)

    def _one(self, disk: OpenTask) -> tuple[str, int]:
        """(the name of what is to be moved to the disk's place, how many bytes were copied)."""
        try:
            with errors_of(disk.task, disk.opened):
                if disk.task.mode == "overlay":
                    part, copied = self._overlay(disk), 0
                else:
                    with self._turn(disk):
                        part, copied = self._copy(disk)
                self._refuse_changed(disk)
        except GuestconvError as error:
            if len(self._disks) > 1:
                others = ", ".join(other.task.entry["device"] for other in self._disks if other is not disk)
                error.message = (
                    f"{disk.task.entry['device']}: {error.message} The other disks ({others}) were not waited for."
                )
            raise
        self._shown.tell(disk, 1)
        return part, copied

    @contextmanager
    def _turn(self, disk: OpenTask) -> Iterator[None]:
        """Hold the slots for one copy."""

        def wait() -> None:
            self._together.check()
            self._shown.tell(disk, 0)

        with ExitStack() as stack:
            wanted = self._wanted or {}
            host = disk.task.place.host
            # First that of the source: who waits for a slow one keeps no others from this machine.
            if host and wanted.get("per_source") is not None:
                kind = f"source-{hashlib.sha256(host.lower().encode()).hexdigest()[:16]}-"
                count, directory = wanted["per_source"], wanted["directory"]
                stack.enter_context(slot(count, directory, wait, _OPTION, True, "per_source", kind))
            if wanted.get("count") is not None:
                stack.enter_context(slot(wanted["count"], wanted["directory"], wait, _OPTION, in_thread=True))
            yield

    def _overlay(self, disk: OpenTask) -> str:
        """Make the overlay. Returns the name of what is to be moved to its place."""
        if disk.opened.disk is None:
            raise TypeError(f"{disk.task.name} is not an overlay of a local image")
        path = overlays.create_overlay(disk.opened.disk, disk.record.directory, disk.task.part)
        os.chmod(path, 0o600)
        synchronize(path)
        return disk.task.part

    def _copy(self, disk: OpenTask) -> tuple[str, int]:
        """Make the copy, or what is missing of it. Returns as _one()."""
        task, opened = disk.task, disk.opened
        first, image_format = (task.file, "raw") if opened.is_file else (task.part, task.format)
        copied = self._copy_to(first, opened.node, opened.size, image_format, disk)
        if not opened.is_file:
            return first, copied
        judged = self._judged(disk)
        if judged.format == task.format and not task.volume:
            return first, copied
        disk.record.require_room(judged.virtual_size, task.entry["device"])
        self._copy_to(task.part, node_of(judged), judged.virtual_size, task.format, disk)
        return task.part, copied

    def _judged(self, disk: OpenTask) -> images.Disk:
        task = disk.task
        option = {"path": disk.record.path_of(task.file), "device": task.entry["device"]}
        if "format" in task.entry:
            option["format"] = task.entry["format"]
        try:
            return images.disks_from_option([option])[0]
        except GuestconvError as error:
            error.path = ""
            error.hint = (
                "Only this one file was fetched. If it is a snapshot, or the small part of a VMDK, make one image of "
                "the disk where it is (`qemu-img convert`), or name its -flat.vmdk with `format: raw`."
            )
            raise

    def _copy_to(self, name: str, node: Node, size: int, image_format: str, disk: OpenTask) -> int:
        """Complete one copy in the state directory. Returns how many bytes were missing."""
        record = disk.record
        room = record.room_of(name)
        begun = record.begin(name, disk.opened.part_of(disk.source), size, image_format)
        path = record.path_of(name)

        def tell(copied: int) -> None:
            self._together.check()
            # Of an image file the conversion here, after the copy, takes no share.
            converting = name == disk.task.part and disk.opened.is_file
            share = 1 if converting else copied / slices.length_of(size, room)
            self._shown.tell(disk, share, ("converting " if converting else "") + disk.task.entry["device"])

        def checkpoint(copied: int) -> None:
            record.checkpoint(name, copied)
            self._together.check()

        slices.copy(
            node,
            size,
            path,
            image_format,
            begun,
            checkpoint,
            record.lock_descriptor,
            tell,
            empty=begun == 0 and not room,
            room=room,
        )
        found, reason = slices.size_of(path, image_format)
        if found != (room or size):
            record.forget(name)
            raise slices.CopyFailed(
                "fetch-failed",
                f"The copy should have {size} bytes, but has {reason or found}.",
                hint="Run it again: it starts from the beginning.",
            )
        return max(0, size - begun)

    def _refuse_changed(self, disk: OpenTask) -> None:
        task = disk.task
        if f"{task.mode} {disk.opened.identity()}" != disk.source or not disk.opened.is_quiet():
            disk.record.forget(task.part, task.file)
            raise GuestconvError(
                "source-changed",
                "The disk was changed while it was copied.",
                hint="Shut the virtual machine down, and run it again: it starts from the beginning.",
            )


class _Shown:
    """The progress of copies at once: the share of all bytes, and which disks are being copied."""

    def __init__(self, progress: Progress, disks: Sequence[OpenTask]) -> None:
        self._progress = progress
        self._exclusive = threading.Lock()
        self._sizes = {disk.task.number: disk.opened.size for disk in disks}
        self._shares = dict.fromkeys(self._sizes, 0.0)
        self._doing = dict.fromkeys(self._sizes, "")

    def tell(self, disk: OpenTask, share: float, doing: str = "") -> None:
        """Report that this share (0 to 1) of a disk is copied. doing: its name, as it is shown while it is copied."""
        number = disk.task.number
        with self._exclusive:
            self._shares[number] = max(share, self._shares[number])
            self._doing[number] = doing
            waits = any(done < 1 for done in self._shares.values())
            detail = ", ".join(filter(None, self._doing.values())) or (WAITING if waits else "")
            copied = sum(self._sizes[key] * done for key, done in self._shares.items())
            self._progress.tell(detail, copied / sum(self._sizes.values()))


@contextmanager
def errors_of(task: Task, opened: Opened | None = None) -> Iterator[None]:
    """Say in errors which disk they are about, and what the server on the way to it reports."""
    try:
        yield
    except GuestconvError as error:
        if error.path.startswith("disks[") or not error.path:
            error.path = f"source.disks[{task.number}]"
        complaint = opened.complaint() if opened else ""
        if isinstance(error, slices.CopyFailed) and complaint:
            error.message = f"{error.message} ({complaint})"
        raise
