# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The platforms. A new one is a file in this room, the documentation of its filter, and one line here."""

from __future__ import annotations

from . import kubevirt, libvirt, openstack, proxmox
from .platform import Platform

PLATFORMS: list[Platform] = [
    libvirt,
    kubevirt,
    openstack,
    proxmox,
]


def by_filter(name: str) -> Platform:
    """The platform whose filter is called name. Raises KeyError."""
    for platform in PLATFORMS:
        if platform.FILTER == name:
            return platform
    raise KeyError(name)


def by_key(key: str) -> Platform | None:
    """The platform that is called key ("libvirt") in the rows of devices/models.py; None if there is none."""
    return next((platform for platform in PLATFORMS if platform.WORDS.key == key), None)
