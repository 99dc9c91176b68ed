# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The form of a declaration."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Declaration:
    """What a code means.

    code: in kebab-case.
    meaning: what happened, in sentences that hold wherever the code occurs.
    remedy: what to do about it, in sentences.
    retryable: of an error, whether the same call may succeed later; None when no error has this code.
    severities: of a concern, those that it can have ("info", "warning", "error"); empty when no concern has this code.
        A concern of the severity "error" is also the error that guestconv_convert ends with.
    """

    code: str
    meaning: str
    remedy: str
    retryable: bool | None = None
    severities: tuple[str, ...] = ()

    @property
    def kinds(self) -> tuple[str, ...]:
        """What can have this code: "error", "concern" or both."""
        may_fail = self.retryable is not None or "error" in self.severities
        return (("concern",) if self.severities else ()) + (("error",) if may_fail else ())


@dataclass(frozen=True)
class Subject:
    """Declarations that belong together. about: a sentence for the head of their section in docs/errors.md."""

    title: str
    about: str
    declarations: tuple[Declaration, ...]


def error(code: str, meaning: str, remedy: str, retryable: bool = False) -> Declaration:
    """The Declaration of an error."""
    return Declaration(code, meaning, remedy, retryable=retryable)


def concern(code: str, severities: str, meaning: str, remedy: str) -> Declaration:
    """The Declaration of a concern. severities: one or more, separated by spaces."""
    return Declaration(code, meaning, remedy, severities=tuple(severities.split()))
