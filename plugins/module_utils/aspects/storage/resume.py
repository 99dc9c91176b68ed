# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Where initrds look for a hibernated system, by the configuration of what makes them."""

from __future__ import annotations

from collections.abc import Collection
from functools import partial

from ...guest import device_names
from ...guest.root import GuestRoot
from ...initrd import builders
from ..plan import Plan
from .names import Names


def texts(root: GuestRoot) -> dict[str, str]:
    """{path: text} of the files that have such a name, or may have one."""
    return root.texts(pattern for builder in builders.BUILDERS for pattern in builder.CONFIGURATION)


def devices(root: GuestRoot) -> list[tuple[str, str]]:
    """(path of the file, name) of each device that is named."""
    return [
        (path, name)
        for builder in builders.BUILDERS
        for path, text in root.texts(builder.CONFIGURATION).items()
        for name in builder.devices(text)
    ]


def convert(root: GuestRoot, names: Names, removed: Collection[str]) -> None:
    """Name it by UUID where the hardware named it; leave none that is on the removed disks (a set of names)."""
    rename = partial(_renamed, names, removed)
    for builder in builders.BUILDERS:
        for path, text in root.texts(builder.CONFIGURATION).items():
            edited = builder.with_devices(text, rename)
            root.write(path, edited, "named each resume device by UUID instead of by hardware")


def edit_initrd(plan: Plan, names: Names, removed: Collection[str]) -> None:
    """Do the same in the initrds."""
    rename = partial(_renamed, names, removed)
    for builder in builders.BUILDERS:
        plan.initrd.edit(builder.COPIES, partial(builder.with_devices, rename=rename))


def _renamed(names: Names, removed: Collection[str], name: str) -> str | None:
    """A name that holds on any hardware in the place of one that the hardware gave; None where it stays.

    What is on the removed disks becomes nothing, which is as if it was not said.
    """
    if names.are_on(name, removed):
        return ""
    return names.stable(name) if device_names.is_of_hardware(name) else None
