# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""An OVA that is compressed as a whole is unpacked once, into the state directory of the fetch, before its disks are copied."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import replace
from typing import cast

from ..disks import room
from ..disks.state_directory import room_or_place, write_json
from ..run.progress import Progress
from ..sources.kinds import manifest, ovf, packed_ova
from ..sources.kinds.kind import DiskEntry, Request
from ..sources.places import registry as places
from ..sources.places.place import state
from ..texts import untrusted_json
from .fetch_copies import OpenTask, errors_of
from .module import Module

_FOLDER, _COMPLETE = "unpacked", "unpacked.json"
# What of an entry is not of the unpacked file.
_OF_ARCHIVE = ("packed", "member", "offset", "length")


def unpacked(
    disks: Sequence[OpenTask], request: Request, directory: str, module: Module, progress: Progress, stack: ExitStack
) -> list[OpenTask]:
    """The disks of a packed OVA, opened until stack ends, after it was unpacked in `directory` and its checksums compared.

    Errors: no-space, source-...
    """
    (path,) = {disk.task.entry["path"] for disk in disks}
    packed = disks[0].task.entry["packed"]
    folder, note = os.path.join(directory, _FOLDER), os.path.join(directory, _COMPLETE)
    wanted = {disk.task.entry["member"] for disk in disks}
    identity = json.dumps([state(path), sorted(wanted)])
    if not _is_noted(note, identity):
        remove(directory)
        try:
            os.mkdir(folder, 0o700)
            descriptor, left_out = packed_ova.unpack(
                path,
                packed,
                wanted,
                folder,
                lambda size: room.require_room(directory, size, f"what is packed in {path}"),
                progress.counter(os.path.basename(path), os.path.getsize(path)),
            )
            if not ovf.verify(descriptor, left_out=left_out):
                module.warn(manifest.MISSING)
            write_json(directory, _COMPLETE, identity)
        except OSError as error:
            raise room_or_place(error, directory, "dest-not-usable") from error
    return [_opened(disk, folder, request, stack) for disk in disks]


def remove(directory: str) -> None:
    """Remove what was unpacked in the directory, where something was."""
    note, folder = os.path.join(directory, _COMPLETE), os.path.join(directory, _FOLDER)
    if os.path.lexists(note):
        os.unlink(note)
    if os.path.lexists(folder):
        shutil.rmtree(folder)


def _is_noted(note: str, identity: str) -> bool:
    try:
        return bool(untrusted_json.load(note) == identity)
    except (OSError, ValueError):
        return False


def _opened(disk: OpenTask, folder: str, request: Request, stack: ExitStack) -> OpenTask:
    """The disk, whose entry and identity stay, open where it was unpacked."""
    entry = disk.task.entry
    path = packed_ova.unpacked_file(folder, entry["member"])
    here = {**{key: value for key, value in entry.items() if key not in _OF_ARCHIVE}, "path": path}
    with errors_of(disk.task):
        opened = stack.enter_context(places.place_of(cast(DiskEntry, here), request).opened())
        return replace(
            disk, opened=replace(opened, identify=disk.opened.identify, declared=disk.opened.size, disk=None)
        )
