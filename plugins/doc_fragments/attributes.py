# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The attributes that every module documents."""

from __future__ import annotations


class ModuleDocFragment:
    """Attributes common to all modules; each module states its support of check_mode and diff_mode."""

    DOCUMENTATION = r"""
options: {}
attributes:
  check_mode:
    description: Can run in C(check_mode) and return changed status prediction without modifying the disks.
  diff_mode:
    description: Will return details on what has changed when in diff mode.
  platform:
    description: Target OS or families that the module runs on, which is the machine with the disks, not the guest.
    support: full
    platforms: linux
requirements:
  - qemu-img
"""
