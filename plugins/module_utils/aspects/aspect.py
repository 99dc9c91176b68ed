# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What an aspect is: a module (or package) of this room, which a system names in its ASPECTS."""

from __future__ import annotations

from typing import Protocol

from ..guest.root import GuestRoot
from ..model.description import Findings
from .plan import Plan


class Aspect(Protocol):
    """One subject of a guest: it inspects the subject, and converts it.

    NAME: its name in changes and in the progress.
    INSPECT_AFTER: the names of those aspects that must have looked before, as it reads what they found (root.boot_menu).
    CONVERT_AFTER: the names of those that must be done before: they ask in the plan for what this one carries out, or
        change files that this one reads.
    An aspect may name others that the system does not have.
    """

    @property
    def NAME(self) -> str: ...

    @property
    def INSPECT_AFTER(self) -> tuple[str, ...]: ...

    @property
    def CONVERT_AFTER(self) -> tuple[str, ...]: ...

    def inspect(self, root: GuestRoot) -> Findings:
        """Look at a mounted root, and say what there is. What convert needs of it is left with root.remember."""

    def convert(self, root: GuestRoot, plan: Plan) -> None:
        """Make the root match plan.selection, through the door. Raises GuestconvError."""
