# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Concerns: what a person should know before converting."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Concern:
    """Something a person should know before converting. severity: info, warning, or error (not convertible)."""

    code: str
    severity: str
    message: str
    hint: str = ""

    def as_dict(self) -> dict[str, str]:
        """The concern as it stands in the description."""
        return {"code": self.code, "severity": self.severity, "message": self.message, "hint": self.hint}
