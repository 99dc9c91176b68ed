# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which of the guest's NICs is which of the cards that the caller knows of the source hypervisor. Pure."""

from __future__ import annotations

import ipaddress
from collections import deque
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import replace

from ....model.concerns import Concern
from ..values import Address
from .identity import OF_SLOT, Card
from .macs import CONFIGURATION, HARDWARE, Origin
from .nics import Nic, unique_identifier

# {NIC's identifier: Card}
_Pairs = dict[str, Card]


def matched(
    nics: Sequence[Nic], cards: Sequence[Card], macs: Mapping[str, str], spare: Nic | None = None
) -> tuple[list[Nic], list[Concern]]:
    """(Nics, Concerns): nics with the MAC addresses of their cards, and a Nic for each card that matches none of them.

    A fact goes before a guess: the MAC address that the disk knows, the address that is configured, the slot by which udev
    has made the name, and only then the order, unless there is just one of each left. Configuration outlives its NIC: where
    there are fewer cards, those NICs get them that start at boot, or else have an address. A NIC that its daemon leaves
    alone is none without a card.

    cards, macs: as of identity.cards_of and new_macs. A guest that was converted before knows its NICs by new ones.
    spare: what configures any further card.
    """
    seen = _Seen(nics)
    pairs, concerns = _by_mac([nic for nic in nics if not nic.mac_was_seen], cards, macs)
    pairs.update(_by_address(_left(nics, pairs), _unused(cards, pairs), seen))
    pairs.update(_by_slot(_left(nics, pairs), _unused(cards, pairs)))
    by_traces, doubts = _by_mac(_left(nics, pairs), _unused(cards, pairs), macs)
    pairs.update(by_traces)
    contradictions = _contradictions(nics, pairs, seen)
    listed = {card.mac for card in cards if card.mac}
    open_to_guess = _open_to_guess(nics, cards, pairs)
    guessed, guesses = _guessed(_left(open_to_guess, pairs), _unused(cards, pairs), seen, spare)
    pairs.update(guessed)
    concerns += doubts + contradictions + guesses + _other_macs(nics, pairs, macs, listed)
    found = [
        _with_card(nic, pairs.get(nic.identifier), listed, bool(cards))
        for nic in nics
        if nic.identifier in pairs or not nic.is_left_alone
    ]
    taken = {nic.identifier for nic in found}
    for card in _unused(cards, pairs):
        # The guest configures no interface by name that could be this one, yet the virtual machine has it.
        identifier = unique_identifier(f"nic{card.position}", taken)
        taken.add(identifier)
        further = replace(spare, identifier=identifier) if spare else Nic(identifier, None)
        found.append(_with_card(further, card, listed, True))
    return found, concerns


def _open_to_guess(nics: Sequence[Nic], cards: Sequence[Card], pairs: _Pairs) -> list[Nic]:
    """Those of nics that may have any card which is left.

    What the configuration knows a NIC by is not doubted, but where there is just one NIC, and one card; or where it knows
    two by one address. Where names of this guest are those of slots, no card is in the slots of the others.
    """
    alone, doubtful = len(nics) == len(cards) == 1, {None, *(card.mac for card in cards if card.mac)}
    found = [nic for nic in nics if alone or nic.mac_was_seen or nic.hardware_mac in doubtful]
    named = [nic for nic in nics if nic.name and nic.identifier in pairs]
    by_slots = any(nic.name == pairs[nic.identifier].name_by_slot for nic in named)
    if by_slots and all(card.slot for card in _unused(cards, pairs)):
        found = [nic for nic in found if not OF_SLOT.fullmatch(nic.name or "")]
    return found


class _Seen:
    """The addresses that NICs have by configuration, to be compared with those that cards had on the source.

    own: {NIC's identifier: its addresses}; what a VLAN has is seen on its card as well. kinds: {NIC's identifier: the
    versions of IP of which it is reached at static addresses}. owners: {address: identifiers}.
    """

    def __init__(self, nics: Sequence[Nic]) -> None:
        self.own: dict[str, frozenset[Address]] = {}
        self.kinds: dict[str, frozenset[int]] = {}
        self.owners: dict[Address, list[str]] = {}
        for nic in nics:
            uppers = [address for upper in nic.used_by for address in upper.addresses]
            static = _hosts(nic.reached_at)
            self.kinds[nic.identifier] = frozenset(address.version for address in static)
            self.own[nic.identifier] = static | _hosts(uppers)
            for address in self.own[nic.identifier]:
                self.owners.setdefault(address, []).append(nic.identifier)

    def is_elsewhere(self, nic: Nic, card: Card) -> bool:
        """Whether nic has static addresses, and the card other ones of their kind."""
        seen = {address for address in _global(card) if address.version in self.kinds[nic.identifier]}
        return bool(seen) and not self.own[nic.identifier] & seen

    def owners_of(self, card: Card) -> list[str] | None:
        """The identifiers of the NICs that have an address of the card's by configuration, None where no NIC has."""
        owned = [address for address in _global(card) if address in self.owners]
        return [identifier for address in owned for identifier in self.owners[address]] if owned else None


def _global(card: Card) -> list[Address]:
    return sorted((address for address in card.addresses if not address.is_link_local), key=str)


def _hosts(addresses: Iterable[str]) -> frozenset[Address]:
    return frozenset(ipaddress.ip_interface(address).ip for address in addresses)


def _by_mac(nics: Sequence[Nic], cards: Sequence[Card], macs: Mapping[str, str]) -> tuple[_Pairs, list[Concern]]:
    """(the pairs by their MAC addresses, Concerns).

    Several NICs have one address where a card was called otherwise once, and what configured it then is still there.
    """
    pairs: _Pairs = {}
    concerns: list[Concern] = []
    # A target's new address may be another card's old one.
    for addresses in ({card.mac: card.mac for card in cards}, macs):
        known: dict[str | None, list[Nic]] = {}
        for nic in _left(nics, pairs):
            known.setdefault(nic.mac, []).append(nic)
        for card in _unused(cards, pairs):
            known_by = addresses.get(card.mac) if card.mac else None
            likely, is_tie = _likely(known.pop(known_by, []) if known_by else [], 1)
            pairs.update((nic.identifier, card) for nic in likely)
            concerns += [_by_order(nic, card) for nic in likely if is_tie]
    return pairs, concerns


def _by_address(nics: Sequence[Nic], cards: Sequence[Card], seen: _Seen) -> _Pairs:
    """The pairs that have addresses in common, and with no other."""
    by_address: dict[Address, list[Card]] = {}
    for card in cards:
        for address in card.addresses:
            by_address.setdefault(address, []).append(card)
    pairs: _Pairs = {}
    shared: dict[int, int] = {}
    for nic in nics:
        fitting = {card.position: card for host in seen.own[nic.identifier] for card in by_address.get(host, ())}
        for position in fitting:
            shared[position] = shared.get(position, 0) + 1
        if len(fitting) == 1:
            pairs[nic.identifier] = next(iter(fitting.values()))
    return {identifier: card for identifier, card in pairs.items() if shared[card.position] == 1}


def _by_slot(nics: Sequence[Nic], cards: Sequence[Card]) -> _Pairs:
    """The pairs of NICs whose names are those that udev gives to cards by their slots."""
    by_name: dict[str, list[Card]] = {}
    for card in cards:
        if card.name_by_slot:
            by_name.setdefault(card.name_by_slot, []).append(card)
    found = {nic.identifier: by_name.get(nic.name or "", []) for nic in nics if nic.hardware_mac is None}
    return {identifier: fitting[0] for identifier, fitting in found.items() if len(fitting) == 1}


def _guessed(
    nics: Sequence[Nic], cards: Sequence[Card], seen: _Seen, spare: Nic | None
) -> tuple[_Pairs, list[Concern]]:
    """(the pairs that nothing else tells, Concerns). The only NIC gets the only card, whatever that was seen with.

    A Nic that is as any further card would be (spare) is no guess.
    """
    if len(nics) == len(cards) == 1:
        pair = nics[0], cards[0]
        return {nics[0].identifier: cards[0]}, [_other_address(*pair)] if seen.is_elsewhere(*pair) else []
    # Which NICs have a card, and then which of these has which, so that both are in the same order.
    likely = {nic.identifier for nic, _card in _in_order(sorted(nics, key=_rank), cards, seen)}
    pairs = _in_order([nic for nic in nics if nic.identifier in likely], cards, seen)
    ranks = {_rank(nic) for nic, _card in pairs}
    is_tie = any(_rank(nic) in ranks for nic in nics if nic.identifier not in likely)
    concerns: list[Concern] = []
    if is_tie or len(pairs) > 1 or len(cards) > 1:
        guessed = [
            (nic, card) for nic, card in pairs if not (spare and nic == replace(spare, identifier=nic.identifier))
        ]
        concerns = [_by_order(nic, card) for nic, card in guessed if card.mac]
    return {nic.identifier: card for nic, card in pairs}, concerns


def _contradictions(nics: Sequence[Nic], pairs: _Pairs, seen: _Seen) -> list[Concern]:
    """The Concerns that cards had addresses which the configuration gives to other NICs than their MAC address says."""
    found = []
    for nic in nics:
        card = pairs.get(nic.identifier)
        owners = seen.owners_of(card) if card else None
        if card and owners and nic.identifier not in owners:
            found.append(_other_address(nic, card))
    return found


def _other_macs(
    nics: Sequence[Nic], pairs: _Pairs, macs: Mapping[str, str], listed: Collection[str | None]
) -> list[Concern]:
    """The Concerns that files know NICs by MAC addresses that no card has, which is listed: they are for other cards."""
    found = []
    for nic in nics:
        card = pairs.get(nic.identifier)
        if card and card.mac and nic.hardware_mac and nic.mac_source and nic.mac_source.origin is Origin.FILE:
            if nic.hardware_mac not in listed and nic.hardware_mac != macs.get(card.mac):
                found.append(_other_mac(nic, card, nic.mac_source.file))
    return found


def _rank(nic: Nic) -> tuple[bool, bool, bool]:
    """A key that sorts by how likely it is that the source has the card."""
    return nic.is_left_alone, not nic.at_boot, not nic.reached_at


def _likely(nics: Sequence[Nic], count: int) -> tuple[list[Nic], bool]:
    """(those count of nics that the source most likely has, whether the last of them is no likelier than another)."""
    if count >= len(nics):
        return list(nics), False
    ranked = sorted(nics, key=_rank)
    is_tie = 0 < count and _rank(ranked[count - 1]) == _rank(ranked[count])
    chosen = {nic.identifier for nic in ranked[:count]}
    return [nic for nic in nics if nic.identifier in chosen], is_tie


def _in_order(nics: Sequence[Nic], cards: Sequence[Card], seen: _Seen) -> list[tuple[Nic, Card]]:
    """The pairs (Nic, Card) in the order of both, of those that do not contradict each other.

    First each card whose addresses leave fewer NICs to choose from: one with an address of several NICs (the ports of
    a bond), then one with an address that is not static anywhere.
    """
    pairs: dict[str, tuple[Nic, Card]] = {}
    by_identifier = {nic.identifier: (index, nic) for index, nic in enumerate(nics)}
    # Of those with static addresses of the same kinds, one fits a card as well as another.
    alike: dict[tuple[frozenset[int], bool], deque[tuple[int, Nic]]] = {}
    for index, nic in enumerate(nics):
        alike.setdefault((seen.kinds[nic.identifier], nic.is_dynamic), deque()).append((index, nic))
    for card in sorted(cards, key=lambda card: _choice(card, seen)):
        owners = seen.owners_of(card)
        if owners is None:
            versions = frozenset(address.version for address in _global(card))
            queues = _fitting(alike, versions, pairs)
            # An address that no file says came by DHCP, where anything gets one so.
            first = min(
                (queue[0] for queue in queues),
                key=lambda entry: (bool(versions) and not entry[1].is_dynamic, entry[0]),
                default=None,
            )
        else:
            left = [by_identifier[each] for each in owners if each in by_identifier and each not in pairs]
            first = min(left, key=lambda entry: entry[0], default=None)
        if first:
            pairs[first[1].identifier] = first[1], card
    return [pairs[nic.identifier] for nic in nics if nic.identifier in pairs]


def _fitting(
    alike: Mapping[tuple[frozenset[int], bool], deque[tuple[int, Nic]]],
    versions: frozenset[int],
    taken: Collection[str],
) -> list[deque[tuple[int, Nic]]]:
    """The queues of NICs without static addresses of these versions of IP; a NIC that is not taken is the first of each."""
    fitting = []
    for (kinds, _is_dynamic), queue in alike.items():
        while queue and queue[0][1].identifier in taken:
            queue.popleft()
        if queue and not kinds & versions:
            fitting.append(queue)
    return fitting


def _choice(card: Card, seen: _Seen) -> int:
    if seen.owners_of(card) is not None:
        return 0
    return 1 if _global(card) else 2


def _left(nics: Sequence[Nic], pairs: Mapping[str, Card]) -> list[Nic]:
    return [nic for nic in nics if nic.identifier not in pairs]


def _unused(cards: Sequence[Card], pairs: Mapping[str, Card]) -> list[Card]:
    used = {card.position for card in pairs.values()}
    return [card for card in cards if card.position not in used]


def _with_card(nic: Nic, card: Card | None, listed: Collection[str | None], are_known: bool) -> Nic:
    """nic with what is known of its Card; card is None where nic is none of those that are known, if any are.

    listed: the MAC addresses of all cards.
    """
    if card is not None and card.mac is not None:
        known = card.mac == nic.hardware_mac
        return nic if known else replace(nic, mac=card.mac, mac_source=HARDWARE, mac_is_hint=False)
    if nic.mac in listed and nic.mac_source != CONFIGURATION:
        # It is that of another's card.
        nic = replace(nic, mac=None, mac_source=None, mac_is_hint=False)
    return replace(nic, on_source=card is not None or not are_known)


def _other_address(nic: Nic, card: Card) -> Concern:
    seen = ", ".join(map(str, sorted(card.addresses, key=lambda address: (address.version, address))))
    return Concern(
        "nic-address-differs",
        "warning",
        f"hardware.interfaces[{card.position}] was matched to {nic.label}, but it was seen with {seen}, and {nic.label} "
        f"is configured with {', '.join(nic.reached_at) or 'no address'}.",
        "Check that hardware.interfaces belongs to this guest, and that the guest's configuration is the one in use.",
    )


def _other_mac(nic: Nic, card: Card, file: str) -> Concern:
    return Concern(
        "nic-mac-differs",
        "warning",
        f"hardware.interfaces[{card.position}] ({card.mac}) was matched to {nic.label}, but {file} is for a network card with "
        f"the MAC address {nic.hardware_mac}. The guest does not apply it to this one.",
        "Check that hardware.interfaces belongs to this guest. If it does, correct the address in the file, or remove the "
        "file if the guest works without it.",
    )


def _by_order(nic: Nic, card: Card) -> Concern:
    return Concern(
        "nic-matched-by-order",
        "warning",
        f"hardware.interfaces[{card.position}] ({card.mac}) was matched to {nic.label} only by its position in the list.",
        f"Give hardware.interfaces[{card.position}] the addresses of {nic.label}, or check that the match is right.",
    )
