# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Disks of VMware vSphere."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import ClassVar

from ..kinds import vddk
from ..kinds.kind import DiskEntry, Request
from .connection import RETRY, kept_open
from .place import Opened, opened_by_head


class Vddk:
    """A disk of VMware vSphere, by nbdkit's vddk plugin and VMware's library, which the user must install."""

    SCHEMES: ClassVar[tuple[str, ...]] = ()
    is_local: ClassVar[bool] = False

    @classmethod
    def at(cls, entry: DiskEntry, request: Request) -> Vddk | None:
        """See Place."""
        return cls(entry["path"], request) if request.type == vddk.TYPE else None

    def __init__(self, file: str, request: Request) -> None:
        self._file, self._request = file, request

    @property
    def host(self) -> str:
        """See Place."""
        return self._request.settings["server"]

    @contextmanager
    def opened(self) -> Iterator[Opened]:
        """See Place."""
        asked = self._request.settings
        settings = {key: asked.get(key) for key in ("libdir", "server", "user", "thumbprint")}
        settings["vm"] = asked["vm"] if asked["vm"].startswith("moref=") else f"moref={asked['vm']}"
        settings["file"] = self._file
        # VMware answers slowly where there are holes, and QEMU asks often: nbdkit-cacheextents-filter(1).
        filters = ("cacheextents", *RETRY)
        with kept_open("vddk", settings, filters, self._request.access.password) as (node, complaint):
            yield opened_by_head(node, False, [asked["server"], settings["vm"], self._file], complaint)
