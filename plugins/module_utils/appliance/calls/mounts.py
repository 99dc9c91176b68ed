# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Mounts."""

from __future__ import annotations

import time
from typing import Any

from ..failures import CallFailed
from .caller import Caller

# How often a mount that is in use is tried again, and after how many seconds.
_TRIES, _PAUSE = 15, 1.0


class MountCalls(Caller):
    """Calls about mounts."""

    def mount_options(self, options: str, device: str, mountpoint: str) -> None:
        """mount -o options device mountpoint."""
        self.call("mount_options", options, device, mountpoint)

    def mount_vfs(self, options: str, kind: str, device: str, mountpoint: str) -> None:
        """The same with the type of the filesystem."""
        self.call("mount_vfs", options, kind, device, mountpoint)

    def remount(self, mountpoint: str, *, rw: bool) -> None:
        """Make a mount writable, or read-only."""
        self.call("remount", mountpoint, rw=rw)

    def umount(self, path: str) -> None:
        """Unmount a device or mount point; see umount_all."""
        self._unmount("umount", path)

    def umount_all(self) -> None:
        """Unmount everything.

        What a guest's program left running keeps /dev in use, where libguestfs mounted it for that program. BusyBox's
        timeout(1) does so for up to a second: its watcher looks each second whether the program is still there.
        """
        self._unmount("umount_all")

    def _unmount(self, name: str, *arguments: Any) -> None:
        for left in range(_TRIES, 0, -1):
            try:
                self.call(name, *arguments)
                return
            except CallFailed as error:
                if not error.is_busy or left == 1:
                    raise
            time.sleep(_PAUSE)

    def statvfs(self, path: str) -> dict[str, int]:
        """statvfs(3): bavail, frsize, files, favail, ..."""
        result: dict[str, int] = self.call("statvfs", path)
        return result
