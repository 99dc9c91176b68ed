# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The engine: the aspects inspect, and a description comes of it; the aspects convert, and changes come of it.

It knows nothing about the aspects but what each declares (aspects/aspect.py).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any

from ..aspects.aspect import Aspect
from ..aspects.plan import InitrdPlan, Plan
from ..guest.guest import Guest
from ..guest.root import GuestRoot
from ..model import target_hardware
from ..model.description import Description, Findings, add_concerns, describe
from ..model.first_boot import FirstBoot
from ..model.hardware import TRANSITIONAL
from ..model.selection import Selection
from . import order, started, system_of

# Is called with each aspect's name as it begins, and how much of the whole is done (0 to 1).
Tell = Callable[[str, float], None]


def _tell_nobody(aspect: str, fraction: float) -> None:
    pass


def inspect(guest: Guest, applications: bool = False, tell: Tell = _tell_nobody) -> dict[str, Any]:
    """The description of guest, with the packages of each root if they are asked for. Raises GuestconvError.

    Roots that nothing starts are taken out of guest.roots.
    """
    findings, signs = _findings(guest, applications, tell)
    left = started.not_started(guest, signs)
    concerns = [started.concern(root) for root in left]
    reasons = started.not_prepared([root for root in guest.roots if root not in left], findings)
    left += [root for root in guest.roots if root.name in reasons]
    concerns += [started.windows(name, why) for name, why in reasons.items()]
    if left:
        first = guest.roots[0]
        guest.roots = [root for root in guest.roots if root not in left]
        if first in left and first.not_searched:
            # The first of the roots has what is known of the guest as a whole.
            guest.roots[0].not_searched = first.not_searched
            findings, _signs = _findings(guest, applications, tell)
        findings = {root.name: findings[root.name] for root in guest.roots}
    findings[guest.roots[0].name].append(Findings(concerns=[*concerns, *started.dual_boot(guest)]))
    return describe(guest, findings)


def _findings(
    guest: Guest, applications: bool, tell: Tell
) -> tuple[dict[str, list[Findings]], dict[str, started.Signs]]:
    """What the aspects find in each root, and, of several roots, what shows whether something starts each.

    A root that the menu of another one starts is looked at once more, when all menus are known.
    """
    findings, signs = _looked_at(guest, guest.roots, applications, tell)
    for root in guest.roots:
        root.started_by = started.by_others(root)
    others = [root for root in guest.roots if root.started_by]
    findings.update(_looked_at(guest, others, applications, tell)[0])
    return findings, signs


def _looked_at(
    guest: Guest, roots: Sequence[GuestRoot], applications: bool, tell: Tell
) -> tuple[dict[str, list[Findings]], dict[str, started.Signs]]:
    findings: dict[str, list[Findings]] = {}
    signs = {}
    for root, aspects in _by_root(roots, order.inspection, tell):
        with guest.mounted(root, read_only=True):
            # What it is says more than what it lacks.
            own = Findings(concerns=system_of(root).concerns(root))
            findings[root.name] = [own, *(aspect.inspect(root) for aspect in aspects)]
            if applications:
                findings[root.name].append(Findings(info={"applications": system_of(root).applications(root)}))
            if len(guest.roots) > 1:
                system = system_of(root)
                has_kernel = system.has_kernel(root)
                may_have_menu = has_kernel and system.may_have_menu(root)
                signs[root.name] = started.Signs(has_kernel, may_have_menu, system.starts(root))
    return findings, signs


def convert(
    guest: Guest,
    description: Description,
    selection: Selection,
    initrd: str = "auto",
    tell: Tell = _tell_nobody,
    first_boot: FirstBoot | None = None,
) -> dict[str, Any]:
    """Make guest, as inspect described it, match selection. Returns the target's hardware.

    initrd: see plan.InitrdPlan.mode. first_boot: what each root does once, at its first boot.

    The changes are in the roots; what only the conversion found out is added to description's concerns.
    Raises GuestconvError; the disks are half-converted then, and must be thrown away.
    """
    devices = [disk.device for disk in guest.disks]
    models = target_hardware.disk_models(devices, guest.target, selection)
    names = target_hardware.disk_names(models, models, guest.target)
    plans = []
    for root, aspects in _by_root(guest.roots, order.conversion, tell):
        plan = Plan(guest.target, selection, names, initrd=InitrdPlan(initrd), first_boot=first_boot)
        plans.append(plan)
        with guest.mounted(root, read_only=False):
            for aspect in aspects:
                with root.on_behalf_of(aspect.NAME):
                    aspect.convert(root, plan)
            # The last, as it is about all that was written.
            plan.concerns += root.restore_labels()
    add_concerns(description, [concern for plan in plans for concern in plan.concerns])
    hardware = _hardware(guest, description, selection, plans)
    add_concerns(description, target_hardware.networks_unknown(hardware["interfaces"], guest.hardware))
    return hardware


def _hardware(guest: Guest, description: Description, selection: Selection, plans: Sequence[Plan]) -> dict[str, Any]:
    """What the target must offer. plans: what the conversion of each root planned."""
    interfaces = [plan.hardware.interfaces for plan in plans]
    boot = description["boot"]
    devices = [disk.device for disk in guest.disks]
    hardware = target_hardware.assemble(
        guest.target, boot["firmware"], selection, devices, guest.hardware, interfaces, boot["loaders"]
    )
    kernels = [kernel for found in description["roots"].values() for kernel in found["kernels"]]
    if target_hardware.needs_transitional_virtio(kernels):
        hardware["virtio"] = TRANSITIONAL
    if any(plan.hardware.guest_agent for plan in plans):
        hardware["guest_agent"] = True
    for plan in plans:
        hardware.update(plan.hardware.of_guest)
    return hardware


def _by_root(
    roots: Sequence[GuestRoot], ordered: Callable[[Sequence[Aspect]], list[Aspect]], tell: Tell
) -> Iterator[tuple[GuestRoot, Iterator[Aspect]]]:
    """Yield each root with its aspects in their order; each is told of as it begins."""
    for number, root in enumerate(roots):
        aspects = ordered(system_of(root).ASPECTS)

        def told(number: int = number, aspects: list[Aspect] = aspects) -> Iterator[Aspect]:
            for index, aspect in enumerate(aspects):
                tell(aspect.NAME, (number + index / len(aspects)) / len(roots))
                yield aspect

        yield root, told()
