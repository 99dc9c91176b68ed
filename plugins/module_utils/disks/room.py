# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Room on this machine: directories that can be written to, and have enough of it."""

from __future__ import annotations

import os

from ..errors import GuestconvError


def free_bytes(directory: str) -> int:
    """Bytes that this process may still write to the directory's filesystem."""
    status = os.statvfs(directory)
    return status.f_bavail * status.f_frsize


# For what is written next to the disk, whatever `workdir` is.
NEXT_TO_DISK = "Make room there, or give `dest`."


def require_room(
    directory: str,
    needed: int,
    purpose: str,
    hint: str = "Make room there, or give another place by `workdir` or `dest`.",
) -> None:
    """Errors: no-space, with `needed` and `available` in bytes, where the filesystem has less than `needed` free."""
    available = free_bytes(directory)
    if available < needed:
        raise GuestconvError(
            "no-space",
            f"{directory} has not enough room for {purpose}: {-(-needed // (1 << 20))} MiB needed, "
            f"{available >> 20} MiB available.",
            hint=hint,
            extra={"needed": needed, "available": available},
        )


def require_usable_directory(directory: str, code: str, option: str) -> None:
    """Errors: `code`, where it is no directory that this process can write to. option: which one names it."""
    if not os.path.isdir(directory):
        raise GuestconvError(code, f"{directory} is not a directory.", hint="Create it first.", path=option)
    if not os.access(directory, os.W_OK | os.X_OK):
        raise GuestconvError(code, f"{directory} cannot be written to by this user.", path=option)
