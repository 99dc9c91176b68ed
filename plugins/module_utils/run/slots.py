# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How many runs a machine may have at the same time: as many as it has slots. A slot is a file under flock.

The kernel frees a slot when the process that has it ends, however it ends. Playbooks, slices of AWX and people on the
command line share the slots of a machine by naming the same directory.
"""

from __future__ import annotations

import fcntl
import os
import stat
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Callable

from ..errors import GuestconvError

# Seconds between two looks for a free slot, by the head of the queue.
_TICK = 1


@contextmanager
def slot(
    count: int,
    directory: str,
    waiting: Callable[[], object] = lambda: None,
    option: str = "slots",
    in_thread: bool = False,
    key: str = "count",
    kind: str = "",
) -> Iterator[None]:
    """Hold one of `count` slots while the block runs; wait for it as long as it takes, in the order of arrival.

    Args: directory: where the slots' files are; it is made if it is not there; waiting: called when no slot is free;
    option: which names them, and key: of the number in it; in_thread: call `waiting` again and again, so that it can end the
    wait by an exception. The order of arrival is not kept then. kind: what the files' names begin with, as those who share
    the directory may not share one that another has made in it. Errors: slots-invalid, slots-not-usable.
    """
    if count < 1:
        raise GuestconvError(
            "slots-invalid",
            f"The number of {option} must be at least 1.",
            hint="Set it to how many may run at the same time.",
            path=f"{option}.{key}",
        )
    try:
        taken = _taken(count, os.path.join(directory, kind), _prepared(directory, option), waiting, in_thread)
    except OSError as error:
        raise _not_usable(f"{directory} cannot be used: {error.strerror}.", option) from error
    try:
        yield
    finally:
        os.close(taken)


def _prepared(directory: str, option: str) -> int:
    """Make the directory if need be. Returns: the mode for files in it, as its group may share the slots."""
    os.makedirs(directory, mode=0o700, exist_ok=True)
    status = os.lstat(directory)
    if not stat.S_ISDIR(status.st_mode):
        raise _not_usable(f"{directory} is a link.", option)
    # Who can lock the files can stop all conversions; who can remove them can have more of them than there are slots.
    if status.st_uid not in (0, os.geteuid()):
        raise _not_usable(f"{directory} belongs to another user.", option)
    if status.st_mode & stat.S_IWOTH:
        raise _not_usable(f"Everybody can write to {directory}.", option)
    return stat.S_IMODE(status.st_mode) & 0o660


def _taken(count: int, place: str, mode: int, waiting: Callable[[], object], in_thread: bool) -> int:
    """The descriptor of a free slot, locked. Only the head of the queue looks for a free slot. place: what the files' paths
    begin with."""
    queue = _opened(f"{place}queue", mode)
    try:
        if not _locked(queue):
            waiting()
            # A signal interrupts flock() in the main thread only.
            while in_thread and not _locked(queue):
                time.sleep(_TICK)
                waiting()
            fcntl.flock(queue, fcntl.LOCK_EX)
        while True:
            for number in range(count):
                descriptor = _opened(f"{place}slot-{number}", mode)
                if _locked(descriptor):
                    return descriptor
                os.close(descriptor)
            waiting()
            time.sleep(_TICK)
    finally:
        os.close(queue)


def _opened(path: str, mode: int) -> int:
    """A descriptor of the file, made if it is not there; neither through a link nor of a pipe. Errors: OSError."""
    flags = os.O_RDWR | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
    try:
        descriptor = os.open(path, flags)
    except FileNotFoundError:
        descriptor = os.open(path, flags | os.O_CREAT, mode)
        os.fchmod(descriptor, mode)  # whatever the umask
    return descriptor


def _locked(descriptor: int) -> bool:
    """Whether we have the lock now."""
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _not_usable(message: str, option: str) -> GuestconvError:
    return GuestconvError(
        "slots-not-usable",
        message,
        path=f"{option}.directory",
        hint="Name a directory that belongs to this user or to root, and that is not writable by everybody.",
    )
