# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Raw disks, which have no header."""

from __future__ import annotations

from typing import BinaryIO

from .layout import Layout


def virtual_size(stream: BinaryIO, size: int) -> int:
    """Bytes of the disk: those of the file."""
    return size


def layout(stream: BinaryIO, cluster_size: int) -> Layout:
    """It is written to in place."""
    return Layout(in_place=True)
