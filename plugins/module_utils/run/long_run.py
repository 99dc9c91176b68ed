# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A run that takes minutes: it has a slot, reports its progress, and ends when nobody waits for it any more."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from typing import Any

from ..errors import GuestconvError
from . import slots, watch
from .progress import Progress

WAITING = "waiting for a slot"


@contextmanager
def long_run(options: Mapping[str, Any], steps: Mapping[str, int]) -> Iterator[Progress]:
    """Yields the run's Progress.

    Args: options: those of argument_specs.PROGRESS; steps: as in Progress.
    Errors: resume-not-possible, and those of progress and slots.
    """
    if options["resume"]:
        raise GuestconvError(
            "resume-not-possible",
            "The option resume is handled on the controller by the action plugin of the same name. This module was "
            "started without that plugin.",
            hint="Call the module by its full name, virttools.guestconv.*, or leave out resume.",
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
