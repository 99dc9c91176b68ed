# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Exports of NBD servers."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import ClassVar

from ...disks import nodes
from ...texts import disk_urls
from .at_url import AtUrl
from .place import Opened, opened_by_head


class Nbd(AtUrl):
    """An export of an NBD server, by QEMU's own client. By default it shows what the guest sees."""

    SCHEMES: ClassVar[tuple[str, ...]] = disk_urls.EXPORTS

    @contextmanager
    def opened(self) -> Iterator[Opened]:
        """See Place."""
        url = self._url
        yield opened_by_head(nodes.node_of(url.text), self._format not in (None, "raw"), url.text)
