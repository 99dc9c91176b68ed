# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The one search through /etc, and what packages have of the same kinds elsewhere, for what several aspects look for there.

It takes long, and conversion changes nothing of it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass

from ..guest import search
from ..guest.root import GuestRoot
from ..model.concerns import Concern
from ..texts import modprobe

# Where packages have files of modprobe.d(5), and units of systemd. What is in /run is gone when the guest starts.
MODPROBE = ("/usr/local/lib/modprobe.d", "/usr/lib/modprobe.d", "/lib/modprobe.d")
UNITS = ("/usr/local/lib/systemd/system", "/usr/lib/systemd/system", "/lib/systemd/system")
_DIRECTORIES = (*MODPROBE, *UNITS, "/etc")

# The links to hypervisors' clocks that udev's rules make (50-udev-default.rules).
_CLOCK = "ptp_[a-z]"
# Lines with time servers that clouds have within (tools/clock.py).
_TIME = (
    "^[ \t]*(servers?|pool|peer|NTP|FallbackNTP)[ \t=].*(169\\.254\\.169\\.|metadata\\.google\\.internal|fd00:ec2::123)"
)
# What says that the machine's clock is at the local time (local_time.py).
_LOCAL_TIME = """^(LOCAL$|[ \t]*(UTC=["']?(no|false)|HWCLOCK=["']?--localtime|(clock|CLOCK)=["']?local))"""
# What keeps all modules from being loaded (kernel/locked.py).
_LOCKED = "^[ \t]*-?[ \t]*kernel[./]modules_disabled"
# Copies that editors, administrators and packages left, which nothing reads; and the list of what is mounted.
_COPY = re.compile(r"/etc/mtab\Z|.*(?:~|\.(?:bak|old|orig|save|swp|rpm\w+|dpkg-\w+|ucf-\w+)|[-.]\d{6,8})\Z", re.DOTALL)


@dataclass(frozen=True)
class Searched:
    """What the search found; None where the appliance cannot search."""

    found: search.Found | None


def paths(root: GuestRoot) -> Sequence[str] | None:
    """The files, but for copies, that may name a disk or a clock, or keep a module from being loaded.

    The modules are those that the target's devices need. None where the appliance cannot search. A root is searched once.
    """
    found = _searched(root)
    return None if found is None else without_copies(found.paths)


def without_copies(paths: Iterable[str]) -> list[str]:
    """Those of the paths that are no copies which an editor, an administrator or a package left: nothing reads these."""
    return [path for path in paths if not _COPY.match(path)]


def concerns(root: GuestRoot) -> list[Concern]:
    """The concern that not all of /etc was searched; in a list, which may be empty."""
    found = _searched(root)
    # Where the appliance cannot search, the files that are likely are read.
    return [] if found is None else concerns_over(root, found)


def concerns_over(root: GuestRoot, found: search.Found) -> list[Concern]:
    """The same of any search through /etc, found. It is the same Concern for all of them, and so reported once."""
    if found.is_whole:
        return []
    return [
        Concern(
            "search-incomplete",
            "warning",
            f"/etc on {root.name} has more files than guestconv searches ({search.MOST_FILES}), more of them name disks or "
            "network cards than it lists, they could not be read in time, or libguestfs on this machine cannot search. Those "
            "that it has not looked at may name disks or network cards as the old hardware did, or keep drivers from being "
            "loaded.",
            "Look through the files in /etc for names of disks and network cards, or remove from it what is no configuration.",
        )
    ]


def _searched(root: GuestRoot) -> search.Found | None:
    with suppress(KeyError):
        return root.recall(Searched).found
    sought = f"{_names(root)}|{modprobe.expression(root.guest.target.modules)}|{_LOCAL_TIME}|{_LOCKED}|{_TIME}"
    found = root.files_with(sought, *_DIRECTORIES)
    root.remember(Searched(found))
    return found


def _names(root: GuestRoot) -> str:
    """What finds the name of a device on a line that is no comment (grep -E)."""
    disks = [re.escape(disk.identifier) for disk in root.guest.storage.disks]
    names = f"/dev/({'|'.join([*disks, 'disk/by-(id|path|diskseq)/', _CLOCK])})|/sys/(class/)?block/({'|'.join(disks)})"
    return f"^[ \t]*([^#; \t].*)?({names})"
