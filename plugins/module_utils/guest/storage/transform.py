# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The interface of a transform: a change to the layout of disks, which is made once conversion is done.

Conversion works on the disks as they are, and calls everything as it will be called then: a transform says what the
graph becomes. What is written to the images is made of Guest.partitioned, when the appliance is closed.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol

from .graph import Graph

if TYPE_CHECKING:
    from ..guest import Guest

# An entry of `transform` in a description: plain data, with the keys `name` and `disk`, and what else people should know.
Announced = dict[str, Any]


class Transform(Protocol):
    """A kind of change to the layout of a disk, such as a partition table for a filesystem that fills the disk.

    One module in one file of transforms/ implements it.
    """

    NAME: str
    """Its name in `transform`."""

    def wanted(self, guest: Guest) -> list[Announced]:
        """What it will do to this guest, of which the roots are known; empty when nothing, as after it was done. Pure."""

    def applied(self, storage: Graph, announced: Announced) -> tuple[Graph, str]:
        """The graph as one of the entries that wanted() returned makes it; and what was done, without a full stop. Pure.

        The identity of what is on the disk (UUIDs) must stay: descriptions know it by that.
        """
