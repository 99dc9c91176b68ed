# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The option dest: a directory, or the volumes that the disks of a guest are written to, in their order."""

from __future__ import annotations

import os
from typing import Any

from ..errors import GuestconvError
from ..texts import disk_urls
from . import volumes

_DEVICES = "/dev/"
_HINT = (
    "Name a directory; or a block device or NBD export for each disk, such as [/dev/vg/web01, nbd://HOST:PORT/EXPORT]."
)


def from_option(given: Any) -> str | list[str] | None:
    """The directory, or the list of volumes, that a value of the option dest names; None for None.

    One volume may be given by itself. Errors: dest-not-usable, source-url-invalid.
    """
    if given is None:
        return None
    # A variable that was left empty must not make a conversion in place of one to a copy.
    if given in ("", []):
        raise _wrong("dest is empty.")
    if isinstance(given, str):
        name = _name(given)
        if volumes.is_volume(name):
            return [name]
        # A directory made there would be in memory: it is a block device whose name is wrong, or that is not active.
        if name.startswith(_DEVICES) and not os.path.isdir(name):
            raise _wrong(f"{name} is neither a block device nor a directory.")
        return name
    if not isinstance(given, list):
        raise _wrong(f"dest cannot be {given!r}.")
    return [_name(item) for item in given]


def refuse_format(image_format: str | None, option: str) -> None:
    """Errors: dest-not-usable, where volumes were asked for in another format than raw."""
    if image_format not in (None, "raw"):
        raise GuestconvError(
            "dest-not-usable",
            f"A disk on a block device or an NBD export is raw, and {option} is {image_format}.",
            path=option,
            hint=f"Leave out {option}.",
        )


def _name(given: Any) -> str:
    """A path that is absolute, or the URL of an NBD export."""
    if not isinstance(given, str) or not given or "\0" in given:
        raise _wrong(f"dest cannot be {given!r}.")
    if disk_urls.is_export(given):
        disk_urls.parse(given)
        return given
    if disk_urls.is_url(given):
        raise _wrong(f"dest cannot be a URL of {disk_urls.scheme_of(given)}.")
    return os.path.abspath(os.path.expandvars(os.path.expanduser(given)))


def _wrong(message: str) -> GuestconvError:
    return GuestconvError("dest-not-usable", message, path="dest", hint=_HINT)
