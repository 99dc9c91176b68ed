# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Places in /etc, besides fstab and crypttab, that name disks; and the registry: a new one is a module here, and a name.

A place edits its files where a name has another that holds on any hardware, and has a concern where not.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping

from ....guest import device_names
from ....guest.root import GuestRoot
from ....model.concerns import Concern
from ...plan import Plan
from ..names import Names
from . import left, mdadm, paths, udev_rules, units
from .place import Place

PLACES: tuple[Place, ...] = (units, mdadm, paths, udev_rules, left)


# {path: text} of the files of each place.
Found = list[tuple[Place, dict[str, str]]]


def found(root: GuestRoot) -> Found:
    """What there is of them."""
    return [(place, place.texts(root)) for place in PLACES]


def names_of_hardware(there: Found) -> frozenset[str]:
    """All names of hardware that they have."""
    return frozenset().union(*(device_names.of_hardware(text) for _place, texts in there for text in texts.values()))


def concerns(root: GuestRoot, there: Found, names: Names, disks: Mapping[str, str]) -> list[Concern]:
    """What they say that does not hold on the target. disks: their names there, with the drivers that are recommended."""
    return [concern for place, texts in there for concern in place.concerns(root, texts, names, disks)]


def convert(root: GuestRoot, there: Found, plan: Plan, names: Names, removed: Collection[str]) -> None:
    """Edit them. removed: ids of the disks that are."""
    for place, texts in there:
        place.convert(root, texts, plan, names, removed)
