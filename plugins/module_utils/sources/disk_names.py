# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which disk files in a directory are the disks of one guest. Pure: by their names alone.

1. `web01-disk1.qcow2`, `web01-disk-0.raw`, `web01-sda.qcow2`: an ending for one of several disks.
2. `web01_1.vmdk`, `web01-1.qcow2`: a number, which means a further disk only where `web01.*` is there, too.
   `web-1.qcow2` and `web-2.qcow2` are two guests.
3. `disk0.qcow2`, `sda.raw`, `root.qcow2`: names that mean nothing but which disk it is. The guest has the name of the
   directory.
4. `web01-000001.vmdk` is VMware's snapshot of `web01.vmdk`, and the same disk.
5. In a subdirectory one of whose disks is called so, or like the subdirectory, all disks are one guest's.
"""

from __future__ import annotations

import os
import re
from collections.abc import Collection, Iterable

_DEVICE = r"(?:[shv]d[a-z]|xvd[a-z]|nvme\d+n\d+)"
_ENDING = re.compile(rf"(?P<stem>.+)[-_.](?:disk[-_.]?\d*|(?P<device>{_DEVICE}))\Z", re.IGNORECASE)
_SNAPSHOT = re.compile(r"(.+)-\d{6}\.vmdk\Z", re.IGNORECASE)
_NUMBER = re.compile(r"(?P<stem>.+)[-_.]\d{1,3}\Z")
_NO_GUEST = re.compile(
    rf"(?:(?:hard)?disk|drive|volume|vol)[-_.]?\d*\Z|(?:root|system|os|boot|data|swap)\Z|(?P<device>{_DEVICE})\Z",
    re.IGNORECASE,
)

_PART = re.compile(r"(?P<stem>.+)[-_.](?:root|system|os|boot|data|swap)\d*", re.IGNORECASE)

# The guest boots from these; the others follow.
_FIRST = ("root", "system", "os", "boot")


def group(directory: str, names: Iterable[str], is_subdirectory: bool) -> dict[str, list[tuple[str, str | None]]]:
    """The guests that disks belong to.

    Args: directory: its path. names: of the files of disks in it. is_subdirectory: whether it is one of several in the
    place where guests are kept, and may so be one guest's.
    Returns: {name of the guest: [(name of the file, the guest's name of the disk or None)]}, the disks in order.
    """
    stems = {name: stem(name) for name in names}
    own = os.path.basename(os.path.normpath(directory))
    guests: dict[str, list[tuple[str, str | None]]] = {}
    for name, of_name in stems.items():
        guest, device = _guest_of(of_name, set(stems.values()), own)
        guests.setdefault(guest, []).append((name, device))
    if is_subdirectory and own in guests:
        guests = {own: [disk for disks in guests.values() for disk in disks]}
    return {
        guest: sorted(disks, key=lambda disk: _place(stems[disk[0]], own)) for guest, disks in sorted(guests.items())
    }


def whose_disk(guest: str, guests: Collection[str]) -> str:
    """The guest of guests that one called web01-data or web01_swap may be a further disk of; "" without one."""
    part = _PART.fullmatch(guest)
    return part["stem"] if part and part["stem"] in guests else ""


def stem(name: str) -> str:
    """The name of a disk's file without what says its format, and which snapshot it is."""
    snapshot = _SNAPSHOT.match(name)
    return snapshot.group(1) if snapshot else os.path.splitext(name)[0]


def _guest_of(of_name: str, stems: set[str], own: str) -> tuple[str, str | None]:
    """(name of the guest, name of the disk or None)."""
    no_guest = _NO_GUEST.match(of_name)
    if no_guest:
        return own, _lower(no_guest.group("device"))
    ending = _ENDING.match(of_name)
    if ending:
        return ending.group("stem"), _lower(ending.group("device"))
    number = _NUMBER.match(of_name)
    if number and number.group("stem") in stems:
        return number.group("stem"), None
    return of_name, None


def _lower(text: str | None) -> str | None:
    return text and text.lower()


def _place(of_name: str, own: str) -> tuple[int, list[tuple[int, int, str]]]:
    """What orders names as people do: disk2 before disk10, and first what the guest boots from."""
    word = re.split(r"[-_.\d]", of_name.lower().rstrip("0123456789-_."))[-1]
    rank = 0 if word in _FIRST else 1 if of_name.lower().startswith(own.lower()) else 2
    parts = re.findall(r"([0-9]{1,9})|([^0-9]+)", of_name)
    return rank, [(0, int(digits), "") if digits else (1, 0, text) for digits, text in parts]
