# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A run that is watched from another machine ends when nobody watches it any more.

Ansible's asynchronous modules go on when ansible-playbook was stopped or has died. So the action plugin makes a
directory on the machine that converts and touches a file in it whenever it looks. Once that file is gone (the plugin
was asked to stop) or was left alone for PATIENCE (the plugin is dead, or cannot reach us) the run is interrupted as if
by a person: its overlays go, or its journal stays for the next run.
"""

from __future__ import annotations

import os
import signal
import threading
import time
from collections.abc import Iterator, Set
from contextlib import contextmanager

from .child_processes import children, kill_children

# The files in the directory.
ATTENDED, PROGRESS = "attended", "progress.json"

# Seconds. A connection that is away for less does no harm.
PATIENCE = 120

# Seconds between two looks at the file.
_GLANCE = 2

# Seconds to end by oneself. A call that hangs in libguestfs keeps Python from seeing the signal until its QEMU is gone.
_GRACE = 60


@contextmanager
def interrupted_when_unwatched(directory: str) -> Iterator[None]:
    """Send this process SIGTERM if nobody watches it any more while the block runs.

    Args: directory: that of the action plugin, see above.
    """
    ended = threading.Event()
    watcher = threading.Thread(target=_watch, args=(directory, ended, children()), daemon=True)
    try:
        watcher.start()
        yield
    finally:
        ended.set()
        if watcher.is_alive():  # it may be that it could not be started
            watcher.join()
        if _time_of_change(os.path.join(directory, ATTENDED)) is None:
            # The plugin may have failed to remove it because the last report of progress was written meanwhile.
            _remove(directory)


def _watch(directory: str, ended: threading.Event, older: Set[int]) -> None:
    last: int | None = None
    since = time.monotonic()
    while not ended.wait(_GLANCE):
        # What changes is looked at, and not how old it is: the clock may be set meanwhile.
        touched = _time_of_change(os.path.join(directory, ATTENDED))
        if touched != last:
            last, since = touched, time.monotonic()
        if touched is None or time.monotonic() - since > PATIENCE:
            os.kill(os.getpid(), signal.SIGTERM)
            _remove(directory)
            if not ended.wait(_GRACE):
                kill_children(spared=older)
            return


def _remove(directory: str) -> None:
    """Remove the directory, as the plugin that made it is gone."""
    try:
        for name in (ATTENDED, PROGRESS):
            if os.path.lexists(os.path.join(directory, name)):
                os.unlink(os.path.join(directory, name))
        os.rmdir(directory)
    except OSError:
        pass


def _time_of_change(path: str) -> int | None:
    """In nanoseconds; None when there is no such file."""
    try:
        return os.stat(path).st_mtime_ns
    except OSError:
        return None
