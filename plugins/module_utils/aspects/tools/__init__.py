# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The tools of hypervisors and the agents of clouds that are not the target's: removed, disabled or kept, by policy."""

from __future__ import annotations

from collections.abc import Sequence

from ...devices.targets import KVM, Target
from ...errors import CommandFailed
from ...guest import space
from ...guest.root import GuestRoot
from ...guest.space import FilesystemFull
from ...model.description import Findings
from ...model.tools import REMOVE
from ..plan import Plan
from . import clock, cloud_init, records, repositories
from .concerns import concerns
from .found import Facts, facts, listed, removal_of
from .services import turn_off

NAME = "hypervisor_tools"
# The kernel's arguments may pin cloud-init.
INSPECT_AFTER = ("bootloader",)
# The packages' own scripts change files that others edit, so packages go first.
CONVERT_AFTER = ()

# Inodes for files that the removal of packages creates.
_FILES = 8


def inspect(root: GuestRoot) -> Findings:
    """Which hypervisor's tools are installed, and what conversion will do about them."""
    found = facts(root)
    root.remember(found)
    findings = Findings(info={"source": _source(found.sources, root.guest.target)})
    findings.tools = root.guest.tools.described(each.tools.hypervisor for each in found.foreign)
    findings.concerns += concerns(root, found, _removes_dependencies(root))
    pinned = cloud_init.concern(root)
    if pinned:
        findings.concerns.append(pinned)
    findings.concerns += clock.concerns(root)
    without_room = _without_room(root, found)
    if without_room:
        findings.concerns.append(space.concern(without_room, is_error=True))
    return findings


def _source(hypervisors: Sequence[str], target: Target) -> str | None:
    """The hypervisor that the guest comes from, by those whose tools it has, the best evidence first.

    Tools of the target may have been installed for the move.
    """
    foreign = (name for name in hypervisors if name not in target.hypervisors)
    return next(foreign, hypervisors[0] if hypervisors else None)


def convert(root: GuestRoot, plan: Plan) -> None:
    """Do what the policy asks for. No network is used."""
    found = root.recall(Facts)
    # QEMU's agent needs a device of the virtual machine. The target kvm is what its hypervisors share.
    if KVM.name in found.sources and KVM.name in plan.target.hypervisors:
        plan.hardware.guest_agent = True
    without_room = _without_room(root, found)
    if without_room:
        raise without_room
    _remove_packages(root, found)
    for installed in found.foreign:
        tools = installed.tools
        if installed.record and installed.action == REMOVE:
            records.remove(root, installed.record, tools.services, f"removed {tools.title}")
        if tools.hypervisor == "vmware" and installed.action == REMOVE:
            repositories.remove(root)
        if found.is_disabled(installed):
            turn_off(root, tools.services, f"the services of {tools.title} are turned off")


def _remove_packages(root: GuestRoot, found: Facts) -> None:
    removal = removal_of(root)
    if removal and found.judged.going:
        removes_dependencies = _removes_dependencies(root)
        dependencies = found.judged.dependencies if removes_dependencies and not removal.REMOVES_DEPENDENCIES else ()
        detail = f"removed {listed(found.judged.going)}"
        if removes_dependencies and found.judged.dependencies:
            detail += f", and what only they needed: {listed(found.judged.dependencies)}"
        try:
            removal.remove([*found.judged.going, *dependencies], detail)
        except CommandFailed as error:
            names = " and ".join(f"tools.{each.tools.hypervisor}" for each in found.foreign if found.going(each))
            error.hint = f"{error.hint} To convert the guest without removing packages, set {names} to disable.".strip()
            raise


def _removes_dependencies(root: GuestRoot) -> bool:
    removal = removal_of(root)
    return root.guest.tools.remove_dependencies or bool(removal and removal.REMOVES_DEPENDENCIES)


def _without_room(root: GuestRoot, found: Facts) -> FilesystemFull | None:
    """The error that the packages cannot be removed, as their database has no room for that; None where it has."""
    removal = removal_of(root)
    if removal is None or not found.judged.going:
        return None
    directory, needed = removal.room()
    room = root.space(directory)
    return None if room.has(needed, _FILES) else room.full(needed, f"to remove {listed(found.judged.going)}")
