# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""mdadm.conf(5): which devices may be members of arrays.

An array is known by its UUID, so that `DEVICE partitions`, which is what mdadm takes without such a line, finds it under
any name.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass

from ....guest import device_names
from ....guest.root import GuestRoot
from ....initrd import builders
from ....model.concerns import Concern
from ...plan import Plan
from ..names import Names

_FILES = ("/etc/mdadm.conf", "/etc/mdadm/mdadm.conf")
_DIRECTORIES = ("/etc/mdadm.conf.d/*.conf", "/etc/mdadm/mdadm.conf.d/*.conf")
# mdadm's hook for initramfs-tools, and dracut's module mdraid, put them where they are in the guest.
_IN_INITRD = "|".join(
    [
        *(re.escape(place) for path in _FILES for place in builders.places(path)),
        r"etc/(?:mdadm/)?mdadm\.conf\.d/[^/]+\.conf",
    ]
)

_LINE = re.compile(r"[^\n]+")
_WORD = re.compile(r"#[^\n]*|(?:\"[^\"\n]*\"|'[^'\n]*'|[^ \t\n\"'])+|[\"']")
# Names of disks, in which any part may be a pattern of the shell (/dev/sd*, /dev/[sh]d[bc]1).
_DISK = re.compile(r"/dev/(?:[shv]d|xvd|nvme|cciss/|ida/|mapper/mpath|\[[^\]/]{1,20}\]d|\*)")
_ANYTHING = "partitions"
# By these an array is known without the names of its members.
_IDENTITIES = ("uuid=", "name=", "super-minor=")
_SHORTEST_KEYWORD = 3


@dataclass(frozen=True)
class _Word:
    text: str
    start: int
    end: int

    @property
    def value(self) -> str:
        return self.text.replace('"', "").replace("'", "")

    @property
    def names_disks(self) -> bool:
        return _names_disk(self.value)

    @property
    def lists_disks(self) -> bool:
        key, equals, value = self.value.partition("=")
        return bool(equals) and key.lower() == "devices" and any(map(_names_disk, value.split(",")))


def texts(root: GuestRoot) -> dict[str, str]:
    """mdadm.conf, in the place of either family of distributions."""
    return root.texts((*_FILES, *_DIRECTORIES))


def concerns(root: GuestRoot, texts: Mapping[str, str], names: Names, disks: Mapping[str, str]) -> list[Concern]:
    """A concern for each array that is known by the names of its members alone."""
    return [
        Concern(
            "device-name-left",
            "warning",
            f"{path} knows the array {array} by the names of its members alone ({word.value}). On the target they are "
            "called otherwise, and the array would not be assembled.",
            "Name the array by UUID= there, as `mdadm --detail --scan` prints it, and have the guest's initrd made "
            "anew.",
        )
        for path, text in texts.items()
        for line in _arrays(text)
        if not _has_identity(line)
        for word in line[1:]
        if word.lists_disks
        for array in [line[1].value]
    ]


def convert(root: GuestRoot, texts: Mapping[str, str], plan: Plan, names: Names, removed: Collection[str]) -> None:
    """Name no disks in it, nor in its copies in the initrds."""
    for path, text in texts.items():
        root.write(path, edited(text), "left it to mdadm to find the members of arrays under any name")
    if texts:
        plan.initrd.edit(_IN_INITRD, edited)


def edited(text: str) -> str:
    """text of an mdadm.conf that takes members of arrays under any name."""
    cuts: list[tuple[int, int, str]] = []
    for line in _lines(text):
        words = line[1:]
        if _is_keyword(line[0], "devices"):
            named = [word for word in words if word.names_disks]
            has_anything = any(word.value == _ANYTHING for word in words)
            for number, word in enumerate(named):
                cuts.append(_cut(text, word) if number or has_anything else (word.start, word.end, _ANYTHING))
        elif _is_keyword(line[0], "array") and _has_identity(line):
            cuts += [_cut(text, word) for word in words if word.lists_disks]
    parts, position = [], 0
    for start, end, instead in cuts:
        parts += [text[position:start], instead]
        position = end
    return "".join([*parts, text[position:]])


def _names_disk(name: str) -> bool:
    return _DISK.match(name) is not None or device_names.is_of_hardware(name)


def _lines(text: str) -> Iterator[list[_Word]]:
    """The words of each line, which goes on in those that begin with a blank; comments and empty lines are between."""
    line: list[_Word] = []
    for match in _LINE.finditer(text):
        words = [
            _Word(word.group(), word.start(), word.end())
            for word in _WORD.finditer(text, match.start(), match.end())
            if not word.group().startswith("#")
        ]
        if words and match.group()[0] not in " \t":
            if line:
                yield line
            line = words
        elif line:
            line += words
    if line:
        yield line


def _arrays(text: str) -> Iterator[list[_Word]]:
    return (line for line in _lines(text) if len(line) > 1 and _is_keyword(line[0], "array"))


def _is_keyword(word: _Word, keyword: str) -> bool:
    return len(word.value) >= _SHORTEST_KEYWORD and keyword.startswith(word.value.lower())


def _has_identity(line: list[_Word]) -> bool:
    return any(word.value.lower().startswith(_IDENTITIES) for word in line[1:])


def _cut(text: str, word: _Word) -> tuple[int, int, str]:
    """The word, and the blanks before it, replaced by nothing."""
    start = word.start
    while start and text[start - 1] in " \t" and text[start - 2 : start - 1] not in ("", "\n"):
        start -= 1
    return start, word.end, ""
