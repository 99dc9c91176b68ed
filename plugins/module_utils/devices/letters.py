# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The letters of disks' names, as the Linux kernel counts them."""

from __future__ import annotations

import string


def letters(index: int) -> str:
    """The letters that the Linux kernel gives the disk number index (0: "a", 25: "z", 26: "aa"; drivers/scsi/sd.c)."""
    name = ""
    index += 1
    while index:
        index, digit = divmod(index - 1, 26)
        name = string.ascii_lowercase[digit] + name
    return name


def index_of(name: str) -> int:
    """The number of the disk that has these lower-case letters: the inverse of letters()."""
    index = 0
    for letter in name:
        index = index * 26 + string.ascii_lowercase.index(letter) + 1
    return index - 1
