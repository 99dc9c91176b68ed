# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Augeas, by which files are edited as trees."""

from __future__ import annotations

from .caller import Caller


class AugeasCalls(Caller):
    """Calls to Augeas, which is started on one root at a time."""

    def aug_init(self, root: str, flags: int) -> None:
        """Start Augeas on the files below root."""
        self.call("aug_init", root, flags)

    def aug_close(self) -> None:
        """End it."""
        self.call("aug_close")

    def aug_load(self) -> None:
        """Parse the files."""
        self.call("aug_load")

    def aug_save(self) -> None:
        """Write what was altered."""
        self.call("aug_save")

    def aug_match(self, path: str) -> list[str]:
        """The paths of the nodes that match."""
        result: list[str] = self.call("aug_match", path)
        return result

    def aug_get(self, path: str) -> str:
        """The value of a node."""
        result: str = self.call("aug_get", path)
        return result

    def aug_set(self, path: str, value: str) -> None:
        """Set the value of a node, making it when there is none."""
        self.call("aug_set", path, value)

    def aug_rm(self, path: str) -> int:
        """Remove the nodes that match, with all below them. Returns: how many."""
        result: int = self.call("aug_rm", path)
        return result

    def aug_insert(self, path: str, label: str, before: bool) -> None:
        """Make a sibling of the node at path, before or after it."""
        self.call("aug_insert", path, label, before)
