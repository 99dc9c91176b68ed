# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Mounts in the appliance, tried as the guest's own init would: what is not needed and fails is left out."""

from __future__ import annotations

from collections.abc import Sequence

from ...appliance.appliance import Appliance
from ...appliance.failures import CallFailed, TextNotUtf8
from ...errors import GuestconvError
from .. import space
from .mounts import Mount, NotMounted


class MountError(GuestconvError):
    """Something could not be mounted that is needed. failed: what, and why."""

    failed: NotMounted


class Mounter:
    """What is mounted in the appliance. A mount takes half a second, so what can stay mounted does."""

    def __init__(self, appliance: Appliance) -> None:
        self._appliance = appliance
        self._mounted: dict[str, Mount] = {}
        self._failed: dict[Mount, str] = {}

    def show(self, mounts: Sequence[Mount], read_only: bool) -> list[NotMounted]:
        """Have mounts mounted and no others. Returns those that could not be mounted and are not needed.

        Raises MountError for one that is needed.
        """
        outermost_first = sorted(mounts, key=lambda mount: len(mount.path))
        wanted = {mount.path: mount for mount in outermost_first if mount.is_tried}
        if not self._mounted.items() <= wanted.items():
            self._appliance.umount_all()
            self._mounted = {}
        for mount in wanted.values():
            if mount not in self._failed:
                self._try(mount, read_only)
        return [NotMounted(mount, self._failed[mount]) for mount in wanted.values() if mount in self._failed]

    def _try(self, mount: Mount, read_only: bool) -> None:
        is_there = mount.path in self._mounted
        if is_there and read_only:
            return
        options = ",".join(filter(None, ("ro" if read_only else "", mount.options)))
        try:
            if is_there:
                self._appliance.call("remount", mount.path, rw=True)
            else:
                self._appliance.call("mount_options", options, mount.node.device, mount.path)
        except (CallFailed, TextNotUtf8) as error:
            reason = "its path is not UTF-8" if isinstance(error, TextNotUtf8) else _reason(error.message)
            if mount.is_needed and is_there:
                raise space.read_only(mount.path, mount.filesystem.name) from error
            if mount.is_needed:
                raise _not_mounted(NotMounted(mount, reason)) from error
            # One that can be read and not written stays as it is: nothing that is changed lies on it.
            if not is_there:
                self._failed[mount] = reason
                return
        self._mounted[mount.path] = mount


def _not_mounted(failed: NotMounted) -> MountError:
    filesystem = failed.mount.filesystem
    error = MountError(
        "filesystem-not-mounted",
        f"{filesystem.name} ({filesystem.type or 'unknown'}) cannot be mounted at {failed.mount.path}: "
        f"{failed.reason}.",
        hint="Start the guest once on its old hypervisor, let it check its filesystems, and shut it down.",
    )
    error.failed = failed
    return error


def _reason(message: str) -> str:
    """What mount(8) said of the mount, without the appliance's names of directories and its hint to look into dmesg."""
    line = message.splitlines()[0] if message else ""
    return line.rpartition("mount: ")[2].replace("/sysroot", "").lstrip(": ").rstrip(". ")
