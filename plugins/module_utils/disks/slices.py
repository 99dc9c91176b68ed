# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Copying in slices, each by one qemu-img that reads and writes a window of the disk, into an image or a volume.

qemu-img knows all formats, finds holes, reads ahead and waits for storage; what it lacks is to go on where it was
stopped. So a copy is made of slices, and how far they reach on stable storage is noted after each. A copy that goes on
writes all bytes again that were not noted, zeroes too, so what an interrupted slice left does no harm.
"""

from __future__ import annotations

import hashlib
import os
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from typing import Callable

from ..errors import GuestconvError
from ..texts import disk_urls
from . import copy_options, disk_files, nodes, qemu_img, reserved, volumes
from .nodes import Node, reference, window
from .state_directory import room_or_place

# Bytes of a slice: it becomes so many times longer while slices take less than the first number of seconds, and half as
# long above the second. So a fast copy takes few slices, and on a slow line little is lost by an interruption.
_SMALLEST, _LARGEST = 16 << 20, 4 << 30
_GROWTH, _SHORT, _LONG = 16, 4, 16
# Bytes of the first slice between files or devices of this machine: each slice is a process, and costs a tenth of a second
# on a busy host.
_NEAR = 256 << 20
# Seconds after which what was copied is brought to stable storage and noted: less than that is soon copied again, and on a
# busy host a synchronization waits for what others write.
_NOTED = 2

# What must be free for a failed write to have had another reason.
_PROBE = 4 << 20
_HEAD = 4 << 20
_SECTOR = 512
# Bytes at the beginning of a volume that are written last: up to where the first partition begins by custom.
VOLUME_HEAD = 1 << 20


class CopyFailed(GuestconvError):
    """A disk, or a part of it, could not be copied."""


def head_digest(node: Node, size: int) -> str:
    """The checksum of the first bytes of a node: partition table, boot loader, superblock of the first filesystem."""
    return hashlib.sha256(nodes.read(node, 0, min(size, _HEAD))).hexdigest()


def create(path: str, image_format: str, size: int) -> None:
    """Make an empty image, in place of whatever is there, that only its owner may read.

    Errors: no-space, dest-not-usable, qemu-img-failed.
    """
    try:
        if os.path.lexists(path):
            os.unlink(path)
        os.close(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600))
    except OSError as error:
        raise room_or_place(error, os.path.dirname(path), "dest-not-usable") from error
    qemu_img.run_checked(["create", "-q", "-f", image_format, path, str(size)], 60)


@dataclass(frozen=True)
class _Span:
    """Bytes of the disk from `start` to `end`, and the node that they are read from, at the same place of it."""

    start: int
    end: int
    node: Node


def _spans(node: Node, size: int, room: int) -> list[_Span]:
    """What is written, in this order. Args: as of copy().

    A volume may hold another disk, and must not look like one that is complete: so what is its beginning comes last, and
    zeroes stand there until then. What is longer than the disk becomes zero, too, for the guest sees it.
    """
    if not room:
        return [_Span(0, size, node)]
    head, nothing = min(VOLUME_HEAD, size), nodes.zeroes(room)
    spans = [_Span(0, head, nothing), _Span(head, size, node), _Span(size, room, nothing), _Span(0, head, node)]
    return [span for span in spans if span.end > span.start]


def length_of(size: int, room: int = 0) -> int:
    """How far a copy that is complete has come, in what copy() counts."""
    return sum(span.end - span.start for span in _spans({}, size, room))


def copy(
    node: Node,
    size: int,
    path: str,
    image_format: str,
    copied: int,
    checkpoint: Callable[[int], object],
    lock: int,
    tell: Callable[[int], object] = lambda copied: None,
    empty: bool = False,
    room: int = 0,
    sources: Sequence[str] | None = None,
) -> None:
    """Copy what is missing of a node into the image or the volume at path.

    Args: node: QEMU's block node; size: bytes of it. image_format: raw or qcow2. copied: how far an earlier call came, 0 at
    first, in bytes. checkpoint: called with how far it is on stable storage. lock: a descriptor that qemu-img inherits, as
    it must not write any more when others have the lock. tell: called with how far it is. empty: the image was just made,
    so no zeroes need to be written. room: the bytes of a volume, which may hold old data; 0 for an image. sources: the
    local files that are read, where the node does not name all of them.
    Errors: no-space, fetch-failed. What was copied until then stays.
    """
    target = _Target(path, image_format, lock, empty)
    read = list(copy_options.local_files(node)) if sources is None else sources
    length = _NEAR if read and not disk_urls.is_export(path) else _SMALLEST
    before, noted = 0, time.monotonic()
    for span in _spans(node, size, room):
        files = read if span.node is node else ()
        done = max(0, copied - before)
        whole = span.end - span.start
        while done < whole:
            offset = span.start + done
            amount = min(length, span.end - offset)
            started = time.monotonic()
            target.write(span.node, files, offset, amount, partial(_shifted, tell, before + done))
            done += amount
            if time.monotonic() - noted >= _NOTED or done == whole:
                target.synchronize()
                checkpoint(before + done)
                noted = time.monotonic()
            # What is left of a span says nothing of a whole slice.
            length = next_length(length, time.monotonic() - started) if amount == length else length
        before += whole


def _shifted(tell: Callable[[int], object], start: int, copied: int) -> None:
    tell(start + copied)


def blank(path: str, size: int, lock: int) -> None:
    """Write zeroes to the beginning of a volume, so that it looks like no disk. size: bytes of the disk that it holds.

    Errors: as copy().
    """
    head = min(VOLUME_HEAD, size)
    target = _Target(path, "raw", lock)
    target.write(nodes.zeroes(head), (), 0, head, lambda copied: None)
    target.synchronize()


def size_of(path: str, image_format: str) -> tuple[int | None, str]:
    """(bytes of the disk in a copy, ""), or (None, reason) when it is none. Of an image our own reading of its header is
    enough: qemu-img had it open for each slice.
    """
    if volumes.is_volume(path):
        return nodes.size_of(nodes.node_of(path))
    try:
        with open(path, "rb") as stream:
            return disk_files.measure(stream, stream.seek(0, os.SEEK_END), path, image_format)[1], ""
    except (GuestconvError, OSError) as error:
        return None, str(error)


def next_length(length: int, seconds: float) -> int:
    """Bytes of the slice after one of `length` bytes that took so many seconds."""
    if seconds < _SHORT:
        return min(length * _GROWTH, _LARGEST)
    return max(length // 2, _SMALLEST) if seconds > _LONG else length


@dataclass(frozen=True)
class _Target:
    """The image or volume that is written, as copy() takes it."""

    path: str
    format: str
    lock: int
    empty: bool = False

    def write(self, node: Node, files: Sequence[str], offset: int, length: int, tell: Callable[[int], object]) -> None:
        """Write `length` bytes of a node, from `offset` on, to the same place. files: the local ones that are read.
        tell: called with how many of them are written. Errors: no-space, fetch-failed."""
        below = nodes.node_of(self.path)
        target: Node = below if self.format == "raw" else {"driver": self.format, "file": below}
        arguments = [
            "convert",
            "-n",
            *(["--target-is-zero"] if self.empty else []),
            *copy_options.fast(files, self.path, offset + length),
            reference(window(node, offset, length)),
            reference(window(target, offset, length)),
        ]
        try:
            with reserved.room_for(self.path, self.format, length, offset + length):
                qemu_img.transfer(
                    arguments,
                    qemu_img.copy_timeout(length),
                    lambda fraction: tell(int(length * fraction)),
                    self.lock,
                    mortal=True,
                )
        except qemu_img.QemuImgFailed as error:
            if not volumes.is_volume(self.path):
                require_room_at(os.path.dirname(self.path))
            raise CopyFailed(
                "fetch-failed",
                f"Copying failed at byte {offset}: {error.message}",
                hint="Run it again: it goes on from there.",
            ) from error

    def synchronize(self) -> None:
        """Have it on stable storage. Errors: no-space, dest-not-usable."""
        try:
            volumes.synchronize(self.path)
        except OSError as error:
            place = self.path if volumes.is_volume(self.path) else os.path.dirname(self.path)
            raise room_or_place(error, place, "dest-not-usable") from error


def require_room_at(directory: str) -> None:
    """Errors: no-space, where not even a little can be written; asked of the kernel, which knows quotas as well."""
    try:
        with tempfile.TemporaryFile(dir=directory) as stream:
            os.posix_fallocate(stream.fileno(), 0, _PROBE)
    except OSError as error:
        full = room_or_place(error, directory, "dest-not-usable")
        full.hint = "Make room there, and run it again: what was copied is kept, and it goes on from there."
        raise full from error


def whole_sectors(size: int) -> int:
    """size, rounded up to what QEMU counts in."""
    return -(-size // _SECTOR) * _SECTOR
