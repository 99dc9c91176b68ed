# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Exports of NBD servers."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import ClassVar

from .at_url import AtUrl
from .place import Opened, opened_by_head


class Nbd(AtUrl):
    """An export of an NBD server, by QEMU's own client. By default it shows what the guest sees."""

    SCHEMES: ClassVar[tuple[str, ...]] = ("nbd", "nbd+unix")

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
