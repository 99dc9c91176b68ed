# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The changes to a guest's text files as unified diffs."""

from __future__ import annotations

import difflib
from collections.abc import Mapping
from typing import Any

# Beyond these a comparison may take minutes, or its result fill the page: a hostile guest's files are as it likes them.
_MOST_LINES = 2000
_MOST_CHARACTERS = 200_000


def unified(entry: Mapping[str, Any]) -> dict[str, Any]:
    """What the page shows of an entry of Ansible's diff (a dict): {path, lines, added, removed}.

    lines: those of the unified diff, without its header, or None when the file is too large to be compared.
    """
    before, after = _text(entry.get("before")), _text(entry.get("after"))
    path = _text(entry.get("after_header")) or _text(entry.get("before_header"))
    if max(len(before), len(after)) > _MOST_CHARACTERS or max(before.count("\n"), after.count("\n")) > _MOST_LINES:
        return {"path": path, "lines": None, "added": None, "removed": None}
    # The first two lines are the header.
    lines = list(difflib.unified_diff(_lines(before), _lines(after), lineterm=""))[2:]
    return {
        "path": path,
        "lines": lines,
        "added": sum(line.startswith("+") for line in lines),
        "removed": sum(line.startswith("-") for line in lines),
    }


def _text(value: object) -> str:
    return value if isinstance(value, str) else ""


def _lines(text: str) -> list[str]:
    # Not splitlines, to which a form feed, or what some guest takes for a letter, is the end of a line.
    lines = text.split("\n")
    return lines[:-1] if lines[-1] == "" else [*lines[:-1], lines[-1] + "\n\\ No newline at end of file"]
