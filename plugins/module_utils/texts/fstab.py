# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""fstab(5), read as libmount reads it. Pure. It is edited with Augeas."""

from __future__ import annotations

import re

_BLANKS = re.compile("[ \t]+")
_OCTET = re.compile(rb"\\([0-7]{3})")


def entries(text: str) -> list[list[str]]:
    """The fields of each line of text, a file's, that is neither empty nor a comment; as many as are there.

    tab_parse.c of util-linux: only spaces and tabs part fields, so that a label may hold what Python takes for a blank.
    """
    lines = (line.strip(" \t\r") for line in text.split("\n"))
    return [list(map(_unescaped, _BLANKS.split(line))) for line in lines if line and not line.startswith("#")]


def _unescaped(field: str) -> str:
    # A space is written as \040. No program sees what follows a NUL.
    octets = _OCTET.sub(lambda match: bytes((int(match[1], 8) & 255,)), field.encode("utf-8", "surrogateescape"))
    return octets.partition(b"\0")[0].decode("utf-8", "surrogateescape")
