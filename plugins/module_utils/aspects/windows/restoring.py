# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Settings of Windows that are different until its first boot on the target, which restores them.

What a setting was is kept in the registry, below the service that runs at the first boot, and goes with it. So a second
conversion of a guest that was not started yet still knows what to restore. After the first boot, the settings are what
they were: then the first boot is not asked for once more (first_boot.py), and neither are they.
"""

from __future__ import annotations

from collections.abc import Iterable

from ...guest.hives import Key
from ...guest.root import GuestRoot
from ...texts import registry
from ...texts.registry import Value
from . import release, steps
from .steps import Temporary

# Below the current control set.
KEPT = r"Services\guestconv\Restore"
_CURRENT = r"SYSTEM\CurrentControlSet"


def restored(root: GuestRoot, wanted: Iterable[Temporary]) -> list[steps.SetNumber]:
    """What the first boot restores: of these settings those that were something else, in keys that are there.

    And those that an earlier conversion altered, also where this one would not have.
    """
    current = release.controlled(root, "")
    if current is None:
        return []
    found = {}
    for each in wanted:
        before = _before(current, each)
        if before is not None:
            found[_label(each)] = before
    kept = current.key(KEPT)
    found.update(kept.values() if kept else {})
    return [_step(label, before) for label, before in found.items()]


def apply(root: GuestRoot, wanted: Iterable[Temporary]) -> None:
    """Have these settings until the first boot."""
    for each in wanted:
        current = release.controlled(root, each.detail)
        key = current.key(each.path) if current else None
        before = _before(current, each) if current else None
        if current and key and before:
            current.create(KEPT).set(_label(each), before)
            key.set(each.name, registry.dword(each.number))


def _before(current: Key, wanted: Temporary) -> Value | None:
    """What the setting was, REG_NONE where it was not there; None where it is to be so anyway, or has no key."""
    key = current.key(wanted.path)
    if key is None:
        return None
    kept = current.key(KEPT)
    before = kept.value(_label(wanted)) if kept else None
    if before is not None:
        return before
    value = key.value(wanted.name)
    return None if value == registry.dword(wanted.number) else value or registry.none()


def _step(label: str, before: Value) -> steps.SetNumber:
    path, _backslash, name = label.rpartition("\\")
    return steps.SetNumber(rf"{_CURRENT}\{path}", name, before.number)


def _label(wanted: Temporary) -> str:
    return rf"{wanted.path}\{wanted.name}"
