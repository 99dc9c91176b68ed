# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""An error as text, and back: Ansible keeps nothing but the text of what a filter raises, wrapped in text of its own.

The form is `virttools.guestconv.FILTER: MESSAGE (CODE) HINT`. Only a code that the catalogue declares ends a message.
"""

from __future__ import annotations

import re

from . import GuestconvError, catalogue

_ERROR = re.compile(
    r"virttools\.guestconv\.\w+: (?P<message>.+?) \((?P<code>"
    + "|".join(sorted(catalogue.DECLARED))
    + r")\)(?P<hint>.*)",
    re.DOTALL,
)


def to_text(plugin: str, error: GuestconvError) -> str:
    """The text of what the filter called plugin raises."""
    return f"virttools.guestconv.{plugin}: {error.message} ({error.code}) {error.hint}".strip()


def from_text(text: str) -> GuestconvError | None:
    """The error that to_text() has put somewhere into text; None when there is none."""
    found = _ERROR.search(text)
    return found and GuestconvError(found["code"], found["message"], hint=found["hint"].strip())
