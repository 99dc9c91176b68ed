# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The disks are never half-converted: conversion writes to overlays, and only a finished one goes further."""

from __future__ import annotations

import os
import stat
import uuid
from dataclasses import dataclass

from ansible_collections.virttools.guestconv.plugins.module_utils import images, qemu_img
from ansible_collections.virttools.guestconv.plugins.module_utils.errors import GuestconvError
from ansible_collections.virttools.guestconv.plugins.module_utils.journal import (
    Entry,
    Journal,
    pending,
    require_unlocked,
)
from ansible_collections.virttools.guestconv.plugins.module_utils.state_directory import (
    SCRATCH_PREFIX,
    StateDirectory,
    beside,
    device_fact,
    file_identity,
    is_ours,
    lock_all,
    release_all,
    room_or_place,
    synchronize,
)

MODES = ("in-place", "dest", "throwaway")
_THROWAWAY = SCRATCH_PREFIX + "throwaway-"
# Endings that name a format, and so must change with it.
_FORMAT_SUFFIXES = (".raw", ".img", ".qcow2", ".vmdk", ".vdi", ".vhdx", ".vhd", ".vpc")


class Workspace:
    """A context manager around one conversion: overlays over the disks, to be written to by the appliance.

    Leaving it without commit() removes everything, and the disks are as before. The appliance must be closed before
    commit(): while it has the overlays open nobody else may read them.

    Args:
        disks: list of Disk. workdir: directory for the overlays (default: beside the disk, or beside its copy;
        /var/tmp for "throwaway"); the lock and the journal stay beside the disk, where the next run finds them.
        mode: "in-place", "dest" (converted copies in the directory `dest`, the disks stay untouched) or "throwaway"
        (nothing is kept; but what would be in the way of a conversion in place, or to `dest` if it is given, is told).
        originals: the disks that `disks` stand for, where these are over the overlays of an interrupted commit.
        dest_format: raw, qcow2, or None for the disk's own if it is one of these, else qcow2.
        room: bytes that each overlay must find free. step: called with the name of each point that is reached;
        the tests of interruption kill the process there. tell: called while commit() writes, with what it does and how
        much of all the disks is written (0 to 1).
    Errors on entering: disk-busy, state-of-another-user, journal-pending and those of pending(), workdir-not-usable,
        no-space; without dest: those of images.writable_in_place(); with it: dest-not-usable, dest-exists.
    """

    def __init__(self, disks, workdir=None, mode="in-place", dest=None, dest_format=None, room=images.OVERLAY_ROOM,
                 step=lambda point: None, tell=lambda disk, fraction: None, originals=None):
        if mode not in MODES or mode == "dest" and not dest or mode == "in-place" and dest:
            raise ValueError("mode %r with dest %r" % (mode, dest))
        self.disks = list(disks)
        self.mode = mode
        self.overlays = []
        self._workdir = os.path.realpath(workdir) if workdir else None
        self._dest = os.path.realpath(dest) if dest else None
        self._originals = list(originals or disks)
        self._copies = plan_copies(self._originals, self._dest, dest_format) if dest else []
        self._room = room
        self._step = step
        self._tell = tell
        self._states = []
        self._identities = {}

    @property
    def results(self):
        """The paths of the guest's disks after commit(), in the order of `disks`."""
        return [copy.path for copy in self._copies] if self._dest else [disk.path for disk in self._originals]

    def __enter__(self):
        if pending(self.disks) is not None:
            raise _journal_pending(self.disks[0].path)
        try:
            if self.mode == "in-place":
                self._begin_in_place()
            elif self.mode == "dest":
                self._begin_dest()
            else:
                self._begin_throwaway()
            place = self._place_for_overlays()
            self._identities = _identities(self.disks)
            for disk in self.disks:
                path = images.create_overlay(disk, place, disk.device + ".qcow2", self._room)
                self.overlays.append(images.overlay_disk(disk, path))
        except BaseException:
            self._release()
            raise
        return self

    def __exit__(self, *_exception):
        self._release()

    def _release(self):
        states, self._states = self._states, []
        release_all(states)

    def commit(self):
        """Make the conversion take effect; see the modes.

        Errors: no-space, disk-in-use, disk-changed (all before anything is written); in-place: commit-incomplete; dest:
        dest-exists, dest-not-usable, qemu-img-failed, after which no copy is left.
        """
        self._refuse_changed()
        if self.mode == "in-place":
            self._commit_in_place()
        elif self.mode == "dest":
            self._commit_dest()

    def _lock(self, paths):
        """Take over the state directories beside these paths, with what a killed run left in them removed."""
        self._states = lock_all([beside(path) for path in paths])
        for state, path in zip(self._states, paths):
            if state.has_journal():
                raise _journal_pending(path)
        for state in self._states:
            try:
                state.clean()
            except OSError as error:
                raise room_or_place(error, state.path) from error

    def _place_for_overlays(self):
        """The directory for the overlays, noted before it is made."""
        home = self._states[0]
        if not self._workdir or self.mode == "throwaway":
            return home.path
        images.require_usable_directory(self._workdir, "workdir-not-usable")
        name = SCRATCH_PREFIX + os.path.basename(self.disks[0].path)[:64] + "-" + uuid.uuid4().hex[:8]
        scratch = os.path.join(self._workdir, name)
        home.note(scratch=scratch)
        try:
            os.mkdir(scratch, 0o700)
        except OSError as error:
            raise room_or_place(error, self._workdir) from error
        return scratch

    def _begin_in_place(self):
        self._refuse_read_only()
        self._lock([disk.path for disk in self.disks])
        for state in self._states:
            state.note(first=self.disks[0].path)

    def _refuse_read_only(self):
        for disk in self._originals:
            images.writable_in_place(disk)

    def _commit_in_place(self):
        """Check all that can be checked, then write the journal, then the disks."""
        overlays = [overlay.path for overlay in self.overlays]
        for path in overlays:
            synchronize(path)
        synchronize(os.path.dirname(overlays[0]))
        for disk in self.disks:
            require_unlocked(disk)
        _require_room_to_grow(self.disks, overlays)
        self._refuse_changed()
        home = self._states[0]
        journal = Journal(home.path, [Entry.of(disk, path) for disk, path in zip(self.disks, overlays)])
        self._step("ready")
        try:
            journal.write()
        except OSError as error:
            raise room_or_place(error, home.path) from error
        self._step("journal written")
        journal.commit(home.lock_descriptor, self._step, self._tell)

    def _refuse_changed(self):
        """Nobody may have written to what lies under the overlays since these were made."""
        for path in self._identities:
            if _identity(path) != self._identities[path]:
                raise GuestconvError(
                    "disk-changed", "%s was written to, or replaced, while its guest was converted, so the conversion "
                    "is void. It is not brought into any disk." % path,
                    hint="Stop what writes to it, as a virtual machine or a copy that goes on; then run again.")

    def _begin_dest(self):
        images.require_usable_directory(self._dest, "dest-not-usable")
        self._lock(self.results)
        self._refuse_existing()

    def _refuse_existing(self):
        for path in self.results:
            if os.path.lexists(path):
                raise GuestconvError("dest-exists", "%s exists already" % path,
                                     hint="Remove it, or give another `dest`: a disk is never overwritten by a copy.")

    def _commit_dest(self):
        """Copy under temporary names, then move all copies to their places."""
        required = sum(qemu_img.required_bytes(overlay.path, copy.format)
                       for overlay, copy in zip(self.overlays, self._copies))
        images.require_room(self._dest, required, "the converted copy")
        parts = [os.path.join(state.path, "copy") for state in self._states]
        tellers = qemu_img.tellers([overlay.device for overlay in self.overlays], self._tell)
        try:
            for overlay, copy, part, tell in zip(self.overlays, self._copies, parts, tellers):
                qemu_img.transfer(["convert", "-f", "qcow2", "-O", copy.format, overlay.path, part],
                                  qemu_img.patience(overlay.virtual_size), tell, self._states[0].lock_descriptor)
                _resemble(part, copy.source)
                synchronize(part)
                self._step("copied %s" % overlay.device)
            self._refuse_changed()
            self._arrive(parts)
        except OSError as error:
            raise room_or_place(error, self._dest, "dest-not-usable") from error

    def _arrive(self, parts):
        """All copies appear, or none: until they all have, the notes say what is to be removed again."""
        home = self._states[0]
        self._refuse_existing()
        home.note(arriving={path: file_identity(part) for path, part in zip(self.results, parts)})
        for path, part in zip(self.results, parts):
            os.rename(part, path)
            self._step("arrived %s" % os.path.basename(path))
        synchronize(self._dest)
        home.note(arriving={})

    def _begin_throwaway(self):
        """Take a directory of a new name, after removing those that killed runs of this user left."""
        if self._dest:
            images.require_usable_directory(self._dest, "dest-not-usable")
            self._refuse_existing()
        else:
            self._refuse_read_only()
        place = self._workdir or "/var/tmp"
        images.require_usable_directory(place, "workdir-not-usable")
        for entry in os.scandir(place):
            if entry.name.startswith(_THROWAWAY) and is_ours(entry.path, stat.S_ISDIR):
                _remove_if_abandoned(entry.path)
        self._states = lock_all([os.path.join(place, _THROWAWAY + uuid.uuid4().hex)])


def _remove_if_abandoned(path):
    try:
        state = StateDirectory(path)
        state.lock()
    except GuestconvError:  # somebody works in it
        return
    state.release()


def _journal_pending(path):
    return GuestconvError("journal-pending", "an interrupted conversion of %s is not finished" % path,
                          hint="Run convert on it in place: that finishes the commit first.")


@dataclass(frozen=True)
class Copy:
    """One converted copy to be: of the disk at `source`, to `path`, as `format`."""

    source: str
    path: str
    format: str


def plan_copies(disks, directory, dest_format):
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


def _copy_name(disk, dest_format, distinction):
    image_format = dest_format or (disk.format if disk.format in ("raw", "qcow2") else "qcow2")
    stem, suffix = os.path.splitext(os.path.basename(disk.path))
    if suffix not in _FORMAT_SUFFIXES:
        stem, suffix = stem + suffix, ""
    if image_format != disk.format:
        suffix = "." + image_format
    return stem + distinction + suffix, image_format


def _resemble(path, source):
    """Give a copy the mode and, where permitted, the owner of its source. A block device's say nothing for a file."""
    status = os.stat(source)
    if stat.S_ISREG(status.st_mode):
        try:
            os.chown(path, status.st_uid, status.st_gid)
        except PermissionError:
            pass
        os.chmod(path, stat.S_IMODE(status.st_mode))


def _identities(disks):
    """{path: _identity(path)} of all that the disks are read from."""
    return {path: _identity(path) for disk in disks for path in (disk.path, *disk.backing, *disk.extents)}


def _identity(path):
    """What changes when somebody writes to a file, or this machine to a block device."""
    path = os.path.realpath(path)
    if os.path.isfile(path):
        return file_identity(path)
    if not os.path.exists(path):
        return None
    # The sectors written to a device (the kernel's Documentation/block/stat.rst), with what was still to be written.
    synchronize(path)
    return device_fact(path, "stat").split()[6:7]


def _require_room_to_grow(disks, overlays):
    """Errors: no-space, unless each filesystem has room for all that its disks may grow by in the commit."""
    growth = {}
    for disk, overlay in zip(disks, overlays):
        status = os.stat(disk.path)
        if not stat.S_ISBLK(status.st_mode):
            held = qemu_img.held_bytes(overlay, disk.cluster_size or 1)
            metadata = 0 if disk.format == "raw" else (1 << 20) + held // 64
            most = max(0, disk.virtual_size + metadata - status.st_blocks * 512)
            directory, needed = growth.get(status.st_dev, (os.path.dirname(disk.path), 0))
            growth[status.st_dev] = directory, needed + min(most, held + metadata)
    for directory, needed in growth.values():
        images.require_room(directory, needed, "writing the conversion to the disk")
