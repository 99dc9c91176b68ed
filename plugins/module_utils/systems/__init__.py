# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which system a guest has, and in which order its aspects work.

The registry: a new system is a module (or package) of its own and one name in SYSTEMS.
"""

from __future__ import annotations

from ..guest.root import GuestRoot
from . import linux, windows
from .system import System

SYSTEMS: tuple[System, ...] = (linux, windows)


def system_of(root: GuestRoot) -> System:
    """The kind of system that was found on root."""
    return next(system for system in SYSTEMS if system.NAME == root.info["os"])
