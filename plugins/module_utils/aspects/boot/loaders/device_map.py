# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""device.map, by which GRUB's own tools (of both GRUBs) know which disk the BIOS calls hd0: `(hd0) /dev/sda`. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping

_LINE = re.compile(r"(?m)^[ \t]*\(hd(?P<number>[0-9]{1,3})\)[ \t]+(?P<disk>/dev/\S+)")
_DISK = re.compile(r"/dev/\w+")
# SUSE names disks so: by what only the old hardware gave.
_LINK = re.compile(r"(?m)^(?P<start>[ \t]*\(hd0\)[ \t]+)/dev/disk/by-(?:id|path)/\S+")


def disks(text: str) -> dict[int, str]:
    """{number of the disk in the BIOS: its path (/dev/sda)}."""
    return {int(match["number"]): match["disk"] for match in _LINE.finditer(text)}


def rename_disks(text: str, names: Mapping[str, str]) -> str:
    """text with the disks' kernel names as a word (/dev/sda, not /dev/sda1) replaced by those on the target.

    names: {"sda": "/dev/vda"}, of all disks. Of the only one a link that the hardware gave is replaced too.
    A text with a name that only the target gives is from an earlier conversion. Where each disk has its own bus, its
    other names may be those of other disks of the source ({"sda": "/dev/vda", "sdb": "/dev/sda"}), so all stay.
    """
    new = set(names.values()) - {f"/dev/{name}" for name in names}
    if new.intersection(_DISK.findall(text)):
        return text
    if len(names) == 1:
        (only,) = names.values()
        text = _LINK.sub(lambda match: match["start"] + only, text)
    return _DISK.sub(lambda match: names.get(match.group(0)[len("/dev/") :], match.group(0)), text)
