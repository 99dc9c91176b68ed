# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The machine that converts guests: whether it can, and how many at once."""

from __future__ import annotations

import os

from ..ansible_module.run import Module, Result
from ..appliance import appliance
from ..errors import GuestconvError
from ..qemu import accelerator

_GIB = 1 << 30


def check(module: Module) -> Result:
    """The result of guestconv_host. Errors: GuestconvError, for what keeps this machine from converting."""
    options = module.params
    chosen, warning = accelerator.choose("auto")
    if warning:
        module.warn(warning)
    count = slots(os.cpu_count() or 1, _memory(), options["slots_per_core"], options["gib_per_slot"])
    return {
        "changed": False,
        "accelerator": chosen,
        "emulated_because": warning or "",
        "libguestfs": appliance.version(),
        "free": round(_free(options["images"], options["free"]) / _GIB, 1),
        "slots": {"count": count, "directory": options["slot_directory"]},
    }


def slots(cores: int, memory: int, slots_per_core: float, gib_per_slot: float) -> int:
    """How many conversions fit on a machine at the same time, at least one.

    Args: memory: in bytes; gib_per_slot: in GiB.
    """
    return max(1, int(min(cores * slots_per_core, memory / _GIB / gib_per_slot)))


def _memory() -> int:
    """Bytes of memory of this machine."""
    return os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")


def _free(directory: str, wanted: float) -> int:
    """Bytes that are free in directory. Errors: images-not-usable; images-full, when fewer than wanted (GiB)."""
    try:
        room = os.statvfs(directory)
    except OSError as error:
        raise GuestconvError(
            "images-not-usable",
            f"{directory} cannot be used: {error.strerror}.",
            hint="Make the directory.",
            path="images",
        ) from error
    if not os.access(directory, os.W_OK | os.X_OK):
        raise GuestconvError(
            "images-not-usable",
            f"{directory} cannot be written to.",
            hint="Run the module as its owner.",
            path="images",
        )
    free = room.f_bavail * room.f_frsize
    if free < wanted * _GIB:
        raise GuestconvError(
            "images-full",
            f"{directory} has {free / _GIB:.1f} GiB free, and {wanted} GiB are wanted.",
            hint="Make room, or name another directory.",
            path="images",
        )
    return free
