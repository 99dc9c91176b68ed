# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which of the guest's systems an entry of a boot menu starts. Pure."""

from __future__ import annotations

from collections.abc import Collection

from .boot_menu import Entry
from .root import GuestRoot
from .storage.graph import SELECTING, TOP, Graph
from .storage.layers.filesystem import Filesystem
from .storage.layers.subvolume import Subvolume
from .storage.mounts import Mount


def named(entry: Entry, storage: Graph) -> list[Filesystem | Subvolume]:
    """What the entry has mounted as its root: several nodes where a disk was cloned, none where it is not known."""
    return [storage.mountable(each, entry.root_options) for each in _filesystems(entry, storage)]


def starts(entry: Entry, root: GuestRoot) -> bool:
    """Whether the entry names root as its root filesystem."""
    storage = root.guest.storage
    own = root.mount_plan.root
    there = _nodes(root.guest.roots)
    return own.filesystem in _filesystems(entry, storage) and not _is_another(entry, own, storage, there)


def selects_another(entry: Entry, root: GuestRoot) -> bool:
    """Whether the entry, if it has the root's filesystem mounted, selects another subvolume of it."""
    return _is_another(entry, root.mount_plan.root, root.guest.storage, _nodes(root.guest.roots))


def starts_another(entry: Entry, root: GuestRoot) -> bool:
    """Whether the entry's root is on the disks, and is not root."""
    return bool(named(entry, root.guest.storage)) and not starts(entry, root)


def system_of(entry: Entry, root: GuestRoot) -> GuestRoot | None:
    """The other of the systems to be converted that the entry, of root's menu, starts; None where it is none."""
    if starts(entry, root):
        return None
    return next((each for each in root.guest.roots if each is not root and starts(entry, each)), None)


def _filesystems(entry: Entry, storage: Graph) -> list[Filesystem]:
    return storage.filesystems_called(entry.root) if entry.root else []


def _nodes(roots: Collection[GuestRoot]) -> set[Filesystem | Subvolume]:
    return {root.mount_plan.root.node for root in roots}


def _is_another(entry: Entry, own: Mount, storage: Graph, there: Collection[Filesystem | Subvolume]) -> bool:
    node = storage.mountable(own.filesystem, entry.root_options)
    if node == own.node:
        return False
    if any(option.startswith(SELECTING) for option in entry.root_options):
        # What selects a subvolume that is not there, starts nothing.
        return isinstance(node, Subvolume) or any(map(TOP.fullmatch, entry.root_options))
    # The initrd knows which subvolume is the root, where nothing is seen without.
    return node in there
