# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A boot menu that starts several systems: what of it is a root's.

One /boot or EFI system partition that all of them mount has it; or one system has it, and os-prober(1) has found the
others.
"""

from __future__ import annotations

import re
from dataclasses import replace

from ...guest import entries
from ...guest.boot_menu import BootMenu, Entry
from ...guest.root import GuestRoot
from .loaders.grub2.paths import RootFiles

_DEVICE = re.compile(r"\([^)/]*\)(?=/)")


def of_root(root: GuestRoot, menu: BootMenu) -> BootMenu:
    """A menu that root has, with the entry that a person chooses to start root as the default, where another system is."""
    if menu.default is None or entries.system_of(menu.default, root) is None:
        return menu
    return BootMenu(menu.entries, next((each for each in menu.entries if entries.starts(each, root)), None))


def of_others(root: GuestRoot) -> BootMenu:
    """The entries of other menus that start root, which has no menu, with their files as root has them."""
    files = RootFiles(root)
    found = [_in_root(files, each) for each in root.started_by]
    return BootMenu(found, found[0] if found else None)


def _in_root(files: RootFiles, entry: Entry) -> Entry:
    def place(path: str) -> str:
        path = _DEVICE.sub("", path, count=1)
        return files.path("", path) or path

    return replace(entry, kernel=place(entry.kernel), initrds=tuple(map(place, entry.initrds)))
