# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Directories for overlays that are thrown away, also those of runs that were killed."""

from __future__ import annotations

import os
import stat
import uuid

from ..errors import GuestconvError
from . import room
from .state_directory import SCRATCH_PREFIX, StateDirectory, is_ours

_PREFIX = SCRATCH_PREFIX + "throwaway-"
# Not /tmp, which is often in memory: an overlay can grow.
_PLACE = "/var/tmp"


def take(workdir: str | None) -> StateDirectory:
    """A new directory below workdir (by default /var/tmp), locked, after those that killed runs of this user left are removed.

    Its release() removes it. Errors: workdir-not-usable, and those of StateDirectory.lock().
    """
    place = os.path.abspath(workdir or _PLACE)
    room.require_usable_directory(place, "workdir-not-usable", "workdir")
    for entry in os.scandir(place):
        if entry.name.startswith(_PREFIX) and is_ours(entry.path, stat.S_ISDIR):
            _remove_if_abandoned(entry.path)
    taken = StateDirectory(os.path.join(place, _PREFIX + uuid.uuid4().hex))
    taken.lock()
    return taken


def _remove_if_abandoned(path: str) -> None:
    try:
        state = StateDirectory(path)
        state.lock()
    except GuestconvError:  # somebody works in it
        return
    state.release()
