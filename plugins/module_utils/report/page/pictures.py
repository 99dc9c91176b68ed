# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The pictures of the guests' consoles, in the page itself: it may be sent by mail, or kept, as one file."""

from __future__ import annotations

import base64
import os
import struct
from collections.abc import Iterable
from typing import Any

from ..outcomes import CONVERTED, Outcome

# A console in text mode has 2 to 10 kB, a graphical login up to a megabyte; a browser opens a page of 32 MiB at once.
_MOST_BYTES = 1024 * 1024
_MOST_BYTES_OF_ALL = 32 * 1024 * 1024

_SIGNATURE = b"\x89PNG\r\n\x1a\n"


def embedded(guests: Iterable[Outcome], directory: str) -> dict[str, dict[str, Any]]:
    """{guest: what the page is to show of its picture} for each of the outcomes (dicts) that names one.

    A dict with width, height and data (base64), or with the reason why there are none. directory: where relative paths
    are taken from. When there is no room for all, those of guests that did not make it come first.
    """
    room = _MOST_BYTES_OF_ALL
    found: dict[str, dict[str, Any]] = {}
    for outcome in sorted(guests, key=lambda outcome: outcome["outcome"] == CONVERTED):
        path = outcome.get("screenshot")
        if not path:
            continue
        try:
            content = _content(os.path.join(directory, path))
            if len(content) > room:
                raise ValueError("the size limit of the page is reached")
            found[outcome["guest"]] = dict(_size(content), data=base64.b64encode(content).decode("ascii"))
            room -= len(content)
        except (OSError, ValueError) as error:
            found[outcome["guest"]] = {"reason": getattr(error, "strerror", None) or str(error)}
    return found


def _content(path: str) -> bytes:
    with open(path, "rb") as stream:
        content = stream.read(_MOST_BYTES + 1)
    if len(content) > _MOST_BYTES:
        raise ValueError("it is larger than 1 MiB")
    return content


def _size(content: bytes) -> dict[str, int]:
    """The {width, height} of a PNG (bytes), in pixels. Raises ValueError for anything else."""
    # The header is the first chunk: length, IHDR, width, height (PNG specification, section 11.2.2).
    if content[:8] != _SIGNATURE or content[12:16] != b"IHDR" or len(content) < 24:
        raise ValueError("it is not a PNG")
    width, height = struct.unpack(">II", content[16:24])
    return {"width": width, "height": height}
