# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Files of sections and keys, as systemd (systemd.syntax(7)) and NetworkManager (GLib's GKeyFile) have them. Pure.

Python's configparser is not used: it refuses or loses repeated sections and keys, which mean something to systemd (two
[Address] sections, Address= twice), it knows other comments and continuation lines, and it cannot write a file back as
it was.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Callable

from .remembered import remembered

_LINE = re.compile(r"[^\n]*")
_CONTINUED_LINE = re.compile(
    r"(?![ \t]*[#;])[^\n]*(?:(?<=\\)\n(?:[ \t]*[#;][^\n]*\n)*[^\n]*)*|[^\n]*",
)


@dataclass(frozen=True)
class Entry:
    """key=value in a section.

    number: which section of the file it is in, for a section that is there twice.
    start, end: the value as it stands in the text, continuation lines too. line: the start of its first line there.
    """

    section: str
    number: int
    key: str
    value: str
    start: int
    end: int
    line: int


@remembered
def parse(text: str, continued: bool = False) -> list[Entry]:
    """The Entries of text, in order. continued: whether a backslash at its end makes a line go on in the next."""
    entries: list[Entry] = []
    section, number = "", 0
    for start, end in _lines(text, continued):
        stripped = text[start:end].strip()
        if not stripped or stripped[0] in "#;":
            continue
        if stripped.startswith("["):
            section, number = stripped[1:].rstrip("]"), number + 1
            continue
        equals = text.find("=", start, end)
        if equals >= 0:
            key = text[start:equals].strip()
            value = _joined(text[equals + 1 : end]) if continued else text[equals + 1 : end]
            entries.append(Entry(section, number, key, value.strip(), equals + 1, end, start))
    return entries


def edited(text: str, entries: Iterable[Entry], change: Callable[[str], str]) -> str:
    """text with the value of each of entries changed by change(value as it stands in the text) -> text."""
    parts: list[str] = []
    position = 0
    for entry in sorted(entries, key=lambda entry: entry.start):
        parts += [text[position : entry.start], change(text[entry.start : entry.end])]
        position = entry.end
    return "".join([*parts, text[position:]])


def commented_out(text: str, entries: Iterable[Entry]) -> str:
    """text with these entries made comments."""
    parts: list[str] = []
    position = 0
    for entry in sorted(entries, key=lambda entry: entry.start):
        parts += [text[position : entry.line], "#", text[entry.line : entry.end].replace("\n", "\n#")]
        position = entry.end
    return "".join([*parts, text[position:]])


def with_lines(text: str, section: str, lines: Sequence[str]) -> str:
    """text with lines at the beginning of a section, which is appended where there is none."""
    if not lines:
        return text
    header = re.search(rf"^[ \t]*\[{section}\][^\n]*", text, re.MULTILINE)
    if header:
        return text[: header.end()] + "\n" + "\n".join(lines) + text[header.end() :]
    return text.rstrip("\n") + f"\n\n[{section}]\n" + "\n".join(lines) + "\n"


def _lines(text: str, continued: bool) -> Iterator[tuple[int, int]]:
    """(start, end) of each line, continuation lines joined."""
    pattern = _CONTINUED_LINE if continued else _LINE
    position = 0
    while position < len(text):
        line = pattern.match(text, position)
        end = line.end() if line else len(text)
        yield position, end
        position = end + 1


def _joined(value: str) -> str:
    # config_parse() of systemd: a comment within a continued line is passed over.
    lines = [line for line in value.split("\n") if line.strip()[:1] not in ("#", ";")]
    return " ".join(line[:-1] if line.endswith("\\") else line for line in lines)
