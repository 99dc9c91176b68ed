# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What guestconv_fetch does, from its options to its result: a guest's disks come into a directory of this machine.

There is one way to copy (disks/slices.py), whatever the source: what is not a local file becomes an NBD export by
nbdkit, and qemu-img reads it. An image file from elsewhere (a qcow2 of a web server) is copied byte by byte first and
judged here, by disks/images.py, before QEMU interprets it: the files that it names, and what its header says, may be
hostile.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from typing import Any

from ..disks import destination, images, nodes, overlays, slices, volumes
from ..disks.nodes import Node
from ..disks.state_directory import synchronize
from ..errors import GuestconvError
from ..run.progress import Progress
from ..run.timeline import Timeline
from ..sources import finding
from ..sources import request as requests
from ..sources.fetch_record import Record
from ..sources.kinds import registry as kinds
from ..sources.kinds.kind import DiskEntry, Request
from ..sources.places import registry as places
from ..sources.places.local import node_of
from ..sources.places.place import Opened, Place
from ..sources.volume_record import NAME, VolumeRecord
from ..texts import disk_urls
from .module import Module

# What share of a run is behind it when a step begins, in percent.
STEPS = {"metadata": 0, "open": 1, "checksums": 2, "copy": 15}


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


def fetch(module: Module, progress: Progress) -> dict[str, Any]:
    """guestconv_fetch. Returns the module's result."""
    options = module.params
    timeline = Timeline(progress.begin)
    request = requests.parse(options["source"], options["password"])
    with timeline.step("metadata"):
        description = finding.describe(request)
    for warning in description["warnings"]:
        module.warn(warning)
    name = options["name"] or description["name"]
    progress.guest = name
    stem = finding.file_stem(name)
    dest = destination.from_option(options["dest"])
    given = dest if isinstance(dest, list) else []
    directory = os.path.realpath(dest) if isinstance(dest, str) else ""
    if given:
        _require_volumes(given, description["disks"])
    tasks = plan(request, description["disks"], stem, options["mode"], options["format"], given)
    records: list[Record] = list(map(VolumeRecord, given)) or [Record(directory, stem)]
    copied = 0
    with ExitStack() as stack:
        if not module.check_mode:
            for record in records:
                stack.enter_context(record)
        with timeline.step("open"):
            disks, missing = _open(tasks, records, stack)
            for disk in missing:
                disk.record.require_fit(disk.opened.size, disk.task.entry["device"])
        if missing and not module.check_mode:
            if kinds.kind_of(request).has_checksums:
                _verify(missing, request, records[0], module, progress, timeline)
            with timeline.step("copy"):
                copied = _Copying(progress, missing).run()
        return {
            "changed": bool(missing),
            "name": name,
            "hardware": description["hardware"],
            "copied": copied,
            "disks": [disk.result(directory) for disk in disks],
            "timeline": timeline.as_dict(),
        }


def plan(
    request: Request,
    disks: list[DiskEntry],
    stem: str,
    mode: str | None = None,
    image_format: str = "qcow2",
    given: Sequence[str] = (),
) -> list[Task]:
    """A Task for each of disks (as of finding.describe). mode: overlay, copy, or None: overlays of local files. given: the
    volumes that they are written to, if not to files."""
    tasks = []
    for number, entry in enumerate(disks):
        place = places.place_of(entry, request)
        if mode == "overlay" and not place.is_local:
            raise GuestconvError(
                "overlay-not-possible",
                f"An overlay of {entry['device']} is not possible, because it is not a file of its own on this machine.",
                path="mode",
                hint="Leave out `mode`, or let it be copy.",
            )
        if mode == "overlay" and given:
            raise GuestconvError(
                "overlay-not-possible",
                f"An overlay is a file, and `dest` is {given[number]}.",
                path="mode",
                hint="Leave out `mode`, or let `dest` be a directory.",
            )
        if mode == "overlay" and image_format != "qcow2":
            raise GuestconvError(
                "overlay-not-possible",
                "An overlay is qcow2.",
                path="format",
                hint="Leave out `format`, or let `mode` be copy.",
            )
        wanted = mode or ("overlay" if place.is_local and image_format == "qcow2" else "copy")
        if given:
            tasks.append(Task(number, entry, place, "copy", "raw", NAME, given[number]))
            continue
        name = stem if len(disks) == 1 else f"{stem}-{entry['device']}"
        tasks.append(Task(number, entry, place, wanted, image_format, f"{name}.{image_format}"))
    return tasks


def _require_volumes(given: list[str], disks: list[DiskEntry]) -> None:
    """Errors: those of volumes.require_named()."""
    local = [path for entry in disks for path in (entry["path"], *entry.get("backing", ()))]
    volumes.require_named(
        given,
        [entry["device"] for entry in disks],
        [path for path in local if disk_urls.is_export(path) or os.path.exists(path)],
    )


def _open(tasks: list[Task], records: list[Record], stack: ExitStack) -> tuple[list[OpenTask], list[OpenTask]]:
    """Open the disks of all tasks until stack ends. Returns them, and those of them that are not there yet."""
    disks, missing = [], []
    for task in tasks:
        record = records[task.number if task.volume else 0]
        with _errors_of(task):
            opened = stack.enter_context(task.place.opened())
            disk = OpenTask(task, opened, f"{task.mode} {opened.identity()}", record)
        disks.append(disk)
        if not record.is_done(task.name, disk.source):
            missing.append(disk)
    return disks, missing


def _verify(
    disks: list[OpenTask], request: Request, record: Record, module: Module, progress: Progress, timeline: Timeline
) -> None:
    """Compare the checksums of a package, once for each state of it."""
    identity = hashlib.sha256(json.dumps([disk.source for disk in disks]).encode()).hexdigest()
    if record.is_verified(identity):
        return
    paths = {disk.task.entry["path"] for disk in disks}
    # All members of an OVA are in one file. What is not a file of this machine has no share in the progress.
    total = sum(os.path.getsize(path) for path in paths if os.path.isfile(path)) or 1
    behind = 0

    def read(amount: int) -> None:
        nonlocal behind
        behind += amount
        progress.tell("", min(1, behind / total))

    with timeline.step("checksums"):
        verified = kinds.kind_of(request).verify(request, read)
    if not verified:
        module.warn("The package has no manifest, so the checksums of its disks could not be verified.")
    record.note_verified(identity)


class _Copying:
    """The copying of disks that are missing."""

    def __init__(self, progress: Progress, disks: list[OpenTask]) -> None:
        self._progress = progress
        self._disks = disks
        # Bytes: that were copied, that need not be any more, and of all disks.
        self._copied = 0
        self._behind = 0
        self._total = sum(disk.opened.size for disk in disks)

    def run(self) -> int:
        """Copy all, and move them to their places. Returns how many bytes were copied."""
        arriving: dict[Record, dict[str, tuple[str, str]]] = {}
        with ExitStack() as stack:
            for record in dict.fromkeys(disk.record for disk in self._disks):
                stack.enter_context(record.written())
            for disk in self._disks:
                with _errors_of(disk.task, disk.opened):
                    part = self._overlay(disk) if disk.task.mode == "overlay" else self._copy(disk)
                    self._refuse_changed(disk)
                arriving.setdefault(disk.record, {})[disk.task.name] = part, disk.source
                self._behind += disk.opened.size
            for record, files in arriving.items():
                record.arrive(files)
        return self._copied

    def _overlay(self, disk: OpenTask) -> str:
        """Make the overlay. Returns the name of what is to be moved to its place."""
        if disk.opened.disk is None:
            raise TypeError(f"{disk.task.name} is not an overlay of a local image")
        path = overlays.create_overlay(disk.opened.disk, disk.record.directory, disk.task.part)
        os.chmod(path, 0o600)
        synchronize(path)
        return disk.task.part

    def _copy(self, disk: OpenTask) -> str:
        """Make the copy, or what is missing of it. Returns the name of what is to be moved to its place."""
        task, opened = disk.task, disk.opened
        first, image_format = (task.file, "raw") if opened.is_file else (task.part, task.format)
        self._copied += self._copy_to(first, opened.node, opened.size, image_format, disk)
        if not opened.is_file:
            return first
        judged = self._judged(disk)
        if judged.format == task.format and not task.volume:
            return first
        self._copy_to(task.part, node_of(judged), judged.virtual_size, task.format, disk)
        return task.part

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
        begun = record.begin(name, disk.source, size, image_format)
        path = record.path_of(name)

        def tell(copied: int) -> None:
            # Of an image file the conversion here, after the copy, takes no share.
            converting = name == disk.task.part and disk.opened.is_file
            share = 1 if converting else copied / slices.length_of(size, room)
            detail = ("converting " if converting else "") + disk.task.entry["device"]
            self._progress.tell(detail, (self._behind + disk.opened.size * share) / self._total)

        slices.copy(
            node,
            size,
            path,
            image_format,
            begun,
            lambda copied: record.checkpoint(name, copied),
            record.lock_descriptor,
            tell,
            empty=begun == 0 and not room,
            room=room,
        )
        below = nodes.node_of(path)
        found, reason = nodes.size_of(below if image_format == "raw" else {"driver": image_format, "file": below})
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
        if f"{task.mode} {disk.opened.identity()}" != disk.source:
            disk.record.forget(task.part, task.file)
            raise GuestconvError(
                "source-changed",
                "The disk was changed while it was copied.",
                hint="Shut the virtual machine down, and run it again: it starts from the beginning.",
            )


@contextmanager
def _errors_of(task: Task, opened: Opened | None = None) -> Iterator[None]:
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
