# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The one search through all of /etc, for what several aspects look for: it takes long, and conversion changes nothing."""

from __future__ import annotations

import re
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass

from ..guest.root import GuestRoot

# The kinds of devices without whose modules the guest does not start, or is not reached.
_KINDS = ("block", "network")


@dataclass(frozen=True)
class Searched:
    """The paths of what the search found; None where it cannot be done."""

    paths: Sequence[str] | None


def paths(root: GuestRoot) -> Sequence[str] | None:
    """The files below /etc that have a disk's name, or `blacklist` or `install` of a driver; some have neither, maybe.

    None where /etc cannot be searched. A root is searched once.
    """
    with suppress(KeyError):
        return root.recall(Searched).paths
    found = root.files_with("/etc", f"{names_of_disks(root)}|{_blocked(root)}")
    root.remember(Searched(found))
    return found


def names_of_disks(root: GuestRoot) -> str:
    """What finds a disk's name on a line that is no comment (grep -E, and Python)."""
    disks = [re.escape(disk.identifier) for disk in root.guest.storage.disks]
    names = f"/dev/({'|'.join([*disks, 'disk/by-(id|path|diskseq)/'])})|/sys/(class/)?block/({'|'.join(disks)})"
    return f"^[ \t]*([^#; \t].*)?({names})"


def _blocked(root: GuestRoot) -> str:
    """What finds a line of modprobe.d about a module that devices of the target need, likewise."""
    models = [model for kind in _KINDS for model in root.guest.target.models[kind]]
    modules = sorted({name.replace("_", "[_-]") for model in models for name in model.modules})
    return f"^[ \t]*(blacklist|install)[ \t]+({'|'.join(modules)})[ \t]*($|[ \t])"
