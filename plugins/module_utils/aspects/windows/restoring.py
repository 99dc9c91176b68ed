# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Settings of Windows that are different until its first boot on the target, which restores them.

What a setting was is kept in the registry, below the service that runs at the first boot, and goes with it. So a second
conversion of a guest that was not started yet still knows what to restore.
"""

from __future__ import annotations

from ...guest.root import GuestRoot
from ...texts import registry
from ..plan import Plan
from . import release, steps

# Below the current control set.
KEPT = r"Services\guestconv\Restore"
_CURRENT = r"SYSTEM\CurrentControlSet"


def set_until_first_boot(root: GuestRoot, plan: Plan, path: str, name: str, number: int, detail: str) -> None:
    """Have the REG_DWORD of this name in the key at path (in the control set) be number until the first boot.

    Nothing is done where it is that already, and where there is no such key.
    """
    current = release.controlled(root, detail)
    key = current.key(path) if current else None
    if current is None or key is None:
        return
    label = rf"{path}\{name}"
    restored = current.key(KEPT)
    kept = restored.value(label) if restored else None
    before = key.value(name)
    if kept is None:
        if before == registry.dword(number):
            return
        # REG_NONE for what was not there.
        kept = before if before is not None else registry.none()
        current.create(KEPT).set(label, kept)
    key.set(name, registry.dword(number))
    plan.windows_first_boot.append(steps.SetNumber(rf"{_CURRENT}\{path}", name, kept.number))
