# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Concerns about arrays and volume groups that are not whole."""

from __future__ import annotations

from collections.abc import Sequence

from ...guest.root import GuestRoot
from ...guest.storage import incomplete
from ...guest.storage.layer import Layer
from ...model.concerns import Concern


def concerns(root: GuestRoot) -> list[Concern]:
    """A concern for each; it is an error where the system is on it."""
    storage = root.guest.storage
    needed = [mount.filesystem for mount in root.mount_plan.mounts if mount.is_needed]

    def is_needed(nodes: Sequence[Layer]) -> bool:
        return any(storage.rests_on(filesystem, node) for filesystem in needed for node in nodes)

    return incomplete.concerns(storage, is_needed)
