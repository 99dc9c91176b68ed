# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a filesystem is called: by the guest, and on whatever hardware."""

from __future__ import annotations

import re
from dataclasses import dataclass

from ...guest import device_names

# From the one that is most likely to be the filesystem's own to the least.
_TAGS = ("UUID", "PARTUUID", "LABEL")


@dataclass(frozen=True)
class Names:
    """The names of one root's filesystems. links: all names of hardware that its files have."""

    guest: object
    links: frozenset[str]

    def filesystems(self, name):
        """The guest's filesystems (guest.Filesystem) that name names; several where disks were cloned."""
        return self.guest.filesystems_called(name, self.links)

    def stable(self, name):
        """Instead of name, which the hardware gave, one that is good on any; None when there is none."""
        return stable_name(self.guest, name, self.links)

    def are_on(self, name, disks):
        """Whether all filesystems that name names need one of these disks (a set of names)."""
        found = self.filesystems(name) if disks else []
        return bool(found) and all(self.guest.disks_of(filesystem) & disks for filesystem in found)

    def is_lost(self, name):
        """Whether name was given by the hardware, and cannot be said otherwise: it is wrong on any other hardware."""
        return device_names.is_of_hardware(name) and self.stable(name) is None


def stable_name(guest, name, beside=(), tags=_TAGS):
    """How to name the filesystem called name on whatever hardware ("UUID=..."); None when that cannot be said.

    beside: as of Guest.filesystem. tags: those of UUID, PARTUUID and LABEL that are understood, the best first.
    """
    filesystem = guest.filesystem(name, beside)
    for tag in tags if filesystem else ():
        attribute = tag.lower()
        value = getattr(filesystem, attribute)
        # A label may hold a space, which each file quotes in its own way. A clone has all that its origin has.
        if value and not re.search(r"\s", value):
            if sum(getattr(other, attribute) == value for other in guest.filesystems) == 1:
                return f"{tag}={value}"
    return None
