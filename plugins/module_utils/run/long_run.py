# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A run that takes minutes: it has a slot, tells its progress, and ends when nobody waits for it any more."""

from __future__ import annotations

import os
from contextlib import ExitStack, contextmanager

from ..errors import GuestconvError
from . import slots, watch
from .progress import Progress

WAITING = "waiting for a slot"


@contextmanager
def long_run(options, steps):
    """Yields the run's Progress. options: of module_support.PROGRESS; steps: as in Progress.

    Errors: resume-not-possible, and those of progress and slots.
    """
    if options["resume"]:
        raise GuestconvError(
            "resume-not-possible",
            "The option resume is the controller's: the action plugin of the same name takes it. This module was "
            "started without that plugin.",
            hint="Call it by its full name, virttools.guestconv.*, or leave out resume.",
            path="resume",
        )
    paths = [options["progress"]] if options["progress"] else []
    with ExitStack() as stack:
        if options["_watch"]:
            stack.enter_context(watch.interrupted_when_unwatched(options["_watch"]))
            paths.append(os.path.join(options["_watch"], watch.PROGRESS))
        progress = stack.enter_context(Progress(paths, steps))
        if options["slots"]:
            wanted = options["slots"]
            stack.enter_context(slots.slot(wanted["count"], wanted["directory"], lambda: progress.begin(WAITING)))
        yield progress
