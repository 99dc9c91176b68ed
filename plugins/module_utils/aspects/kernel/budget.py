# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which initrds there is room to complete, worked out before any is written. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

# Bytes to leave on the filesystem: a full /boot stops the guest's next kernel update.
SPARE = 1024 * 1024


@dataclass(frozen=True)
class Need:
    """What completing one initrd takes.

    mountpoint: of its filesystem. size: bytes. is_default: whether the kernel that boots by default needs it.
    """

    mountpoint: str
    size: int
    is_default: bool


def affordable(needs: Sequence[Need], free: Mapping[str, int]) -> list[bool]:
    """Of each need, whether there is room for it after those that come first: the default's, then in their order.

    free: bytes by mountpoint, of all that the needs name. One that does not fit takes nothing from those after it.
    """
    left = {mountpoint: room - SPARE for mountpoint, room in free.items()}
    fits = [False] * len(needs)
    for index in sorted(range(len(needs)), key=lambda index: not needs[index].is_default):
        need = needs[index]
        # What takes nothing is no matter of room.
        if need.size <= max(left[need.mountpoint], 0):
            left[need.mountpoint] -= need.size
            fits[index] = True
    return fits
