# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Parsing a text once, however often it is asked about.

A conversion reads the same files for each question and each change. What a parser returns depends on nothing but the
text, so it is good until the text changes. Callers do not alter what they get.
"""

from __future__ import annotations

from functools import lru_cache, wraps
from typing import Any, Callable, TypeVar, cast

_Parser = TypeVar("_Parser", bound=Callable[..., Any])

# Characters. Configuration files are shorter; what a hostile guest has beyond is parsed again each time, so that not
# all of it stays in memory.
_LONGEST = 64 * 1024
_MOST = 256


def remembered(parse: _Parser) -> _Parser:
    """parse, a pure function of a text and options, which remembers its results for the last texts. Errors it does not."""
    remembering = lru_cache(maxsize=_MOST)(parse)

    @wraps(parse)
    def once(text: str, *args: Any, **options: Any) -> Any:
        return (remembering if len(text) <= _LONGEST else parse)(text, *args, **options)

    return cast(_Parser, once)
