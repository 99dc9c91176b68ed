# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Texts that must not be seen."""

from __future__ import annotations


class Secret(str):
    """A text that a call of libguestfs gets, and that no trace or message has."""

    def __repr__(self) -> str:
        return "<secret>"
