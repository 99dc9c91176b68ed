# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What conversion did to a guest, as it is reported."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from ..texts.printable import printable


@dataclass(frozen=True)
class Change:
    """One thing that conversion did to the guest.

    root: the root's name; "" for a change to the layout of a disk. path: of the file, the command or the disk.
    action: created, changed, removed (a file), ran (a command in the guest), transformed (a disk).
    detail: what for, a sentence without its full stop.
    before, after: the file's text, None where it was not there or is not text.
    """

    root: str
    aspect: str
    action: str
    path: str
    detail: str
    before: str | None = None
    after: str | None = None

    def as_dict(self) -> dict[str, str]:
        """The change as the module returns it."""
        return {name: getattr(self, name) for name in ("root", "aspect", "action", "path", "detail")}


def as_diff(changes: Iterable[Change]) -> list[dict[str, str]]:
    """The changes to text files as Ansible's diff: one entry per file, from its first state to its last."""
    files: dict[tuple[str, str], dict[str, str | None]] = {}
    for change in changes:
        if change.before is None and change.after is None:
            continue
        key = (change.root, change.path)
        files.setdefault(key, {"before": change.before})["after"] = change.after
    return [
        {
            "before_header": f"{root}:{path}",
            "after_header": f"{root}:{path}",
            "before": printable(texts["before"] or ""),
            "after": printable(texts["after"] or ""),
        }
        for (root, path), texts in files.items()
        if texts["before"] != texts["after"]
    ]
