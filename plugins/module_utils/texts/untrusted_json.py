# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""JSON that a guest, or anybody else, may have written."""

from __future__ import annotations

import json
from typing import Any


def loads(text: str | bytes, **options: Any) -> Any:
    """The value that text is, as json.loads with these options has it. Raises ValueError for anything that is not JSON.

    json.loads itself raises RecursionError for a thousand brackets in a row, which callers do not expect.
    """
    try:
        return json.loads(text, **options)
    except RecursionError as error:
        raise ValueError("it is nested too deeply") from error


def load(path: str) -> Any:
    """The value that the file at path is. Raises OSError, and ValueError for what is no JSON."""
    with open(path, "rb") as stream:
        return loads(stream.read())
