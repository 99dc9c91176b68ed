# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the methods for calls are made of."""

from __future__ import annotations

from typing import Any


class Caller:
    """What calls libguestfs."""

    def call(self, name: str, *arguments: Any, **options: Any) -> Any:
        """Call libguestfs's function `name`. Errors: ApplianceError; GuestconvError `timeout`."""
        raise NotImplementedError
