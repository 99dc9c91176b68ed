# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The command line of a kernel without an initrd: nobody is there who could find a filesystem by its UUID or label.

The kernel itself knows a partition by its PARTUUID (init/do_mounts.c, block/early-lookup.c).
"""

from __future__ import annotations

import re

from ...guest.storage.graph import Graph


def by_partition(storage: Graph, before: str, after: str) -> str:
    """after, which before (kernel command lines, or parts of such) was edited to, with partitions by PARTUUID."""
    were = dict(argument.partition("=")[::2] for argument in before.split())

    def replaced(match: re.Match[str]) -> str:
        key, _equals, value = match.group(0).partition("=")
        if key not in ("root", "resume") or were.get(key) in (None, value):
            return match.group(0)
        filesystem = storage.filesystem(were[key])
        identity = filesystem.partition.identity if filesystem and filesystem.partition else ""
        return f"{key}={identity}" if identity else match.group(0)

    return re.sub(r"\S+", replaced, after)
