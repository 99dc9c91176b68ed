# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Copying in slices, each by one qemu-img that reads and writes a window of the disk.

qemu-img knows all formats, finds holes, reads ahead and waits for storage; what it lacks is to go on where it was
stopped. So a copy is made of slices, and how far they reach on stable storage is noted after each. A copy that goes on
writes all bytes again that were not noted, zeroes too, so what an interrupted slice left does no harm.
"""

from __future__ import annotations

import hashlib
import json
import os
import tempfile
import time
from typing import Any, Callable

from ..errors import GuestconvError
from . import copy_options, qemu_img
from .state_directory import room_or_place, synchronize

# Bytes of a slice: it becomes so many times longer while slices take less than the first number of seconds, and half as
# long above the second. So a fast copy takes few slices, and on a slow line little is lost by an interruption.
_SMALLEST, _LARGEST = 16 << 20, 4 << 30
_GROWTH, _SHORT, _LONG = 8, 4, 16

_INFO_SECONDS = 150
# What must be free for a failed write to have had another reason.
_PROBE = 4 << 20
_HEAD = 4 << 20
_SECTOR = 512

# A block node, as QEMU's blockdev-add takes it.
Node = dict[str, Any]


class CopyFailed(GuestconvError):
    """A disk, or a part of it, could not be copied."""


def file_node(path: str) -> Node:
    """QEMU's block node of the bytes of the file path."""
    return {"driver": "file", "filename": path}


def reference(node: Node) -> str:
    """How a block node is named to qemu-img."""
    return "json:" + json.dumps(node)


def size_of(node: Node) -> tuple[int | None, str]:
    """(bytes of the disk that a node shows, ""), in whole sectors; or (None, reason) when it cannot be opened."""
    outcome = qemu_img.run(["info", "-U", "--output=json", reference(node)], _INFO_SECONDS, mortal=True)
    return (json.loads(outcome.output)["virtual-size"], "") if outcome.code == 0 else (None, outcome.reason)


def head_digest(node: Node, size: int) -> str:
    """The checksum of the first bytes of a node: partition table, boot loader, superblock of the first filesystem."""
    with tempfile.TemporaryDirectory(prefix="guestconv-") as folder:
        path = os.path.join(folder, "head")
        head = reference(window(node, 0, min(size, _HEAD)))
        qemu_img.run_checked(["convert", "-O", "raw", head, path], qemu_img.copy_timeout(0), mortal=True)
        with open(path, "rb") as stream:
            return hashlib.sha256(stream.read()).hexdigest()


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
) -> None:
    """Copy the bytes from `copied` to `size` of a node into the image at path.

    Args: node: QEMU's block node. image_format: raw or qcow2. checkpoint: called with the number of bytes that are on
    stable storage. lock: a descriptor that qemu-img inherits, as it must not write any more when others have the lock.
    tell: called with the number of bytes that are copied. empty: the image was just made, so no zeroes need to be written.
    Errors: no-space, fetch-failed. What was copied until then stays.
    """
    length = _SMALLEST
    while copied < size:
        amount = min(length, size - copied)
        started = time.monotonic()
        _copy_slice(node, copied, amount, path, image_format, lock, tell, empty)
        try:
            synchronize(path)
        except OSError as error:
            raise room_or_place(error, os.path.dirname(path), "dest-not-usable") from error
        copied += amount
        checkpoint(copied)
        length = next_length(length, time.monotonic() - started)


def next_length(length: int, seconds: float) -> int:
    """Bytes of the slice after one of `length` bytes that took so many seconds."""
    if seconds < _SHORT:
        return min(length * _GROWTH, _LARGEST)
    return max(length // 2, _SMALLEST) if seconds > _LONG else length


def window(node: Node, offset: int, length: int) -> Node:
    """The block node of `length` bytes of another from `offset` on."""
    return {"driver": "raw", "offset": offset, "size": length, "file": node}


def _copy_slice(
    node: Node,
    offset: int,
    length: int,
    path: str,
    image_format: str,
    lock: int,
    tell: Callable[[int], object],
    empty: bool,
) -> None:
    below = file_node(path)
    target: Node = below if image_format == "raw" else {"driver": image_format, "file": below}
    arguments = [
        "convert",
        "-n",
        *(["--target-is-zero"] if empty else []),
        *copy_options.fast(list(copy_options.local_files(node)), path, offset + length),
        reference(window(node, offset, length)),
        reference(window(target, offset, length)),
    ]
    try:
        qemu_img.transfer(
            arguments,
            qemu_img.copy_timeout(length),
            lambda fraction: tell(offset + int(length * fraction)),
            lock,
            mortal=True,
        )
    except qemu_img.QemuImgFailed as error:
        require_room_at(os.path.dirname(path))
        raise CopyFailed(
            "fetch-failed",
            f"Copying failed at byte {offset}: {error.message}",
            hint="Run it again: it goes on from there.",
        ) from error


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
