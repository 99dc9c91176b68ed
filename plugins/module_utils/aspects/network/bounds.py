# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How much network configuration is read. No guest has so much, but a hostile one, which must not keep us busy for hours."""

from __future__ import annotations

from collections.abc import Sequence

from ...errors import GuestconvError
from ...guest.root import GuestRoot

MOST_SETTINGS = 5000
# Of one kind, or in one directory; to read one takes a call of the appliance, or more.
MOST_FILES = 5000


def check_settings(root: GuestRoot, count: int) -> None:
    """Refuse a guest that configures so many interfaces. Raises GuestconvError `network-too-large`."""
    if count > MOST_SETTINGS:
        raise _too_large(
            f"The guest on {root.name} configures more than {MOST_SETTINGS} interfaces, which is the limit."
        )


def to_read(root: GuestRoot, paths: Sequence[str]) -> Sequence[str]:
    """paths, of files that are to be read. Raises GuestconvError `network-too-large` for too many."""
    if len(paths) > MOST_FILES:
        beginning = paths[0].rpartition("/")[0]
        raise _too_large(
            f"The guest on {root.name} has more than {MOST_FILES} files of network configuration of one kind, which is the "
            f"limit; the first are in {beginning}."
        )
    return paths


def _too_large(message: str) -> GuestconvError:
    return GuestconvError(
        "network-too-large",
        message,
        hint="Remove the configuration of interfaces that no longer exist from the guest.",
    )
