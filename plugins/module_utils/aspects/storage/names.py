# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a root's files call its filesystems, and what they are called on any hardware."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from ...guest import device_names
from ...guest.storage.graph import Graph
from ...guest.storage.layers.filesystem import Filesystem


@dataclass(frozen=True)
class Names:
    """The names of one root's filesystems. links: all names of hardware that its files have."""

    storage: Graph
    links: frozenset[str]

    def filesystems(self, name: str) -> list[Filesystem]:
        """The filesystems that name names; several where disks were cloned."""
        return self.storage.filesystems_called(name, self.links)

    def stable(self, name: str) -> str | None:
        """Instead of name, which the hardware gave, one that is good on any; None when there is none."""
        return self.storage.stable_name(name, self.links)

    def are_on(self, name: str, disks: Collection[str]) -> bool:
        """Whether all filesystems that name names need one of these disks (their ids)."""
        found = self.filesystems(name) if disks else []
        return bool(found) and all(self.storage.disks_of(filesystem) & set(disks) for filesystem in found)

    def is_lost(self, name: str) -> bool:
        """Whether name was given by the hardware, and cannot be said otherwise: it is wrong on any other hardware."""
        return device_names.is_of_hardware(name) and self.stable(name) is None
