# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Concerns about what the guest mounts and conversion cannot.

It goes on without, where the guest itself would.
"""

from __future__ import annotations

import re

from ...guest.root import GuestRoot
from ...guest.storage import mounts
from ...guest.storage.mounts import NEEDED, NotMounted, names_device
from ...model.concerns import Concern
from ...texts import fstab
from ...texts.fstab import Entry
from .. import inits
from . import shared_folders, software_made
from .names import Names

# What has a medium at times: nobody expects it where the line says that it may be missing.
_REMOVABLE = re.compile(r"/dev/(?:cdrom|cdrw|dvd|dvdrw|sr|scd|fd|floppy)\d*\Z")
_GIVE = "Give all of the guest's disks. If that was done, remove the line in the guest, or add nofail to its options."
_KEYS = (
    "If it is in an encrypted device, give the key of that with the option keys. If not, give all of the guest's disks."
)
_LINK_LOST = (
    "Rules in /etc/udev/rules.d give that name by what the old hardware gave the disk, and on the target they do not match: "
    "the guest would wait for it when it starts, and then stop for an administrator."
)
_NAME_BY_UUID = "Name the filesystem by UUID in /etc/fstab in the guest."
_NOTHING = "Nothing needs to be done where the guest makes it by itself, and no system files are there."
# The kernel's words for the root, which name no device.
_ROOT = ("/dev/root", "/dev/nfs")


def concerns(root: GuestRoot, names: Names) -> list[Concern]:
    """A concern for each mount that failed, and for each line of fstab whose filesystem is not on the disks.

    And for each filesystem that root does not use, and that may have a system on it of which nothing is known.
    """
    known = {mount.filesystem for mount in root.mount_plan.mounts}
    unknown = [failed for failed in root.not_searched if failed.mount.filesystem not in known]
    makers = software_made.Makers(root, names)
    waited_for = [_missing(root, makers, entry) for entry in root.mount_plan.missing]
    entries = fstab.parse(root.read("/etc/fstab") or "")
    others = [entry for entry in entries if _is_absent(names, entry)]
    return [
        *map(_skipped, root.not_mounted),
        *map(_bound, (entry for entry in entries if mounts.is_bound(entry) and entry.path in NEEDED)),
        *filter(None, waited_for),
        *filter(None, (_not_waited_for(makers, entry) for entry in others)),
        *(shared_folders.concern(root, entry) for entry in entries if shared_folders.is_folder(entry)),
        *map(_not_searched, unknown),
    ]


def _skipped(failed: NotMounted) -> Concern:
    filesystem, path = failed.mount.filesystem, failed.mount.path
    kind = filesystem.type or "of an unknown type"
    return Concern(
        "mount-skipped",
        "warning",
        f"{filesystem.name} ({kind}) could not be mounted at {path}: {failed.reason}. "
        "Conversion does not look at the files there.",
        f"Nothing need be done if the guest cannot mount {path} either, or has no system files there.",
    )


def _bound(entry: Entry) -> Concern:
    return Concern(
        "mount-skipped",
        "warning",
        f"/etc/fstab binds {entry.spec} to {entry.path}, which conversion does not do. It looks at {entry.path} as it is "
        "without.",
        f"If the guest boots by files that are in {entry.path} alone, mount a filesystem there in the guest.",
    )


def _not_searched(failed: NotMounted) -> Concern:
    filesystem = failed.mount.filesystem
    return Concern(
        "filesystem-not-searched",
        "warning",
        f"{filesystem.name} ({filesystem.type}) was not searched for an operating system: it could not be mounted: "
        f"{failed.reason}.",
        "If the guest boots from it, start the guest once on its old hypervisor, let it check its filesystems, and "
        "shut it down.",
    )


def _missing(root: GuestRoot, makers: software_made.Makers, entry: Entry) -> Concern | None:
    """The concern about a line that systemd waits for; None where what it names is made at each start."""
    is_needed = entry.path in NEEDED
    if not is_needed and not inits.stops(root, entry):
        return _not_waited_for(makers, entry)
    if not is_needed and software_made.is_made_at_each_start(entry.spec):
        return None
    maker = makers.of(entry.spec)
    if is_needed and maker:
        ends = f"It may come to be when the guest starts: {maker}. Conversion cannot do without it."
        return _absent(makers, entry, "error", ends, _KEYS)
    if is_needed:
        ends = "Conversion cannot do without it."
    elif maker:
        return _made(makers, entry, maker)
    elif makers.is_link_lost(entry.spec):
        return _absent(makers, entry, "error", _LINK_LOST, _NAME_BY_UUID)
    else:
        ends = "The guest would wait for it when it starts, and then stop for an administrator."
    return _absent(makers, entry, "error", ends)


def _is_absent(names: Names, entry: Entry) -> bool:
    """Whether a line that the guest starts without names a disk of its own that is not there."""
    is_on_network = "_netdev" in entry.options
    is_judged_elsewhere = entry.is_waited_for and entry.path != "/"
    if is_judged_elsewhere or is_on_network or not names_device(entry) or entry.spec in _ROOT:
        return False
    is_optional = not entry.is_waited_for and entry.is_mount
    is_removable = entry.may_lack_medium or (is_optional and _REMOVABLE.match(entry.spec))
    return not is_removable and not names.filesystems(entry.spec)


def _not_waited_for(makers: software_made.Makers, entry: Entry) -> Concern | None:
    """The concern about a line that the guest starts without; None for swap space that is made at each start."""
    is_swap = entry.type == "swap"
    if software_made.is_made_at_each_start(entry.spec) or (is_swap and makers.is_known(entry.spec)):
        return None
    maker = makers.of(entry.spec) if entry.path != "/" else ""
    if maker:
        return _made(makers, entry, maker)
    if is_swap:
        ends = "The guest waits for it at each start, and goes on without."
    elif entry.path == "/":
        ends = "The guest finds its root by the kernel's command line, and cannot check or remount it by this line."
    else:
        ends = "The guest starts without it."
    return _absent(makers, entry, "warning", ends)


def _made(makers: software_made.Makers, entry: Entry, maker: str) -> Concern:
    is_known = makers.is_known(entry.spec)
    ends = f"It may come to be when the guest starts: {maker}. Conversion does not look there."
    return _absent(makers, entry, "info" if is_known else "warning", ends, _NOTHING if is_known else _GIVE)


def _absent(makers: software_made.Makers, entry: Entry, severity: str, ends: str, hint: str = _GIVE) -> Concern:
    what = "uses {} as swap space" if entry.type == "swap" else f"mounts {{}} at {entry.path}"
    return Concern(
        "mount-source-missing",
        severity,
        f"/etc/fstab {what.format(entry.spec)}, and no filesystem on the disks ({makers.names.disks}) is called so. {ends}",
        hint,
    )
