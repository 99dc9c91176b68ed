# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Shell patterns that stand in a guest's files."""

from __future__ import annotations

import fnmatch

# Characters. No pattern for a name is as long; Python's fnmatch takes half an hour for 256 KiB of opening brackets.
_LONGEST = 1024


def fits(name: str, pattern: str) -> bool:
    """Whether the shell pattern matches all of name; upper and lower case differ."""
    return len(pattern) <= _LONGEST and fnmatch.fnmatchcase(name, pattern)
