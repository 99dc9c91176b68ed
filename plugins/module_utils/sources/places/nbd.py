# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Exports of NBD servers."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import ClassVar

from ..kinds.kind import Access, DiskEntry, Request
from . import urls
from .place import Opened, opened_by_head


class Nbd:
    """An export of an NBD server, by QEMU's own client. By default it shows what the guest sees."""

    SCHEMES: ClassVar[tuple[str, ...]] = ("nbd", "nbd+unix")
    is_local: ClassVar[bool] = False

    @classmethod
    def at(cls, entry: DiskEntry, request: Request) -> Nbd | None:
        """See Place."""
        url = urls.of_entry(entry, cls.SCHEMES)
        return cls(url, entry.get("format"), request.access) if url else None

    def __init__(self, url: urls.Url, image_format: str | None, access: Access) -> None:
        self._url, self._format = url, image_format

    @contextmanager
    def opened(self) -> Iterator[Opened]:
        """See Place."""
        url = self._url
        server = (
            {"type": "unix", "path": url.socket}
            if url.socket
            else {"type": "inet", "host": url.host, "port": str(url.port)}
        )
        node = {"driver": "nbd", "server": server, "export": url.path[1:]}
        yield opened_by_head(node, self._format not in (None, "raw"), url.text)
