# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the places have in common that a URL names."""

from __future__ import annotations

from typing import ClassVar, TypeVar

from ...texts import disk_urls
from ..kinds.kind import Access, DiskEntry, Request

_Self = TypeVar("_Self", bound="AtUrl")


class AtUrl:
    """A disk of another machine, named by a URL with one of SCHEMES. See Place."""

    SCHEMES: ClassVar[tuple[str, ...]]
    is_local: ClassVar[bool] = False

    @classmethod
    def at(cls: type[_Self], entry: DiskEntry, request: Request) -> _Self | None:
        """See Place."""
        path = entry["path"]
        if not disk_urls.is_url(path) or disk_urls.scheme_of(path) not in cls.SCHEMES:
            return None
        return cls(disk_urls.parse(path), entry.get("format"), request.access)

    @property
    def host(self) -> str:
        """See Place."""
        return self._url.host

    def __init__(self, url: disk_urls.Url, image_format: str | None, access: Access) -> None:
        self._url, self._format, self._access = url, image_format, access
