# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a root's files call its filesystems, and what they are called on any hardware."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field

from ...guest import device_names
from ...guest.storage import mounts
from ...guest.storage.graph import Graph
from ...guest.storage.layers.filesystem import Filesystem
from ...model.concerns import Concern


@dataclass(frozen=True)
class Names:
    """The names of one root's filesystems.

    links: all names of hardware that its files have. by_driver: {driver: {"sda": "/dev/vda"}}, what the disks are called on
    the target with each driver that they can have there, or with those that were chosen.
    """

    storage: Graph
    links: frozenset[str]
    by_driver: Mapping[str, Mapping[str, str]] = field(default_factory=dict)

    @property
    def disks(self) -> str:
        """The ids of the disks that were given, for messages."""
        return ", ".join(disk.identifier for disk in self.storage.disks)

    def filesystems(self, name: str) -> list[Filesystem]:
        """The filesystems that name names; several where disks were cloned."""
        return self.storage.filesystems_called(name, self.links)

    def stable(self, name: str) -> str | None:
        """Instead of name, which the hardware gave, one that is good on any; None when there is none."""
        return self.storage.stable_name(name, self.links)

    def on_target(self, name: str, disks: Mapping[str, str]) -> str | None:
        """What the disk or partition that name is the kernel's name of is called on the target; None for other names.

        disks: {"sda": "/dev/vda"}.
        """
        for disk in self.storage.disks:
            if name == disk.name and disk.identifier in disks:
                return disks[disk.identifier]
        for partition in self.storage.partitions:
            if name == partition.name and partition.disk.identifier in disks:
                return device_names.partition(disks[partition.disk.identifier], str(partition.number))
        return None

    def held_by(self, name: str) -> list[str]:
        """The drivers with which name, of a disk or partition, is the same on the target."""
        return [driver for driver, disks in self.by_driver.items() if self.on_target(name, disks) == name]

    def are_on(self, name: str, disks: Collection[str]) -> bool:
        """Whether all filesystems that name names need one of these disks (their ids)."""
        found = self.filesystems(name) if disks else []
        return bool(found) and all(self.storage.disks_of(filesystem) & set(disks) for filesystem in found)

    def is_lost(self, name: str) -> bool:
        """Whether name was given by the hardware, and cannot be said otherwise: it is wrong on any other hardware."""
        return device_names.is_of_hardware(name) and self.stable(name) is None


NO_IDENTITY = "no UUID or label that no other filesystem has too"
_OWN_UUID = "Give it a UUID of its own in the guest (tune2fs -U, xfs_admin -U, swaplabel -U), as clones need one"


def lost(names: Names, where: str, name: str, severity: str) -> Concern:
    """The concern about name, which is_lost, and stands in where (a file, or words for another place)."""
    if names.filesystems(name):
        return not_nameable(where, name, severity, NO_IDENTITY, held_by=names.held_by(name))
    return unknown(names, where, name, severity, "name the filesystem there by UUID in the guest, or remove the line.")


def shared(names: Names, where: str, name: str) -> list[Concern]:
    """The concern about name, of no hardware, in where, if several filesystems have it; in a list, which may be empty."""
    found = names.filesystems(name) if mounts.is_tag(name) or name.startswith("/dev/disk/by-") else []
    if len(found) < 2 or device_names.is_of_hardware(name):
        return []
    return [
        Concern(
            "device-name-ambiguous",
            "warning",
            f"{where} names {name}, which {', '.join(each.name for each in found)} have in common. Which of them the "
            "guest takes can be another one on the target.",
            f"{_OWN_UUID}, or take away the disk with the copy.",
        )
    ]


def unknown(names: Names, where: str, name: str, severity: str, remedy: str) -> Concern:
    """The concern about a name in where that leads to nothing. remedy: what to do if all disks were given."""
    # What links are made of no disk has on it.
    is_link = name.startswith(("/dev/disk/", "ID="))
    known = (
        "in the option hardware, under disks, the serial, the wwn, or the controller and unit that each had"
        if is_link
        else "as device the names that the guest knew them by (hda, xvda)"
    )
    return Concern(
        "device-name-unknown",
        severity,
        f"{where} names {name}, which is not on the disks ({names.disks}), as far as its name tells.{_ends(severity)}",
        f"Give all of the guest's disks, and {known}; if that was done, {remedy}",
    )


def not_nameable(
    where: str, name: str, severity: str, lack: str, more: str = "", held_by: Collection[str] = ()
) -> Concern:
    """The concern about a name in where, which stays, and leads to what may have another name on the target.

    lack: why it has no lasting one. more: of the hint. held_by: the drivers with which it is right on the target: with
    these the guest has what it needs, so it is a warning then.
    """
    ends, otherwise = _ends(severity), ""
    if held_by:
        drivers = ", ".join(held_by)
        severity, ends, otherwise = (
            "warning",
            f" It keeps its name with {drivers} alone.",
            f", or leave the disks on {drivers}",
        )
    return Concern(
        "device-name-ambiguous",
        severity,
        f"{where} names {name}, which has {lack}.{ends}",
        f"{_OWN_UUID}{more}{otherwise}.",
    )


def _ends(severity: str) -> str:
    return " The guest would not start without it." if severity == "error" else ""
