# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Files of another machine, over SSH."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import ClassVar

from .at_url import AtUrl
from .connection import RETRY, kept_open
from .place import Opened, opened_by_head

# Seconds until a connection by which nothing more comes is given up.
_TIMEOUT = 30


class Ssh(AtUrl):
    """A file or block device of another machine, by nbdkit's ssh plugin, which speaks SFTP."""

    SCHEMES: ClassVar[tuple[str, ...]] = ("ssh",)

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
