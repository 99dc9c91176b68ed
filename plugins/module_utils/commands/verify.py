# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What guestconv_verify does, from its options to its result."""

from __future__ import annotations

from typing import Any

from ..disks import images, journal
from ..errors import GuestconvError
from ..run.progress import Progress
from ..verify import verification
from .module import Module

# Nobody knows how long a guest takes to boot, so the steps have no shares.
STEPS: dict[str, int] = {}


def verify(module: Module, progress: Progress) -> dict[str, Any]:
    """The module's result. Raises GuestconvError, with the same values, when the guest did not come up."""
    options = module.params
    progress.begin("disks")
    disks = images.disks_from_option(options["disks"], names=_device_names(options["hardware"], len(options["disks"])))
    interrupted = journal.pending(disks)
    outcome = verification.verify(
        # What the disks will be, once the next convert has finished the commit.
        interrupted.as_converted() if interrupted else disks,
        options["hardware"],
        options["expect"],
        verification.Settings(**{name: options[name] for name in verification.SETTINGS}),
        progress.begin,
    )
    values = outcome.as_dict()
    # Not among the values: ansible-core 2.19 deprecates that.
    for warning in values.pop("warnings"):
        module.warn(warning)
    if outcome.failure is None:
        return dict(values, changed=False)
    raise GuestconvError(
        outcome.failure.code,
        f"The guest did not come up: {outcome.failure.reason}.",
        hint=outcome.failure.hint,
        extra=values,
    )


def _device_names(hardware: dict[str, Any], count: int) -> list[str] | None:
    """The guest's names of count disks, as hardware has them; None where it does not say, or has another number."""
    disks = hardware.get("disks")
    if not isinstance(disks, list) or len(disks) != count:
        return None
    names = [disk.get("device") for disk in disks if isinstance(disk, dict)]
    named = [name for name in names if isinstance(name, str) and name]
    return named if len(named) == count else None
