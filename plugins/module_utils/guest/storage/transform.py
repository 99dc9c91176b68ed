# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The interface of a transform: a change to the layout of disks, which is made before any root is mounted."""

from __future__ import annotations

from typing import Any, Protocol

from ...appliance.appliance import Appliance
from ...devices.targets import Target
from .graph import Graph

# An entry of `transform` in a description: plain data, with the keys `name` and `disk`, and what else people should know.
Announced = dict[str, Any]


class Transform(Protocol):
    """A kind of change to the layout of a disk, such as a partition table for a filesystem that fills the disk.

    One module in one file of transforms/ implements it.
    """

    NAME: str
    """Its name in `transform`."""

    def wanted(self, storage: Graph, target: Target) -> list[Announced]:
        """What it will do to this guest on this target; empty when nothing, as after it was done. Pure."""

    def apply(self, appliance: Appliance, storage: Graph, announced: Announced) -> str:
        """Do one of the entries that wanted() returned. Returns what was done, a sentence without its full stop.

        Nothing is mounted. The disks are overlays, which are thrown away when GuestconvError is raised. The identity of
        what is on the disk (UUIDs) must stay: roots are found again by it.
        """
