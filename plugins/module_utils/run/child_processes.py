# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The processes that this one has started: of a module's, only QEMU, its supervisor, and qemu-img."""

from __future__ import annotations

import os
import signal
from collections.abc import Set


def children() -> set[int]:
    """The identifiers of the processes that are there now (proc(5), /proc/PID/task/TID/children)."""
    found: set[int] = set()
    tasks = f"/proc/{os.getpid()}/task"
    for thread in os.listdir(tasks):
        try:
            with open(f"{tasks}/{thread}/children", encoding="ascii") as file:
                found.update(map(int, file.read().split()))
        except OSError:
            continue  # the thread has ended
    return found


def kill_children(spared: Set[int] = frozenset()) -> None:
    """Kill them all at once. A call that waits for one of them, and cannot be interrupted itself, fails then.

    Args: spared: identifiers of those that existed before whatever hangs was started, and do not belong to it.
    """
    for pid in children() - spared:
        try:
            os.kill(pid, signal.SIGKILL)
        except ProcessLookupError:
            pass
