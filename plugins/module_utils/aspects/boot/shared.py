# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A boot menu that starts several systems: what of it is a root's.

One /boot or EFI system partition that all of them mount has it; or one system has it, and os-prober(1) has found the
others.
"""

from __future__ import annotations

import re
from dataclasses import replace

from ...guest import entries
from ...guest.boot_menu import BootMenu, Entry
from ...guest.root import GuestRoot
from ...guest.storage.layers.filesystem import Filesystem
from ...model.concerns import Concern
from .loaders.grub2.paths import RootFiles

_DEVICE = re.compile(r"\([^)/]*\)(?=/)")


def of_root(root: GuestRoot, menu: BootMenu) -> BootMenu:
    """A menu that root has, with the entry that a person chooses to start root as the default, where another system is."""
    if menu.default is None or entries.system_of(menu.default, root) is None:
        return menu
    return BootMenu(menu.entries, next((each for each in menu.entries if entries.starts(each, root)), None))


def of_others(root: GuestRoot) -> BootMenu:
    """The entries of other menus that start root, which has no menu, with their files as root has them."""
    files = RootFiles(root)
    found = [_in_root(files, each) for each in root.started_by]
    return BootMenu(found, found[0] if found else None)


def concerns(root: GuestRoot) -> list[Concern]:
    """A concern for each menu of another root that starts this one, which has no menu, with what it does not mount itself.

    So it is where a system was copied to another disk, and /boot stayed. It is an error where that menu starts no system
    but this one.
    """
    mounted = {mount.filesystem for mount in root.mount_plan.mounts}
    found = []
    for other in root.guest.roots:
        if other is root:
            continue
        kernels = [each.kernel for each in other.boot_menu.entries if each in root.started_by and not each.is_elsewhere]
        lost = next((path for path in kernels if filesystem_of(other, path) not in mounted), None)
        if lost:
            found.append(_elsewhere(root, other, lost, other.boot_menu.default is None))
    return found


def filesystem_of(root: GuestRoot, path: str) -> Filesystem:
    """The filesystem that has path, in root."""
    within = [each for each in root.mount_plan.mounts if path.startswith(f"{each.path.rstrip('/')}/")]
    return max(within, key=lambda each: len(each.path)).filesystem


def _elsewhere(root: GuestRoot, other: GuestRoot, path: str, is_only: bool) -> Concern:
    return Concern(
        "boot-files-of-another-system",
        "error" if is_only else "warning",
        f"The boot menu of {other.name} starts the system on {root.name} with {path} of {other.name}, which that system does "
        "not mount. guestconv prepares only the kernels and initrds of a system itself, so "
        + ("the guest would not start." if is_only else "that entry may not start."),
        f"Mount the filesystem with the boot files at /boot in {root.name}, or install the boot loader again there so that "
        "it starts that system's own kernel, before the guest moves.",
    )


def _in_root(files: RootFiles, entry: Entry) -> Entry:
    def place(path: str) -> str:
        path = _DEVICE.sub("", path, count=1)
        return files.path("", path) or path

    return replace(entry, kernel=place(entry.kernel), initrds=tuple(map(place, entry.initrds)))
