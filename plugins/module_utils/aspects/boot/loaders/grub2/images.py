# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Unified kernel images that GRUB starts: by `chainloader`, or by the command `uki` that GRUB 2.14 has."""

from __future__ import annotations

from .....guest.root import GuestRoot
from ... import unified
from .script.menu import Item, Loaded, Menu


def found(root: GuestRoot, menu: Menu) -> dict[Item, unified.Entry]:
    """The entries of the menu that start images."""
    entries = {item: _entry(root, item, item.loaded) for item in menu.walk() if item.loaded}
    return {item: entry for item, entry in entries.items() if entry is not None}


def _entry(root: GuestRoot, item: Item, loaded: Loaded) -> unified.Entry | None:
    images = unified.read(root, loaded.path) if loaded.kind in ("uki", "chainloader") and loaded.path else []
    if not images:
        return None
    # What follows its path, the image is started with, in the place of its own command line. That is not edited here.
    given = [argument.text for argument in loaded.arguments if not argument.text.startswith("--")][1:]
    arguments = " ".join(given) or unified.with_addons(root, images[0], ())
    return images[0].entry(arguments, item.title)
