# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Disks that Windows manages in groups: dynamic disks, and pools of Storage Spaces. Pure."""

from __future__ import annotations

from .graph import Graph
from .layers.disk import Disk

# Types of partitions: in an MBR, and in a GPT (Microsoft, "PARTITION_INFORMATION_GPT structure": the metadata and the
# data of the logical disk manager, and a member of a pool).
_DYNAMIC = "a dynamic disk of Windows"
_TYPES = {
    "0x42": _DYNAMIC,
    "5808c8aa-7e8f-42e0-85d2-e1e90434cfb3": _DYNAMIC,
    "af9b60a0-1431-4f62-bc68-3311714a69ad": _DYNAMIC,
    "e75caf8f-f680-4cee-afa3-b001e56efc2d": "a member of a Storage Spaces pool of Windows",
}

HINT = (
    "Copy the volumes to basic disks before the guest moves: for a system on a mirror, remove the mirror and restore a "
    "backup to a basic disk."
)


def found(storage: Graph) -> dict[Disk, str]:
    """What each of the disks is that are managed so, in words."""
    return {each.disk: _TYPES[each.type] for each in storage.partitions if each.type in _TYPES}
