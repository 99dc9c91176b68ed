# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the commands need of an Ansible module."""

from __future__ import annotations

from typing import Any, Protocol


class Module(Protocol):
    """An AnsibleModule, as far as the commands know it.

    params: its options. check_mode: whether nothing is to be changed.
    """

    params: dict[str, Any]
    check_mode: bool

    def warn(self, warning: str) -> None:
        """Add a warning to the result, be that a success or a failure."""
