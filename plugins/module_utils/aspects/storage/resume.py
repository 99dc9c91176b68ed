# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""RESUME of initramfs-tools(7): where the initrd looks for a hibernated system. Its files are pieces of shell."""

from __future__ import annotations

import shlex
from collections.abc import Collection

from ...guest import device_names
from ...guest.root import GuestRoot
from ...initrd import initramfs_tools
from ...texts import assignments
from .names import Names

_NAME = "RESUME"


def texts(root: GuestRoot) -> dict[str, str]:
    """{path: text} of the files that have such a name, or may have one."""
    found: dict[str, str] = root.texts(initramfs_tools.CONFIGURATION)
    return found


def devices(text: str) -> list[str]:
    """The names that text, of such a file, gives."""
    return [found.value for found in assignments.parse(text) if found.name == _NAME]


def convert(root: GuestRoot, names: Names, removed: Collection[str]) -> None:
    """Name it by UUID where the hardware named it; leave none that is on the removed disks (a set of names)."""
    for path, text in texts(root).items():
        root.write(path, renamed(text, names, removed), "named each resume device by UUID instead of by hardware")


def renamed(text: str, names: Names, removed: Collection[str]) -> str:
    """text with names (names.Names) that hold on any hardware in the place of those that the hardware gave.

    What is on the removed disks (a set of names) becomes nothing, which is as if it was not said.
    """

    def rename(written: str) -> str:
        quote, name = assignments.quoting(written)
        if names.are_on(name, removed):
            return ""
        stable = names.stable(name) if device_names.is_of_hardware(name) else None
        if stable is None:
            return written
        quoted = shlex.quote(stable)
        return quoted if quoted != stable else f"{quote}{stable}{quote}"

    edited: str = assignments.edited(text, (_NAME,), rename)
    return edited
