# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The one tokeniser for the shell's words and quotes: for lines of GRUB's files, and for assignments (assignments.py).

Nothing is executed: what a $VARIABLE or `command` would give stays as it is written. Python's shlex is not used: it
takes an hour for one word of some megabytes, ends a word at a `#` within it, and knows no `$'...'`.
"""

from __future__ import annotations

import re

# The most parts of a word, and escapes in one, that are matched: `re` notes each, and a guest may have millions.
MOST_PARTS = "{0,4096}"
PLAIN_QUOTES = rf"'[^']*'|\"[^\"\\]*(?:\\.[^\"\\]*){MOST_PARTS}\""
QUOTED = rf"{PLAIN_QUOTES}|\$'[^'\\]*(?:\\.[^'\\]*){MOST_PARTS}'"

_PART = re.compile(rf"{QUOTED}|\\.|[^'\"\\$]+|.", re.DOTALL)
# Blanks, a comment, or a word.
_TOKEN = re.compile(rf"[ \t\r\n]+|#[^\n]*|(?P<word>(?:{QUOTED}|\\.|[^ \t\r\n'\"\\])+)", re.DOTALL)
# Characters of a line. Kernels take command lines of 4096 at most.
_LONGEST = 16 * 1024


def split(line: str) -> list[str]:
    """The words of line, without their quotes and without a comment at its end."""
    line = line[:_LONGEST]
    words, position = [], 0
    while position < len(line):
        token = _TOKEN.match(line, position)
        if token is None:
            # A quote that ends on another line, which no line of interest has.
            return line.split()
        if token["word"] is not None:
            words.append(meaning(token["word"]))
        position = token.end()
    return words


def meaning(word: str) -> str:
    """What the shell makes of a word with its quotes and backslashes."""
    parts = []
    for part in _PART.findall(word):
        if part[0] == "'":
            parts.append(part[1:-1])
        elif part.startswith("$'"):
            # The escapes of $'...' that stand for themselves; nobody writes an address with the others.
            parts.append(re.sub(r"\\(.)", r"\1", part[2:-1], flags=re.DOTALL))
        elif part[0] == '"':
            # Within double quotes a backslash is one unless these follow (bash(1), QUOTING).
            parts.append(re.sub(r'\\(?:([$`"\\])|\n)', r"\1", part[1:-1]))
        else:
            parts.append(part[1:].strip("\n") if part[0] == "\\" else part)
    return "".join(parts)
