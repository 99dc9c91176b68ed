# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Room that an image grows into, which the filesystem allocates before the image is written.

Past the page cache, filesystems let writes that make a file longer wait for each other (ext4_dio_write_checks() in
fs/ext4/file.c of Linux), so that of 16 requests one is under way. QEMU's filter `preallocate` avoids that, too, in steps
that each wait for the requests before it (block/preallocate.c). This needs no driver of QEMU's, and reserves once for each
run of qemu-img. Tried with ext4, XFS, Btrfs and tmpfs; ext3 reserves nothing, and then the copy is the same, and slower.
"""

from __future__ import annotations

import ctypes
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any, Callable, cast

from . import copy_options, room
from .formats import qcow2
from .formats.reading import BadHeader

# Bytes for the image's own tables: in a qcow2 a hundredth of a percent of the data, in whole clusters.
_TABLES, _TABLES_SHARE = 1 << 20, 4096
# What must be free is so many times what is reserved: others use the filesystem, too.
_FREE = 2


@contextmanager
def room_for(path: str, image_format: str, amount: int, end: int) -> Iterator[None]:
    """Reserve room for `amount` bytes of data, beyond what an image uses now, while the block writes them to it.

    end: the byte of the disk at which the copy ends. What was not used is cut off afterwards, with what a killed process left of
    that. Nothing is reserved for other formats than qcow2 (a raw image does not grow: what is in it can be anything, even a
    qcow2), where the filesystem cannot, where it has not much room, or through the page cache.
    """
    if image_format != "qcow2":
        yield
        return
    if copy_options.is_direct(path, end):
        # Without that room the copy is the same.
        with suppress(OSError):
            _extend(path, amount + amount // _TABLES_SHARE + _TABLES)
    try:
        yield
    finally:
        # An image that stays longer than it need be is as good; of storage that fails its synchronization tells.
        with suppress(OSError):
            _trim(path)


def _extend(path: str, wanted: int) -> None:
    """By fallocate(2), which fails where the filesystem cannot; posix_fallocate(3) would write all of it there."""
    start, allocate = _used(path), _fallocate()
    if start is None or allocate is None or room.free_bytes(os.path.dirname(path)) < _FREE * wanted:
        return
    with open(path, "r+b") as stream:
        allocate(stream.fileno(), 0, start, wanted)


def _fallocate() -> Callable[[int, int, int, int], int] | None:
    """The function of the C library, which Python does not have; None where that has none."""
    function: Any = getattr(ctypes.CDLL(None), "fallocate64", None)
    if function is not None:
        function.argtypes = (ctypes.c_int, ctypes.c_int, ctypes.c_int64, ctypes.c_int64)
    return cast("Callable[[int, int, int, int], int] | None", function)


def _trim(path: str) -> None:
    end = _used(path)
    if end is not None and end < os.path.getsize(path):
        os.truncate(path, end)


def _used(path: str) -> int | None:
    """Where the last cluster ends that a qcow2 uses, in bytes; None where that is not known."""
    try:
        with open(path, "rb") as stream:
            header = qcow2.read_header(stream)
            return None if header.dirty or header.corrupt else qcow2.used_end(stream, header)
    except (BadHeader, OSError):
        return None
