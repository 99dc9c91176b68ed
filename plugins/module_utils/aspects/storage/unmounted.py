# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Concerns about what the guest mounts and conversion cannot: it goes on without, as the guest itself would."""

from __future__ import annotations

from ...guest.root import GuestRoot
from ...guest.storage.mounts import NEEDED, NotMounted
from ...model.concerns import Concern
from ...texts.fstab import Entry


def concerns(root: GuestRoot) -> list[Concern]:
    """A concern for each mount that failed, and for each line of fstab whose filesystem is not on the disks.

    And for each filesystem that root does not use, and that may have a system on it of which nothing is known.
    """
    known = {mount.filesystem for mount in root.mount_plan.mounts}
    unknown = [failed for failed in root.not_searched if failed.mount.filesystem not in known]
    return [*map(_skipped, root.not_mounted), *map(_missing, root.mount_plan.missing), *map(_not_searched, unknown)]


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


def _missing(entry: Entry) -> Concern:
    is_needed = entry.path in NEEDED
    return Concern(
        "mount-source-missing",
        "error" if is_needed else "warning",
        f"/etc/fstab mounts {entry.spec} at {entry.path}, and no filesystem on the disks is called so."
        + (" Conversion cannot do without it." if is_needed else " The guest may not start without it."),
        "Give all of the guest's disks. If that was done, remove the line in the guest, or add nofail to its options.",
    )
