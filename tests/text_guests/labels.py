# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""SELinux labels of a guest that is written as a text file, what its policy says of a path, and what its programs replace."""

from __future__ import annotations

import re
import stat

_KINDS = {"--": stat.S_ISREG, "-d": stat.S_ISDIR, "-l": stat.S_ISLNK, "-p": stat.S_ISFIFO}
_REGULAR_EXPRESSION = re.compile(r"[.^$?*+|\[({]")


class Labels:
    """The labels, by the paths on this machine.

    lacking: the programs that the guest does not have. replaced: the paths, in the guest, of the files that its programs have
    replaced so far.
    """

    def __init__(self) -> None:
        self._labels: dict[str, str] = {}
        self._writes: dict[str, list[str]] = {}
        self.lacking: list[str] = []
        self.replaced: list[str] = []

    def of(self, local: str) -> str | None:
        """The label of a file; None when it has none."""
        return self._labels.get(local)

    def put(self, local: str, label: str) -> None:
        """Label a file."""
        self._labels[local] = label

    def move(self, before: str, after: str) -> None:
        """A file was renamed, and takes its label along."""
        label = self._labels.pop(before, None)
        self.forget(after)
        if label is not None:
            self._labels[after] = label

    def forget(self, local: str) -> None:
        """A file is gone."""
        self._labels.pop(local, None)

    def note(self, program: str, path: str) -> None:
        """A program of the guest replaces the file at path whenever it is run."""
        self._writes.setdefault(program, []).append(path)

    def run(self, program: str) -> list[str]:
        """The paths that a program replaces, which runs now."""
        paths = self._writes.get(program, [])
        self.replaced += paths
        return paths


def context(file_contexts: str, path: str, mode: int) -> str:
    """What a file_contexts says of a path (selabel_file(5)): a path as it stands, or else the last expression that fits."""
    exact = fitting = ""
    for line in file_contexts.splitlines():
        words = line.split()
        if not words or words[0].startswith("#"):
            continue
        expression, kind, label = words[0], words[1] if len(words) > 2 else "", words[-1]
        if kind and not _KINDS[kind](mode):
            continue
        plain = expression.replace("\\.", "")
        if not _REGULAR_EXPRESSION.search(plain) and "\\" not in plain:
            exact = label if expression.replace("\\.", ".") == path else exact
        elif re.fullmatch(expression, path):
            fitting = label
    return exact or fitting or "<<none>>"
