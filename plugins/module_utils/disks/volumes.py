# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Volumes: block devices and NBD exports. They exist before they are written to, have a size, and hold old data.

What is written to a volume is raw and stands in its place at once: no rename makes it appear. So its beginning, with the
partition table, is written last (slices.py), and until then its state directory notes that it is not complete.
"""

from __future__ import annotations

import errno
import glob
import os
import stat
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from ..errors import GuestconvError
from ..texts import disk_urls
from . import nodes, qemu_img, state_directory
from .state_directory import StateDirectory, state_directory_for

_KERNEL_DEVICES, _MOUNTS = "/sys/dev/block", "/proc/self/mountinfo"


def is_volume(path: str) -> bool:
    """Whether this names a block device that is there, or is the URL of an NBD export."""
    if disk_urls.is_export(path):
        return True
    try:
        return stat.S_ISBLK(os.stat(path).st_mode)
    except (OSError, ValueError):
        return False


def identity(path: str) -> tuple[str | int, int | str]:
    """What makes two names the same disk: of an export its place, of a block device its number, else filesystem and inode."""
    if disk_urls.is_export(path):
        return "export", state_directory_for(path)
    status = os.stat(path)
    return ("block", status.st_rdev) if stat.S_ISBLK(status.st_mode) else (status.st_dev, status.st_ino)


def synchronize(path: str) -> None:
    """Have a file, a directory or a volume on stable storage. Errors: OSError."""
    if not disk_urls.is_export(path):
        state_directory.synchronize(path)
        return
    failure = qemu_img.flush(nodes.reference(nodes.node_of(path)))
    if failure:
        raise OSError(errno.EIO, failure)


def require_named(given: Sequence[str], disks: Sequence[str], read: Sequence[str]) -> None:
    """Refuse what cannot be the volumes for the disks of a guest, by their names.

    Args: given: the volumes; disks: the names of the disks, each of which goes to a volume of its own; read: what they
    are read from. Errors: dest-not-usable, dest-in-use.
    """
    if len(given) != len(disks):
        raise not_usable(
            f"`dest` names {len(given)} volumes, and the guest has {len(disks)} disks: {', '.join(disks)}.",
            "Name a block device or an NBD export for each disk, in the order of the disks.",
        )
    taken = list(read)
    for volume in given:
        if not is_volume(volume):
            raise not_usable(
                f"{volume} is neither a block device of this machine nor the URL of an NBD export.",
                "A list has volumes only, such as /dev/vg/web01 or nbd://HOST:PORT/EXPORT.",
            )
        if any(identity(volume) in _all_of(other) or identity(other) in _all_of(volume) for other in taken):
            raise _in_use(volume, "it is a disk that is read, or a part of one, or is named twice")
        taken.append(volume)


def _all_of(path: str) -> set[tuple[str | int, int | str]]:
    """The identities of a disk and of all that it is on."""
    itself = identity(path)
    return {itself, *(_below(itself[1]) if itself[0] == "block" and isinstance(itself[1], int) else ())}


def _below(device: int) -> set[tuple[str | int, int | str]]:
    """The identities of a block device and of all that it is on: the whole device of a partition, what LVM, the device mapper
    and md make it of, and the file of a loop device."""
    found: set[tuple[str | int, int | str]] = set()
    numbers = [device]
    while numbers:
        number = numbers.pop()
        found.add(("block", number))
        place = os.path.join(_KERNEL_DEVICES, f"{os.major(number)}:{os.minor(number)}")
        below = glob.glob(place + "/slaves/*/dev")
        if os.path.exists(place + "/partition"):
            below.append(place + "/../dev")
        try:
            numbers += [os.makedev(*map(int, _content(name).split(":"))) for name in below]
            found.add(identity(_content(place + "/loop/backing_file")))
        except OSError:  # It is no loop device, or its file was removed, or the device was just now.
            pass
    return found


def _content(path: str) -> str:
    with open(path, encoding="utf-8", errors="surrogateescape") as stream:
        return stream.read().strip()


def require_fit(volume: str, disk: str, needed: int) -> int:
    """The bytes of a volume. Refuse one that a disk of `needed` bytes cannot be written to. Nothing is written.

    Errors: dest-too-small, with `needed` and `available`; dest-in-use, dest-not-usable.
    """
    available = size_of(volume)
    require_room(volume, available, disk, needed)
    with claimed(volume):
        if not disk_urls.is_export(volume) and qemu_img.denies_writing(volume):
            raise _in_use(volume, "it is open in a running QEMU")
    return available


def require_room(volume: str, available: int, disk: str, needed: int, when: str = "") -> None:
    """Errors: dest-too-small, where a volume of `available` bytes is too small for a disk of `needed`. when: it needs them."""
    if available < needed:
        raise GuestconvError(
            "dest-too-small",
            f"{volume} has {available} bytes, and the disk {disk} has {needed}{when and ' ' + when}.",
            path="dest",
            hint="Make the volume at least that large. Or are the volumes in another order than the disks?",
            extra={"needed": needed, "available": available},
        )


def size_of(volume: str) -> int:
    """The bytes of a volume. Errors: dest-not-usable."""
    size, reason = nodes.size_of(nodes.node_of(volume))
    if size is None:
        raise not_usable(f"{volume} cannot be opened: {reason}.", "Check the name, and the server of an NBD export.")
    return size


@contextmanager
def claimed(volume: str) -> Iterator[None]:
    """Keep this machine from mounting a block device, and from assembling something on it, while the block runs.

    The kernel refuses O_EXCL on a block device that is mounted, is swap, or is held by LVM, the device mapper or md, as
    a whole or one of its partitions (bd_may_claim() in its block/bdev.c). Of an NBD export only its server knows that.
    Errors: dest-in-use; dest-not-usable, where it cannot be written to.
    """
    if disk_urls.is_export(volume):
        failure = qemu_img.flush(nodes.reference(nodes.node_of(volume)))
        if failure:
            raise not_usable(
                f"{volume} cannot be opened for writing: {failure}.", "Does its server permit writing, and flushes?"
            )
        yield
        return
    try:
        descriptor = os.open(volume, os.O_RDWR | os.O_EXCL | os.O_CLOEXEC)
    except OSError as error:
        if error.errno == errno.EBUSY:
            raise _in_use(volume, _user_of(volume)) from error
        raise not_usable(f"{volume} cannot be written to: {error.strerror}.", "Run as a user who may do so.") from error
    try:
        yield
    finally:
        os.close(descriptor)


def refuse_incomplete(path: str) -> None:
    """Errors: disk-incomplete, where a copy to the volume has begun and not ended."""
    state = StateDirectory(state_directory_for(path))
    if state.is_incomplete():
        raise GuestconvError(
            "disk-incomplete",
            f"{path} is being written to, or that was interrupted: it does not hold a whole disk.",
            hint="Run again what writes it (guestconv_fetch, or guestconv_convert with `dest`). If something else has "
            f"filled it since, remove {state.path}.",
        )


def not_usable(message: str, hint: str) -> GuestconvError:
    """The error for a volume that nothing can be written to."""
    return GuestconvError("dest-not-usable", message, path="dest", hint=hint)


def _in_use(volume: str, reason: str) -> GuestconvError:
    return GuestconvError(
        "dest-in-use",
        f"{volume} would be overwritten, but {reason}.",
        path="dest",
        hint="Name another volume. Or unmount this one, deactivate what is on it, or shut down the virtual machine.",
    )


def mounted_at(path: str) -> str:
    """Where this machine has mounted a disk, a part of it, or what LVM makes of it; "" if nowhere that is known."""
    itself = identity(path)
    with open(_MOUNTS, encoding="utf-8", errors="replace") as stream:
        for line in stream:
            fields = line.split()
            if len(fields) > 4 and itself in _below(os.makedev(*map(int, fields[2].split(":")))):
                return fields[4]
    return ""


def _user_of(volume: str) -> str:
    """What uses a block device, for people: with EBUSY the kernel does not say it."""
    number = os.stat(volume).st_rdev
    try:
        place = mounted_at(volume)
        if place:
            return f"it, or a part of it, is mounted at {place}"
        holders = os.listdir(f"{_KERNEL_DEVICES}/{os.major(number)}:{os.minor(number)}/holders")
    except OSError:
        holders = []
    if holders:
        return f"{', '.join(sorted(holders))} (of LVM, the device mapper or md) is made of it"
    return "it is in use: it, or a partition of it, is mounted, is swap, or is a part of LVM or md"
