# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Partitions that UEFI firmware, or systemd-boot, reads, and that nothing in the guest mounts: they were not looked at."""

from __future__ import annotations

from ...guest.root import GuestRoot
from ...guest.storage.graph import EFI_SYSTEM_PARTITION, EXTENDED_BOOT_LOADER_PARTITION
from ...guest.storage.layers.partition import Partition
from ...model import target_hardware
from ...model.concerns import Concern


def concerns(root: GuestRoot, reads_extended: bool) -> list[Concern]:
    """A concern for each. reads_extended: whether the boot loader reads extended boot loader partitions.

    Of EFI system partitions, those before the root's own may start something else: firmware that has no variables tries
    one after the other (UEFI specification, 3.5.1.1).
    """
    found = [(each, each.partition) for each in root.guest.storage.filesystems if each.type and each.partition]
    # By any of the systems.
    mounted = {mount.filesystem for each in (root, *root.guest.roots) for mount in each.mounted}
    own = [each for node, each in found if node in mounted and each.type in EFI_SYSTEM_PARTITION]
    first = min((_place(root, each) for each in own), default=None)
    return [
        _concern(root, each.name, "the extended boot loader partition, which systemd-boot reads")
        if each.type in EXTENDED_BOOT_LOADER_PARTITION
        else _concern(root, each.name, "an EFI system partition, which the firmware tries before the guest's own")
        for node, each in found
        if node not in mounted
        if (each.type in EXTENDED_BOOT_LOADER_PARTITION and reads_extended)
        or (each.type in EFI_SYSTEM_PARTITION and first and _place(root, each) < first)
    ]


def _place(root: GuestRoot, partition: Partition) -> tuple[int, int]:
    order = target_hardware.boot_order([disk.device for disk in root.guest.disks], root.guest.hardware)
    return order.index(partition.disk.identifier), partition.number


def _concern(root: GuestRoot, name: str, what: str) -> Concern:
    return Concern(
        "boot-partition-not-read",
        "warning",
        f"{name} is {what}, and {root.name} does not mount it. What is on it is not prepared for the target.",
        "If the guest boots from it, have its /etc/fstab mount it, in an empty directory.",
    )
