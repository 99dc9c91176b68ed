# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How the door writes: what protects a file from a change is taken away for it, and what prevents one is said.

All that costs calls is done after a write has failed: a guest without such files pays nothing.
"""

from __future__ import annotations

import errno
import posixpath
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from typing import Callable

from ..appliance.appliance import Appliance
from ..appliance.failures import ApplianceError, CallFailed
from ..errors import GuestconvError
from .space import Space, read_only, space
from .storage.mounts import Mount

# A message of the appliance's protocol holds 4 MiB (GUESTFS_MESSAGE_MAX), and costs a hundredth of a file transfer.
MESSAGE = 3 * 1024 * 1024

# Of chattr(1): immutable, and append-only. ext2 to ext4, xfs, btrfs and f2fs have them.
_PROTECTING = "ia"
# Of statvfs(3): statvfs.h of the C library.
_ST_RDONLY = 1
# Bytes with which no program that writes gets far.
_HARDLY_ANY = 64 * 1024
# Where programs of the guest write; "" is the root.
_WRITTEN_TO = ("", "boot", "efi", "etc", "tmp", "usr", "var")
_FULL = (errno.ENOSPC, errno.EDQUOT)
# What libguestfs writes in more than one message ends so, without a reason (daemon/upload.c).
_TRANSFER_ENDED = "write error: "
_NOT_WRITABLE = (errno.EPERM, errno.EISDIR, errno.ENOTDIR, errno.ENOENT, errno.ELOOP, errno.ETXTBSY)


class Writer:
    """Writes into what is mounted of one root.

    name: the root's. mounts: gives what is mounted. All methods raise GuestconvError: `filesystem-full` or `boot-full`,
    `filesystem-read-only`, `guest-file-not-writable`; nothing but a `put` has changed the file then.
    """

    def __init__(self, appliance: Appliance, name: str, mounts: Callable[[], Sequence[Mount]]) -> None:
        self._appliance = appliance
        self._name = name
        self._mounts = mounts

    def space(self, path: str) -> Space:
        """The room on the filesystem of path, which is there."""
        mount = self._mount(path)
        point, name = (mount.path, mount.filesystem.name) if mount else ("/", self._name)
        return space(path, point, name, self._appliance.statvfs(path))

    def save(self, path: str, write: Callable[[], None]) -> None:
        """Do what writes the file at path, which is there and stays about as large."""
        self._do(write, path, 0)

    def put(self, content: bytes, path: str) -> None:
        """Make content that of the file at path, which is there."""
        self._do(lambda: self._put(content, path), path, len(content))

    def create(self, content: bytes, path: str, mode: int, directory: str | None) -> None:
        """Make a file at path, where nothing is. directory: the one to be made for it with those above, if any."""

        def make() -> None:
            if directory:
                self._appliance.mkdir_p(directory)
            self._put(content, path)
            self._appliance.chmod(mode, path)

        self._refuse_irregular(path)
        self._do(make, path, len(content))

    def append(self, content: bytes, path: str) -> None:
        """Append content to the file at path."""
        size = self._appliance.filesize(path)

        def append() -> None:
            for offset in range(0, len(content), MESSAGE):
                self._appliance.write_append(path, content[offset : offset + MESSAGE])

        try:
            self._do(append, path, len(content))
        except GuestconvError:
            # A part of an archive is worse than none.
            with suppress(ApplianceError):
                self._appliance.truncate_size(path, size)
            raise

    def copy(self, path: str, new: str) -> None:
        """Make the file at new, which is there, the same as the one at path."""
        self._do(lambda: self._appliance.cp(path, new), new, None, size_of=path)

    def create_copy(self, path: str, new: str, directory: str | None) -> None:
        """Make a copy of the file at path at new, where nothing is. directory: as of create."""

        def make() -> None:
            if directory:
                self._appliance.mkdir_p(directory)
            self._appliance.cp(path, new)

        self._refuse_irregular(new)
        self._do(make, new, None, size_of=path)

    def link(self, path: str, target: str, directory: str | None) -> None:
        """Make a symbolic link to target at path, where nothing is. directory: as of create."""

        def make() -> None:
            if directory:
                self._appliance.mkdir_p(directory)
            self._appliance.ln_s(target, path)

        self._do(make, path, 0)

    def remove(self, path: str) -> None:
        """Remove the file or symbolic link at path."""
        self._do(lambda: self._appliance.rm(path), path, 0)

    def remove_all(self, path: str) -> None:
        """Remove the file or directory at path, whose directory has no symbolic link in its own path."""
        self._do(lambda: self._appliance.rm_rf(path), path, 0)

    def rename(self, path: str, new: str) -> None:
        """Give the file at path the path new."""
        self._do(lambda: self._appliance.mv(path, new), path, 0, {path: new})

    def _refuse_irregular(self, path: str) -> None:
        """Refuse a path at which there is something that is not a file: the appliance would wait for ever at a FIFO."""
        if self._appliance.exists(path):
            raise self._not_writable(path, "it is not a regular file, or a symbolic link that leads nowhere")

    def _put(self, content: bytes, path: str) -> None:
        self._appliance.write(path, content[:MESSAGE])
        for offset in range(MESSAGE, len(content), MESSAGE):
            self._appliance.write_append(path, content[offset : offset + MESSAGE])

    def _do(
        self,
        write: Callable[[], None],
        path: str,
        needed: int | None,
        becomes: Mapping[str, str] | None = None,
        size_of: str = "",
    ) -> None:
        """Do what writes to path; if something is protected from that, with the protection taken away meanwhile.

        needed: bytes; None for as many as the file at size_of has. becomes: paths that a file has after it.
        """
        becomes = becomes or {}
        try:
            try:
                write()
            except CallFailed as error:
                if error.errno != errno.EPERM:
                    raise
                with self.unprotected([path, *becomes.values()], becomes) as is_changed:
                    if not is_changed:
                        raise
                    write()
        except CallFailed as error:
            raise self._explained(error, path, needed, size_of) from error

    def obstacles(self) -> list[str]:
        """A sentence for each filesystem that is full or read-only. A program that fails does not say which one it was."""
        found = []
        for mount in self._mounts():
            if not mount.is_tried or mount.path.split("/")[1] not in _WRITTEN_TO:
                continue
            status = self._appliance.statvfs(mount.path)
            room = space(mount.path, mount.path, mount.filesystem.name, status)
            on_it = f"{mount.path} in the guest ({mount.filesystem.name})"
            if status.get("flag", 0) & _ST_RDONLY:
                found.append(f"{on_it} is read-only.")
            elif not room.has(_HARDLY_ANY, 1):
                without = " and no inode" if room.inodes == 0 else ""
                found.append(f"{on_it} has {room.free >> 10} KiB free{without}.")
        return found

    @contextmanager
    def unprotected(self, paths: Sequence[str], becomes: Mapping[str, str] | None = None) -> Iterator[bool]:
        """Take away the attributes that protect files and their directories while the block runs.

        Yields whether there are any. becomes: paths that a file has after it.
        """
        becomes = becomes or {}
        held = {place: flags for place in self._places(paths) for flags in [self._protection(place)] if flags}
        for place, flags in held.items():
            self._appliance.set_e2attrs(place, flags, clear=True)
        try:
            yield bool(held)
        finally:
            for place, flags in held.items():
                after = becomes.get(place, place)
                if self._appliance.exists(after):
                    self._appliance.set_e2attrs(after, flags, clear=False)

    def _places(self, paths: Sequence[str]) -> list[str]:
        """Without links: what is at these paths, and the directories that their entries are in, or would be."""
        places = []
        for path in paths:
            above = self._directory(path)
            if self._appliance.status(path) is not None:
                real = self._appliance.realpath(path)
                places += [real, posixpath.dirname(real)]
            places.append(self._appliance.realpath(above))
        return list(dict.fromkeys(places))

    def _directory(self, path: str) -> str:
        """The directory of path; the next one above it that is there, where it is not."""
        above = posixpath.dirname(path)
        while not self._appliance.exists(above):
            above = posixpath.dirname(above)
        return above

    def _protection(self, place: str) -> str:
        try:
            flags = self._appliance.get_e2attrs(place)
        except CallFailed:
            return ""
        return "".join(flag for flag in _PROTECTING if flag in flags)

    def _explained(self, error: CallFailed, path: str, needed: int | None, size_of: str) -> GuestconvError:
        """The error in the guest's words, if it is the guest's; where not, the error itself."""
        if error.errno in _FULL or _TRANSFER_ENDED in error.message:
            there = self.space(path if self._appliance.status(path) else self._directory(path))
            size = self._appliance.filesize(size_of) if needed is None else needed
            if error.errno in _FULL or not there.has(size):
                quota = ", which a quota of the filesystem does not allow" if error.errno == errno.EDQUOT else ""
                return there.full(size, f"to write {path}{quota}")
        if error.errno == errno.EROFS:
            return self._read_only(path)
        if error.errno in _NOT_WRITABLE:
            return self._not_writable(path, error.message.rpartition(": ")[2].rstrip(".").lower())
        return error

    def _read_only(self, path: str) -> GuestconvError:
        mount = self._mount(path)
        return read_only(mount.path if mount else "/", mount.filesystem.name if mount else self._name, f" {path}")

    def _not_writable(self, path: str, why: str) -> GuestconvError:
        return GuestconvError(
            "guest-file-not-writable",
            f"{path} on {self._name} must be changed, and cannot be: {why}.",
            hint="Replace it by a regular file in the guest, or remove what protects it.",
        )

    def _mount(self, path: str) -> Mount | None:
        """What the filesystem of path is mounted by; None where that is not known."""
        mounts = self._mounts()
        if len(mounts) < 2:
            return mounts[0] if mounts else None
        real = self._appliance.realpath(path) if self._appliance.status(path) is not None else path
        found = [each for each in mounts if each.path == "/" or f"{real}/".startswith(f"{each.path}/")]
        return max(found, key=lambda each: len(each.path), default=None)
