# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The one exception that reaches the user, as the failure of a module, filter or action."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from . import catalogue

# The codes of what may succeed when it is tried again later, unchanged. A retry of anything else only costs time.
RETRYABLE = frozenset(code for code, declared in catalogue.DECLARED.items() if declared.retryable)


class GuestconvError(Exception):
    """A failure that is reported to the user as a sentence.

    code: one that the catalogue declares. Any other becomes `internal-error`.
    message: what is wrong, and where.
    hint: what to do about it.
    path: the path in the description or in the module's options that is at fault.
    extra: more values for the module's result.

    Where an error is caught to be handled, it has a subclass: nothing decides by a code.
    """

    def __init__(
        self, code: str, message: str, hint: str = "", path: str = "", extra: dict[str, Any] | None = None
    ) -> None:
        super().__init__(message)
        self.code = catalogue.declaration(code).code
        self.message = message
        self.hint = hint
        self.path = path
        self.extra = extra or {}

    @property
    def retryable(self) -> bool:
        """Whether the same call may succeed later."""
        return self.code in RETRYABLE

    def add_place(self, place: str) -> None:
        """Put place, such as the path of a file, at the head of the message."""
        self.message = f"{place}: {self.message}"
        self.args = (self.message,)

    def add(self, others: Iterable[GuestconvError]) -> None:
        """Put the messages of other errors, which have happened too, at the end of the message."""
        self.message = " ".join(dict.fromkeys([self.message, *(each.message for each in others)]))
        self.args = (self.message,)

    def as_result(self) -> dict[str, Any]:
        """What a module or action that failed so returns, besides `failed`.

        Where there is nothing more to say about it, the hint is the remedy of the code.
        """
        return {
            **self.extra,
            "msg": self.message,
            "code": self.code,
            "hint": self.hint or catalogue.declaration(self.code).remedy,
            "path": self.path,
            "retryable": self.retryable,
        }


class CommandFailed(GuestconvError):
    """A guest program failed, or did not end in time (`guest-command-failed`)."""
