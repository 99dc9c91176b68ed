# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The one exception that reaches the user, as the module's failure."""

from __future__ import annotations


class GuestconvError(Exception):
    """Something is wrong that a person can be told about.

    code: kebab-case and stable: scripts may depend on it.
    message: what is wrong, and where.
    hint: what to do about it.
    path: the path in the description or the module's options that is at fault.
    extra: more values for the module's result.
    """

    def __init__(self, code, message, hint="", path="", extra=None):
        super().__init__(message)
        self.code = code
        self.message = message
        self.hint = hint
        self.path = path
        self.extra = extra or {}
