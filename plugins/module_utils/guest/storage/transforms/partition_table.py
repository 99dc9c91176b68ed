# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A partition table for a filesystem that fills its disk, where nothing on the disks starts the guest.

Xen, and EC2 before it had machines with firmware, read the kernel from such a filesystem, or had one of their own
(pv-grub, "User provided kernels" of EC2's manual). A BIOS starts a boot loader, for which the filesystem leaves no room.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from ....model import target_hardware
from .. import mbr
from ..graph import Graph
from ..layer import Layer
from ..layers.disk import Disk
from ..layers.partition import Partition
from ..layers.subvolume import Subvolume
from ..transform import Announced

if TYPE_CHECKING:
    from ...guest import Guest
    from ...root import GuestRoot

NAME = "partition-table"

# Where partitioning programs have the first partition begin, in sectors. The boot loader is in what is before it.
START = 2048
_ROOM = START * mbr.SECTOR  # bytes

# GRUB reads them.
_FILESYSTEMS = ("ext2", "ext3", "ext4", "xfs", "btrfs")


def wanted(guest: Guest) -> list[Announced]:
    """A partition table for the disk that the first root to boot has its kernels on.

    None where a disk has code that a BIOS starts, or a system partition for UEFI: the guest boots as it is.
    """
    storage = guest.storage
    if guest.hardware.get("firmware") == "uefi" or storage.efi_system_partitions:
        return []
    if any(disk.has_boot_code for disk in storage.disks):
        return []
    filling = [disk for disk in map(_filled_disk, guest.roots) if disk]
    order = target_hardware.boot_order([disk.identifier for disk in storage.disks], guest.hardware)
    filling.sort(key=lambda disk: order.index(disk.identifier))
    return [
        {"name": NAME, "disk": disk.identifier, "type": "mbr", "boot_loader": "grub2", "grows_by": _ROOM}
        for disk in filling[:1]
    ]


def _filled_disk(root: GuestRoot) -> Disk | None:
    """The disk that is filled by the filesystem with the kernels of a root, if it is so."""
    filesystem = root.mount_plan.boot.filesystem
    disk = filesystem.parents[0]
    if filesystem.type not in _FILESYSTEMS or len(filesystem.parents) > 1 or not isinstance(disk, Disk):
        return None
    return disk if disk.size // mbr.SECTOR + START <= mbr.MOST_SECTORS else None


def applied(storage: Graph, announced: Announced) -> tuple[Graph, str]:
    """See Transform."""
    disk = next(each for each in storage.disks if each.identifier == announced["disk"])
    filesystem = next(each for each in storage.filesystems if each.parents == (disk,))
    signature = mbr.signature(filesystem.identity or filesystem.name)
    made = mbr.Table(signature, START, disk.size // mbr.SECTOR)
    new_disk = replace(disk, size=disk.size + announced["grows_by"], boot_sector=made.sector())
    partition = Partition(disk.device, new_disk, 1, made.partition_uuid, "", f"{mbr.LINUX:#x}", filled=made)
    new_filesystem = replace(filesystem, parents=(partition,))
    nodes: list[Layer] = []
    for node in storage.nodes:
        if node == disk:
            nodes += [new_disk, partition]
        elif node == filesystem:
            nodes.append(new_filesystem)
        elif isinstance(node, Subvolume) and node.filesystem == filesystem:
            nodes.append(replace(node, filesystem=new_filesystem))
        else:
            nodes.append(node)
    return Graph(nodes), f"made a partition table, and {partition.name} of what filled the disk"
