# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The error for a virtio-win that cannot be used."""

from __future__ import annotations

from ..errors import GuestconvError

_HINT = (
    "Download virtio-win.iso from the virtio-win project, or install the package virtio-win, and give the path of the ISO, "
    "or of the directory that it was unpacked to."
)


def not_usable(path: str, why: str, hint: str = _HINT) -> GuestconvError:
    """virtio-win-not-usable. Args: path: of its ISO or directory; why: a part of a sentence."""
    return GuestconvError(
        "virtio-win-not-usable", f"virtio-win at {path} cannot be used: {why}.", hint=hint, path="virtio_win"
    )
