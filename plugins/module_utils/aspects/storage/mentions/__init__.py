# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Files in /etc, besides fstab and crypttab, that mention disks; and the registry: a new kind is a module, and a name.

A mention is edited where the disk has a name that holds on any hardware, and is a concern where not.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping

from ....guest import device_names
from ....guest.root import GuestRoot
from ....model.concerns import Concern
from ....texts.fstab import Entry
from ...plan import Plan
from ..names import Names
from . import left, mdadm, paths, udev_rules, units
from .mention import Mention

MENTIONS: tuple[Mention, ...] = (units, mdadm, paths, udev_rules, left)


# {path: text} of the files of each kind.
Found = list[tuple[Mention, dict[str, str]]]


def found(root: GuestRoot) -> Found:
    """What there is of them."""
    return [(mention, mention.texts(root)) for mention in MENTIONS]


def names_of_hardware(there: Found) -> frozenset[str]:
    """All names of hardware that they have."""
    return frozenset().union(*(device_names.of_hardware(text) for _mention, texts in there for text in texts.values()))


def mounted(there: Found) -> list[tuple[str, Entry]]:
    """(path, what it mounts) of each unit that names that by hardware."""
    return [found for mention, texts in there if mention is units for found in units.entries(texts)]


def lost_with(there: Found, names: Names, disks: Mapping[str, str]) -> int:
    """How much does not hold of what software works with, where the disks have these names on the target."""
    return sum(udev_rules.lost_with(texts.values(), names, disks) for mention, texts in there if mention is udev_rules)


def concerns(root: GuestRoot, there: Found, names: Names, disks: Mapping[str, str]) -> list[Concern]:
    """What they say that does not hold on the target. disks: their names there, with the drivers that are recommended."""
    return [concern for mention, texts in there for concern in mention.concerns(root, texts, names, disks)]


def convert(root: GuestRoot, there: Found, plan: Plan, names: Names, removed: Collection[str]) -> None:
    """Edit them. removed: ids of the disks that are."""
    for mention, texts in there:
        mention.convert(root, texts, plan, names, removed)
