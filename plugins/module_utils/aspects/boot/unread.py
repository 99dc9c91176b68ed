# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Partitions that firmware or boot loaders read, and that nothing in the guest mounts: what is there is not prepared."""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from contextlib import suppress
from functools import partial

from ...guest.root import GuestRoot
from ...guest.storage.diagnosis import MountError
from ...guest.storage.graph import EFI_SYSTEM_PARTITION, EXTENDED_BOOT_LOADER_PARTITION
from ...guest.storage.layers.filesystem import Filesystem
from ...guest.storage.layers.partition import Partition
from ...model import target_hardware
from ...model.concerns import Concern
from . import evidence, shared
from .evidence import Evidence
from .loaders import grub2
from .loaders.grub2 import core_image

# On a /boot: menus of GRUB 2 and GRUB legacy, and what the former may make one of.
_MENUS = ("/grub/grub.cfg", "/grub2/grub.cfg", "/grub/menu.lst", "/grub/grub.conf")
_ENTRIES = "/loader/entries/*.conf"
_SCRIPTS = "/[Ee][Ff][Ii]/*/*.cfg"
_MAY_HAVE_MENUS = ("ext2", "ext3", "ext4", "xfs", "btrfs", "reiserfs")
_ROOT = re.compile(r"\broot=([^\s\"'\\]+)")
# Each is mounted for it, and a guest may have a hundred disks with data.
_MOST_VOLUMES = 8


def menus_of_grub(root: GuestRoot, found_by: Evidence) -> list[Concern]:
    """A concern for each filesystem with a menu of GRUB that no system mounts, as a /boot has it.

    GRUB's code knows the partition that it reads its menu from: a /boot whose line in fstab was lost is still that, though
    updates go to the directory /boot of the root. It is an error where that menu starts root first, and GRUB may read it:
    of two, one boots.
    """
    planned = {mount.filesystem for each in (root, *root.guest.roots) for mount in each.mount_plan.mounts}
    found = [each for each in root.guest.storage.filesystems if each.type in _MAY_HAVE_MENUS and each not in planned]
    concerns = []
    for filesystem in found[:_MOST_VOLUMES]:
        try:
            with root.volume(filesystem) as volume:
                path = next(filter(volume.is_file, _MENUS), "")
                texts = [volume.read(path) or "", *volume.texts([_ENTRIES]).values()] if path else []
        except MountError:
            continue
        if texts:
            is_error = _starts_first(root, texts) and _may_be_read(root, found_by, filesystem)
            concerns.append(_menu(root, f"{path[1:]} on {filesystem.name}", is_error))
    return concerns


def _starts_first(root: GuestRoot, texts: Sequence[str]) -> bool:
    """Whether the first root= of a menu is root; those of other systems come behind it (os-prober)."""
    first = next(filter(None, map(_ROOT.search, texts)), None)
    return first is not None and root.mount_plan.root.filesystem in root.guest.storage.filesystems_called(first[1])


def _may_be_read(root: GuestRoot, found_by: Evidence, other: Filesystem) -> bool:
    """Whether GRUB may read its menu from another filesystem than the one that root has /boot on.

    The scripts on the EFI system partition, which GRUB starts with, name the one that it reads by its UUID, and its image
    for a BIOS names it so, or by the number of the partition. Without them, GRUB is installed on the disk that boots, and
    so is its menu: where only that of root is there, the other is a copy.
    """
    own, storage = shared.filesystem_of(root, "/boot/"), root.guest.storage
    if found_by.firmware == "uefi":
        booting = frozenset(each.disk.identifier for each in storage.efi_system_partitions)
        texts = _scripts(root)
    else:
        booting = frozenset(evidence.disks_with(root, found_by, found_by.started or "")[:1])
        texts = _in_image(root, booting) if found_by.started == grub2.NAME else []
    named = [each for each in (other, own) if _is_named(each, booting, texts)]
    if named:
        return other in named
    return not booting & storage.disks_of(own) or bool(booting & storage.disks_of(other))


def _is_named(filesystem: Filesystem, booting: Collection[str], texts: Sequence[str]) -> bool:
    """Whether texts name a filesystem. booting: the disk (its id) of which a text may name a partition by its number."""
    if filesystem.uuid and any(filesystem.uuid in text for text in texts):
        return True
    partition = filesystem.partition
    if partition is None or partition.disk.identifier not in booting:
        return False
    return any(re.match(rf"\(,(?:msdos|gpt){partition.number}\)", text) for text in texts)


def _in_image(root: GuestRoot, booting: Collection[str]) -> list[str]:
    """What GRUB's image for a BIOS says of where its menu is. booting: the disk (its id) that has it."""
    disks = [each for each in root.guest.storage.disks if each.identifier in booting]
    return [place for disk in disks for place in core_image.places(partial(root.guest.of_disk, disk))]


def _scripts(root: GuestRoot) -> list[str]:
    """The scripts of GRUB on EFI system partitions, be they mounted or not."""
    partitions = root.guest.storage.efi_system_partitions
    found = [each for each in root.guest.storage.filesystems if each.partition in partitions]
    texts: list[str] = []
    for filesystem in found[:_MOST_VOLUMES]:
        with suppress(MountError), root.volume(filesystem) as volume:
            texts += volume.texts([_SCRIPTS]).values()
    return texts


def _menu(root: GuestRoot, menu: str, is_error: bool) -> Concern:
    starts = f", and starts {root.name}" if is_error else ""
    return Concern(
        "boot-partition-not-read",
        "error" if is_error else "warning",
        f"{menu} is a menu of GRUB on a filesystem that the guest does not mount{starts}. If GRUB reads that one, what it "
        "starts is not prepared for the target.",
        "If the guest boots from that filesystem, have its /etc/fstab mount it at /boot. If not, remove that menu.",
    )


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
