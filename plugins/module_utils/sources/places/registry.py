# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The places of disks. A new one is a file in this room, and one line here."""

from __future__ import annotations

from ...errors import GuestconvError
from ...texts import disk_urls
from ..kinds.kind import DiskEntry, Request
from .https import Web
from .local import LocalImage
from .nbd import Nbd
from .packages import Archived, Member, Packed
from .place import Place
from .ssh import Ssh
from .vddk import Vddk

# The first that takes a disk has it. Files of this machine are last, as their class takes whatever is left.
PLACES: list[type[Place]] = [
    Vddk,
    Web,
    Ssh,
    Nbd,
    Archived,
    Packed,
    Member,
    LocalImage,
]


def schemes() -> list[str]:
    """The schemes of the URLs that disks can be fetched from."""
    return [scheme for place in PLACES for scheme in place.SCHEMES]


def parse_url(text: str) -> disk_urls.Url:
    """The Url in text. Raises GuestconvError `source-url-invalid`, `source-url-not-supported`."""
    if disk_urls.scheme_of(text) not in schemes():
        raise _not_supported(text)
    return disk_urls.parse(text)


def place_of(entry: DiskEntry, request: Request) -> Place:
    """The place of a disk, an entry of a description, which has a `device`. Raises GuestconvError `source-url-...`."""
    found = next(filter(None, (place.at(entry, request) for place in PLACES)), None)
    if found is None:
        raise _not_supported(entry["path"])
    return found


def _not_supported(text: str) -> GuestconvError:
    return GuestconvError(
        "source-url-not-supported",
        f"Disks cannot be fetched by {disk_urls.scheme_of(text)}.",
        hint=f"Known are {', '.join(schemes())}.",
    )
