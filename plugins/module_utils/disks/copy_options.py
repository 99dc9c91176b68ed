# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How `qemu-img convert` copies at the speed of the storage.

By default it has 8 requests under way, writes them in order, and through the page cache. The kernel then writes back
what is there already while qemu-img waits, and a copy on a host with other work takes several times as long. docs/benchmarks.md
has the numbers.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

# The most that qemu-img takes (MAX_COROUTINES in qemu-img.c).
_REQUESTS = 16
# Bytes of a sector: the most that storage has.
_SECTOR = 4096
# The drivers of files and block devices of this machine.
_LOCAL = ("file", "host_device")


def fast(sources: Sequence[str], target: str, end: int) -> list[str]:
    """Options of `qemu-img convert`: 16 requests in any order, past the page cache where the filesystems take that.

    Args: sources: the local files that are read, with those beneath them; target: the file, block device or NBD export
    that is written. All must exist; end: the byte of the disk at which the copy ends. Past the page cache QEMU writes whole sectors of the
    storage, so that a raw image would get longer than the disk if it ended within one.

    What is written is not on stable storage afterwards: the caller synchronizes it. (qemu-img flushes when it closes the
    target, and drops the error: tried with QEMU 7.2.)
    """
    read = "none" if all(map(_takes_direct, sources)) else "writeback"
    written = "none" if is_direct(target, end) else "writeback"
    return ["-W", "-m", str(_REQUESTS), "-T", read, "-t", written]


def is_direct(target: str, end: int) -> bool:
    """Whether a file is written past the page cache. Args: as of fast()."""
    return end % _SECTOR == 0 and _takes_direct(target)


def local_files(node: Mapping[str, Any]) -> Iterator[str]:
    """The files and block devices of this machine that a block node of QEMU reads."""
    if node.get("driver") in _LOCAL:
        yield node["filename"]
    for below in node.values():
        if isinstance(below, Mapping):
            yield from local_files(below)


def _takes_direct(path: str) -> bool:
    """Whether a file can be opened for direct I/O (open(2), O_DIRECT): some network filesystems and FUSE refuse it."""
    try:
        os.close(os.open(path, os.O_RDONLY | os.O_DIRECT | os.O_CLOEXEC))
    except OSError:
        return False
    return True
