# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Mounts in the appliance, tried as the guest's own init would: what is not needed and fails is left out."""

from __future__ import annotations

from collections.abc import Sequence

from ...appliance.appliance import Appliance
from ...appliance.failures import CallFailed, TextNotUtf8
from .. import space
from . import diagnosis
from .diagnosis import MountError
from .mounts import Mount, NotMounted


class Mounter:
    """What is mounted in the appliance. A mount takes half a second, so what can stay mounted does.

    made: the mount points that were missing, each after the name of the root's filesystem.
    """

    def __init__(self, appliance: Appliance) -> None:
        self._appliance = appliance
        self._mounted: dict[str, Mount] = {}
        self._failed: dict[Mount, str] = {}
        # The paths of those that were mounted, or remounted, to be written to.
        self._writable: set[str] = set()
        self.made: list[tuple[str, str]] = []

    def show(self, mounts: Sequence[Mount], read_only: bool) -> list[NotMounted]:
        """Have mounts mounted and no others. Returns those that could not be mounted and are not needed.

        Raises MountError for one that is needed.
        """
        outermost_first = sorted(mounts, key=lambda mount: len(mount.path))
        wanted = {mount.path: mount for mount in outermost_first if mount.is_tried}
        can_be_remounted = read_only or all(map(self._can_be_made_writable, self._mounted.values()))
        if not (can_be_remounted and self._mounted.items() <= wanted.items()):
            self._appliance.umount_all()
            self._mounted = {}
            self._writable.clear()
        for mount in wanted.values():
            if mount not in self._failed:
                self._try(mount, read_only)
        return [NotMounted(mount, self._failed[mount]) for mount in wanted.values() if mount in self._failed]

    def _can_be_made_writable(self, mount: Mount) -> bool:
        """Whether a mount that is there can be written to, if need be after it was remounted.

        mount(8) takes the path of a subvolume, which the kernel shows as an option, for several where it has a comma.
        ntfs-3g does not notice that it is remounted: what is written then is lost (seen with 2022.10.3).
        """
        return mount.path in self._writable or not ("," in mount.node.name or _is_ntfs(mount) and mount.is_written_to)

    def _try(self, mount: Mount, read_only: bool) -> None:
        is_there = mount.path in self._mounted
        if is_there and (read_only or mount.path in self._writable or _is_ntfs(mount)):
            return
        options = ",".join(filter(None, ("ro" if read_only else "", mount.options)))
        try:
            if is_there:
                self._appliance.remount(mount.path, rw=True)
            else:
                self._mount(mount, options)
        except (CallFailed, TextNotUtf8) as error:
            if not is_there:
                found = self._diagnosis(mount, error)
                if mount.is_needed:
                    raise found from error
                self._failed[mount] = found.failed.reason
                return
            # What can be read and not written stays as it is, where nothing that is changed lies on it.
            if mount.is_written_to:
                raise space.read_only(mount.path, mount.filesystem.name) from error
        self._mounted[mount.path] = mount
        if not read_only:
            self._writable.add(mount.path)

    def _mount(self, mount: Mount, options: str) -> None:
        try:
            self._appliance.mount_options(options, mount.node.device, mount.path)
        except CallFailed:
            if mount.path == "/" or not mount.is_needed or self._appliance.status(mount.path) is not None:
                raise
            self._make_directory(mount.path)
            self._appliance.mount_options(options, mount.node.device, mount.path)

    def _make_directory(self, path: str) -> None:
        """Make the mount point that is missing, as systemd does before it mounts (systemd.mount(5)).

        Inspection has the disks as overlays, which are thrown away.
        """
        above = max((each for each in self._mounted if f"{path}/".startswith(f"{each.rstrip('/')}/")), key=len)
        self._appliance.remount(above, rw=True)
        self._appliance.mkdir_p(path)
        self.made.append((self._mounted["/"].filesystem.name, path))

    def _diagnosis(self, mount: Mount, error: CallFailed | TextNotUtf8) -> MountError:
        if isinstance(error, TextNotUtf8):
            return diagnosis.not_mounted(mount, "its path is not UTF-8")
        said = _reason(error.message).replace(mount.node.device, mount.filesystem.name)
        return diagnosis.of(self._appliance, mount, said)


def _is_ntfs(mount: Mount) -> bool:
    return mount.filesystem.type == "ntfs"


def _reason(message: str) -> str:
    """What mount(8) said of the mount, without the appliance's names of directories and its hint to look into dmesg."""
    line = message.splitlines()[0] if message else ""
    return line.rpartition("mount: ")[2].replace("/sysroot", "").lstrip(": ").rstrip(". ")
