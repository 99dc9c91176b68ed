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
from collections.abc import Sequence
from contextlib import ExitStack
from typing import Any

from ..disks import destination, volumes
from ..errors import GuestconvError
from ..run.progress import Progress
from ..run.timeline import Timeline
from ..sources import finding
from ..sources import request as requests
from ..sources.fetch_record import Record
from ..sources.kinds import manifest
from ..sources.kinds import registry as kinds
from ..sources.kinds.kind import DiskEntry, Request
from ..sources.places import registry as places
from ..sources.places.place import Place
from ..sources.volume_record import NAME, VolumeRecord
from ..texts import disk_urls
from .fetch_copies import Copying, OpenTask, Task, errors_of
from .module import Module
from .unpacking import remove, unpacked

# What share of a run is behind it when a step begins, in percent.
STEPS = {"metadata": 0, "open": 1, "unpack": 2, "checksums": 3, "copy": 15}


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
            _require_fit(missing)
        if missing and not module.check_mode:
            if "packed" in missing[0].task.entry:
                with timeline.step("unpack"):
                    missing = unpacked(missing, request, records[0].directory, module, progress, stack)
                _require_fit(missing)
            elif kinds.kind_of(request).has_checksums:
                _verify(missing, request, records[0], module, progress, timeline)
            with timeline.step("copy"):
                copied = Copying(progress, missing, options["copy_slots"]).run()
            remove(records[0].directory)
        return {
            "changed": bool(missing),
            "name": name,
            "hardware": description["hardware"],
            "copied": copied,
            "disks": [disk.result(directory) for disk in disks],
            "sizes": [disk.sizes() for disk in disks] if module.check_mode else [],
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
        volume = given[number] if given else ""
        if mode == "overlay":
            _require_overlay(entry, place, image_format, volume)
        if volume:
            tasks.append(Task(number, entry, place, "copy", "raw", NAME, volume))
            continue
        wanted = mode or ("overlay" if place.is_local and image_format == "qcow2" else "copy")
        name = stem if len(disks) == 1 else f"{stem}-{entry['device']}"
        tasks.append(Task(number, entry, place, wanted, image_format, f"{name}.{image_format}"))
    return tasks


def _require_overlay(entry: DiskEntry, place: Place, image_format: str, volume: str) -> None:
    """Errors: overlay-not-possible."""
    path, hint = "mode", "Leave out `mode`, or let it be copy."
    if not place.is_local:
        message = (
            f"An overlay of {entry['device']} is not possible, because it is not a file of its own on this machine."
        )
    elif volume:
        message = f"An overlay is a file, and `dest` is {volume}."
        hint = "Leave out `mode`, or let `dest` be a directory."
    elif image_format != "qcow2":
        message = "An overlay is qcow2."
        path, hint = "format", "Leave out `format`, or let `mode` be copy."
    else:
        return
    raise GuestconvError("overlay-not-possible", message, path=path, hint=hint)


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
        with errors_of(task):
            opened = stack.enter_context(task.place.opened())
            disk = OpenTask(task, opened, f"{task.mode} {opened.identity()}", record)
        disks.append(disk)
        if not record.is_done(task.name, disk.source):
            missing.append(disk)
    return disks, missing


def _require_fit(disks: list[OpenTask]) -> None:
    """Errors: those of the records' require_fit()."""
    for disk in disks:
        disk.record.require_fit(disk.size or 0, disk.task.entry["device"])


def _verify(
    disks: list[OpenTask], request: Request, record: Record, module: Module, progress: Progress, timeline: Timeline
) -> None:
    """Compare the checksums of a package, once for each state of it."""
    identity = hashlib.sha256(json.dumps([disk.source for disk in disks]).encode()).hexdigest()
    if record.is_verified(identity):
        return
    paths = {disk.task.entry["path"] for disk in disks}
    # All members of an OVA are in one file. What is not a file of this machine has no share in the progress.
    total = sum(os.path.getsize(path) for path in paths if os.path.isfile(path))
    with timeline.step("checksums"):
        verified = kinds.kind_of(request).verify(request, progress.counter("", total))
    if not verified:
        module.warn(manifest.MISSING)
    record.note_verified(identity)
