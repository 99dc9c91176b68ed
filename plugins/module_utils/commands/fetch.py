# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What guestconv_fetch does, from its options to its result: a guest's disks come into a directory of this machine.

There is one way to copy (disks/slices.py), whatever the source: what is not a local file becomes an NBD export by
nbdkit, and qemu-img reads it. An image file from elsewhere (a qcow2 of a web server) is copied byte by byte first and
judged here, by disks/images.py, before QEMU sees more of it than bytes: what it names, and what it says of itself, may
be hostile.
"""

from __future__ import annotations

import hashlib
import json
import os
from contextlib import ExitStack
from dataclasses import dataclass

from ..disks import images, overlays, slices
from ..disks.state_directory import synchronize
from ..errors import GuestconvError
from ..run.timeline import Timeline
from ..sources import finding
from ..sources import request as requests
from ..sources.fetch_record import Record
from ..sources.kinds import ova, ovf
from ..sources.places import origins

_VERIFIERS = {"ova": ova.verify, "ovf": ovf.verify}

# What share of a run is behind it when a step begins, in percent.
STEPS = {"metadata": 0, "open": 1, "checksums": 2, "copy": 15}


@dataclass
class Task:
    """One disk to bring. number: its place in the list of disks. entry: as of sources/__init__.py. mode: overlay or
    copy. format: of what it becomes. name: of its file. opened, source: once it is open, and its identity."""

    number: int
    entry: dict
    place: object
    mode: str
    format: str
    name: str
    opened: origins.Opened = None
    source: str = ""

    @property
    def part(self):
        """The name of the copy while it is not complete."""
        return self.name + ".part"

    @property
    def file(self):
        """The name of the image file as it is elsewhere, while it is needed."""
        return self.name + ".file"

    @property
    def backing(self):
        """The paths of the files that what it becomes stands on."""
        disk = self.opened.disk
        return [disk.path, *disk.backing] if self.mode == "overlay" else []


def fetch(module, progress):
    """guestconv_fetch, which tells of its progress (progress.Progress). Returns the module's result."""
    return _Fetch(module, progress).run()


def plan(request, disks, stem, mode=None, image_format="qcow2"):
    """A Task for each of disks (as of finding.describe). mode: overlay, copy, or None: overlays of local files."""
    tasks = []
    for number, entry in enumerate(disks):
        place = origins.of_entry(entry, request)
        if mode == "overlay" and not place.is_local:
            raise GuestconvError(
                "overlay-not-possible",
                f"No overlay can stand on {entry['device']}, which is no file of this machine by itself.",
                path="mode",
                hint="Leave out `mode`, or let it be copy.",
            )
        if mode == "overlay" and image_format != "qcow2":
            raise GuestconvError(
                "overlay-not-possible",
                "An overlay is qcow2.",
                path="format",
                hint="Leave out `format`, or let `mode` be copy.",
            )
        wanted = mode or ("overlay" if place.is_local and image_format == "qcow2" else "copy")
        name = stem if len(disks) == 1 else f"{stem}-{entry['device']}"
        tasks.append(Task(number, entry, place, wanted, image_format, f"{name}.{image_format}"))
    return tasks


class _Fetch:
    """One run of the module."""

    def __init__(self, module, progress):
        self._progress = progress
        self._options = module.params
        self._check_mode = module.check_mode
        # Ansible adds what it is given so to the result, be that a success or a failure.
        self._warn = module.warn
        self._timeline = Timeline(progress.begin)
        self._dest = os.path.realpath(self._options["dest"])
        self._record = None
        # Bytes: that were copied, that need not be any more, and of all disks that are to be copied.
        self._copied = self._behind = self._total = 0

    def run(self):
        """Do it. Returns the module's result."""
        options = self._options
        request = requests.parse(options["source"], options["password"])
        with self._timeline.step("metadata"):
            description = finding.describe(request)
        for warning in description["warnings"]:
            self._warn(warning)
        name = options["name"] or description["name"]
        self._progress.guest = name
        stem = finding.file_stem(name)
        tasks = plan(request, description["disks"], stem, options["mode"], options["format"])
        self._record = Record(self._dest, stem)
        with ExitStack() as stack:
            if not self._check_mode:
                stack.enter_context(self._record)
            with self._timeline.step("open"):
                missing = self._open(tasks, stack)
            if missing and not self._check_mode:
                self._bring(missing, request)
            return {
                "changed": bool(missing),
                "name": name,
                "hardware": description["hardware"],
                "copied": self._copied,
                "disks": [self._result(task) for task in tasks],
                "timeline": self._timeline.as_dict(),
            }

    def _result(self, task):
        found = {"path": os.path.join(self._dest, task.name), "format": task.format, "device": task.entry["device"]}
        return dict(found, backing=task.backing) if task.mode == "overlay" else found

    def _open(self, tasks, stack):
        """Open all of tasks until stack ends. Returns those that are not there yet."""
        missing = []
        for task in tasks:
            with _at(task):
                task.opened = stack.enter_context(task.place.opened())
                task.source = f"{task.mode} {task.opened.identity()}"
            if not self._record.is_done(task.name, task.source):
                missing.append(task)
        return missing

    def _bring(self, tasks, request):
        self._verify(tasks, request)
        arriving = {}
        self._total = sum(task.opened.size for task in tasks)
        with self._timeline.step("copy"):
            for task in tasks:
                with _at(task):
                    part = self._overlay(task) if task.mode == "overlay" else self._copy(task)
                    self._refuse_changed(task)
                arriving[task.name] = part, task.source
                self._behind += task.opened.size
            self._record.arrive(arriving)

    def _verify(self, tasks, request):
        """Compare the checksums of an OVF package, once for each state of it."""
        if request.type not in _VERIFIERS:
            return
        identity = hashlib.sha256(json.dumps([task.source for task in tasks]).encode()).hexdigest()
        if self._record.is_verified(identity):
            return
        total = sum(os.path.getsize(path) for path in {task.entry["path"] for task in tasks})
        behind = 0

        def read(amount):
            nonlocal behind
            behind += amount
            self._progress.tell("", min(1, behind / total))

        with self._timeline.step("checksums"):
            verified = _VERIFIERS[request.type](request.settings["path"], read)
        if not verified:
            self._warn("The package has no manifest, so its disks have no checksums to be compared with.")
        self._record.note_verified(identity)

    def _overlay(self, task):
        """Make the overlay. Returns the name of what is to be moved to its place."""
        path = overlays.create_overlay(task.opened.disk, self._record.directory, task.part)
        os.chmod(path, 0o600)
        synchronize(path)
        return task.part

    def _copy(self, task):
        """Make the copy, or what is missing of it. Returns the name of what is to be moved to its place."""
        opened = task.opened
        first, image_format = (task.file, "raw") if opened.is_file else (task.part, task.format)
        self._copied += self._copy_to(first, opened.node, opened.size, image_format, task)
        if not opened.is_file:
            return first
        disk = self._judged(task)
        if disk.format == task.format:
            return first
        self._copy_to(task.part, origins.node_of(disk), disk.virtual_size, task.format, task)
        return task.part

    def _judged(self, task):
        option = {"path": self._record.path_of(task.file), "device": task.entry["device"]}
        if "format" in task.entry:
            option["format"] = task.entry["format"]
        try:
            return images.disks_from_option([option])[0]
        except GuestconvError as error:
            error.path = ""
            error.hint = (
                "What was fetched is one file. If it is a snapshot, or the small part of a VMDK, make one "
                "image of the disk where it is (`qemu-img convert`), or name its -flat.vmdk with `format: "
                "raw`."
            )
            raise

    def _copy_to(self, name, node, size, image_format, task):
        """Complete one copy in the state directory. Returns how many bytes were missing."""
        record = self._record
        begun = record.begin(name, task.source, size, image_format)
        path = record.path_of(name)

        def tell(copied):
            # Of an image file the conversion here, after the copy, takes no share.
            share = 1 if name == task.part and task.opened.is_file else copied / size
            detail = "converting " if name == task.part and task.opened.is_file else ""
            self._progress.tell(detail + task.entry["device"], (self._behind + task.opened.size * share) / self._total)

        slices.copy(
            node,
            size,
            path,
            image_format,
            begun,
            lambda copied: record.checkpoint(name, copied),
            record.lock_descriptor,
            tell,
        )
        below = slices.file_node(path)
        found, reason = slices.size_of(below if image_format == "raw" else {"driver": image_format, "file": below})
        if found != size:
            record.forget(name)
            raise slices.CopyFailed(
                "fetch-failed",
                f"The copy should have {size} bytes, and has {reason or found}.",
                hint="Run it again: it begins anew.",
            )
        return size - begun

    def _refuse_changed(self, task):
        if f"{task.mode} {task.opened.identity()}" != task.source:
            self._record.forget(task.part, task.file)
            raise GuestconvError(
                "source-changed",
                "The disk was changed while it was copied.",
                hint="Shut the virtual machine down, and run it again: it begins anew.",
            )


class _at:
    """A context manager that says in errors which disk they are about, and what the server on the way to it says."""

    def __init__(self, task):
        self._task = task

    def __enter__(self):
        return self

    def __exit__(self, _type, error, _traceback):
        if isinstance(error, GuestconvError):
            if error.path.startswith("disks[") or not error.path:
                error.path = f"source.disks[{self._task.number}]"
            complaint = self._task.opened.complaint() if self._task.opened else ""
            if isinstance(error, slices.CopyFailed) and complaint:
                error.message = f"{error.message} ({complaint})"
