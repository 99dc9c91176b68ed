# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Paths of a guest, looked up in directories of this machine as the kernel looks them up in filesystems."""

from __future__ import annotations

import errno
import os
from collections import deque
from dataclasses import dataclass

# path_resolution(7).
_MOST_LINKS = 40


@dataclass(frozen=True)
class Mounted:
    """A filesystem that is mounted. directory: the one that stands for it, on this machine. device: the appliance's name."""

    directory: str
    is_fat: bool = False
    is_writable: bool = True
    device: str = ""


@dataclass(frozen=True)
class Place:
    """Where a path leads. path: without links. local: the path on this machine; there may be nothing."""

    path: str
    local: str
    mounted: Mounted


class Namespace:
    """What is mounted where. Symbolic links are followed within the guest, and never into this machine."""

    def __init__(self, root: Mounted | None = None) -> None:
        self._mounts = {"/": root} if root else {}

    def mount(self, path: str, mounted: Mounted) -> None:
        """Mount a filesystem at path, which is a directory."""
        self._mounts[self.find(path).path if path != "/" else "/"] = mounted

    def unmount(self, path: str) -> None:
        """Undo what mount did at path. Raises OSError where nothing is mounted."""
        place = self.find(path).path
        if place not in self._mounts:
            raise OSError(errno.EINVAL, "not mounted", path)
        del self._mounts[place]

    def unmount_all(self) -> None:
        """Have nothing mounted."""
        self._mounts.clear()

    def find(self, path: str, follow: bool = True) -> Place:
        """Where path leads; follow: also where its last part is a symbolic link. Raises OSError as stat(2) does."""
        if not path.startswith("/"):
            raise OSError(errno.EINVAL, "path must start with a / character", path)
        if "/" not in self._mounts:
            raise OSError(errno.ENOENT, "you must call 'mount' first to mount the root filesystem")
        way = [Place("/", self._mounts["/"].directory, self._mounts["/"])]
        parts = deque(path.split("/"))
        links = 0
        while parts:
            name = parts.popleft()
            if name in ("", "."):
                continue
            if name == "..":
                del way[1 + max(0, len(way) - 2) :]
                continue
            if not os.path.isdir(way[-1].local):
                raise OSError(
                    errno.ENOTDIR if os.path.lexists(way[-1].local) else errno.ENOENT, "no such directory", path
                )
            place = self._step(way[-1], name)
            if os.path.islink(place.local) and (follow or any(parts)):
                links += 1
                if links > _MOST_LINKS:
                    raise OSError(errno.ELOOP, "too many levels of symbolic links", path)
                target = os.readlink(place.local)
                parts.extendleft(reversed(target.split("/")))
                if target.startswith("/"):
                    del way[1:]
            else:
                way.append(place)
        return way[-1]

    def _step(self, directory: Place, name: str) -> Place:
        mounted = directory.mounted
        if mounted.is_fat:
            spelt = [each for each in os.listdir(directory.local) if each.casefold() == name.casefold()]
            name = spelt[0] if spelt else name
        path = f"{directory.path.rstrip('/')}/{name}"
        if path in self._mounts:
            return Place(path, self._mounts[path].directory, self._mounts[path])
        return Place(path, os.path.join(directory.local, name), mounted)
