# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""device.map, by which GRUB's own tools (of both GRUBs) know which disk the BIOS calls hd0: `(hd0) /dev/sda`. Pure."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping

_LINE = re.compile(r"(?m)^[ \t]*\(hd(?P<number>[0-9]{1,3})\)[ \t]+(?P<disk>/dev/\S+)")
_DISK = re.compile(r"/dev/\w+")
# SUSE names disks so: by what only the old hardware gave.
_LINK = re.compile(r"(?m)^(?P<start>[ \t]*\(hd0\)[ \t]+)/dev/disk/by-(?:id|path)/\S+")


def disks(text: str) -> dict[int, str]:
    """{number of the disk in the BIOS: its path (/dev/sda)}."""
    return {int(match["number"]): match["disk"] for match in _LINE.finditer(text)}


def are_of_target(found: Collection[str], names: Mapping[str, str], starting: Collection[str]) -> bool:
    """Whether these paths of disks (/dev/sda) are those on the target, from an earlier conversion.

    names: {"sda": "/dev/vda"}, of all disks. starting: the disks (their ids) that are meant, as far as it is known.
    Where each disk has its own bus, or disks exchange their names, a name is that of one disk on the source and of
    another on the target ({"sda": "/dev/vda", "sdb": "/dev/sda"}): then it counts which of the two is meant.
    """
    old = {f"/dev/{device}": device for device in names}
    new = {name: device for device, name in names.items()}
    if any(name in new and name not in old for name in found):
        return True
    known = [name for name in found if name in old and name in new]
    return (
        bool(known)
        and all(new[name] in starting for name in known)
        and not all(old[name] in starting for name in known)
    )


def rename_disks(text: str, names: Mapping[str, str], starting: Collection[str] = ()) -> str:
    """text with the disks' kernel names as a word (/dev/sda, not /dev/sda1) replaced by those on the target.

    names, starting: as of are_of_target; in a device.map that is the disk that BIOS starts, which it calls hd0. Of the
    only disk a link that the hardware gave is replaced too.
    """
    if _is_of_target(text, names, starting):
        return text
    if len(names) == 1:
        (only,) = names.values()
        text = _LINK.sub(lambda match: match["start"] + only, text)
    renamed = _renamed(text, names)
    # What the next conversion would take for names of the source again stays.
    is_lasting = _renamed(renamed, names) == renamed or _is_of_target(renamed, names, starting)
    return renamed if is_lasting else text


def _renamed(text: str, names: Mapping[str, str]) -> str:
    return _DISK.sub(lambda match: names.get(match.group(0)[len("/dev/") :], match.group(0)), text)


def _is_of_target(text: str, names: Mapping[str, str], starting: Collection[str]) -> bool:
    words = _DISK.findall(text)
    first = disks(text).get(0)
    return are_of_target(words, names, ()) or are_of_target([first] if first else words, names, starting)
