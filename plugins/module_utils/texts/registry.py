# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Values of the Windows registry: what their bytes mean, and how they are shown. Pure.

The types and their encodings are those of winnt.h ("Registry Value Types"): strings are UTF-16 in little-endian order and
end with a NUL. A guest may have written any bytes with any type, so nothing here raises because of them.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass

NONE, SZ, EXPAND_SZ, BINARY, DWORD, DWORD_BIG_ENDIAN, LINK, MULTI_SZ = range(8)
QWORD = 11

_STRINGS = (SZ, EXPAND_SZ, LINK, MULTI_SZ)
_SIZES = {DWORD: 4, DWORD_BIG_ENDIAN: 4, QWORD: 8}
# Bytes of a value that are shown of a larger one.
_SHOWN = 4096


@dataclass(frozen=True)
class Value:
    """A value of the registry.

    type: a number of winnt.h. data: its bytes.
    """

    type: int
    data: bytes

    @property
    def text(self) -> str:
        """The string, up to its first NUL; "" for a value that is no string. Of several strings, the first."""
        return self._decoded.partition("\0")[0]

    @property
    def texts(self) -> tuple[str, ...]:
        """The strings of a REG_MULTI_SZ, less empty ones; of another string, that one; none for other values."""
        found = self._decoded.split("\0") if self.type == MULTI_SZ else [self.text]
        return tuple(each for each in found if each)

    @property
    def number(self) -> int | None:
        """The number of a value that is one, in the size of its type; None for other values."""
        if len(self.data) != _SIZES.get(self.type):
            return None
        return int.from_bytes(self.data, "big" if self.type == DWORD_BIG_ENDIAN else "little")

    @property
    def _decoded(self) -> str:
        return self.data.decode("utf-16-le", "replace") if self.type in _STRINGS else ""


def string(text: str) -> Value:
    """A REG_SZ."""
    return Value(SZ, _encoded(text))


def expand(text: str) -> Value:
    """A REG_EXPAND_SZ: variables such as %SystemRoot% in it are expanded by who reads it."""
    return Value(EXPAND_SZ, _encoded(text))


def multi(texts: Iterable[str]) -> Value:
    """A REG_MULTI_SZ."""
    return Value(MULTI_SZ, b"".join(map(_encoded, texts)) + b"\0\0")


def dword(number: int) -> Value:
    """A REG_DWORD. Raises OverflowError for a number that does not fit."""
    return Value(DWORD, number.to_bytes(4, "little"))


def qword(number: int) -> Value:
    """A REG_QWORD. Raises OverflowError for a number that does not fit."""
    return Value(QWORD, number.to_bytes(8, "little"))


def binary(data: bytes) -> Value:
    """A REG_BINARY."""
    return Value(BINARY, data)


def none(data: bytes = b"") -> Value:
    """A REG_NONE."""
    return Value(NONE, data)


def _encoded(text: str) -> bytes:
    return (text + "\0").encode("utf-16-le", "replace")


def shown(name: str, value: Value, whole: bool = False) -> str:
    """A value as a line of text, much as in a file of regedit, with words for strings that have only digits there.

    name: "" for the default value. whole: the line has a large value in full, from which it could be made again.
    """
    named = f'"{_escaped(name)}"' if name else "@"
    return f"{named}={_literal(value, whole)}"


def _literal(value: Value, whole: bool) -> str:
    if value == Value(SZ, _encoded(value.text)) and _is_plain(value.text):
        return f'"{_escaped(value.text)}"'
    if value == expand(value.text) and _is_plain(value.text):
        return f'expand:"{_escaped(value.text)}"'
    if value.type == MULTI_SZ and value == multi(value.texts) and all(map(_is_plain, value.texts)):
        return "multi:" + ",".join(f'"{_escaped(each)}"' for each in value.texts)
    if value.type == DWORD and value.number is not None:
        return f"dword:{value.number:08x}"
    kind = "hex" if value.type == BINARY else f"hex({value.type:x})"
    digits = ",".join(f"{byte:02x}" for byte in (value.data if whole else value.data[:_SHOWN]))
    if whole or len(value.data) <= _SHOWN:
        return f"{kind}:{digits}"
    return f"{kind}:{digits},... ({len(value.data)} bytes, sha256 {hashlib.sha256(value.data).hexdigest()})"


def _is_plain(text: str) -> bool:
    """Whether text is shown as it is, on one line."""
    return text.isprintable()


def _escaped(text: str) -> str:
    return text.replace("\\", "\\\\").replace('"', '\\"')
