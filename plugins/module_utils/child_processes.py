# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The processes that this one has started: of a module's, only QEMU, what watches over it, and qemu-img."""

from __future__ import annotations

import os
import signal


def kill_children():
    """Kill them all at once. A call that waits for one of them, and cannot be interrupted itself, fails then."""
    for pid in _children(os.getpid()):
        try:
            os.kill(pid, signal.SIGKILL)
        except ProcessLookupError:
            pass


def _children(pid):
    """The process identifiers of the children of all threads of pid (proc(5), /proc/PID/task/TID/children)."""
    found = []
    tasks = f"/proc/{pid}/task"
    for thread in os.listdir(tasks):
        try:
            with open(f"{tasks}/{thread}/children", encoding="ascii") as children:
                found += [int(child) for child in children.read().split()]
        except OSError:
            continue
    return found
