# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the search for systems needs to know of each kind of system; systems/ has them."""

from __future__ import annotations

from typing import Any, Protocol

from .root import GuestRoot
from .storage.mounts import Mount, MountPlan


class DetectableSystem(Protocol):
    """A kind of system.

    NAME: as in the root's info (`os`). ROOT_FILESYSTEMS: types of the filesystems that its root can be on.
    """

    @property
    def NAME(self) -> str: ...

    @property
    def ROOT_FILESYSTEMS(self) -> frozenset[str]: ...

    def mounts(self, root: GuestRoot, mount: Mount) -> MountPlan | None:
        """What a system of this kind mounts whose root is what is mounted so, as the only filesystem.

        None where that cannot be its root.
        """

    def detect(self, root: GuestRoot) -> bool:
        """Whether there is such a system on root, of which `/` and `/usr` are mounted."""

    def instance(self, root: GuestRoot) -> str:
        """What tells this installation of the system from others, and a snapshot of it has too; "" where that is not known."""

    def facts(self, root: GuestRoot) -> dict[str, Any]:
        """The facts for roots.<name>.info in the description, `os` (NAME) among them."""
