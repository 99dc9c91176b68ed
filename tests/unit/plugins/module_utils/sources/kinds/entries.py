# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Entries of what sources describe."""

from __future__ import annotations


def attached(bus, number, unit, **more):
    """An entry of hardware.disks."""
    return {"bus": bus, "controller_number": number, "unit": unit, **more}


# What has been read for longer than the facts of model/source_facts.py, which test_facts.py has.
_KEYS = ("firmware", "cpus", "memory", "interfaces", "disks")
_OF_CARDS = ("mac", "driver")


def without_facts(description):
    """The description less the further facts of its machine and of its network cards."""
    hardware = {key: value for key, value in description["hardware"].items() if key in _KEYS}
    if "interfaces" in hardware:
        hardware["interfaces"] = [
            {key: value for key, value in card.items() if key in _OF_CARDS} for card in hardware["interfaces"]
        ]
    return {**description, "hardware": hardware}
