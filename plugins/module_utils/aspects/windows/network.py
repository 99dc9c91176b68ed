# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The network of Windows: which cards it has configured, and that each has its name and its addresses on the target.

Windows has the configuration by the device. It finds it again by itself where the target has the same device: of a model
with the MAC address in its instance path (instances.py), with the same subsystem ids and the same MAC address. A device of
another model gets the configuration at the first boot (steps.SetNetwork), found by its MAC address.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace

from ...devices.targets import Model, Target
from ...errors import GuestconvError
from ...guest.root import GuestRoot
from ...model.concerns import Concern
from ...model.description import Findings
from ...model.target_hardware import Interface
from ..network.cards import identity, matching, policies
from ..network.cards.macs import HARDWARE, MacSource, Origin
from ..network.cards.nics import Nic, natural, unique_identifier
from ..network.values import normal_mac
from ..plan import Plan
from . import adapters, instances, release, routes
from . import network_concerns as concerns
from .adapter import Adapter, Network
from .steps import RemoveDevice, Route, SetNetwork

NAME = "network"
INSPECT_AFTER: tuple[str, ...] = ()
CONVERT_AFTER: tuple[str, ...] = ()

FILE, KIND = "/Windows/System32/config/SYSTEM", "windows-registry"

# What QEMU's cards have of subsystem ids by themselves: vmxnet3 those of VMware, e1000e those of Intel.
_OWN_SUBSYSTEMS = {"vmxnet3": (0x15AD, 0x07B0), "e1000e": (0x8086, 0x0000)}
# Their revisions, which are in the path as well: those of VMware's (hw/net/vmxnet3.c, hw/net/e1000e.c).
_REVISIONS = {"vmxnet3": 1, "e1000e": 0}
# The vendor's id in those of QEMU's other cards (PCI_SUBVENDOR_ID_REDHAT_QUMRANET).
_QEMU = 0x1AF4
_KVM = "kvm"
# What Windows has of a card that only the caller knows of.
_UNCONFIGURED = Adapter(guid="", name="", description="", instance="")


@dataclass(frozen=True)
class Facts:
    """What inspection leaves to conversion: the cards, and by their identifiers what Windows has of them."""

    nics: Sequence[Nic]
    adapters: Mapping[str, Adapter]


def inspect(root: GuestRoot) -> Findings:
    """One network device for each card that Windows has configured, and each that only the caller knows of.

    Raises GuestconvError `hardware-malformed`.
    """
    found = _read(root)
    cards = identity.cards_of(root.guest.hardware)
    macs = identity.new_macs(root.guest.hardware)
    known = nics_of(found.adapters, FILE)
    nics = [nic for nic, _adapter in known]
    by_identifier = {nic.identifier: adapter for nic, adapter in known}
    source = root.guest.hardware.get("interfaces") or ()
    nics = with_models(with_slots(nics, by_identifier, source), by_identifier, source)
    nics, guesses = matching.matched(nics, cards, macs)
    if root.guest.hardware.get("generate_macs"):
        nics = identity.with_generated_macs(nics, root.guest.fingerprint())
    root.remember(Facts(nics, by_identifier))
    targets = [identity.on_target(nic, macs, alone=len(nics) == 1) for nic in nics]
    doubts = (
        concerns.without_powershell(root, nics),
        identity.none_known(nics, root.guest.hardware),
        concerns.may_be_gone(nics, root.guest.hardware),
        identity.not_on_source(nics, cards),
        identity.generated(nics),
        identity.unknown_targets(nics, macs),
    )
    return Findings(
        devices={"network": {nic.identifier: facts_of(nic, by_identifier.get(nic.identifier)) for nic in nics}},
        concerns=[
            *guesses,
            *filter(None, doubts),
            *concerns.concerns_of(root.name, targets, found, by_identifier, _has_bindings(root)),
        ],
    )


def _read(root: GuestRoot) -> Network:
    """Nothing of a registry that cannot be read: the aspect `condition` has the error."""
    try:
        found = release.controlled(root, "")
        return adapters.read(found) if found else Network(())
    except GuestconvError:
        return Network(())


def _has_bindings(root: GuestRoot) -> bool:
    """Whether Windows has a command that turns components off for a network card (Disable-NetAdapterBinding)."""
    try:
        known = release.of(root)
    except GuestconvError:
        return False
    return known is not None and (known.major, known.minor) >= (6, 2)


def _order(adapter: Adapter) -> tuple[bool, int, list[tuple[bool, int, str]], str]:
    """A key that sorts as hypervisors number cards: by their slots, and those without a known one by their names."""
    return adapter.slot is None, adapter.slot or 0, natural(adapter.name), adapter.guid


def nics_of(found: Sequence[Adapter], file: str) -> list[tuple[Nic, Adapter]]:
    """The cards among adapters, in their order, each with its adapter. file: the hive's path."""
    nics: list[tuple[Nic, Adapter]] = []
    names: set[str] = set()
    for adapter in sorted((each for each in found if each.is_physical), key=_order):
        source = None
        if adapter.mac:
            origin = Origin.FILE if adapter.pci and adapter.pci.mac else Origin.TRACE
            source = MacSource(origin, rf"{file}\{adapter.mac_from}")
        is_dynamic = 4 in adapter.versions and not adapter.static
        # Windows gives no name twice; only one of the cards could have it.
        name = adapter.name if adapter.name.casefold() not in ("", *names) else None
        names.add(adapter.name.casefold())
        called = name or adapter.description or adapter.guid
        nic = Nic(
            identifier=unique_identifier(called, [known.identifier for known, _adapter in nics]),
            name=name,
            mac=adapter.mac,
            mac_source=source,
            addresses=adapter.addresses,
            gateway=next(iter(adapter.gateways), None),
            gateways=adapter.gateways,
            name_servers=adapter.name_servers,
            method="static" if adapter.addresses else "dhcp" if is_dynamic else None,
            configured_by=((file, KIND),),
            is_dynamic=is_dynamic,
            dhcp=(4,) if is_dynamic else (),
            at_boot=not adapter.is_disabled,
        )
        nics.append((nic, adapter))
    return nics


def with_slots(nics: Sequence[Nic], known: Mapping[str, Adapter], cards: Sequence[Mapping[str, object]]) -> list[Nic]:
    """nics with the MAC addresses of the source's cards in the same PCI slots, where the disks have none.

    known: the adapters by the identifiers of nics. cards: the caller's hardware.interfaces. VMware has the number in
    ethernetN.pciSlotNumber, and Windows as UINumber of the device.
    """
    macs: dict[object, list[str]] = {}
    for card in cards:
        mac = normal_mac(str(card.get("mac")))
        if card.get("pci_slot") is not None and mac:
            macs.setdefault(card["pci_slot"], []).append(mac)
    found = []
    for nic in nics:
        adapter = known[nic.identifier]
        in_slot = macs.get(adapter.slot, []) if adapter.slot is not None and nic.mac is None else []
        found.append(replace(nic, mac=in_slot[0], mac_source=HARDWARE) if len(in_slot) == 1 else nic)
    return found


def with_models(nics: Sequence[Nic], known: Mapping[str, Adapter], cards: Sequence[Mapping[str, object]]) -> list[Nic]:
    """nics, where several have the MAC address of one of the source's cards: it is that of those of the card's model alone.

    Windows has the cards that were removed too, and the one after them may have got their MAC address.
    """
    drivers = {normal_mac(str(card.get("mac"))): str(card.get("driver")) for card in cards if card.get("driver")}
    found = []
    for nic in nics:
        driver = drivers.get(nic.mac, "") if nic.mac else ""
        alike = [known[each.identifier].pci for each in nics if each.mac == nic.mac] if driver else []
        is_other = any(pci and pci.is_model(driver) for pci in alike) and not _is_model(known[nic.identifier], driver)
        found.append(replace(nic, mac=None, mac_source=None) if is_other else nic)
    return found


def _is_model(adapter: Adapter, driver: str) -> bool:
    return adapter.pci is not None and adapter.pci.is_model(driver)


def facts_of(nic: Nic, adapter: Adapter | None) -> dict[str, object]:
    """The card as it stands in current.network.<identifier>."""
    facts: dict[str, object] = nic.facts()
    if adapter is None:
        return facts
    return {
        **facts,
        "adapter": adapter.description,
        "guid": adapter.guid,
        "device_instance": adapter.instance,
        "gateways": list(adapter.gateways),
        "name_servers": list(adapter.name_servers),
        "domain": adapter.domain,
        "routes": [
            {"destination": route.destination, "gateway": route.gateway, "metric": route.metric}
            for route in adapter.routes
        ],
    }


def convert(root: GuestRoot, plan: Plan) -> None:
    """Have each card that stays keep its name and addresses: by the same device, or by steps of the first boot.

    Raises GuestconvError `policy-malformed`, `policy-not-possible`.
    """
    facts = root.recall(Facts)
    chosen = _chosen(plan, facts)
    macs = identity.new_macs(root.guest.hardware)
    given = [
        identity.on_target(policies.changed(nic, policy), macs, alone=len(chosen) == 1)
        for nic, policy in chosen.items()
    ]
    gone = [
        facts.adapters[nic.identifier] for nic in facts.nics if nic not in chosen and nic.identifier in facts.adapters
    ]
    on_target = {nic.hardware_mac for nic in given}
    doubles = concerns.doubles(given)
    steps: dict[str, SetNetwork] = {}
    for nic, (old, policy) in zip(given, chosen.items()):
        model = plan.model("network", nic.identifier)
        adapter = facts.adapters.get(nic.identifier)
        if model is None:
            continue
        kept = adapter is not None and is_kept(adapter, nic.hardware_mac, model, plan.target)
        plan.hardware.interfaces.append(interface_of(nic, model, adapter if kept else None))
        if policy.policy == "keep" and (adapter is None or kept):
            continue
        if adapter and not kept and not is_there(adapter, model, plan.target, on_target):
            gone.append(adapter)
        if policy.policy != "keep":
            _check_possible(root, nic, given)
        if concerns.is_found_again(nic, given):
            own = replace(nic, addresses=tuple(each for each in nic.addresses if each not in doubles[nic.identifier]))
            steps[nic.identifier] = step_for(old, own, adapter or _UNCONFIGURED, policy)
    _forget_gateways(root, facts, [nic for nic in given if nic.identifier not in steps], chosen)
    plan.concerns += filter(None, (_routes_left(facts, nic, policy) for nic, policy in zip(given, chosen.values())))
    removable = [each for each in gone if each.pci or instances.is_foreign(each.instance)]
    plan.windows_first_boot += [RemoveDevice(each.instance, each.guid) for each in removable]
    has_bindings = _has_bindings(root)
    plan.windows_first_boot += [each if has_bindings else replace(each, turned_off=()) for each in steps.values()]


def _chosen(plan: Plan, facts: Facts) -> dict[Nic, policies.Policy]:
    """The cards that stay, with what is to become of each. Raises GuestconvError as convert."""
    chosen = {
        nic: policies.policy_for(plan, nic, policies.WINDOWS)
        for nic in facts.nics
        if plan.model("network", nic.identifier)
    }
    policies.check_names(chosen, str.casefold)
    policies.check_addresses(chosen)
    return chosen


def _routes_left(facts: Facts, nic: Nic, policy: policies.Policy) -> Concern | None:
    adapter = facts.adapters.get(nic.identifier, _UNCONFIGURED)
    kept = routes_of(adapter, policy)
    return concerns.routes_left(nic, [each for each in adapter.routes if each not in kept])


def _forget_gateways(
    root: GuestRoot, facts: Facts, untouched: Sequence[Nic], chosen: Mapping[Nic, policies.Policy]
) -> None:
    """Delete the persistent default routes by gateways that the first boot sets, or that cards have no more.

    Windows would have the old ones beside them, and add them to any card that reaches them. untouched: the cards that the
    first boot does not configure. chosen: those that stay. A route that nothing else in the registry has stays with its
    card, so that another conversion still knows it.
    """
    kept = {gateway for nic in (untouched if concerns.has_powershell(root) else chosen) for gateway in nic.gateways}
    staying = {nic.identifier for nic, policy in chosen.items() if policy.policy in ("keep", "rename")}
    for identifier, adapter in facts.adapters.items():
        for name in adapter.persistent:
            route = routes.persistent(name)
            current = release.controlled(root, "a default route, which its network card gets at the first boot")
            key = current.key(adapters.PERSISTENT_ROUTES) if current else None
            if route is None or key is None or route.gateway in kept:
                continue
            if route.gateway in adapter.gateways or identifier not in staying:
                key.delete_value(name)


def _check_possible(root: GuestRoot, nic: Nic, nics: Sequence[Nic]) -> None:
    """Raise GuestconvError `policy-not-possible` where the first boot cannot carry out a policy of nic, one of nics."""
    why = hint = ""
    if not concerns.is_found_again(nic, nics):
        why = "which cannot find this one of several network cards: its MAC address is not known, or another has it as well"
        hint = "Pass hardware.interfaces with `mac`, and `addresses` or `pci_slot`, of each network card."
    elif not concerns.has_powershell(root):
        why = "which finds a network card by PowerShell, and Windows has none"
        hint = "Install PowerShell in the guest, or leave out the policy."
    if why:
        raise GuestconvError(
            "policy-not-possible",
            f"The policy of {nic.label} is carried out at the first boot, {why}.",
            hint=hint,
            path=f"guest.devices.network.{nic.identifier}.policy",
        )


def is_kept(adapter: Adapter, mac: str | None, model: Model, target: Target) -> bool:
    """Whether Windows finds, on the target, the device that it has configured. mac: of the card on the target."""
    pci = adapter.pci
    if pci is None or pci.mac is None or pci.mac != mac or not pci.is_model(model.driver):
        return False
    if not pci.is_first or pci.revision != _REVISIONS.get(model.driver):
        return False
    return _has_subsystem(pci, model, target)


def _has_subsystem(pci: instances.PciInstance, model: Model, target: Target) -> bool:
    """Whether a card of the model can have the subsystem ids of pci on the target."""
    if model.driver == "e1000e" and target.has_subsystem_ids:
        return True
    # The vmxnet3 of QEMU has the ids of VMware's; e1000e has others on each.
    is_known = _KVM in target.hypervisors or model.driver == "vmxnet3"
    return is_known and (pci.subsystem_vendor, pci.subsystem_device) == _OWN_SUBSYSTEMS.get(model.driver)


def is_there(adapter: Adapter, model: Model, target: Target, macs: Collection[str | None]) -> bool:
    """Whether the target may have a device with this instance path, so that it must not be removed. macs: the target's."""
    pci = adapter.pci
    if _KVM not in target.hypervisors:
        # It may be where the guest comes from.
        return pci is None or not instances.is_known(model.driver) or pci.is_model(model.driver)
    if pci is None:
        return not instances.is_foreign(adapter.instance)
    if not pci.is_model(model.driver):
        return False
    if pci.mac is None:
        return pci.subsystem_vendor == _QEMU
    return pci.mac in macs and _has_subsystem(pci, model, target)


def step_for(old: Nic, nic: Nic, adapter: Adapter, policy: policies.Policy) -> SetNetwork:
    """The step that configures a card. old: as it is on the source; nic: on the target, after policy."""
    servers: tuple[str, ...] = adapter.name_servers
    if policy.policy == "dhcp":
        servers = ()
    elif policy.static and policy.static.name_servers is not None:
        servers = policy.static.name_servers
    return SetNetwork(
        mac=nic.hardware_mac or "",
        name=nic.name or "",
        addresses=nic.addresses,
        gateways=nic.gateways,
        name_servers=servers,
        removed=tuple(each for each in old.addresses if ":" in each and each not in nic.addresses),
        removed_gateways=tuple(each for each in old.gateways if ":" in each and each not in nic.gateways),
        domain=adapter.domain,
        routes=routes_of(adapter, policy),
        wins=() if policy.policy == "dhcp" else adapter.wins,
        netbios=adapter.netbios,
        own_mac=adapter.own_mac or "",
        metrics=adapter.metrics,
        gateway_metrics=tuple(each for each in adapter.gateway_metrics if each[0] in nic.gateways),
        registration=adapter.registration,
        turned_off=adapter.turned_off,
    )


def routes_of(adapter: Adapter, policy: policies.Policy) -> tuple[Route, ...]:
    """The routes of a card on the target: where it has other addresses, those by gateways that these reach, or by none."""
    if policy.policy == "dhcp":
        return ()
    if policy.static is None:
        return adapter.routes
    reached = policy.static.addresses
    return tuple(
        each
        for each in adapter.routes
        if not routes.is_default(each.destination)
        and (routes.is_on_link(each) or routes.reaches(reached, each.gateway))
    )


def interface_of(nic: Nic, model: Model, kept: Adapter | None) -> Interface:
    """The card of the target's hardware. kept: the adapter that Windows is to find again by the device, or None."""
    interface: Interface = {
        "name": nic.label,
        "driver": model.driver,
        "mac": nic.mac,
        "addresses": list(nic.addresses),
        "gateway": nic.gateway,
    }
    if kept and kept.pci and model.driver == "e1000e":
        interface["subsystem_vendor"] = f"{kept.pci.subsystem_vendor:04x}"
        interface["subsystem_device"] = f"{kept.pci.subsystem_device:04x}"
    return interface
