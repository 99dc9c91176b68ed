# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Windows guests of which only the network is of interest, inspected and converted."""

from __future__ import annotations

from ansible_collections.virttools.guestconv.plugins.module_utils.aspects.plan import Plan
from ansible_collections.virttools.guestconv.plugins.module_utils.aspects.windows import network
from ansible_collections.virttools.guestconv.plugins.module_utils.devices.targets import TARGETS
from ansible_collections.virttools.guestconv.plugins.module_utils.model.selection import Selection
from ansible_collections.virttools.guestconv.tests.unit.plugins.module_utils.aspects.windows import (
    windows_network as hive,
)
from ansible_collections.virttools.guestconv.tests.unit.plugins.module_utils.guest.fake_root import FakeRoot

POWERSHELL = {"/Windows/System32/WindowsPowerShell/v1.0/powershell.exe": ""}


def root(*parts, **hardware):
    """A guest with a SYSTEM hive of these parts. hardware: what the caller knows."""
    return FakeRoot(dict(POWERSHELL), hives={"SYSTEM": hive.system(*parts)}, hardware=hardware)


def inspected(guest):
    """(the network cards, {code: concern})."""
    found = network.inspect(guest)
    return found.devices["network"], {concern.code: concern for concern in found.concerns}


def plan_for(guest, target="kvm", settings=None, **drivers):
    """The plan after conversion. drivers: by identifiers; None for a card that was deleted."""
    network.inspect(guest)
    chosen = {name: driver for name, driver in drivers.items() if driver}
    removed = [name for name, driver in drivers.items() if not driver]
    selection = Selection({"network": chosen}, {"network": removed}, {"network": settings or {}})
    plan = Plan(TARGETS[target], selection)
    network.convert(guest, plan)
    return plan
