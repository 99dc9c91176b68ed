# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""mdadm.conf(5): which devices may be members of arrays, and what arrays are called.

An array is known by its UUID, so that `DEVICE partitions`, which is what mdadm takes without such a line, finds it under
any name.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Callable

from ....guest import device_names
from ....guest.root import GuestRoot
from ....guest.storage.layers.array import Array
from ....initrd import builders
from ....model.concerns import Concern
from ...plan import Plan
from .. import specs
from ..names import Names, unknown

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
# Digits of a UUID.
_UUID = 32


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


def learn(root: GuestRoot) -> None:
    """Have the arrays know what mdadm.conf calls them. It costs a guest without arrays no call."""
    arrays = root.guest.storage.of_kind(Array)
    for text in (texts(root) if arrays else {}).values():
        for line in _arrays(text):
            found = [array for array in arrays if _is_of(array, line)]
            if len(found) == 1:
                called = _names(line[1].value)
                found[0].learned.extend(called)
                for other in arrays:
                    other.taken.extend(called if other is not found[0] else ())


def concerns(root: GuestRoot, texts: Mapping[str, str], names: Names, disks: Mapping[str, str]) -> list[Concern]:
    """A concern for each array that is known by the names of its members alone, or is not on the disks."""
    found = [
        _by_members(path, line[1].value, word.value)
        for path, text in texts.items()
        for line in _arrays(text)
        if not _has_identity(line)
        for word in line[1:]
        if word.lists_disks and _uuid_of(names, word.value) is None
    ]
    return found + [
        unknown(
            names,
            path,
            f"the array {line[1].value} ({word.value})",
            "warning",
            "remove the line in the guest: it is left over from an array that is gone.",
        )
        for path, text in texts.items()
        for line in _arrays(text)
        for word in line[1:]
        if _is_absent(names, word.value)
    ]


def _by_members(path: str, array: str, devices: str) -> Concern:
    return Concern(
        "device-name-left",
        "warning",
        f"{path} knows the array {array} by the names of its members alone ({devices}). On the target they are called "
        "otherwise, and the array would not be assembled.",
        "Name the array by UUID= there, as `mdadm --detail --scan` prints it, and have the guest's initrd made anew.",
    )


def _is_absent(names: Names, word: str) -> bool:
    """Whether it is the UUID of an array of which nothing is on the disks."""
    key, _equals, value = word.partition("=")
    return key.lower() == "uuid" and len(_digits(value)) == _UUID and not specs.members_of_array(names, value)


def _uuid_of(names: Names, devices: str) -> str | None:
    """The UUID of the array that all of the devices in a word (devices=/dev/sda1,/dev/sdb1) are members of."""
    members = [names.filesystems(name) for name in devices.partition("=")[2].split(",")]
    arrays = {
        array.uuid
        for array in names.storage.of_kind(Array)
        if all(found and set(found) <= set(array.parents) for found in members)
    }
    return arrays.pop() if len(arrays) == 1 else None


def convert(root: GuestRoot, texts: Mapping[str, str], plan: Plan, names: Names, removed: Collection[str]) -> None:
    """Name no disks in it, nor in its copies in the initrds."""
    edit = edited
    if names.storage.of_kind(Array):
        edit = partial(edited, uuid_of=partial(_uuid_of, names))
    for path, text in texts.items():
        root.write(path, edit(text), "left it to mdadm to find the members of arrays under any name")
    if texts:
        plan.initrd.edit(_IN_INITRD, edit)


def _unknown_to_all(_devices: str) -> None:
    return None


def edited(text: str, uuid_of: Callable[[str], str | None] = _unknown_to_all) -> str:
    """text of an mdadm.conf that takes members of arrays under any name.

    uuid_of: gives the UUID of the array that a word (devices=/dev/sda1,/dev/sdb1) is about; None where it is not known.
    """
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
        elif _is_keyword(line[0], "array"):
            known = [(word, uuid_of(word.value)) for word in words if word.lists_disks]
            cuts += [(word.start, word.end, f"UUID={uuid}") for word, uuid in known if uuid]
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


def _is_of(array: Array, line: Sequence[_Word]) -> bool:
    """Whether a line is about the array: all that it says of its identity is so (mdadm.conf(5))."""
    said = [word.value.partition("=")[::2] for word in line[1:] if word.value.lower().startswith(_IDENTITIES)]
    own = array.label.rpartition(":")[2]
    known = {
        "uuid": lambda value: _digits(value) == _digits(array.uuid),
        "name": lambda value: bool(value) and value in (array.label, own),
        "super-minor": lambda value: array.metadata == "0.90" and f"/dev/md{value}" in array.names,
    }
    return bool(said) and all(known[key.lower()](value) for key, value in said)


def _names(device: str) -> list[str]:
    """The names below /dev of an array that mdadm.conf calls device: /dev/md0, md0, /dev/md/0, boot."""
    name = device.removeprefix("/dev/").removeprefix("md/")
    number = re.fullmatch(r"(?:md)?_?d?(\d{1,4})", name)
    if number:
        return [f"/dev/md{number[1]}", f"/dev/md/{number[1]}"]
    return [f"/dev/md/{name}"] if re.fullmatch(r"[^<>/\s]+", name) else []


def _digits(uuid: str) -> str:
    return re.sub(r"[^0-9a-f]", "", uuid.lower())


def _cut(text: str, word: _Word) -> tuple[int, int, str]:
    """The word, and the blanks before it, replaced by nothing."""
    start = word.start
    while start and text[start - 1] in " \t" and text[start - 2 : start - 1] not in ("", "\n"):
        start -= 1
    return start, word.end, ""
