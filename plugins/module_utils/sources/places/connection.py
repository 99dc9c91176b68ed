# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A connection to another machine that is kept open while a disk is copied in slices."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from typing import Callable

from ...disks.nodes import Node
from .nbdkit import NbdkitFailed, Server
from .place import unreachable

# nbdkit's filter nearest to the disk opens the connection anew when reading fails, five times within a minute.
RETRY = ("retry",)


@contextmanager
def kept_open(
    plugin: str, settings: Mapping[str, object], filters: tuple[str, ...], secret: str | None
) -> Iterator[tuple[Node, Callable[[], str]]]:
    """A Server of the plugin, and before it one that keeps the connection for all the slices: a login each is slow, and
    VMware counts sessions. Yields (node, complaint)."""
    with ExitStack() as stack:
        inner = stack.enter_context(Server(plugin, settings, filters, secret))
        try:
            # It connects when it starts.
            outer = stack.enter_context(Server("nbd", {"socket": inner.socket, "shared": "true"}))
        except NbdkitFailed as error:
            if not inner.complaint():
                raise
            raise unreachable(inner.complaint()) from error
        yield outer.node, inner.complaint
