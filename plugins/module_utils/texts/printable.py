# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a guest says, as JSON and XML can carry it.

Bytes of a guest's files that are not UTF-8 are lone surrogates in Python (PEP 383), so that they survive a read and a
write. Ansible refuses a result that has any, when the disks may be converted already.
"""

from __future__ import annotations

from typing import Any


def printable(value: Any) -> Any:
    """value (str, dict, list, tuple, or a plain value) with the replacement character for each byte that is not UTF-8."""
    if isinstance(value, str):
        return value.encode("utf-8", "surrogateescape").decode("utf-8", "replace")
    if isinstance(value, dict):
        return {printable(key): printable(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [printable(item) for item in value]
    return value
