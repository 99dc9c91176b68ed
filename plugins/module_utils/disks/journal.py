# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What lets an interrupted commit finish.

The journal stands in the state directory of the guest's first disk from the first byte that is written to any of its
disks until the last one is on stable storage; the notes of the other disks say where it is. So a disk without a journal
is untouched, and one with a journal is finished by committing the overlays again: a commit copies what the overlay
holds, and twice is as good as once. Where that is not so, as QEMU's driver of the format is not made for it, the
converted image has been written before the journal was, and replaces the disk by a rename (replacement.py). The
overlay shows the same over the one as over the other.
"""

from __future__ import annotations

import glob
import os
import stat
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, Callable

from ..errors import GuestconvError
from ..texts import disk_urls, untrusted_json
from . import images, overlays, qemu_img, replacement, room, volumes
from .formats import qcow2
from .formats.reading import BadHeader
from .replacement import Replacement
from .state_directory import (
    JOURNAL,
    StateDirectory,
    is_ours,
    is_scratch,
    lock_all,
    release_all,
    state_directory_for,
    synchronize,
    write_json,
)

Tell = Callable[[str, float], Any]

# An earlier version wrote 1, and committed to each format in place.
_VERSIONS = (1, 2)
_FINISH_HINT = "Run convert again on the same disks: it finishes the commit from the overlays, which are complete."


@dataclass(frozen=True)
class Entry:
    """One disk of a journal: the Disk as asked for now, its overlay, and the overlay's size and time of change.

    replacement: what replaces the disk; None where the overlay is committed to the disk.
    """

    disk: images.Disk
    overlay: str
    size: int
    changed: int
    replacement: Replacement | None = None

    @classmethod
    def of(cls, disk: images.Disk, overlay: str, replacement: Replacement | None = None) -> Entry:
        """The entry for a finished overlay."""
        status = os.stat(overlay)
        return cls(disk, overlay, status.st_size, status.st_mtime_ns, replacement)

    @property
    def shown(self) -> images.Disk:
        """What the overlay shows. It may be larger than the disk."""
        with open(self.overlay, "rb") as stream:
            size = qcow2.read_header(stream).virtual_size
        return replace(overlays.overlay_disk(self.disk, self.overlay), virtual_size=size)

    def as_record(self) -> dict[str, Any]:
        """For the journal's file."""
        return {
            "path": self.disk.path,
            "format": self.disk.format,
            "overlay": self.overlay,
            "size": self.size,
            "changed": self.changed,
            "inode": _inode(self.disk.path),
            "replacement": self.replacement.as_record() if self.replacement else None,
        }


class Journal:
    """A commit that has begun."""

    def __init__(self, directory: str, entries: list[Entry]) -> None:
        self.directory = directory
        self.entries = entries

    def write(self) -> None:
        """From here on the disks may be half written. Errors: OSError, and then there is no journal."""
        write_json(self.directory, JOURNAL, {"version": 2, "disks": [entry.as_record() for entry in self.entries]})

    def commit(self, lock: int, step: Callable[[str], Any], tell: Tell) -> None:
        """Bring all overlays into their disks, then remove the journal. May be repeated after any interruption.

        Args: lock: descriptor of the held lock, which qemu-img inherits: if we are killed and it goes on alone, then
        the disk stays locked until it ends; step, tell: see Workspace. Errors: commit-incomplete.
        """
        written = [entry for entry in self.entries if entry.replacement is None]
        tellers = dict(zip(written, qemu_img.tellers([entry.disk.device for entry in written], tell)))
        for entry in self.entries:
            try:
                if entry.replacement is None:
                    _write(entry, lock, tellers[entry])
                else:
                    if not entry.replacement.has_arrived(entry.disk):
                        require_unlocked(entry.disk)
                    entry.replacement.arrive(entry.disk)
            except (GuestconvError, OSError, ValueError) as error:
                raise _incomplete(entry.disk, str(error).rstrip(".")) from error
            step(f"committed {entry.disk.device}")
        os.unlink(os.path.join(self.directory, JOURNAL))
        synchronize(self.directory)
        step("journal removed")

    def finish(self, step: Callable[[str], Any] = lambda point: None, tell: Tell = lambda disk, fraction: None) -> None:
        """Complete the commit that was interrupted and remove all traces of it.

        Errors: commit-incomplete, disk-busy, state-of-another-user, journal-broken.
        """
        states = lock_all([state_directory_for(entry.disk.path) for entry in self.entries])
        try:
            _check(self.entries)
            for entry in self.entries:
                require_unlocked(entry.disk)
            home = next(state for state in states if state.path == self.directory)
            self._bring_up_to_date(home.lock_descriptor, tell)
            self.commit(home.lock_descriptor, step, tell)
        finally:
            release_all(states)

    def _bring_up_to_date(self, lock: int, tell: Tell) -> None:
        """Make replacements where a journal of version 1 would commit to a disk that QEMU must not write to in place.

        Such a disk may be half written; together with the overlay it still is right, unless it is damaged already.
        Errors: disk-corrupt, those of replacement.require_replaceable(), no-space, qemu-img-failed.
        """
        outdated = [
            entry
            for entry in self.entries
            if entry.replacement is None and not replacement.layout_of(entry.disk).in_place
        ]
        if not outdated:
            return
        for entry in outdated:
            replacement.require_replaceable(entry.disk)
            images.require_sound(entry.disk)
            room.require_room(
                os.path.dirname(entry.disk.path),
                replacement.required_bytes(entry.overlay, "qcow2", entry.disk),
                "the converted disk",
                room.NEXT_TO_DISK,
            )
        tellers = dict(zip(outdated, qemu_img.tellers([entry.disk.device for entry in outdated], tell)))
        self.entries = [
            replace(entry, replacement=replacement.write(entry.disk, entry.shown, tellers[entry], lock))
            if entry in tellers
            else entry
            for entry in self.entries
        ]
        self.write()

    def as_converted(self) -> list[images.Disk]:
        """The disks as they will be: Disks over the finished overlays, for reading only.

        What a half-written disk lacks the overlay holds, so this view is right at every moment. Errors: journal-broken.
        """
        _check(self.entries)
        return [entry.shown for entry in self.entries]


def _write(entry: Entry, lock: int, tell: Callable[[float], None]) -> None:
    """Write what an overlay holds to its disk, and have it on stable storage. Errors: GuestconvError, OSError."""
    # The first attempt has counted before the journal was written; a kill in the middle of it asks for it again.
    images.count_again(entry.disk, lock)
    # -d keeps the overlay as it is: needed to do it again, and by those who read through it.
    qemu_img.transfer(
        ["commit", "-d", "-f", "qcow2", entry.overlay], qemu_img.copy_timeout(entry.disk.virtual_size), tell, lock
    )
    volumes.synchronize(entry.disk.path)


def require_unlocked(disk: images.Disk) -> None:
    """Errors: disk-in-use, if a running QEMU would keep qemu-img from writing to the disk."""
    if not disk_urls.is_export(disk.path) and qemu_img.denies_writing(disk.path):
        raise GuestconvError(
            "disk-in-use",
            f"{disk.path} is open in a running QEMU.",
            hint="Shut down the virtual machine, or wait for the process that reads it.",
        )


def _incomplete(disk: images.Disk, reason: str) -> GuestconvError:
    return GuestconvError(
        "commit-incomplete",
        f"The conversion is complete in the overlay, but was not fully written to {disk.path}: {reason}. The "
        "journal stays next to the disk.",
        hint=_FINISH_HINT + " If a disk is full, make room first. Do not start the guest before.",
    )


def pending(disks: Sequence[images.Disk]) -> Journal | None:
    """The journal of an interrupted commit to one of these disks, or None.

    Errors: disk-busy (a commit goes on now), journal-other-disks (it was begun with more or other disks, or with these
    under other names), journal-broken (not to be trusted, or an overlay is gone), state-of-another-user.
    """
    for disk in disks:
        state = _home(disk)
        if state is not None and _is_idle(state):
            return _load(state.path, disks)
    return None


def _home(disk: images.Disk) -> StateDirectory | None:
    """The StateDirectory with the journal of a commit to this disk, or None."""
    state = StateDirectory(state_directory_for(disk.path))
    if state.has_journal():
        return state
    first = state.notes().get("first")
    if isinstance(first, str) and (os.path.isabs(first) or disk_urls.is_export(first)):
        home = StateDirectory(state_directory_for(first))
        if home.has_journal():
            if disk.path in _named(home.path):
                return home
        elif not disk_urls.is_export(first) and not os.path.exists(first):
            raise GuestconvError(
                "journal-other-disks",
                f"{disk.path} was being converted together with {first}. If that was interrupted, the journal is next to "
                f"{first}, but {first} is not there.",
                hint="Bring it back, under this name, and run convert with all disks of the guest. If it is gone for "
                f"good, this disk may be half written: restore it from a backup and remove {state.path}.",
                extra={"disks": [first]},
            )
    return _home_by_inode(disk)


def _home_by_inode(disk: images.Disk) -> StateDirectory | None:
    """As _home(), of a file that was renamed since."""
    inode = _inode(disk.path)
    if inode is None:
        return None
    for name in glob.glob(os.path.join(glob.escape(os.path.dirname(disk.path)), ".guestconv-*", JOURNAL)):
        try:
            if inode in _inodes(_records(os.path.dirname(name))):
                return StateDirectory(os.path.dirname(name))
        except GuestconvError:  # that of another disk, or just finished
            continue
    return None


def _inodes(records: list[dict[str, Any]]) -> list[Any]:
    """The numbers of the disks' files, before and after they are replaced."""
    return [part.get("inode") for record in records for part in (record, record.get("replacement") or {})]


def _inode(path: str) -> int | None:
    """The number of a file, None for a volume."""
    if disk_urls.is_export(path):
        return None
    status = os.stat(path)
    return status.st_ino if stat.S_ISREG(status.st_mode) else None


def _is_idle(state: StateDirectory) -> bool:
    """True if the journal waits for somebody, False if it was just finished.

    Errors: disk-busy, state-of-another-user.
    """
    state.lock()
    waits = state.has_journal()
    state.release(keep=waits)
    return waits


def _broken(directory: str, reason: str) -> GuestconvError:
    return GuestconvError(
        "journal-broken",
        f"The journal in {directory} cannot be used: {reason}.",
        hint="A conversion of this disk was interrupted while it was written, so the disk may be half written. Bring "
        "back what is missing, or restore the disk from a backup and remove that directory.",
    )


def _records(directory: str) -> list[dict[str, Any]]:
    """The list of records in the journal file, with each field of the right type. Errors: journal-broken."""
    name = os.path.join(directory, JOURNAL)
    if not is_ours(directory, stat.S_ISDIR) or not is_ours(name, stat.S_ISREG):
        raise _broken(directory, "it was made by another user")
    try:
        content = untrusted_json.load(name)
        records: list[dict[str, Any]] = content["disks"]
        types = {"path": str, "format": str, "overlay": str, "size": int, "changed": int}
        sound = content["version"] in _VERSIONS and all(
            isinstance(record[key], kind) for record in records for key, kind in types.items()
        )
        for record in records if sound else ():
            Replacement.from_record(record.get("replacement"))
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise _broken(directory, "it cannot be read") from error
    if not sound or not records:
        raise _broken(directory, "it is no journal of this version")
    return records


def _named(directory: str) -> list[str]:
    return [record["path"] for record in _records(directory)]


def _load(directory: str, disks: Sequence[images.Disk]) -> Journal:
    """The Journal over the Disks asked for; of what the file says only names, sizes and times are used."""
    records = {record["path"]: record for record in _records(directory)}
    if set(records) != {disk.path for disk in disks}:
        raise GuestconvError(
            "journal-other-disks",
            f"A conversion of {', '.join(records)} was interrupted while it was written.",
            hint="Run convert with exactly these disks, under exactly these names: it finishes the commit. Only if "
            f"they are gone for good, remove {directory}.",
            extra={"disks": list(records)},
        )
    if directory not in map(state_directory_for, records):
        raise _broken(directory, "it was made for disks in another place")
    entries = []
    for disk in disks:
        record = records[disk.path]
        if record["format"] != disk.format:
            raise _broken(directory, f"it records {disk.path} as {record['format']}")
        place = os.path.dirname(record["overlay"])
        if place != directory and not is_scratch(place):
            raise _broken(directory, f"it names an overlay in a foreign place: {record['overlay']}")
        entries.append(
            Entry(
                disk,
                record["overlay"],
                record["size"],
                record["changed"],
                Replacement.from_record(record.get("replacement")),
            )
        )
    _check(entries)
    return Journal(directory, entries)


def _check(entries: Sequence[Entry]) -> None:
    """Errors: journal-broken, unless each overlay is as it was finished, and lies over its disk and nothing else, and
    what replaces a disk is there or has done so.
    """
    for entry in entries:
        home = os.path.dirname(entry.overlay)
        if not os.path.lexists(entry.overlay):
            raise _broken(home, f"the overlay {entry.overlay} is missing")
        if not is_ours(entry.overlay, stat.S_ISREG) or Entry.of(entry.disk, entry.overlay, entry.replacement) != entry:
            raise _broken(home, f"the overlay {entry.overlay} was changed")
        with open(entry.overlay, "rb") as stream:
            try:
                header = qcow2.read_header(stream)
            except BadHeader as error:
                raise _broken(home, f"the overlay {entry.overlay} is damaged") from error
        if (header.backing_file, header.backing_format) != (entry.disk.path, entry.disk.format) or header.external_data:
            raise _broken(home, f"the overlay {entry.overlay} is not one of {entry.disk.path}")
        if entry.replacement is not None:
            try:
                entry.replacement.has_arrived(entry.disk)
            except (OSError, ValueError) as error:
                raise _broken(home, str(error)) from error
