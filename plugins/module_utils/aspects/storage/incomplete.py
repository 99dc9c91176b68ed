# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Concerns about arrays and volume groups that are not whole."""

from __future__ import annotations

from ...guest.root import GuestRoot
from ...guest.storage import incomplete
from ...guest.storage.incomplete import Lack
from ...model.concerns import Concern


def concerns(root: GuestRoot) -> list[Concern]:
    """A concern for each; it is an error where the system is on it."""
    return [
        Concern(lack.code, "error", f"{lack.message} The system is on it.", lack.hint)
        if _is_needed(root, lack)
        else Concern(lack.code, "warning", lack.message, lack.hint)
        for lack in incomplete.lacks(root.guest.storage)
    ]


def _is_needed(root: GuestRoot, lack: Lack) -> bool:
    """Whether the root, or what it does not start without, is on what is not whole."""
    storage = root.guest.storage
    needed = [mount.filesystem for mount in root.mount_plan.mounts if mount.is_needed]
    return any(storage.rests_on(filesystem, node) for filesystem in needed for node in lack.nodes)
