# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Files in which the path of a device may be any: kdump.conf(5), and automounter maps (autofs(5))."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Mapping
from functools import partial

from ....guest import device_names
from ....guest.root import GuestRoot
from ....model.concerns import Concern
from ...plan import Plan
from .. import specs
from ..names import Names, lost

_FILES = ("/etc/kdump.conf", "/etc/auto.*", "/etc/auto.master.d/*", "/etc/autofs/*")

# A name ends as in device_names.of_hardware.
_COMMENT_OR_NAME = re.compile(r"(?m)^[ \t]*#[^\n]*|/dev/[^\s\"',;]+")


def texts(root: GuestRoot) -> dict[str, str]:
    """These files."""
    return root.texts(_FILES)


def concerns(root: GuestRoot, texts: Mapping[str, str], names: Names, disks: Mapping[str, str]) -> list[Concern]:
    """A concern for each name that leads to nothing which has a UUID of its own."""
    return [
        lost(names, path, name, "warning")
        for path, text in texts.items()
        for name in sorted(device_names.of_hardware(text))
        if specs.stable_path(names, name) is None
    ]


def convert(root: GuestRoot, texts: Mapping[str, str], plan: Plan, names: Names, removed: Collection[str]) -> None:
    """Name each device by UUID."""
    for path, text in texts.items():
        root.write(
            path, edited(text, partial(specs.stable_path, names)), "named each device by UUID instead of by hardware"
        )


def edited(text: str, rename: Callable[[str], str | None]) -> str:
    """text with each device having the name that rename gives, where it gives one; comments stay."""

    def replaced(match: re.Match[str]) -> str:
        found = match.group()
        return found if not found.startswith("/dev/") else rename(found) or found

    return _COMMENT_OR_NAME.sub(replaced, text)
