# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The condition of the filesystems that a root mounts: those that cannot be written to, are full, or have errors."""

from __future__ import annotations

from collections.abc import Iterator

from ...guest import space
from ...guest.root import GuestRoot
from ...guest.storage import windows
from ...guest.storage.mounts import Mount
from ...model.concerns import Concern

# Bytes and inodes with which conversion may not do: it changes some texts, and creates a few.
_LITTLE = 256 * 1024
_FEW = 8


def concerns(root: GuestRoot) -> list[Concern]:
    """The concerns about what root mounts, which is mounted now."""
    found: list[Concern] = []
    for mount in root.mounted:
        if mount.is_needed:
            found += _of_needed(root, mount)
        elif mount.is_tried and mount.filesystem.type == "ntfs":
            found += _of_ntfs(root, mount)
    return found


def _of_needed(root: GuestRoot, mount: Mount) -> Iterator[Concern]:
    condition = root.condition(mount)
    if condition.has_errors:
        yield _with_errors(mount)
    if not mount.is_written_to:
        return
    if condition.is_read_only:
        error = space.read_only(mount.path, mount.filesystem.name)
        yield Concern("filesystem-read-only", "error", error.message, error.hint)
    room = root.space(mount.path)
    if not condition.is_read_only and not room.has(_LITTLE, _FEW):
        yield space.concern(room.full(_LITTLE, "to be sure that all changes fit"), is_error=False)


def _with_errors(mount: Mount) -> Concern:
    return Concern(
        "filesystem-has-errors",
        "warning",
        f"{mount.filesystem.name} ({mount.filesystem.type}), which the guest mounts at {mount.path}, is marked as having "
        "errors: its kernel found damage, and it was not checked since.",
        "Have the guest check it on its old hypervisor before it moves: `fsck -f` from a rescue system, or start it once "
        "with `fsck.mode=force` on the kernel command line.",
    )


def _of_ntfs(root: GuestRoot, mount: Mount) -> Iterator[Concern]:
    if windows.is_hibernated(root, mount.path):
        yield Concern(
            "filesystem-hibernated",
            "warning",
            f"{mount.filesystem.name} (ntfs), which the guest mounts at {mount.path}, was left by a Windows that is "
            "hibernated, or was shut down with its fast startup. Linux mounts it read-only at most.",
            "Start that Windows, and shut it down with `shutdown /s /t 0`, before the disk is written to. The conversion "
            "does not write to it.",
        )
