# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whether there is room for drivers in the initrd of the kernel that boots, as far as inspection can tell.

Conversion adds the modules of the disks' driver at least, so a driver for which there is no room is not offered.
"""

from __future__ import annotations

import posixpath
from collections.abc import Mapping, Sequence

from ...appliance.failures import ApplianceError
from ...devices.targets import Model
from ...errors import GuestconvError
from ...guest import space
from ...guest.root import GuestRoot
from ...guest.space import FilesystemFull
from ...model.concerns import Concern
from ...model.selection import Selection
from ..plan import Plan
from . import budget, completing, initrds
from .initrds import Initrd

# Bytes with which nothing is looked up: the modules of a driver, with all indexes of a kernel, take some MiB.
_AMPLE = 32 * 1024 * 1024


def lacking(root: GuestRoot, initrd: Initrd, models: Sequence[Model]) -> tuple[dict[str, str], list[Concern]]:
    """Per driver of these models why there is no room for it, and the concern about that.

    models: those of disks that the kernel can use, the recommended one first. Where there is room for none of them, all
    stay, and the concern is an error.
    """
    room = root.space(posixpath.dirname(initrd.paths[-1]))
    if room.free >= _AMPLE or not models:
        return {}, []
    try:
        sizes = initrds.sizes(root, initrd, [_plan(root, model) for model in models])
    except ApplianceError:
        raise
    except GuestconvError:
        # Conversion says what is wrong with it.
        return {}, []
    errors = {
        model.driver: completing.without_room(room, size, initrd.paths[-1], f"the drivers for {model.driver}")
        for model, size in zip(models, sizes)
        if size and size > room.free - budget.SPARE
    }
    return _judged(errors, models)


def _judged(errors: Mapping[str, FilesystemFull], models: Sequence[Model]) -> tuple[dict[str, str], list[Concern]]:
    first = errors.get(models[0].driver)
    if first is None:
        return {driver: error.message for driver, error in errors.items()}, []
    if len(errors) == len(models):
        return {}, [space.concern(first, is_error=True)]
    other = next(model.driver for model in models if model.driver not in errors)
    also = f"{other} is recommended instead, for which there is room."
    return {driver: error.message for driver, error in errors.items()}, [space.concern(first, False, also)]


def _plan(root: GuestRoot, model: Model) -> Plan:
    plan = Plan(root.guest.target, Selection({}, {}))
    plan.initrd.require(model.modules)
    return plan
