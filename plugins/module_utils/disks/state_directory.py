# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The directory next to a disk in which a conversion keeps its state, locked while it works and cleaned after a kill.

web01.qcow2
.guestconv-web01.qcow2/     mode 0700
    lock                    under flock while somebody converts this disk
    notes.json              what a later run must clean up if it finds no journal
    sda.qcow2               an overlay (or in `workdir`, which the notes name)
    journal.json            while a commit goes on, see journal.py
"""

from __future__ import annotations

import errno
import fcntl
import hashlib
import json
import os
import re
import shutil
import stat
from collections.abc import Iterable, Sequence
from typing import Any, Callable

from ..errors import GuestconvError
from ..run import whole_file
from ..texts import disk_urls, untrusted_json

JOURNAL = "journal.json"
SCRATCH_PREFIX = "guestconv-"
# A block device has no directory next to it that outlives a reboot, and an NBD export has none on this machine.
_VOLUME_STATE = "/var/lib/guestconv"
_KERNEL_DEVICES, _LASTING_NAMES = "/sys/dev/block", "/dev/disk/by-id"
_NOTES, _LOCK = "notes.json", "lock"


def state_directory_for(path: str) -> str:
    """The state directory of the disk at `path` (as in Disk.path)."""
    if disk_urls.is_export(path):
        return os.path.join(_VOLUME_STATE, ".guestconv-" + _export_key(path))
    if os.path.exists(path) and stat.S_ISBLK(os.stat(path).st_mode):
        return os.path.join(_VOLUME_STATE, ".guestconv-" + _device_key(path).strip("/").replace("/", "-"))
    return os.path.join(os.path.dirname(path), ".guestconv-" + os.path.basename(path))


def volume_key(path: str) -> tuple[str, str]:
    """(the directory that has the state of volumes, what a block device or an NBD export is called there)."""
    directory, name = os.path.split(state_directory_for(path))
    return directory, name.removeprefix(".guestconv-")


def _export_key(path: str) -> str:
    """What an NBD export is called, however its URL is written."""
    url = disk_urls.parse(path)
    place = [url.socket, url.host.lower(), url.port, url.path.lstrip("/")]
    checksum = hashlib.sha256(json.dumps(place).encode()).hexdigest()
    return "nbd-" + re.sub(r"[^A-Za-z0-9._-]+", "-", url.path.strip("/"))[:64] + "-" + checksum[:16]


def _device_key(path: str) -> str:
    """What a block device is called whichever of its names is used, and after a reboot as well, if that is known."""
    # Of the device mapper: logical volumes, multipath.
    name = device_fact(path, "dm/uuid") or device_fact(path, "dm/name")
    if name:
        return name
    path = os.path.realpath(path)
    names = os.listdir(_LASTING_NAMES) if os.path.isdir(_LASTING_NAMES) else []
    # Not by what the guest has written to the device, as lvm-pv-uuid-... is.
    return max(
        (
            name
            for name in names
            if not name.startswith("lvm-") and os.path.realpath(os.path.join(_LASTING_NAMES, name)) == path
        ),
        default=path,
    )


def written_sectors(path: str) -> list[str]:
    """What changes when this machine writes to a block device: the sectors written since the kernel has it (its
    Documentation/block/stat.rst), with what was still to be written. Errors: OSError."""
    synchronize(path)
    return device_fact(path, "stat").split()[6:7]


def device_fact(path: str, name: str) -> str:
    """What the kernel says of a block device in a file that is called so in sysfs; "" if nothing."""
    try:
        number = os.stat(path).st_rdev
        with open(f"{_KERNEL_DEVICES}/{os.major(number)}:{os.minor(number)}/{name}", encoding="utf-8") as stream:
            return stream.read().strip()
    except OSError:
        return ""


def synchronize(path: str) -> None:
    """Have the file or directory on stable storage."""
    descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def file_identity(path: str) -> list[int]:
    """[inode, time of the last write in ns]: the same only for the same file with the same content."""
    status = os.lstat(path)
    return [status.st_ino, status.st_mtime_ns]


def write_json(directory: str, name: str, content: Any) -> None:
    """Write a file that is there completely or not at all, also after a power failure."""
    whole_file.replace(os.path.join(directory, name), json.dumps(content).encode(), synced=True)
    synchronize(directory)


class DirectoryNotUsable(GuestconvError):
    """A directory cannot be written to, for another reason than that it is full."""


def room_or_place(error: OSError, directory: str, code: str = "workdir-not-usable") -> GuestconvError:
    """The GuestconvError for an OSError while writing in `directory`: no-space, or `code`."""
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        return GuestconvError("no-space", f"{directory} has no room left.")
    return DirectoryNotUsable(
        code,
        f"{directory} cannot be used: {error.strerror}.",
        hint="guestconv keeps its state in a directory next to the disk, which this user must be able to make.",
    )


def is_ours(path: str, kind: Callable[[int], bool]) -> bool:
    """Whether `path` is itself (not through a link) a `kind` (stat.S_ISDIR, stat.S_ISREG) that this user made."""
    try:
        status = os.lstat(path)
    except (OSError, ValueError):  # The latter for a path that cannot be one: with a NUL in it, say.
        return False
    return kind(status.st_mode) and status.st_uid == os.geteuid()


class StateDirectory:
    """A directory that one process at a time may use, and that the next one cleans if that process was killed.

    The lock is taken on a file of our own: on NFS flock is emulated with the record locks that QEMU takes on images.
    """

    def __init__(self, path: str) -> None:
        self.path = path
        self._lock: int | None = None

    @property
    def lock_descriptor(self) -> int:
        """To be inherited by a child that must not outlive the lock: it stays locked until the child ends, too."""
        if self._lock is None:
            raise ValueError(f"{self.path} is not locked")
        return self._lock

    def lock(self) -> None:
        """Make the directory and take its lock.

        Errors: disk-busy, state-of-another-user, workdir-not-usable, no-space.
        """
        for _attempt in range(10):
            self._make_parent()
            try:
                self._make()
                if self._take():
                    return
            except FileNotFoundError:  # its owner has just removed it
                continue
            except OSError as error:
                raise room_or_place(error, self.path) from error
        raise self._busy(f"{self.path} comes and goes")

    def _make_parent(self) -> None:
        """Have the directory that it is in. Errors: workdir-not-usable, no-space."""
        parent = os.path.dirname(self.path)
        try:
            os.makedirs(parent, exist_ok=True)
        except FileExistsError:
            raise room_or_place(NotADirectoryError(errno.ENOTDIR, os.strerror(errno.ENOTDIR)), parent) from None
        except OSError as error:
            raise room_or_place(error, parent) from error

    def _make(self) -> None:
        """Have the directory, as our own. Errors: state-of-another-user; OSError."""
        try:
            os.mkdir(self.path, 0o700)
            is_new = True
        except FileExistsError:
            is_new = False
        status = os.lstat(self.path)
        is_foreign = status.st_uid != os.geteuid()
        if is_foreign and is_new:
            os.rmdir(self.path)
            raise PermissionError(
                errno.EPERM, "what this user makes there belongs to another one, as on NFS with root_squash"
            )
        if is_foreign:
            raise self._of_another_user()
        if not stat.S_ISDIR(status.st_mode):
            raise NotADirectoryError(errno.ENOTDIR, os.strerror(errno.ENOTDIR))

    def _take(self) -> bool:
        """Lock the lock file; False if it was unlinked meanwhile by the owner who made room for us."""
        name = os.path.join(self.path, _LOCK)
        descriptor = os.open(name, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            if os.fstat(descriptor).st_ino == os.stat(name).st_ino:
                self._lock = descriptor
            return self._lock is not None
        except BlockingIOError:
            raise self._busy(f"{self.path} is locked") from None
        finally:
            if self._lock is None:
                os.close(descriptor)

    @staticmethod
    def _busy(reason: str) -> GuestconvError:
        return GuestconvError(
            "disk-busy",
            f"Another process is converting the disk, or is writing to the volume: {reason}.",
            hint="Wait for it to end, then run again.",
        )

    def _of_another_user(self) -> GuestconvError:
        try:
            owner = f"the user with the id {os.lstat(self.path).st_uid}"
        except OSError:
            owner = "another user"
        return GuestconvError(
            "state-of-another-user",
            f"{self.path} belongs to {owner}.",
            hint="Run as that user. An interrupted conversion may be in it: do not remove it.",
        )

    def has_journal(self) -> bool:
        """Whether a commit has begun here and not ended.

        Errors: state-of-another-user, where we may not look; workdir-not-usable.
        """
        try:
            os.lstat(os.path.join(self.path, JOURNAL))
        except (FileNotFoundError, NotADirectoryError):
            return False
        except PermissionError:
            raise self._of_another_user() from None
        except OSError as error:
            if error.errno == errno.ENAMETOOLONG:  # so nobody can have made one
                return False
            raise room_or_place(error, self.path) from error
        return True

    def notes(self) -> dict[str, Any]:
        """What the last owner noted, {} if nothing usable: {scratch, first, arriving, incomplete}."""
        name = os.path.join(self.path, _NOTES)
        if not is_ours(self.path, stat.S_ISDIR) or not is_ours(name, stat.S_ISREG):
            return {}
        try:
            notes = untrusted_json.load(name)
        except (OSError, ValueError):
            return {}
        return notes if isinstance(notes, dict) else {}

    def note(self, **notes: Any) -> None:
        """Add to the notes, before doing what a later run would have to undo."""
        try:
            write_json(self.path, _NOTES, {**self.notes(), **notes})
        except OSError as error:
            raise room_or_place(error, self.path) from error

    def is_incomplete(self) -> bool:
        """Whether the last owner noted that the volume holds no whole disk yet."""
        return bool(self.notes().get("incomplete"))

    def clean(self) -> None:
        """Remove all that a run has left, but neither the lock nor a journal's files (call it without a journal). That the
        volume is not complete stays noted.

        arriving: {path: identity} of copies that were being moved to their places when the run was killed; one that
        somebody has written to since then is his.
        """
        notes = self.notes()
        arriving = notes.get("arriving")
        for path, identity in arriving.items() if isinstance(arriving, dict) else ():
            if os.path.lexists(path) and file_identity(path) == identity:
                os.unlink(path)
        if is_scratch(notes.get("scratch")):
            shutil.rmtree(notes["scratch"])
        for entry in os.scandir(self.path):
            if entry.is_dir(follow_symlinks=False):
                shutil.rmtree(entry.path)
            elif entry.name not in (_LOCK, _NOTES):
                os.unlink(entry.path)
        # Last, for a kill in between.
        if notes.get("incomplete"):
            write_json(self.path, _NOTES, {"incomplete": True})
        elif notes:
            os.unlink(os.path.join(self.path, _NOTES))

    def release(self, keep: bool = False) -> None:
        """Give up the lock, and remove the directory unless it is to `keep`. That of a volume that is not complete stays."""
        try:
            if not keep:
                self.clean()
                if not self.is_incomplete():
                    os.unlink(os.path.join(self.path, _LOCK))
                    os.rmdir(self.path)
        except OSError:
            pass  # somebody else came in between unlink and rmdir, or the disk's directory is gone: not ours any more
        finally:
            os.close(self.lock_descriptor)
            self._lock = None


def is_scratch(path: Any) -> bool:
    """Whether notes or a journal may name this as a directory for overlays: ours by name and by owner."""
    return (
        isinstance(path, str)
        and os.path.isabs(path)
        and os.path.basename(path).startswith(SCRATCH_PREFIX)
        and is_ours(path, stat.S_ISDIR)
    )


def lock_all(paths: Iterable[str]) -> list[StateDirectory]:
    """Lock several state directories, or not one of them. Nobody waits, so there is no deadlock.

    Returns: list of StateDirectory in the order of `paths`. Errors: those of StateDirectory.lock().
    """
    states: list[StateDirectory] = []
    try:
        for path in paths:
            state = StateDirectory(path)
            state.lock()
            states.append(state)
    except BaseException:
        for state in states:
            state.release(keep=state.has_journal() or bool(state.notes()))
        raise
    return states


def release_all(states: Sequence[StateDirectory]) -> None:
    """Give up the locks and remove the directories, unless a journal is left in one: then all of them stay."""
    keep = any(state.has_journal() for state in states)
    for state in states:
        state.release(keep)
