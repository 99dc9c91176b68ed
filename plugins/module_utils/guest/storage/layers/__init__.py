# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The registry of layers. A new one is a file here and a line in LAYERS."""

from __future__ import annotations

from ..layer import Layer
from .array import Array
from .array_partition import ArrayPartition
from .disk import Disk
from .encrypted import Encrypted
from .filesystem import Filesystem
from .logical_volume import LogicalVolume
from .partition import Partition
from .subvolume import Subvolume

# In the order in which they are asked. Filesystem comes after all kinds of devices: a device that has been divided or
# opened by then is not looked into.
LAYERS: tuple[type[Layer], ...] = (
    Disk,
    Partition,
    Array,
    ArrayPartition,
    Encrypted,
    LogicalVolume,
    Filesystem,
    Subvolume,
)
