# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Tables of /etc (fstab, crypttab): a row per line, its fields separated by blanks, and comments. Pure.

Reading gives each field as it is written. An edit alters the rows that it is asked to alter and keeps every other byte.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Callable

# A line with its end. Only the newline ends one: Python's splitlines() knows more ends than the guest's programs do.
_LINE = re.compile(r"(?P<line>[^\n]*?)(?P<end>\r?\n|\r?\Z)")
# libmount separates fields at blanks and tabs alone (libmount/src/tab_parse.c).
_FIELD = re.compile(r"[^ \t]+")


@dataclass(frozen=True)
class Row:
    """One row. line: as it is written, without its end. fields: as they are written, at least one."""

    line: str
    fields: tuple[str, ...]

    def with_field(self, index: int, value: str) -> str:
        """The line with another value (as it is to be written) in one field."""
        field = list(_FIELD.finditer(self.line))[index]
        return self.line[: field.start()] + value + self.line[field.end() :]

    def edited(self, index: int, value: str) -> Row:
        """The row with another value in one field."""
        fields = (*self.fields[:index], value, *self.fields[index + 1 :])
        return Row(self.with_field(index, value), fields)


def rows(text: str) -> list[Row]:
    """The rows of a table (text), without its comments and empty lines."""
    found = (_row(match["line"]) for match in _LINE.finditer(text))
    return [row for row in found if row]


def edited(text: str, edit: Callable[[Row], str]) -> str:
    """The table (text) where each row is the line that edit makes of it."""

    def replaced(match: re.Match[str]) -> str:
        row = _row(match["line"])
        return (edit(row) if row else match["line"]) + match["end"]

    return _LINE.sub(replaced, text)


def _row(line: str) -> Row | None:
    fields = tuple(_FIELD.findall(line))
    return Row(line, fields) if fields and not fields[0].startswith("#") else None
