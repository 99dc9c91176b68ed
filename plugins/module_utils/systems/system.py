# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a system is: a module of this room, which says how it is found and which aspects it has."""

from __future__ import annotations

from typing import Protocol

from ..aspects.aspect import Aspect
from ..guest.root import GuestRoot
from ..guest.system import DetectableSystem
from ..model.concerns import Concern
from ..packages.manager import Application


class System(DetectableSystem, Protocol):
    """A kind of system that can be converted. ASPECTS: its subjects; order.py says in which order they work."""

    @property
    def ASPECTS(self) -> tuple[Aspect, ...]: ...

    def concerns(self, root: GuestRoot) -> list[Concern]:
        """What a person should know of the system on root, which is mounted, as such."""

    def applications(self, root: GuestRoot) -> list[Application]:
        """What is installed on root, which is mounted, by name. Raises GuestconvError."""

    def has_kernel(self, root: GuestRoot) -> bool:
        """Whether the system on root, which is mounted, has a kernel of its own, as a chroot has not."""

    def starts(self, root: GuestRoot) -> frozenset[str]:
        """The names of the guest's roots that the boot menu of root, which is mounted and was inspected, starts.

        None where it does not name roots, or root.boot_menu has what it starts.
        """

    def may_have_menu(self, root: GuestRoot) -> bool:
        """Whether root, which is mounted and was inspected, has a boot menu, be it one that was not understood."""
