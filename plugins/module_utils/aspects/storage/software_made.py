# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Devices that software of the guest makes when it starts, and that conversion does not see.

A line of fstab that names one leads nowhere on the disks as they are, and yet is none that was forgotten.
"""

from __future__ import annotations

import re

from ...guest.root import GuestRoot
from ...guest.storage.layers.filesystem import Filesystem
from ...texts import fstab, tables
from .names import Names
from .places import udev_rules

# The kernel's own, which are there, or are filled, at each start.
_AT_EACH_START = re.compile(r"/dev/(?:zram|loop|ram)\d+")
# Of drivers that take their disks from a network, or from other disks by a configuration of their own.
_BY_OWN_CONFIGURATION = re.compile(r"/dev/(?:drbd|rbd|nbd|bcache|zd\d|zvol/|etherd/|vx/|raw/|stratis/|asm/)")
_RAID = re.compile(r"/dev/(?:md(?:\d|_d|/)|disk/by-id/md-)")
_MAPPED = re.compile(r"/dev/(?:mapper/|disk/by-id/dm-name-)(.+)\Z", re.DOTALL)

# What blkid calls members of layers that hold further filesystems (libblkid/src/superblocks). LVM's are not among them:
# their volumes are found, but those of a group that lacks a disk.
_HOLD_MORE = ("crypto_LUKS", "BitLocker", "zfs_member", "bcache", "stratis", "VDO", "drbd", "ceph_bluestore")


def is_made_at_each_start(spec: str) -> bool:
    """Whether a name (/dev/zram0) is that of a device which nothing on a disk stands for."""
    return _AT_EACH_START.match(spec) is not None


def maker(root: GuestRoot, names: Names, spec: str) -> str:
    """In words, what may make the device that spec names, as in fstab; "" when nothing is known to."""
    closed = [each for each in names.storage.filesystems if not names.storage.made_of(each)]
    raid = [each.name for each in closed if each.type.endswith("_raid_member")]
    if _RAID.match(spec):
        return f"{', '.join(raid)} are members of a RAID" if raid else ""
    if _BY_OWN_CONFIGURATION.match(spec):
        return "its driver has a configuration of its own"
    mapping = _mapping(root, names, spec)
    if mapping is not None:
        return mapping
    if _is_linked(root, spec):
        return f"rules in {udev_rules.DIRECTORY} give that name"
    layers = [*raid, *(each.name for each in closed if each.type in _HOLD_MORE)]
    return f"{', '.join(layers)} may hold it" if layers and not _is_of_multipath(spec) else ""


def _mapping(root: GuestRoot, names: Names, spec: str) -> str | None:
    """What maker says of a mapping in crypttab; None where spec is none."""
    mapped = _MAPPED.match(spec)
    for row in tables.rows(root.read("/etc/crypttab") or ""):
        if mapped and len(row.fields) > 1 and fstab.unescaped(row.fields[0]) == mapped[1]:
            device = fstab.unescaped(row.fields[1])
            # Paths outside /dev are files that hold a filesystem.
            is_file = device.startswith("/") and not device.startswith("/dev/")
            there: list[Filesystem] | bool = is_file or names.filesystems(device)
            return f"/etc/crypttab makes it of {device}" if there else ""
    return None


def _is_linked(root: GuestRoot, spec: str) -> bool:
    name = spec[len("/dev/") :]
    return spec.startswith("/dev/") and any(
        udev_rules.gives_link(text, name) for text in udev_rules.texts(root).values()
    )


def _is_of_multipath(spec: str) -> bool:
    # No layer on the disks makes these names: multipathd does, of the disks themselves.
    return re.match(r"/dev/mapper/(?:mpath|3600)", spec) is not None
