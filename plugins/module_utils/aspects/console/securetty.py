# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""/etc/securetty: on which terminals root may log in (securetty(5); pam_securetty, and login of shadow and BusyBox). Pure."""

from __future__ import annotations

import re

from .ports import PORT


def edit_securetty(text: str, port: str | None) -> str:
    """text of a securetty(5) that lets root in at port as well, if it did at another port of this kind."""
    names = [line.strip() for line in text.split("\n")]
    if port is None or port in names or not any(re.fullmatch(PORT, name) for name in names):
        return text
    return text + ("" if text.endswith("\n") else "\n") + f"{port}\n"
