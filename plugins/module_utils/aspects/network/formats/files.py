# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Files that are called after their NIC, and go by another name when the NIC does."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Mapping

from ....guest.root import GuestRoot
from .. import values

# Of a file with a range of addresses (sysconfig.txt of initscripts).
_RANGE = re.compile(r"-range\d+$")


def with_names_replaced(path: str, names: Mapping[str, str]) -> str:
    """path, which ends with -<interface>, with the interface's new name: {old: new}; or with -<interface>-range0."""
    directory, name = posixpath.split(path)
    kind, hyphen, interface = name.partition("-")
    part = _RANGE.search(interface)
    end = part.start() if part else len(interface)
    return posixpath.join(
        directory, kind + hyphen + values.with_names_replaced(interface[:end], names) + interface[end:]
    )


def rename(root: GuestRoot, paths: Mapping[str, str], detail: str) -> None:
    """Rename files: {path: new path}. They may take each other's places, as when two NICs exchange their names."""
    if set(paths) & set(paths.values()):
        aside = {path: f"{path}.guestconv" for path in paths}
        for path, other in aside.items():
            root.rename(path, other, detail)
        paths = {aside[path]: new for path, new in paths.items()}
    for path, new in paths.items():
        root.rename(path, new, detail)
