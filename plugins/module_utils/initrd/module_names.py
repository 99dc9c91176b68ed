# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The names of kernel modules, and of their files."""

from __future__ import annotations

import re

MODULE = re.compile(r"(?:^|/)([^/]+)\.ko(?:\.(gz|xz|zst))?$")


def module_name(path: str) -> str | None:
    """The name of the module in a file, as the kernel spells it (virtio_blk); None when it is not a module's file."""
    match = MODULE.search(path)
    return spelled(match.group(1)) if match else None


def spelled(name: str) -> str:
    """The name as the kernel spells it."""
    return name.replace("-", "_")
