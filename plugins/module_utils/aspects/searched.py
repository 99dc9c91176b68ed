# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The one search through /etc for what several aspects look for there. It takes long, and conversion changes nothing of it."""

from __future__ import annotations

import re
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass

from ..guest.root import GuestRoot
from ..texts import modprobe

# The links to hypervisors' clocks that udev's rules make (50-udev-default.rules).
_CLOCK = "ptp_[a-z]"
# Copies that editors, administrators and packages left, which nothing reads.
_COPY = re.compile(r".*(?:~|\.(?:bak|old|orig|save|swp|rpm\w+|dpkg-\w+|ucf-\w+)|[-.]\d{6,8})\Z", re.DOTALL)


@dataclass(frozen=True)
class Searched:
    """The paths that the search found; None where /etc cannot be searched."""

    paths: Sequence[str] | None


def paths(root: GuestRoot) -> Sequence[str] | None:
    """The files in /etc, but for copies, that may name a disk or a hypervisor's clock, or keep a module from being loaded.

    The modules are those that the target's devices need. None where /etc cannot be searched. A root is searched once.
    """
    with suppress(KeyError):
        return root.recall(Searched).paths
    found = root.files_with("/etc", f"{_names(root)}|{modprobe.expression(root.guest.target.modules)}")
    used = found if found is None else [path for path in found if not _COPY.match(path)]
    root.remember(Searched(used))
    return used


def _names(root: GuestRoot) -> str:
    """What finds the name of a device on a line that is no comment (grep -E)."""
    disks = [re.escape(disk.identifier) for disk in root.guest.storage.disks]
    names = f"/dev/({'|'.join([*disks, 'disk/by-(id|path|diskseq)/', _CLOCK])})|/sys/(class/)?block/({'|'.join(disks)})"
    return f"^[ \t]*([^#; \t].*)?({names})"
