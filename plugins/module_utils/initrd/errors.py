# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The errors of initrds that are caught to be handled."""

from __future__ import annotations

from ..errors import GuestconvError


class ToolMissing(GuestconvError):
    """A program that compresses or decompresses is not installed on this machine."""


class NotSupplementable(GuestconvError):
    """No archive can be appended to this initrd. The guest's own tool may rebuild it."""
