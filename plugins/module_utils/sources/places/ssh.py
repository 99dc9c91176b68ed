# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Files of another machine, over SSH."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import ClassVar

from ..kinds.kind import Access, DiskEntry, Request
from . import urls
from .connection import RETRY, kept_open
from .place import Opened, opened_by_head

# Seconds until a connection by which nothing more comes is given up.
_TIMEOUT = 30


class Ssh:
    """A file or block device of another machine, by nbdkit's ssh plugin, which speaks SFTP."""

    SCHEMES: ClassVar[tuple[str, ...]] = ("ssh",)
    is_local: ClassVar[bool] = False

    @classmethod
    def at(cls, entry: DiskEntry, request: Request) -> Ssh | None:
        """See Place."""
        url = urls.of_entry(entry, cls.SCHEMES)
        return cls(url, entry.get("format"), request.access) if url else None

    def __init__(self, url: urls.Url, image_format: str | None, access: Access) -> None:
        self._url, self._format, self._access = url, image_format, access

    @contextmanager
    def opened(self) -> Iterator[Opened]:
        """See Place."""
        url, access = self._url, self._access
        settings = {
            "host": url.host,
            "port": url.port,
            "path": url.path,
            "user": url.user or access.user,
            "identity": access.identity,
            "known-hosts": access.known_hosts,
            "timeout": _TIMEOUT,
        }
        with kept_open("ssh", settings, RETRY, access.password) as (node, complaint):
            yield opened_by_head(node, self._format != "raw", url.text, complaint)
