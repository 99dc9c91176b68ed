# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The registry of transforms. A new one is a file here and a line in TRANSFORMS."""

from __future__ import annotations

from ..transform import Transform
from . import partition_table

# In the order in which they are applied.
TRANSFORMS: tuple[Transform, ...] = (partition_table,)
