# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Disks that QEMU must not write to in place (formats/layout.py) are replaced as a whole.

The converted image is written in the state directory of the disk and synchronised before the journal is. From then on
only a rename is left to be done, which happens or does not: the image is still there, or it is the disk.
"""

from __future__ import annotations

import errno
import os
import stat
from dataclasses import dataclass
from typing import Any, Callable

from ..errors import GuestconvError
from ..texts import disk_urls
from . import images, qemu_img
from .formats.layout import Layout
from .formats.probe import layout
from .formats.reading import BadHeader
from .state_directory import file_identity, room_or_place, state_directory_for, synchronize

_NAME = "replacement"
_HINT = "Give `dest`: the converted copy is written there."
# What the metadata of an image take at most: vmdk.c allocates two tables of 4 bytes per 64 KiB, vhdx.c a log.
_METADATA, _METADATA_SHARE = 16 << 20, 4096
# They describe the content of the file that they belong to (the kernel's security/integrity).
_ATTRIBUTES_OF_CONTENT = ("security.ima", "security.evm")


def layout_of(disk: images.Disk) -> Layout:
    """The Layout of a disk. Errors: disk-corrupt."""
    if disk_urls.is_export(disk.path):
        return Layout(in_place=True)
    try:
        with open(disk.path, "rb") as stream:
            return layout(stream, disk.format, disk.cluster_size)
    except BadHeader as error:
        raise GuestconvError("disk-corrupt", f"{disk.path} is damaged: {error}.") from error


def require_replaceable(disk: images.Disk) -> None:
    """Refuse a disk that can neither be written to in place nor be replaced by a rename.

    Errors: format-not-writable, disk-not-writable; those of layout_of().
    """
    kind = layout_of(disk)
    if kind.in_place:
        return
    status = os.stat(disk.path)
    reason = ""
    if not kind.one_file:
        reason = "a VMDK in several files that is sparse, or whose descriptor is larger than 4 KiB"
    elif not stat.S_ISREG(status.st_mode):
        reason = f"a {disk.format} on a block device"
    elif _mount_of(disk.path) != _mount_of(os.path.dirname(disk.path)):
        reason = f"a {disk.format} that is mounted by itself"
    if reason:
        raise GuestconvError(
            "format-not-writable",
            f"{disk.path} is {reason}: QEMU cannot write to it so that an interruption does no harm, and it "
            "cannot be replaced in one step.",
            hint=_HINT,
        )
    if not _can_give(status, os.stat(os.path.dirname(disk.path))):
        raise GuestconvError(
            "disk-not-writable",
            f"{disk.path} belongs to another user, or to a group that this user is not in, and a {disk.format} is "
            "converted in place by another file, which this user could not give to them.",
            hint="Run as its owner or as root, or give `dest`.",
        )


def _can_give(status: os.stat_result, directory: os.stat_result) -> bool:
    """Whether a file that this user makes in the directory can have the owner and group of one with this status."""
    if os.geteuid() == 0:
        return True
    groups = {os.getegid(), *os.getgroups()}
    if directory.st_mode & stat.S_ISGID:
        groups.add(directory.st_gid)
    return status.st_uid == os.geteuid() and status.st_gid in groups


def _mount_of(path: str) -> tuple[int, str]:
    """What two names must have in common for a rename. A file may be mounted from the same filesystem (proc(5))."""
    descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    try:
        with open(f"/proc/self/fdinfo/{descriptor}", encoding="ascii") as stream:
            mount = next((line for line in stream if line.startswith("mnt_id:")), "")
        return os.fstat(descriptor).st_dev, mount
    finally:
        os.close(descriptor)


def required_bytes(image: str, image_format: str, disk: images.Disk) -> int:
    """At most this much the replacement of a disk takes, when it holds what is read from `image`."""
    if layout_of(disk).preallocated:
        data = disk.virtual_size
    else:
        # qemu-img measures no other formats than raw and qcow2; but that is what fills how many clusters of a size.
        # Larger blocks than 2 MiB (VHDX) are sparse within themselves.
        cluster_size = min(max(disk.cluster_size, 64 << 10), 2 << 20)
        data = qemu_img.required_bytes(image, "qcow2", image_format, cluster_size)
        if disk.format == "vhdx":
            # QEMU does not say which blocks of it are in use (vhdx.c has no block status); none outside of the file is.
            written = qemu_img.held_bytes(image, disk.cluster_size) if image != disk.path else 0
            data = min(data, os.path.getsize(disk.path) + written)
    return data + _METADATA + disk.virtual_size // _METADATA_SHARE


@dataclass(frozen=True)
class Replacement:
    """A whole converted image, on stable storage, that is to replace a disk.

    inode, size, changed: of it; it keeps them when it is renamed. replaces: file_identity() of the disk before.
    """

    inode: int
    size: int
    changed: int
    replaces: tuple[int, int]

    @classmethod
    def from_record(cls, record: dict[str, Any] | None) -> Replacement | None:
        """From what the journal says of it; None if it says nothing. Errors: KeyError, TypeError, ValueError."""
        if record is None:
            return None
        inode, changed = record["replaces"]
        found = cls(record["inode"], record["size"], record["changed"], (inode, changed))
        if not all(isinstance(value, int) for value in (found.inode, found.size, found.changed, inode, changed)):
            raise TypeError("a number is expected")
        return found

    def as_record(self) -> dict[str, Any]:
        """For the journal."""
        return {"inode": self.inode, "size": self.size, "changed": self.changed, "replaces": list(self.replaces)}

    def has_arrived(self, disk: images.Disk) -> bool:
        """Whether the disk has been replaced. Errors: ValueError, which says why that is not known."""
        path = path_for(disk)
        if not os.path.lexists(path):
            if os.lstat(disk.path).st_ino != self.inode:
                raise ValueError(f"the converted image {path} is missing")
            return True
        status = os.lstat(path)
        if not stat.S_ISREG(status.st_mode) or (status.st_ino, status.st_size, status.st_mtime_ns) != (
            self.inode,
            self.size,
            self.changed,
        ):
            raise ValueError(f"the converted image {path} was changed")
        if tuple(file_identity(disk.path)) != self.replaces:
            raise ValueError(f"{disk.path} was written to, or replaced, since")
        return False

    def arrive(self, disk: images.Disk) -> None:
        """Replace the disk, if that has not happened yet. Errors: OSError; ValueError, see has_arrived()."""
        if not self.has_arrived(disk):
            os.rename(path_for(disk), disk.path)
        synchronize(os.path.dirname(disk.path))


def path_for(disk: images.Disk) -> str:
    """Where the converted image of a disk is until it replaces it."""
    return os.path.join(state_directory_for(disk.path), _NAME)


def write(disk: images.Disk, overlay: images.Disk, tell: Callable[[float], None], lock: int) -> Replacement:
    """Write the whole converted image, as the overlay over the disk shows it, and have it on stable storage.

    Args: tell, lock: as in qemu_img.transfer(). Errors: no-space, qemu-img-failed, disk-not-writable.
    """
    path = path_for(disk)
    kind = layout_of(disk)
    options = ["-o", ",".join(kind.options)] if kind.options else []
    try:
        if os.path.lexists(path):
            os.unlink(path)
        # Nobody needs what it writes when we are gone: it ends with us.
        qemu_img.transfer(
            ["convert", "-f", "qcow2", "-O", disk.format, *options, overlay.path, path],
            qemu_img.copy_timeout(disk.virtual_size),
            tell,
            lock,
            mortal=True,
        )
        _require_faithful(disk, overlay.virtual_size, path)
        _resemble(path, disk.path)
        synchronize(path)
        synchronize(os.path.dirname(path))
    except OSError as error:
        raise room_or_place(error, os.path.dirname(path)) from error
    status = os.stat(path)
    inode, changed = file_identity(disk.path)
    return Replacement(status.st_ino, status.st_size, status.st_mtime_ns, (inode, changed))


def _require_faithful(disk: images.Disk, size: int, path: str) -> None:
    """Errors: qemu-img-failed, unless the image is a sound one of a disk of this size (bytes)."""
    facts, reason = qemu_img.info(path, disk.format)
    if facts is None or facts["virtual-size"] != size or qemu_img.is_damaged(path, disk.format):
        raise GuestconvError(
            "qemu-img-failed",
            f"The converted image of {disk.path} is not as large as the disk, or not sound{reason and ': ' + reason}.",
            hint=_HINT,
        )


def _resemble(path: str, original: str) -> None:
    """Give a file the owner, the extended attributes (SELinux's label, ACLs among them) and the mode of another.

    Errors: disk-not-writable; OSError.
    """
    status = os.stat(original)
    try:
        os.chown(path, status.st_uid, status.st_gid)
        os.chmod(path, stat.S_IMODE(status.st_mode))
        wanted, given = _attributes(original), _attributes(path)
        for name in set(given) - set(wanted):  # as an ACL that the directory gives to what is made in it
            os.removexattr(path, name)
        for name, value in wanted.items():
            if given.get(name) != value:
                os.setxattr(path, name, value)
    except PermissionError as error:
        raise GuestconvError(
            "disk-not-writable",
            f"{original} is replaced as a whole, and this user may not give another file its owner and its "
            f"attributes: {error.strerror}.",
            hint="Run as its owner or as root, or give `dest`.",
        ) from error


def _attributes(path: str) -> dict[str, bytes]:
    try:
        names = os.listxattr(path)
    except OSError as error:
        if error.errno == errno.ENOTSUP:
            return {}
        raise
    return {name: os.getxattr(path, name) for name in names if name not in _ATTRIBUTES_OF_CONTENT}
