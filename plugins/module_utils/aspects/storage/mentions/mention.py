# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a mention is: a module of this room that knows one kind of file which names disks."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Protocol

from ....guest.root import GuestRoot
from ....model.concerns import Concern
from ...plan import Plan
from ..names import Names


class Mention(Protocol):
    """A kind of file that mentions disks."""

    def texts(self, root: GuestRoot) -> dict[str, str]:
        """{path: text} of the files that there are."""

    def concerns(
        self, root: GuestRoot, texts: Mapping[str, str], names: Names, disks: Mapping[str, str]
    ) -> list[Concern]:
        """What in them does not hold on the target, and is not edited.

        texts: what texts() gave. disks: {"sda": "/dev/vda"}, the names on the target with the drivers that are recommended.
        """

    def convert(
        self, root: GuestRoot, texts: Mapping[str, str], plan: Plan, names: Names, removed: Collection[str]
    ) -> None:
        """Edit them, and their copies in initrds. texts: what texts() gave. removed: ids of the disks that are removed."""
