# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Entries of what sources describe."""

from __future__ import annotations


def attached(bus, number, unit, **more):
    """An entry of hardware.disks."""
    return {"bus": bus, "controller_number": number, "unit": unit, **more}
