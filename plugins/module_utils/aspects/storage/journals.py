# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""ext3 and ext4 with the journal on another device, which the filesystem itself names by its number: 8:17 for /dev/sdb1.

On other hardware the number is another, and the kernel does not mount the filesystem (Linux, fs/ext4/super.c:
ext4_get_dev_journal) until e2fsck has searched the journal by its UUID (e2fsck/journal.c: e2fsck_fix_ext3_journal_hint), which
it does without being asked where the line in fstab has it checked. The option journal_path= counts in place of the number, and so
does journal_dev=, which is a number too (ext4(5)).
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from ...guest.root import GuestRoot
from ...guest.storage.mounts import Mount
from ...model.concerns import Concern
from .. import inits
from . import specs
from .names import Names

_TYPES = ("ext3", "ext4")
# blkid's type of such a journal.
_JOURNAL = "jbd"
_BY_PATH = "journal_path="
_BY_NUMBER = re.compile(r"journal_dev=(?:0[xX](?P<hexadecimal>[0-9a-fA-F]{1,8})|(?P<decimal>[1-9][0-9]{0,9}))")


@dataclass(frozen=True)
class Journal:
    """A journal that is named by its number. name: of the device, at the source. by_option: whether fstab has the number."""

    mount: Mount
    name: str
    by_option: bool


def journals(root: GuestRoot, names: Names) -> list[Journal]:
    """Those of the filesystems that root mounts.

    Without a journal on the disks, those filesystems cannot be mounted anyway.
    """
    if not any(each.type == _JOURNAL for each in root.guest.storage.filesystems):
        return []
    found = [_of_mount(root, mount) for mount in root.mounted if mount.filesystem.type in _TYPES]
    return [journal for journal in found if journal and names.filesystems(journal.name)]


def _of_mount(root: GuestRoot, mount: Mount) -> Journal | None:
    options = mount.entry.options if mount.entry else ()
    if any(option.startswith(_BY_PATH) for option in options):
        return None
    told = [match for match in map(_BY_NUMBER.fullmatch, options) if match][-1:]
    number = _number(told[0]) if told else root.condition(mount).journal
    return Journal(mount, specs.kernel_name(f"{number:#x}"), bool(told))


def concerns(root: GuestRoot, names: Names) -> list[Concern]:
    """A concern for each that has another number with some of the drivers: a warning where it has not with all."""
    return [
        _concern(root, names, journal, held_by)
        for journal in journals(root, names)
        for held_by in [names.held_by(journal.name)]
        if len(held_by) < len(names.by_driver)
    ]


def _number(option: re.Match[str]) -> int:
    return int(option["hexadecimal"], 16) if option["hexadecimal"] else int(option["decimal"])


def _concern(root: GuestRoot, names: Names, journal: Journal, held_by: Sequence[str]) -> Concern:
    entry, filesystem = journal.mount.entry, journal.mount.filesystem
    # The root is checked when the guest starts, also where fstab has no line for it.
    is_checked = journal.mount.path == "/" or (entry is not None and entry.pass_number > 0)
    stops = entry is not None and inits.stops(root, entry) and (journal.by_option or not is_checked)
    names_it = "/etc/fstab names (journal_dev=)" if journal.by_option else "the filesystem names"
    drivers = ", ".join(held_by)
    return Concern(
        "filesystem-journal-apart",
        "error" if stops and not held_by else "warning",
        f"{filesystem.name} ({filesystem.type}), which the guest mounts at {journal.mount.path}, has its journal on "
        f"{journal.name}, which {names_it} by its number. On the target that is another one, and the guest does not mount "
        "the filesystem until e2fsck has corrected it."
        + (f" It keeps its number with {drivers} alone." if held_by else ""),
        f"Add {_BY_PATH}{specs.stable_path(names, journal.name) or 'PATH'} to the options of the line in /etc/fstab in the guest"
        + (f", or leave the disks on {drivers}." if held_by else "."),
    )
