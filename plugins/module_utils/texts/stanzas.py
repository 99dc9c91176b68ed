# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""ifupdown's stanzas, as interfaces(5) has them: lines of words. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field, replace

from .remembered import remembered

# These begin a stanza; the first three go on with options, one to a line, until the next of these.
_LONG_STANZAS = ("iface", "mapping", "template")
_STANZA = re.compile(
    r"iface|mapping|template|auto|allow-[a-z-]+|no-auto-down|no-scripts|rename|source|source-directory"
)
# No interface has so many options; a hostile file must not fill our memory by way of those.
MOST_OPTIONS = 100


@dataclass(frozen=True)
class Line:
    """A line as ifupdown sees it, continuation lines joined: its words, and the lines of the text that it stands on."""

    start: int
    end: int
    words: list[str]


@dataclass(frozen=True)
class Stanza:
    """A stanza's first line, and its options."""

    head: Line
    options: list[Line] = field(default_factory=list)

    @property
    def keyword(self) -> str:
        return self.head.words[0]

    @property
    def name(self) -> str:
        """The interface of an iface or mapping stanza, without the label of an alias (eth0:1)."""
        return self.head.words[1].partition(":")[0] if len(self.head.words) > 1 else ""

    @property
    def own(self) -> list[str]:
        """The words of the first line, but `inherits` and what follows it."""
        words = self.head.words
        return words[: words.index("inherits", 2)] if "inherits" in words[2:-1] else words

    @property
    def family(self) -> str:
        """The family of the addresses of an iface stanza (inet, inet6), "" where it says none."""
        return "".join(self.own[2:3])

    @property
    def method(self) -> str:
        """How an iface stanza gets its addresses (static, dhcp), "" where it does not say it."""
        return "".join(self.own[3:4])

    @property
    def inherits(self) -> str:
        """The name of the settings that an iface stanza inherits, "" for none; ifupdown-ng has an option for it."""
        words = self.head.words
        if "inherits" in words[2:-1]:
            return words[words.index("inherits", 2) + 1]
        return "".join(self.values("inherit")[:1])

    def inheriting(self, base: Stanza) -> Stanza:
        """It with what base has: options before its own, and family and method where it says none."""
        head = replace(self.head, words=[*self.own, *base.own[len(self.own) : 4]])
        return Stanza(head, [*base.options, *self.options][:MOST_OPTIONS])

    def values(self, option: str) -> list[str]:
        """The words of all lines with the option, whichever of - and _ its name has."""
        return [word for line in self.options if option_name(line) == option for word in line.words[1:]]


@remembered
def parse(text: str) -> list[Stanza]:
    """The Stanzas of the text of a file, in order."""
    stanzas: list[Stanza] = []
    for line in _lines(text):
        if _STANZA.fullmatch(line.words[0]):
            stanzas.append(Stanza(line))
        elif stanzas and stanzas[-1].keyword in _LONG_STANZAS:
            stanzas[-1].options.append(line)
    return stanzas


def option_name(line: Line) -> str:
    """The name of the option on a line, with _ for -: ifupdown takes both."""
    return line.words[0].replace("-", "_")


def _lines(text: str) -> Iterator[Line]:
    # config.c of ifupdown: a comment has a line of its own and does not go on after a backslash; other lines do.
    lines = text.split("\n")
    end = 0
    while end < len(lines):
        start = end
        end += 1
        if not lines[start].strip() or lines[start].lstrip().startswith("#"):
            continue
        while lines[end - 1].endswith("\\") and end < len(lines):
            end += 1
        line = " ".join([*(part[:-1] for part in lines[start : end - 1]), lines[end - 1]])
        words = line.split()
        # A line may go on, and have no word all the same.
        if any(word.strip("\\") for word in words):
            yield Line(start, end, words)
