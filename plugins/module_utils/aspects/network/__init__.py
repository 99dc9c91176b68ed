# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The network: which NICs the guest configures, and that each has the same name and address on the target.

configuration.py reads all formats (formats/); cards/ makes Nics of what they say; names/ keeps the Nics' names.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from ipaddress import ip_address

from ...devices.targets import Model
from ...guest.root import GuestRoot
from ...model.description import Findings
from ...model.target_hardware import Interface
from ..plan import Plan
from . import afterwards, automatic, concerns, configuration, drivers, elsewhere, kudzu
from .afterwards import Chosen
from .cards import earlier, identity, matching, policies
from .cards.assembly import assemble, nics_of
from .cards.nics import Nic, Setting
from .cards.statics import Static
from .formats import NetworkFormat, kernel_arguments
from .names import in_initrd, mentioned, naming
from .values import host

NAME = "network"
INSPECT_AFTER = ("bootloader",)
CONVERT_AFTER = ("hypervisor_tools",)


@dataclass(frozen=True)
class Facts:
    """What inspection leaves to conversion.

    nics: the guest's, in natural order; those that no file configures are last. formats: those that can be read.
    cards, macs: as of identity.cards_of and new_macs; where an earlier conversion has replaced the MAC addresses, with
    the new ones, and empty.
    """

    nics: Sequence[Nic]
    formats: Sequence[NetworkFormat]
    cards: Sequence[identity.Card]
    macs: Mapping[str, str]


def inspect(root: GuestRoot) -> Findings:
    """One network device for each NIC that the guest configures, and each that only the caller knows of.

    Raises GuestconvError `hardware-malformed`.
    """
    cards = identity.cards_of(root.guest.hardware)
    macs = identity.new_macs(root.guest.hardware)
    configured = configuration.read(root)
    settings = configuration.settings_in_effect(root, configured, cards)
    bound = naming.bindings(root)
    assembly = assemble(settings, {known.mac: name for name, known in bound.macs.items()}, cards)
    traced = configuration.traced_macs(root, assembly.nics, {**configured.recorded, **bound.macs})
    nics = identity.with_macs_on_disk(assembly.nics, bound.macs, traced)
    is_done = earlier.is_done(nics, cards, macs)
    if is_done:
        cards, macs = [replace(card, mac=macs.get(card.mac or "", card.mac)) for card in cards], {}
    found, guesses = matching.matched(nics, cards, macs, assembly.spare)
    found, mentions = mentioned.with_names(root, automatic.applied(root, found), cards, bound.places)
    if root.guest.hardware.get("generate_macs"):
        found = identity.with_generated_macs(found, root.guest.fingerprint())
    root.remember(Facts(found, configured.formats, cards, macs))
    doubts = concerns.concerns_of(root, found, cards, macs, settings, assembly)
    doubts += [earlier.uncertain(macs)] if is_done is None else []
    return Findings(
        devices={"network": {nic.identifier: nic.facts(bound.places.get(nic.name or "")) for nic in found}},
        concerns=[*configured.unread, *guesses, *mentions, *doubts],
    )


def convert(root: GuestRoot, plan: Plan) -> None:
    """Bind the name of each NIC that stays to what it is known by on the target, and unconfigure the others."""
    facts = root.recall(Facts)
    macs = facts.macs
    models = {nic: plan.model("network", nic.identifier) for nic in facts.nics}
    stays = {nic: model for nic, model in models.items() if model is not None}
    chosen = {nic: policies.policy_for(plan, nic) for nic in stays}
    policies.check_names(chosen)
    policies.check_addresses(chosen)
    wanted = Chosen(
        gone=[nic for nic in facts.nics if nic not in stays],
        dynamic=[nic for nic, policy in chosen.items() if policy.policy == "dhcp"],
        macs=macs,
        names=_new_names(chosen),
        static=_statics_to_set(root, chosen),
    )
    afterwards.check_patterns({nic: policy.name for nic, policy in chosen.items() if policy.name})
    if wanted.gone or wanted.dynamic or wanted.macs or wanted.names or wanted.static:
        _apply(root, plan, facts, wanted)
    if wanted.names:
        plan.concerns += elsewhere.named_elsewhere(root, wanted.names)
    gone = [nic.name for nic in wanted.gone if nic.name]
    plan.concerns += elsewhere.gone_elsewhere(root, [name for name in gone if name not in wanted.names.values()])
    if wanted.macs:
        plan.concerns += elsewhere.macs_elsewhere(root, wanted.macs)
    changed = {policies.changed(nic, policy): stays[nic] for nic, policy in chosen.items()}
    on_target = {identity.on_target(nic, macs, alone=len(chosen) == 1): model for nic, model in changed.items()}
    left_over = [*drivers.use_new(root, on_target), *drivers.left_links(root, on_target.values())]
    left = concerns.asks_for_old_hardware(left_over)
    plan.concerns += [left] if left else []
    naming.bind_names(root, plan, on_target)
    kudzu.turn_off(root)
    plan.hardware.interfaces = _interfaces(on_target)


def _apply(root: GuestRoot, plan: Plan, facts: Facts, wanted: Chosen) -> None:
    """Rewrite the configuration as wanted, and check what has become of it. Raises GuestconvError `policy-not-possible`."""
    before = nics_of(configuration.read(root).settings)
    _rewrite(root, plan, facts.formats, wanted)
    plan.concerns += concerns.not_started([*wanted.static, *wanted.dynamic])
    after = configuration.read(root)
    afterwards.check(before, nics_of(after.settings), wanted)
    if wanted.static or wanted.dynamic:
        settings = configuration.settings_in_effect(root, after, facts.cards, plan.command_line.edited)
        of_cards = _with_cards(root, facts, settings, wanted)
        afterwards.check_dynamic(of_cards, wanted)
    if wanted.static:
        afterwards.check_static(root, nics_of(settings), wanted)
        afterwards.check_others(facts.nics, of_cards, wanted)
        plan.concerns += concerns.of_static(root, wanted.static, settings)


def _with_cards(root: GuestRoot, facts: Facts, settings: Sequence[Setting], wanted: Chosen) -> list[Nic]:
    """What the cards of the source get by settings, or by themselves."""
    # By the addresses that they had they would be other cards than before.
    addresses = {
        nic.mac: frozenset(map(ip_address, map(host, static.addresses))) for nic, static in wanted.static.items()
    }
    addresses.update((nic.mac, frozenset()) for nic in wanted.dynamic)
    cards = [
        replace(card, addresses=addresses.get(card.mac, card.addresses) if card.mac else card.addresses)
        for card in facts.cards
    ]
    assembly = assemble(settings, cards=cards)
    found, _guesses = matching.matched(assembly.nics, cards, facts.macs, assembly.spare)
    return automatic.applied(root, found)


def _statics_to_set(root: GuestRoot, chosen: Mapping[Nic, policies.Policy]) -> dict[Nic, Static]:
    """{Nic: its Static} of those that have not just that already."""
    static = {nic: each.static for nic, each in chosen.items() if each.static}
    of_all = tuple(dict.fromkeys(server for each in static.values() for server in each.name_servers or ()))
    static = {nic: replace(each, of_all=of_all) for nic, each in static.items()}
    return {nic: each for nic, each in static.items() if not each.is_of(nic, afterwards.name_servers(root, nic))}


def _new_names(chosen: Mapping[Nic, policies.Policy]) -> dict[str, str]:
    """{old: new} of the NICs that get another name."""
    return {
        nic.name: policy.name for nic, policy in chosen.items() if nic.name and policy.name and policy.name != nic.name
    }


def _rewrite(root: GuestRoot, plan: Plan, formats: Sequence[NetworkFormat], wanted: Chosen) -> None:
    """Rewrite the configuration in all formats, and what names NICs. Raises GuestconvError `policy-not-possible`."""
    for kind in formats:
        # All by the old names, and the old MAC addresses, but for what follows.
        if wanted.gone:
            kind.unconfigure(root, wanted.gone)
        if wanted.dynamic:
            kind.use_dhcp(root, wanted.dynamic)
        if wanted.static:
            kind.use_static(root, wanted.static)
        if wanted.macs:
            kind.replace_macs(root, wanted.macs)
        if wanted.names:
            kind.rename(root, wanted.names)
    gone = [nic.name for nic in wanted.gone if nic.name]
    if wanted.gone:
        naming.release_names(root, plan, gone)
    if wanted.names:
        naming.use_new_names(root, plan, wanted.names)
    if wanted.macs:
        naming.use_new_macs(root, plan, wanted.macs)
    known_by = in_initrd.keys(root)
    change = partial(
        kernel_arguments.edited,
        gone=_keys(wanted.gone),
        dynamic=_keys(wanted.dynamic),
        macs=wanted.macs,
        names=wanted.names,
        static={key: static for nic, static in wanted.static.items() for key in _keys([nic]) if key in known_by},
    )
    plan.command_line.edit(change)
    in_initrd.edit_configuration(root, plan, change, {**dict.fromkeys(gone, ""), **wanted.names})


def _keys(nics: Iterable[Nic]) -> list[str]:
    """What the command line knows these Nics by: names, or MAC addresses."""
    return [key for nic in nics for key in [nic.name or nic.hardware_mac] if key]


def _interfaces(on_target: Mapping[Nic, Model]) -> list[Interface]:
    """The interfaces of the target's hardware. An address that several NICs carry (a bond's) is listed for the first."""
    interfaces: list[Interface] = []
    listed: set[str] = set()
    for nic, model in on_target.items():
        addresses = [address for address in nic.reached_at if address not in listed]
        gateways = [nic.gateway, *(upper.gateway for upper in nic.used_by if upper.carried)]
        listed.update(addresses)
        interfaces.append(
            {
                "name": nic.label,
                "driver": model.driver,
                "mac": nic.mac,
                "addresses": addresses,
                "gateway": next((gateway for gateway in gateways if gateway), None) if addresses else nic.gateway,
            }
        )
    return interfaces
