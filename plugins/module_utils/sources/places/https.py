# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Files of web servers."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import ClassVar

from ...disks import slices
from ...errors import GuestconvError
from . import web
from .at_url import AtUrl
from .connection import RETRY, kept_open
from .place import Opened, opened_node

# Seconds until a request that the server does not answer is given up.
_TIMEOUT = 120


class Web(AtUrl):
    """A file of a web server, by nbdkit's curl plugin."""

    SCHEMES: ClassVar[tuple[str, ...]] = ("https",)

    @contextmanager
    def opened(self) -> Iterator[Opened]:
        """See Place."""
        url, access = self._url, self._access
        facts = web.identify(url, access)
        user = url.user or access.user
        settings = {
            "url": url.text,
            "protocols": "https",
            "timeout": _TIMEOUT,
            "cainfo": access.cafile,
            "user": user,
        }
        secret = access.password if user is not None else None
        with kept_open("curl", settings, RETRY, secret) as (node, complaint):
            found = opened_node(
                node,
                self._format != "raw",
                lambda: [url.text, *web.identify(url, access)],
                lambda: complaint().replace(url.text, url.shown),
            )
            if found.size != slices.whole_sectors(facts[0]):
                raise GuestconvError("source-changed", f"{url.shown} is being changed while it is read.")
            if facts[1:] == [None, None]:
                found.identify = lambda: [url.text, slices.head_digest(node, found.size)]
            yield found
