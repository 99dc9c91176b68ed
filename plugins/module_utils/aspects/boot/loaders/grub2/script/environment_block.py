# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Environment blocks (grub-core/lib/envblk.c), such as grubenv. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping

from .traced import BLOCK, Place, Segment, Traced

_SIGNATURE = "# GRUB Environment Block\n"
_ESCAPE = re.compile(r"\\(.)", re.DOTALL)
_VALUE = re.compile(r"(?:[^\\\n]+|\\.)*", re.DOTALL)
# GRUB writes 1024 bytes.
_LONGEST = 64 * 1024


def values(name: str, text: str) -> dict[str, Traced]:
    """The variables of the environment block text, a file called name, as load_env sets them. None where it is broken."""
    found: dict[str, Traced] = {}
    text = text[:_LONGEST]
    position = len(_SIGNATURE) if text.startswith(_SIGNATURE) else len(text)
    while position < len(text):
        if text[position] == "#":
            # A comment, or the padding: GRUB goes on behind the end of the line, or of the block.
            position = _next_line(text, position)
            continue
        equals = text.find("=", position)
        if equals < 0:
            break
        match = _VALUE.match(text, equals + 1)
        end = match.end() if match else len(text)
        if end >= len(text):
            break
        found[text[position:equals]] = _value(name, text, equals + 1, end)
        position = end + 1
    return found


def _next_line(text: str, position: int) -> int:
    match = _VALUE.match(text, position)
    return (match.end() if match else len(text)) + 1


def _value(name: str, text: str, start: int, end: int) -> Traced:
    segments, position = [], start
    for escape in _ESCAPE.finditer(text, start, end):
        if position < escape.start():
            segments.append(_segment(name, text, position, escape.start()))
        segments.append(Segment(escape[1], Place(name, escape.start(), escape.end(), (BLOCK,))))
        position = escape.end()
    if position < end:
        segments.append(_segment(name, text, position, end))
    return Traced(tuple(segments))


def _segment(name: str, text: str, start: int, end: int) -> Segment:
    return Segment(text[start:end], Place(name, start, end, (BLOCK,)))


def is_block(text: str) -> bool:
    """Whether it is an environment block."""
    return text.startswith(_SIGNATURE)


def fitted(before: str, after: str) -> str | None:
    """after, which the environment block before was edited to, with before's size; None where it does not fit.

    One that has no padding, which GRUB itself never writes, may have any size.
    """
    size, padding = _size(before), _padding(before)
    if not padding:
        return after
    content = after[: len(after) - _padding(after)]
    missing = size - _size(content)
    return content + "#" * missing if missing >= 0 else None


def _size(text: str) -> int:
    return len(text.encode("utf-8", "surrogateescape"))


def _padding(text: str) -> int:
    content = text.rstrip("#")
    return len(text) - len(content) if content.endswith("\n") else 0


def with_values(before: Mapping[str, Traced], changed: Mapping[str, Traced | None]) -> dict[str, Traced]:
    """The variables once save_env has written those in changed, None for one that it removed."""
    after = {**before, **{name: value for name, value in changed.items() if value is not None}}
    return {name: value for name, value in after.items() if changed.get(name, value) is not None}
