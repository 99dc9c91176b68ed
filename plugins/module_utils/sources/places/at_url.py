# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the places have in common that a URL names."""

from __future__ import annotations

from typing import ClassVar, TypeVar

from ..kinds.kind import Access, DiskEntry, Request
from . import urls

_Self = TypeVar("_Self", bound="AtUrl")


class AtUrl:
    """A disk of another machine, named by a URL with one of SCHEMES. See Place."""

    SCHEMES: ClassVar[tuple[str, ...]]
    is_local: ClassVar[bool] = False

    @classmethod
    def at(cls: type[_Self], entry: DiskEntry, request: Request) -> _Self | None:
        """See Place."""
        url = urls.of_entry(entry, cls.SCHEMES)
        return cls(url, entry.get("format"), request.access) if url else None

    def __init__(self, url: urls.Url, image_format: str | None, access: Access) -> None:
        self._url, self._format, self._access = url, image_format, access
