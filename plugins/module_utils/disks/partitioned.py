# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A disk that gets a partition table: what filled it moves to a partition, behind the room for a boot loader.

It is copied by windows, from the finished overlay to another one that is larger. The disk itself is only read, and what
is written goes the same way as any other conversion: to a copy, or to the disk under the journal. The new overlay holds
every byte of the partition, so it can be committed again after an interruption.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

from ..errors import GuestconvError
from . import overlays, qemu_img, volumes
from .formats.probe import layout
from .images import Disk
from .nodes import Node, file_node, reference, window
from .state_directory import room_or_place

# The number of snapshots in a header of qcow2: docs/interop/qcow2.txt of QEMU.
_SNAPSHOTS = slice(60, 64)


@dataclass(frozen=True)
class Partitioned:
    """What a disk becomes.

    head: what comes before the partition, filled up with zeros. start: where the partition begins, in bytes.
    """

    head: bytes
    start: int


def require_partitionable(disk: Disk) -> None:
    """Refuse a disk that cannot grow in place. Errors: disk-not-partitionable."""
    reason = _cannot_grow(disk)
    if reason:
        raise GuestconvError(
            "disk-not-partitionable",
            f"{disk.path} needs a partition table, for which it must grow, and it cannot: {reason}.",
            hint="Give `dest`: the converted copy is larger by the room for the partition table and the boot loader.",
        )


def _cannot_grow(disk: Disk) -> str:
    if volumes.is_volume(disk.path):
        return "it is a block device or an NBD export"
    with open(disk.path, "rb") as stream:
        if disk.format == "qcow2":
            return "it has snapshots" if any(stream.read(_SNAPSHOTS.stop)[_SNAPSHOTS]) else ""
        # What is replaced as a whole may have another size.
        is_fixed = disk.format != "raw" and layout(stream, disk.format, disk.cluster_size).in_place
    return f"the size of such a {disk.format} is fixed" if is_fixed else ""


def write(disk: Disk, overlay: Disk, new: Partitioned, tell: Callable[[str, float], Any], lock: int) -> Disk:
    """Make the new overlay over a disk, and remove the one that shows what becomes the partition.

    Args: tell: see Workspace; lock: as of qemu_img.transfer(). Errors: no-space, qemu-img-failed.
    """
    directory = os.path.dirname(overlay.path)
    needed = qemu_img.required_bytes(overlay.path, "qcow2") + new.start
    size = new.start + overlay.virtual_size
    larger = replace(disk, virtual_size=size)
    path = overlays.create_overlay(larger, directory, f"{disk.device}-partitioned.qcow2", needed)
    head = os.path.join(directory, f"{disk.device}-head")
    try:
        with open(head, "wb") as stream:
            stream.write(new.head.ljust(new.start, b"\0"))
    except OSError as error:
        raise room_or_place(error, directory) from error
    target: Node = {"driver": "qcow2", "file": file_node(path)}
    source: Node = {"driver": "qcow2", "file": file_node(overlay.path)}
    parts = (
        (window(file_node(head), 0, new.start), window(target, 0, new.start)),
        (window(source, 0, overlay.virtual_size), window(target, new.start, overlay.virtual_size)),
    )
    for read, written in parts:
        # Without -n qemu-img would make an image; with it, it writes zeros too.
        qemu_img.transfer(
            ["convert", "-n", "-t", "writeback", reference(read), reference(written)],
            qemu_img.copy_timeout(size),
            lambda fraction: tell(f"partitioning {disk.device}", fraction),
            lock,
            mortal=True,
        )
    os.unlink(head)
    os.unlink(overlay.path)
    return replace(overlays.overlay_disk(disk, path), virtual_size=size)
