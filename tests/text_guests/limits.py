# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What keeps files from being written: the attributes of chattr(1), and the room on a filesystem."""

from __future__ import annotations

import errno
import os


class Limits:
    """attributes: {path on this machine: letters of chattr(1)}."""

    def __init__(self) -> None:
        self.attributes: dict[str, str] = {}
        # {directory of a filesystem: [bytes, inodes]} that are left.
        self._left: dict[str, list[int]] = {}

    def add(self, directory: str, room: int, inodes: int) -> None:
        """Know a filesystem, with what is left on it at the beginning."""
        self._left[directory] = [room, inodes]

    def left(self, local: str) -> list[int]:
        """The bytes and the inodes that are left where this path is."""
        of = [each for each in self._left if f"{local}/".startswith(f"{each}/")]
        return self._left[max(of, key=len)]

    def write(self, local: str, size: int, appends: bool = False) -> None:
        """Take the room for a write of this size to a file. Raises OSError where it cannot be."""
        is_new = not os.path.lexists(local)
        forbidden = "i" if appends else "ia"
        if set(self.attributes.get(local, "")) & set(forbidden):
            raise OSError(errno.EPERM, os.strerror(errno.EPERM), local)
        if is_new:
            self.enter(local)
        left = self.left(local)
        grows = size - (os.path.getsize(local) if not is_new and not appends and os.path.isfile(local) else 0)
        if grows > left[0] or (is_new and not left[1]):
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), local)
        left[0] -= grows
        left[1] -= is_new

    def enter(self, local: str, leaves: bool = False) -> None:
        """Make a directory's entry, or (leaves) remove one. Raises OSError where it cannot be."""
        above = self.attributes.get(os.path.dirname(local), "")
        own = self.attributes.get(local, "")
        if set(above) & set("ia" if leaves else "i") or (leaves and set(own) & set("ia")):
            raise OSError(errno.EPERM, os.strerror(errno.EPERM), local)
