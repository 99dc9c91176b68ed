# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The formats of disk images, by the endings of their files' names."""

from __future__ import annotations

import os

# What can open the file reads its header, too: many a .img is a qcow2.
SUFFIXES = {
    ".qcow2": "qcow2",
    ".vmdk": "vmdk",
    ".raw": "raw",
    ".img": "raw",
    ".vdi": "vdi",
    ".vhdx": "vhdx",
    ".vhd": "vpc",
}


# It says that there is a disk, and nothing of its format.
VAGUE = ".img"


def suffix_of(path: str) -> str:
    """The ending of a file's name, in lower case."""
    return os.path.splitext(path)[1].lower()


def format_of_name(path: str) -> str | None:
    """The format that the file's name says, if it does."""
    return SUFFIXES.get(suffix_of(path))
