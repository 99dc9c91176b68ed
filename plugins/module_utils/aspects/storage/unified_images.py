# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Names of devices on the command lines that are within unified kernel images, where they cannot be changed."""

from __future__ import annotations

from ...guest.root import GuestRoot
from ...model.concerns import Concern
from ...texts import kernel_arguments
from ..boot import unified
from . import arguments
from .names import Names


def concerns(root: GuestRoot, names: Names) -> list[Concern]:
    """A concern for each image whose command line names devices that have another name on the target."""
    found = []
    for entry in root.boot_menu.entries:
        if not (isinstance(entry, unified.Entry) and entry.is_fixed):
            continue
        changed = [each for each in kernel_arguments.split(entry.arguments) if arguments.edited(names, each) != each]
        if changed:
            severity = "error" if entry is root.boot_menu.default else "warning"
            why = f"its command line has {', '.join(changed)}, which names a device after the old hardware"
            found.append(unified.fixed(entry.kernel, severity, why, "that device named by UUID"))
    return found
