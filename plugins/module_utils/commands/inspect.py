# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What guestconv_inspect does, from its options to its result."""

from __future__ import annotations

from ..ansible_module.run import Module, Result
from ..devices.targets import TARGETS
from ..disks import images
from ..guest.storage import roots
from ..run.progress import Progress
from ..systems import SYSTEMS, engine
from .guest_run import GuestRun

# How much of a run is done when a step begins, in percent, about as docs/benchmarks.md has them.
STEPS = {"disks": 0, "launch": 1, "open": 70, "inspect": 75, "document": 99}


def inspect(module: Module, progress: Progress) -> Result:
    """The module's result. Errors: GuestconvError."""
    options = module.params
    run = GuestRun(module, progress)
    with run.timeline.step("disks"):
        disks, _pending = run.as_converted(images.disks_from_option(options["disks"]))
    with run.opened(disks, TARGETS[options["target"]], read_only=True) as guest:
        with run.timeline.step("inspect"):
            roots.find(guest, SYSTEMS, options["root"])
            found = run.with_older_states(
                engine.inspect(guest, applications=options["applications"], tell=progress.tell), disks
            )
    return run.result(found, changed=False)
