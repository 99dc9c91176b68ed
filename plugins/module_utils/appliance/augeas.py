# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Augeas, as the appliance has it: how it is started, and a file as a tree."""

from __future__ import annotations

from typing import Callable

from .calls.augeas import AugeasCalls
from .failures import CallFailed

# AUG_SAVE_NEWFILE, AUG_NO_LOAD, and AUG_NO_MODL_AUTOLOAD of augeas.h. Without the first, what is saved is another file
# of the same name, which has neither SELinux label nor ACL, and the old one's hard links stay with the old one. Without
# the last, all of the 200 lenses are compiled (4 s under emulation); with it just those that a file is edited with.
FLAGS = 2 | 32 | 64

# What is appended to the path of a file for the new one.
NEW = ".augnew"


class Tree:
    """A file as Augeas sees it. Paths are relative to the file's node, in Augeas's path language.

    Args: node: that of the file; on_change: called before the tree is altered. Errors: ApplianceError.
    """

    def __init__(self, appliance: AugeasCalls, node: str, on_change: Callable[[], object]) -> None:
        self._appliance = appliance
        self._node = node
        self._on_change = on_change

    def match(self, path: str) -> list[str]:
        """The paths (relative to the file) of the nodes that match, in the order of the file."""
        found = self._appliance.aug_match(f"{self._node}/{path}")
        return [node[len(self._node) + 1 :] for node in found]

    def get(self, path: str) -> str | None:
        """The value of the node at path, or None when there is none, or it has no value."""
        if not self._appliance.aug_match(f"{self._node}/{path}"):
            return None
        try:
            return self._appliance.aug_get(f"{self._node}/{path}")
        except CallFailed:
            # libguestfs answers "no matching node" for a node without a value too.
            return None

    def set(self, path: str, value: str) -> None:
        """Give the node at path the value, making it when there is none."""
        self._on_change()
        self._appliance.aug_set(f"{self._node}/{path}", value)

    def remove(self, path: str) -> None:
        """Remove the nodes that match path, with all below them."""
        self._on_change()
        self._appliance.aug_rm(f"{self._node}/{path}")

    def insert(self, path: str, label: str, before: bool) -> None:
        """Make a sibling called label of the node at path, before or after it."""
        self._on_change()
        self._appliance.aug_insert(f"{self._node}/{path}", label, before)
