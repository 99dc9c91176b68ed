# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Devices that software of the guest makes when it starts, and that conversion does not see.

A line of fstab that names one leads nowhere on the disks as they are, and yet is none that was forgotten.
"""

from __future__ import annotations

import re
from functools import cached_property

from ...guest.root import GuestRoot
from ...guest.storage.layers.array import Array
from ...guest.storage.layers.filesystem import Filesystem
from ...texts import fstab, tables
from .mentions import udev_rules
from .names import Names

# The kernel's own, which are there, or are filled, at each start.
_AT_EACH_START = re.compile(r"/dev/(?:zram|loop|ram)\d+")
# Of drivers that take their disks from a network, or from other disks by a configuration of their own.
_BY_OWN_CONFIGURATION = re.compile(r"/dev/(?:drbd|rbd|nbd|bcache|zd\d|zvol/|etherd/|vx/|raw/|stratis/|asm/)")
_RAID = re.compile(r"/dev/(?:md(?:\d|_d|/)|disk/by-id/md-)")
_MAPPED = re.compile(r"/dev/(?:mapper/|disk/by-id/dm-name-)(.+)\Z", re.DOTALL)

# No layer on the disks makes these names: multipathd does, of the disks themselves; and drives have media.
_HELD_BY_NONE = re.compile(r"/dev/(?:mapper/(?:mpath|3600)|(?:cdrom|cdrw|dvd|dvdrw|sr|scd|fd|floppy)\d*\Z)")

# What blkid calls members of layers that hold further filesystems (libblkid/src/superblocks). LVM's are not among them:
# their volumes are found, but those of a group that lacks a disk.
_HOLD_MORE = ("crypto_LUKS", "BitLocker", "zfs_member", "bcache", "stratis", "VDO", "drbd", "ceph_bluestore")


def is_made_at_each_start(spec: str) -> bool:
    """Whether a name (/dev/zram0) is that of a device which nothing on a disk stands for."""
    return _AT_EACH_START.match(spec) is not None


class Makers:
    """What in a root makes devices, as far as its files tell; they are read once, and when they are needed."""

    def __init__(self, root: GuestRoot, names: Names) -> None:
        self._root = root
        self.names = names

    def of(self, spec: str) -> str:
        """In words, what may make the device that spec names, as in fstab; "" when nothing is known to."""
        if _RAID.match(spec):
            return f"{', '.join(self._raid)} are members of a RAID" if self._raid else ""
        if _BY_OWN_CONFIGURATION.match(spec):
            return "its driver has a configuration of its own"
        mapped = _MAPPED.match(spec)
        if mapped and mapped[1] in self._mappings:
            path, device = self._mappings[mapped[1]]
            return f"{path} makes it of {device}" if self.is_known(spec) else ""
        if self._is_linked(spec) and not self.is_link_lost(spec):
            return f"rules in {udev_rules.DIRECTORY} give that name"
        return f"{', '.join(self._closed)} may hold it" if self._closed and not _HELD_BY_NONE.match(spec) else ""

    def is_known(self, spec: str) -> bool:
        """Whether it is certain what makes the device that spec names: a table says so, and what it is made of is there."""
        mapped = _MAPPED.match(spec)
        if not mapped or mapped[1] not in self._mappings:
            return False
        _path, device = self._mappings[mapped[1]]
        # Paths outside /dev are files that hold a filesystem.
        is_file = device.startswith("/") and not device.startswith("/dev/")
        return is_file or bool(self.names.filesystems(device))

    def is_link_lost(self, spec: str) -> bool:
        """Whether spec is a link that rules of udev's make, and with no driver would on the target."""
        is_kept = not self._kept_links or any(links.may_be(_below_dev(spec)) for links in self._kept_links)
        return self._is_linked(spec) and not is_kept

    def _is_linked(self, spec: str) -> bool:
        return spec.startswith("/dev/") and self._links.may_be(_below_dev(spec))

    @cached_property
    def _unopened(self) -> list[Filesystem]:
        storage = self.names.storage
        # An array that can never start is no reason to wait for what it would hold.
        return [
            each
            for each in storage.filesystems
            if all(isinstance(made, Array) and made.may_start for made in storage.made_of(each) if not made.device)
            if not any(made.device for made in storage.made_of(each))
        ]

    @cached_property
    def _raid(self) -> list[str]:
        return [each.name for each in self._unopened if each.type.endswith("_raid_member")]

    @cached_property
    def _closed(self) -> list[str]:
        return [*self._raid, *(each.name for each in self._unopened if each.type in _HOLD_MORE)]

    @cached_property
    def _mappings(self) -> dict[str, tuple[str, str]]:
        """{name: (path of the table, device)} of crypttab(5), integritytab(5) and veritytab(5)."""
        return {
            fstab.unescaped(row.fields[0]): (path, fstab.unescaped(row.fields[1]))
            for path in ("/etc/veritytab", "/etc/integritytab", "/etc/crypttab")
            for row in tables.rows(self._root.read(path) or "")
            if len(row.fields) > 1
        }

    @cached_property
    def _links(self) -> udev_rules.Links:
        return udev_rules.links(udev_rules.texts(self._root).values())

    @cached_property
    def _kept_links(self) -> list[udev_rules.Links]:
        """The links that there are on the target, by each of the drivers."""
        texts = udev_rules.texts(self._root).values()
        return [udev_rules.links_on_target(texts, self.names, disks) for disks in self.names.by_driver.values()]


def _below_dev(spec: str) -> str:
    return spec[len("/dev/") :]
