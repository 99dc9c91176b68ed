# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a source says of a guest that is to be fetched: its metadata, whatever it keeps them in."""

from __future__ import annotations

import unicodedata

from ..disks import images
from .kinds import registry
from .kinds.kind import Description, Request

# Characters of a name that begin a file's. At four bytes each they leave room for its ending in the 255 of a file name.
_LONGEST_STEM = 50


def describe(request: Request) -> Description:
    """The description of the guest, whose disks all have a `device`.

    Raises GuestconvError `source-...`.
    """
    description = registry.kind_of(request).read(request)
    taken = {disk.get("device") for disk in description["disks"]}
    free = (name for name in images.device_names(len(taken) + len(description["disks"])) if name not in taken)
    for disk in description["disks"]:
        disk["device"] = disk.get("device") or next(free)
    return description


def file_stem(name: str) -> str:
    """What the names of files begin with for a guest of that name, which may be anything."""
    text = unicodedata.normalize("NFC", name)
    text = "".join(character if character.isalnum() or character in "._-" else "-" for character in text)
    return text[:_LONGEST_STEM].strip("-._") or "guest"
