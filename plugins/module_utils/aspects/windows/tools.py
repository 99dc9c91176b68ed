# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The tools of hypervisors and the agents of clouds in Windows that are not the target's: off now, uninstalled later.

Their services are turned off in the registry, so that nothing of them runs at the first boot on the target. Only Windows
itself can uninstall products, so the first boot does: with the Windows Installer, which needs its records untouched.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from ...devices.targets import Target
from ...guest.hives import Key
from ...guest.root import GuestRoot
from ...model.concerns import Concern
from ...model.description import Findings
from ...model.tools import KEEP, REMOVE
from ...texts import registry
from ..plan import Plan
from . import drivers, products
from . import release as releases
from .drivers import System
from .products import Product
from .steps import UninstallProduct
from .tools_catalogue import TOOLS, Tools

NAME = "hypervisor_tools"
INSPECT_AFTER = ("condition",)
CONVERT_AFTER = ("storage", "drivers")

_CLASSES = "Control\\Class"
_FILTERS = ("UpperFilters", "LowerFilters")
_DISABLED = 4


@dataclass(frozen=True)
class Installed:
    """Tools that are installed. services: theirs that are there. products: those of them that are listed. action: what
    the policy says of them."""

    tools: Tools
    services: tuple[str, ...]
    products: tuple[Product, ...]
    action: str

    @property
    def removable(self) -> list[Product]:
        """The products that the Windows Installer can uninstall without questions."""
        return [each for each in self.products if each.has_code]


@dataclass(frozen=True)
class Facts:
    """All tools that are installed, and those that are not the target's."""

    installed: tuple[Installed, ...]
    foreign: tuple[Installed, ...]


def inspect(root: GuestRoot) -> Findings:
    """Which tools are installed, and what conversion does about them."""
    system = drivers.inspected(root)
    found = facts(root, system, root.guest.target) if system else Facts((), ())
    root.remember(found)
    findings = Findings(info={"source": _source(found)})
    findings.tools = root.guest.tools.described(each.tools.hypervisor for each in found.foreign)
    findings.concerns += [each for installed in found.foreign for each in _concerns(root, installed)]
    return findings


def facts(root: GuestRoot, system: System, target: Target) -> Facts:
    """The tools that are installed, by their services and by the list of products."""
    listed = products.found(root)
    installed = tuple(
        Installed(tools, services, own, root.guest.tools.action(tools.hypervisor))
        for tools in TOOLS
        for services, own in [(_services(system, tools), _products(tools, listed))]
        if services or own
    )
    return Facts(installed, tuple(each for each in installed if each.tools.hypervisor not in target.hypervisors))


def _source(found: Facts) -> str | None:
    """The hypervisor that the guest comes from; tools of the target may have been installed for the move."""
    names = [each.tools.hypervisor for each in (*found.foreign, *found.installed)]
    return names[0] if names else None


def _services(system: System, tools: Tools) -> tuple[str, ...]:
    """Those of the services that are there: what a driver's installer left without a Start does not run anyway."""
    return tuple(
        name
        for name in tools.services
        if releases.number(system.control_set.key(f"{drivers.SERVICES}\\{name}"), "Start") is not None
    )


def _products(tools: Tools, listed: list[Product]) -> tuple[Product, ...]:
    return tuple(
        each
        for each in listed
        if each.name.startswith(tools.products)
        and (not tools.publishers or each.publisher.startswith(tools.publishers))
    )


def convert(root: GuestRoot, plan: Plan) -> None:
    """Turn the services of foreign tools off, and have the first boot uninstall their products, as the policy says."""
    for installed in root.recall(Facts).foreign:
        if installed.action == KEEP:
            continue
        tools = installed.tools
        system = drivers.system_of(root, f"the services of {tools.title} are turned off")
        if system is None:
            continue
        _without_filters(system, installed)
        for name in installed.services:
            service = system.control_set.key(f"{drivers.SERVICES}\\{name}")
            if service is not None:
                service.set("Start", registry.dword(_DISABLED))
        for path, value in tools.forgotten:
            key = system.control_set.key(f"{drivers.SERVICES}\\{path}")
            if key is not None:
                key.delete_value(value)
        if installed.action == REMOVE and installed.removable:
            needed = _needed(plan, tools)
            if needed:
                plan.concerns.append(_stays(root, tools, needed))
                continue
            plan.windows_first_boot += [
                UninstallProduct(each.key.upper(), each.name, tools.properties) for each in installed.removable
            ]


def _needed(plan: Plan, tools: Tools) -> list[str]:
    """The chosen drivers that Windows would not have any more without the tools."""
    chosen = {driver for drivers_of_kind in plan.selection.drivers.values() for driver in drivers_of_kind.values()}
    return [model.driver for model in tools.drives if model.driver in chosen]


def _without_filters(system: System, installed: Installed) -> None:
    """Take the tools' filters out of all classes: a device of a class does not start without one of its filters."""
    if not installed.tools.filters:
        return
    foreign = [name.casefold() for name in installed.tools.filters]
    classes = system.control_set.key(_CLASSES)
    for key in classes.keys() if classes else ():
        for name in _FILTERS:
            _without_names(key, name, foreign)


def _without_names(key: Key, value_name: str, foreign: list[str]) -> None:
    value = key.value(value_name)
    if value is None or value.type != registry.MULTI_SZ:
        return
    kept = [each for each in value.texts if each.casefold() not in foreign]
    if len(kept) < len(value.texts):
        key.set(value_name, registry.multi(kept))


def _concerns(root: GuestRoot, installed: Installed) -> Iterator[Concern]:
    tools = installed.tools
    names = ", ".join([each.name for each in installed.products] or installed.services)
    by_hand = "If they are not used on the target, uninstall them there, in the list of installed apps."
    if installed.action == KEEP:
        code = "hypervisor-agent-left" if tools.is_agent else f"{tools.family}-tools-left"
        message = f"Conversion does not change {tools.title} on {root.name} ({names}), because tools.{tools.hypervisor} is keep."
        yield Concern(code, "info", message, by_hand)
    elif installed.action == REMOVE and installed.removable:
        yield Concern(
            f"{tools.family}-tools-installed",
            "info",
            f"Conversion turns the services of {tools.title} on {root.name} off, and the first boot on the target "
            f"uninstalls {', '.join(each.name for each in installed.removable)}.",
        )
    else:
        yield Concern(
            "tools-disabled",
            "info",
            f"Conversion turns the services of {tools.title} on {root.name} off, and does not uninstall them ({names}).",
            by_hand,
        )


def _stays(root: GuestRoot, tools: Tools, needed: list[str]) -> Concern:
    return Concern(
        "windows-tools-needed",
        "info",
        f"{tools.title[0].upper()}{tools.title[1:]} stay installed on {root.name}: they have the driver for {', '.join(needed)}, "
        "which was chosen. Their services are turned off.",
        "Choose another driver, if they are to be uninstalled.",
    )
