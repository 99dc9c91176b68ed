# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A module that is as long as ours, and does nothing: it has two steps, and ends as it is told."""

from __future__ import annotations

import os
import signal
import time

from ansible_collections.virttools.guestconv.plugins.module_utils.ansible_module import argument_specs
from ansible_collections.virttools.guestconv.plugins.module_utils.ansible_module.run import run_long_module
from ansible_collections.virttools.guestconv.plugins.module_utils.errors import GuestconvError
from ansible_collections.virttools.guestconv.plugins.module_utils.run import watch

# Added to the name of the file `note`: a file that shows that nobody will look any more, so that the module needs not wait
# as long as it would to find that out.
LAST_LOOK = ".last-look"

ARGUMENT_SPEC = {
    "end": {"type": "str", "default": "well", "choices": ["well", "badly", "by mistake", "killed", "never"]},
    "note": {"type": "path"},
    "secret": {"type": "str", "no_log": True},
    **argument_specs.PROGRESS,
}


def work(module, progress):
    """Do it, and note when that begins, and when it is interrupted."""
    _note(module, "began %d" % os.getpid())
    try:
        return _work(module, progress)
    except KeyboardInterrupt:
        _note(module, "cleaned up")
        raise


def _work(module, progress):
    """Tell of both steps, so that whoever watches sees them, and end."""
    options = module.params
    module.warn("a warning")
    module.deprecate("a deprecation", version="9.0.0", collection_name="tests.stand_in")
    for step, detail, fraction in (("first", "", 0), ("first", "a half", 0.5), ("second", "", 0)):
        if detail:
            progress.tell(detail, fraction)
        else:
            progress.begin(step)
        _seen(options["_watch"])
    if options["end"] == "badly":
        raise GuestconvError("disk-busy", "It is busy.", hint="Wait.", path="disks[0]", extra={"answer": 41})
    if options["end"] == "by mistake":
        return {}["absent"]
    if options["end"] == "killed":
        os.kill(os.getpid(), signal.SIGKILL)
    while options["end"] == "never":
        # Not by pause(2): of a signal that comes just before it Python hears only when another one comes.
        time.sleep(0.02)
        if options["note"] and os.path.exists(options["note"] + LAST_LOOK):
            watch.PATIENCE = 1
    text = {"before_header": "x", "after_header": "x", "before": "old\n", "after": "new\n"}
    return {"changed": True, "answer": 42, "check_mode": module.check_mode, "diff": [text], "said": options["secret"]}


def _note(module, text):
    if module.params["note"]:
        with open(module.params["note"], "a", encoding="utf-8") as stream:
            stream.write(text + "\n")


def _seen(directory):
    """Wait until whoever watches has looked twice: then he saw what was there before."""
    seen = set()
    while directory and len(seen) < 3:
        try:
            seen.add(os.stat(os.path.join(directory, watch.ATTENDED)).st_mtime_ns)
        except FileNotFoundError:  # it is to end
            pass
        time.sleep(0.02)


def main() -> None:
    """Be a module."""
    run_long_module(ARGUMENT_SPEC, work, needs=(), steps={"first": 0, "second": 60})


if __name__ == "__main__":
    main()
