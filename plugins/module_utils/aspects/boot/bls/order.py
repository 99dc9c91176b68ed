# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""In which order each boot loader shows its entries; the first is the default where nothing says another. Pure."""

from __future__ import annotations

import functools
import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import TypeVar

from . import versions

_COUNTERS = re.compile(r"\+([0-9]{1,9})(?:-([0-9]{1,9}))?\Z")

Entry = TypeVar("Entry")


@dataclass(frozen=True)
class Place:
    """What systemd-boot sorts an entry by.

    name: of its file (`NAME.conf`, `NAME.efi`). sort_key, machine_id, version: None where the entry says none.
    profile: of a unified kernel image with several, else 0.
    """

    name: str
    sort_key: str | None = None
    machine_id: str | None = None
    version: str | None = None
    profile: int = 0

    @property
    def tries(self) -> tuple[int | None, int]:
        """The boots that are left for the entry, None where they are not counted, and those that failed."""
        return split_counters(self.name)[1:]


def split_counters(name: str) -> tuple[str, int | None, int]:
    """The name of an entry's file without suffix and boot counters (`NAME+LEFT-DONE.conf`), and these two.

    left: None where no boots are counted.
    """
    stem = name.rpartition(".")[0] or name
    found = _COUNTERS.search(stem)
    if found is None:
        return stem, None, 0
    return stem[: found.start()], int(found[1]), int(found[2] or 0)


def as_fedora_grub(entries: Iterable[Entry], id_of: Callable[[Entry], str]) -> list[Entry]:
    """The entries as the GRUB of Fedora, EL, and whoever has its blscfg, shows them.

    id_of: of an entry its file's name without `.conf`, which is compared as if it were NAME-VERSION-RELEASE, each by
    rpm's rules; the keys are not. Of several that compare as equal GRUB shows one.
    """
    return _in_order(entries, lambda one, other: _by_package(id_of(one), id_of(other)))


def as_grub(entries: Iterable[Entry], id_of: Callable[[Entry], str]) -> list[Entry]:
    """The entries as GRUB since 2.14 shows them, by the names of their files. id_of: as of as_fedora_grub."""
    return _in_order(entries, lambda one, other: versions.file_names(f"{id_of(one)}.conf", f"{id_of(other)}.conf"))


def _in_order(entries: Iterable[Entry], compare: Callable[[Entry, Entry], int]) -> list[Entry]:
    """The newest first, less those that are equal to another."""
    newest = sorted(entries, key=functools.cmp_to_key(compare), reverse=True)
    return [entry for number, entry in enumerate(newest) if not number or compare(newest[number - 1], entry)]


def _by_package(one: str, other: str) -> int:
    pairs = zip(_package(one), _package(other))
    return next((result for result in (versions.fedora_grub(*pair) for pair in pairs) if result), 0)


def _package(name: str) -> Sequence[str]:
    """The parts NAME, VERSION and RELEASE; with one `-` there is no release, with none no version either."""
    parts = name.rsplit("-", 2)
    return [*parts, "", ""][:3]


def as_systemd_boot(entries: Iterable[Entry], place_of: Callable[[Entry], Place]) -> list[Entry]:
    """The entries as systemd-boot shows them (boot_entry_compare() of its boot.c)."""

    def compare(one: Entry, other: Entry) -> int:
        return _by_place(place_of(one), place_of(other))

    return sorted(entries, key=functools.cmp_to_key(compare))


def _by_place(one: Place, other: Place) -> int:
    (left, done), (left2, done2) = one.tries, other.tries
    first = (left == 0, one.sort_key is None)
    second = (left2 == 0, other.sort_key is None)
    if first != second:
        return -1 if first < second else 1
    if one.sort_key is not None:
        keys = [(each.sort_key or "", each.machine_id or "") for each in (one, other)]
        if keys[0] != keys[1]:
            return -1 if keys[0] < keys[1] else 1
        by_version = -versions.uapi(one.version or "", other.version or "")
        if by_version:
            return by_version
    by_name = -versions.uapi(one.name.lower(), other.name.lower())
    if by_name:
        return by_name
    counts = [
        (each.profile, -(tries or 0), failed) for each, tries, failed in ((one, left, done), (other, left2, done2))
    ]
    return -1 if counts[0] < counts[1] else int(counts[0] > counts[1])
