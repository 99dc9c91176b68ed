# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The graph of a guest's storage, and the questions to it. Pure: discovery.py made it, and nothing is asked here."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Collection, Iterable, Sequence

from .. import device_names
from . import attachment, mbr
from .layer import Layer, Nodes
from .layers.disk import Disk
from .layers.filesystem import Filesystem
from .layers.logical_volume import LogicalVolume
from .layers.partition import Partition
from .layers.subvolume import Subvolume

# The directories of links that udev makes of tags (60-persistent-storage.rules).
_TAG_LINK = re.compile(r"/dev/disk/by-(uuid|label|partuuid|partlabel)/(.+)\Z", re.DOTALL)
# From the tag that is most likely to be the filesystem's own to the least.
_STABLE_TAGS = ("UUID", "PARTUUID", "LABEL")

# The type of an EFI system partition in a GPT, and in an MBR (UEFI specification, 5.2 and 5.3).
EFI_SYSTEM_PARTITION = frozenset(("c12a7328-f81f-11d2-ba4b-00a0c93ec93b", "0xef"))
# The same of an extended boot loader partition (UAPI.1, the Boot Loader Specification).
EXTENDED_BOOT_LOADER_PARTITION = frozenset(("bc13c2ff-59e6-4262-a352-b275fd6f7172", "0xea"))

# The options of a mount that select a subvolume (btrfs(5)).
SELECTING = ("subvol=", "subvolid=")
# Those that select the top of the filesystem (Linux, fs/btrfs/super.c: 0 is 5).
TOP = re.compile(r"subvol=/*|subvolid=[05]")
TOP_OPTION = "subvolid=5"


class Graph(Nodes):
    """The nodes, and what only several of them can answer."""

    @property
    def disks(self) -> list[Disk]:
        """The disks, in the guest's order."""
        return self.of_kind(Disk)

    @property
    def partitions(self) -> list[Partition]:
        """The partitions, less the extended ones."""
        return self.of_kind(Partition)

    @property
    def efi_system_partitions(self) -> list[Partition]:
        """The partitions that are typed as EFI system partitions."""
        return [partition for partition in self.partitions if partition.type in EFI_SYSTEM_PARTITION]

    @property
    def boot_loader_partitions(self) -> list[Partition]:
        """The partitions that systemd-boot reads: EFI system partitions, and what extends them."""
        types = EFI_SYSTEM_PARTITION | EXTENDED_BOOT_LOADER_PARTITION
        return [partition for partition in self.partitions if partition.type in types]

    @property
    def filesystems(self) -> list[Filesystem]:
        """The filesystems, swap spaces and members of other layers, less those in snapshots of logical volumes."""
        return [each for each in self.of_kind(Filesystem) if not is_in_snapshot(each)]

    def disks_of(self, node: Layer) -> frozenset[str]:
        """The ids ("sda") of the disks without which the node is not whole."""
        if isinstance(node, Disk):
            return frozenset((node.identifier,))
        return frozenset().union(*map(self.disks_of, node.parents))

    def rests_on(self, node: Layer, other: Layer) -> bool:
        """Whether node is other, or is made of it in any way."""
        return node == other or any(self.rests_on(parent, other) for parent in node.parents)

    # Names

    def filesystem(self, spec: str, links: Collection[str] = ()) -> Filesystem | None:
        """The first of the filesystems that spec names; None when it names none."""
        return next(iter(self.filesystems_called(spec, links)), None)

    def filesystems_called(self, spec: str, links: Collection[str] = ()) -> list[Filesystem]:
        """The filesystems that spec names, in a form that fstab(5) or root= on the kernel's command line has.

        There are several where a disk was cloned. There is none where spec names nothing of this guest, or is a name
        that only the old hardware gave (by-path, by-id) and that is not clearly of a partition of its only disk.
        links: the other names that the guest uses, which show whether there was another disk.
        """
        return self._on(self._called(spec, links)) or self._on(self._called_by_xen(spec))

    def _on(self, nodes: Iterable[Layer]) -> list[Filesystem]:
        """The filesystems that these nodes are, or have on them directly."""
        found: dict[Filesystem, None] = {}
        for node in nodes:
            on_it = [node] if isinstance(node, Filesystem) else self.made_of(node)
            found.update((each, None) for each in on_it if isinstance(each, Filesystem))
        return list(found)

    def learn(self, spec: str, filesystem: Filesystem) -> None:
        """Have the disk of filesystem known by udev's link spec: a root's fstab calls that root itself so.

        There is nothing to learn of an only disk.
        """
        link, disks = attachment.disk_in(spec), self.disks
        partition = filesystem.partition
        if link and partition and len(disks) > 1 and link[1] == str(partition.number):
            partition.disk.learned.append(link[0])

    def learn_foreign(self, spec: str) -> None:
        """Have udev's link spec, of a disk or partition, be of none of the disks: a root's fstab says that it is on a network."""
        link = attachment.disk_in(device_names.path_of_id(spec))
        if link:
            for disk in self.disks:
                disk.foreign.add(link[0])

    def _called(self, spec: str, links: Collection[str]) -> list[Layer]:
        spec = device_names.path_of_id(spec)
        tag, value = _tag(spec)
        if tag:
            found = [node for node in self.nodes if value and node.tags.get(tag) == value]
            # udev's links lead to the origin of a snapshot too (lvm2, 13-dm-disk.rules: link_priority).
            return [node for node in found if not is_in_snapshot(node)] or found
        path = self._path(spec, links)
        return [node for node in self.nodes if node.is_called(path)]

    def _called_by_xen(self, path: str) -> list[Layer]:
        """The node that a name means where no disk has a partition table, as under Xen and in EC2.

        There a disk may be called as a partition is (xvda1), and by the prefix of any driver: sda, hda.
        """
        if any(partition.filled is None for partition in self.partitions):
            return self._once_filled(path)
        nodes: list[Layer] = [*self.partitions, *self.disks]
        return [
            node
            for node in nodes
            for disk in self.disks_of(node)
            if path in device_names.of_filled_disk(f"/dev/{disk}")
        ]

    def _once_filled(self, path: str) -> list[Layer]:
        """The partition that an earlier conversion made of what filled the disk called path."""
        return [
            partition
            for partition in self.partitions
            for filesystem in self.made_of(partition)
            if path == partition.disk.name and partition.number == 1
            if partition.uuid == mbr.partition_uuid(mbr.signature(filesystem.identity), 1)
        ]

    def _path(self, spec: str, links: Collection[str]) -> str:
        """The kernel's name of the disk or partition that spec, where it is udev's link of hardware, leads to; else spec."""
        disks = self.disks
        spec, links = device_names.link_of_multipath(spec), set(map(device_names.link_of_multipath, links))
        link = attachment.disk_in(spec)
        if link and any(link[0] in disk.foreign for disk in disks):
            return spec
        linked = attachment.disk_linked(spec, {disk.identifier: disk.attached for disk in disks}, links)
        learned = [disk for disk in disks if link and not linked and link[0] in disk.learned]
        if link and len(learned) == 1:
            linked = learned[0].identifier, link[1]
        if linked:
            return device_names.partition(f"/dev/{linked[0]}", linked[1])
        if len(disks) == 1 and not attachment.contradicts(spec, disks[0].attached):
            number = device_names.partition_on_only_disk(spec, links)
            return device_names.partition(disks[0].name, number) if number else spec
        return spec

    def stable_name(self, spec: str, links: Collection[str] = (), tags: Sequence[str] = _STABLE_TAGS) -> str | None:
        """How to name the filesystem that spec names on any hardware ("UUID=..."); None when that cannot be said.

        links: see filesystems_called. tags: those of UUID, PARTUUID and LABEL that are understood, the best first.
        """
        filesystem = self.filesystem(spec, links)
        if filesystem is None:
            return None
        device_tags = filesystem.parents[0].tags if len(filesystem.parents) == 1 else {}
        values = {**device_tags, **filesystem.tags}
        for tag in tags:
            value = values.get(tag)
            # Each file quotes a label with a blank in its own way. A clone has all that its origin has.
            if value and not re.search(r"\s", value) and len(self.filesystems_called(f"{tag}={value}")) == 1:
                return f"{tag}={value}"
        return None

    def mountable(self, filesystem: Filesystem, options: Iterable[str]) -> Filesystem | Subvolume:
        """What a mount of filesystem with these options shows: a subvolume, or the filesystem from its top.

        Where they select none, it is the filesystem's default subvolume (btrfs(5)). It is the filesystem where they
        select one that is not there.
        """
        subvolumes = self.subvolumes_of(filesystem)
        selecting = [option for option in options if option.startswith(SELECTING)]
        if not selecting:
            return next((each for each in subvolumes if each.is_default), filesystem)
        found = (each for option in selecting for each in subvolumes if each.is_selected_by(option))
        return next(found, filesystem)

    def subvolumes_of(self, filesystem: Filesystem) -> list[Subvolume]:
        """The subvolumes of a btrfs."""
        return [
            each for each in self.of_kind(Subvolume) if each.filesystem is filesystem or each.filesystem == filesystem
        ]

    # Identity

    def fingerprint(self) -> str:
        """sha256 of the identity of the disks: the UUIDs of what is on each, directly or in partitions.

        It is the same after a conversion, and after a partition table was made for a filesystem that filled a disk. So
        names and sizes have no part in it, nor has an EFI system partition, which may be added then. Only a disk on
        which nothing has a UUID is known by its size. What a key opens has no part either, as it is not always there.
        """
        return _digest([[disk.identifier, self._uuids_on(disk) or disk.size] for disk in self.disks])

    def _uuids_on(self, disk: Disk) -> list[str]:
        uuids = (
            filesystem.uuid
            for filesystem in self.filesystems
            for parent in filesystem.parents
            if parent == disk or (isinstance(parent, Partition) and parent.disk == disk)
            if parent not in self.efi_system_partitions
        )
        return sorted(filter(None, uuids))

    def first_fingerprint(self) -> str:
        """What guestconv wrote as fingerprint until it went by identity. Descriptions of that time are still good."""
        return _digest(
            [[disk.identifier, disk.size] for disk in self.disks]
            + [
                [each.name, each.type, each.uuid, each.partition.uuid if each.partition else ""]
                for each in self.filesystems
            ]
        )

    def identities(self) -> dict[str, str]:
        """The identity of each filesystem and subvolume, by the guest's name of it: {"/dev/sda1": "UUID=..."}."""
        nodes: list[Layer] = [*self.filesystems, *self.of_kind(Subvolume)]
        return {node.name: node.identity for node in nodes}


def is_in_snapshot(node: Layer) -> bool:
    """Whether it is on a snapshot of a logical volume, with the tags of what that was taken of."""
    return any(isinstance(parent, LogicalVolume) and parent.is_snapshot for parent in node.parents)


def _tag(spec: str) -> tuple[str, str]:
    """The tag of fstab(5) that spec is made of, and its value; "" and "" for a path. It may be udev's link of a tag."""
    link = _TAG_LINK.match(spec)
    if link:
        return link[1].upper(), device_names.unescaped(link[2])
    tag, equals, value = spec.partition("=")
    if not equals or tag.startswith("/"):
        return "", ""
    return tag, value.strip("\"'")


def _digest(identity: list[list[object]]) -> str:
    return "sha256:" + hashlib.sha256(json.dumps(identity).encode()).hexdigest()
