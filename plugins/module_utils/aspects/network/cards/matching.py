# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which of the guest's NICs is which of the cards that the caller knows of the source hypervisor. Pure."""

from __future__ import annotations

import ipaddress
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Callable

from ....model.concerns import Concern
from .identity import Card
from .macs import CONFIGURATION, HARDWARE
from .nics import Nic, unique_identifier


def matched(nics: Sequence[Nic], cards: Sequence[Card], macs: Mapping[str, str]) -> tuple[list[Nic], list[Concern]]:
    """(Nics, Concerns): nics with the MAC addresses of their cards, and a Nic for each card that matches none of them.

    A fact goes before a guess: the MAC address that the disk knows, the address that is configured, and only then the
    order, unless there is just one of each left. Configuration outlives its NIC: where there are fewer cards, those
    NICs get them that start at boot, or else have an address.

    cards, macs: as of identity.cards_of and new_macs. A guest that was converted before knows its NICs by new ones.
    """
    pairs, concerns = _by_mac([nic for nic in nics if not nic.mac_was_seen], cards, macs)
    pairs.update(_pairs(_left(nics, pairs), _unused(cards, pairs), _share_address))
    by_traces, doubts = _by_mac(_left(nics, pairs), _unused(cards, pairs), macs)
    pairs.update(by_traces)
    # What the configuration knows a NIC by is not doubted but where there is just one card for each.
    open_to_guess = [nic for nic in nics if nic.hardware_mac is None or nic.mac_was_seen or len(nics) == len(cards)]
    guessed, guesses = _guessed(_left(open_to_guess, pairs), _unused(cards, pairs))
    pairs.update(guessed)
    concerns += doubts + guesses
    found = [_with_card(nic, pairs.get(nic.identifier), cards) for nic in nics]
    for card in _unused(cards, pairs):
        # The guest configures no interface that could be this one, yet the virtual machine has it.
        identifier = unique_identifier(f"nic{card.position}", {nic.identifier for nic in found})
        found.append(_with_card(Nic(identifier, None), card, cards))
    return found, concerns


def _by_mac(
    nics: Sequence[Nic], cards: Sequence[Card], macs: Mapping[str, str]
) -> tuple[dict[str, Card], list[Concern]]:
    """({NIC's identifier: Card} by their MAC addresses, Concerns).

    Several NICs have one address where a card was called otherwise once, and what configured it then is still there.
    """
    pairs: dict[str, Card] = {}
    concerns: list[Concern] = []
    # A target's new address may be another card's old one.
    for addresses in ({card.mac: card.mac for card in cards}, macs):
        for card in _unused(cards, pairs):
            known_by = addresses.get(card.mac) if card.mac else None
            fitting = [nic for nic in _left(nics, pairs) if known_by and nic.mac == known_by]
            likely, is_tie = _likely(fitting, 1)
            pairs.update((nic.identifier, card) for nic in likely)
            concerns += [_by_order(nic, card) for nic in likely if is_tie]
    return pairs, concerns


def _guessed(nics: Sequence[Nic], cards: Sequence[Card]) -> tuple[dict[str, Card], list[Concern]]:
    """({NIC's identifier: Card} for what nothing else tells, Concerns)."""
    likely, is_tie = _likely(nics, len(cards))
    pairs = _in_order(likely, cards)
    concerns: list[Concern] = []
    if is_tie or len(likely) > 1 or len(cards) > 1:
        concerns = [_by_order(nic, card) for nic, card in pairs if card.mac]
    concerns += [_other_address(nic, card) for nic, card in pairs if _is_elsewhere(nic, card)]
    return {nic.identifier: card for nic, card in pairs}, concerns


def _likely(nics: Sequence[Nic], count: int) -> tuple[list[Nic], bool]:
    """(those count of nics that the source most likely has, whether the last of them is no likelier than another)."""

    def rank(nic: Nic) -> tuple[bool, bool]:
        return not nic.at_boot, not nic.reached_at

    ranked = sorted(nics, key=rank)
    is_tie = 0 < count < len(nics) and rank(ranked[count - 1]) == rank(ranked[count])
    return [nic for nic in nics if nic in ranked[:count]], is_tie


def _in_order(nics: Sequence[Nic], cards: Sequence[Card]) -> list[tuple[Nic, Card]]:
    """The pairs (Nic, Card) in the order of both, but a card with addresses of another NIC is the last to be taken."""
    pairs: list[tuple[Nic, Card]] = []
    left = list(cards)
    for nic in nics[: len(cards)]:
        card = next((card for card in left if not _is_elsewhere(nic, card)), left[0])
        left.remove(card)
        pairs.append((nic, card))
    return pairs


def _is_elsewhere(nic: Nic, card: Card) -> bool:
    """Whether nic has static addresses, and the card other ones of their kind."""
    own = {ipaddress.ip_interface(address).ip for address in nic.reached_at}
    kinds = {address.version for address in own}
    seen = {address for address in card.addresses if address.version in kinds and not address.is_link_local}
    return bool(seen) and not own & seen


def _pairs(nics: Sequence[Nic], cards: Sequence[Card], belong: Callable[[Nic, Card], bool]) -> dict[str, Card]:
    """{NIC's identifier: Card} for those that belong to each other and to no other."""
    found: dict[str, Card] = {}
    for nic in nics:
        fitting = [card for card in cards if belong(nic, card)]
        if len(fitting) == 1 and sum(belong(other, fitting[0]) for other in nics) == 1:
            found[nic.identifier] = fitting[0]
    return found


def _share_address(nic: Nic, card: Card) -> bool:
    return bool(card.addresses & {ipaddress.ip_interface(address).ip for address in nic.reached_at})


def _left(nics: Sequence[Nic], pairs: Mapping[str, Card]) -> list[Nic]:
    return [nic for nic in nics if nic.identifier not in pairs]


def _unused(cards: Sequence[Card], pairs: Mapping[str, Card]) -> list[Card]:
    return [card for card in cards if card not in pairs.values()]


def _with_card(nic: Nic, card: Card | None, cards: Sequence[Card]) -> Nic:
    """nic with what is known of its Card; card is None where nic is not one of cards."""
    if card is not None and card.mac is not None:
        known = card.mac == nic.hardware_mac
        return nic if known else replace(nic, mac=card.mac, mac_source=HARDWARE, mac_is_hint=False)
    if nic.mac in [other.mac for other in cards if other.mac] and nic.mac_source != CONFIGURATION:
        # It is that of another's card.
        nic = replace(nic, mac=None, mac_source=None, mac_is_hint=False)
    return replace(nic, on_source=card is not None or not cards)


def _other_address(nic: Nic, card: Card) -> Concern:
    seen = ", ".join(map(str, sorted(card.addresses, key=lambda address: (address.version, address))))
    return Concern(
        "nic-address-differs",
        "warning",
        f"hardware.interfaces[{card.position}] was matched to {nic.label}, but it was seen with {seen}, and {nic.label} "
        f"is configured with {', '.join(nic.reached_at)}.",
        "Check that hardware.interfaces belongs to this guest, and that the guest's configuration is the one in use.",
    )


def _by_order(nic: Nic, card: Card) -> Concern:
    return Concern(
        "nic-matched-by-order",
        "warning",
        f"hardware.interfaces[{card.position}] ({card.mac}) was matched to {nic.label} only by its position in the list.",
        f"Give hardware.interfaces[{card.position}] the addresses of {nic.label}, or check that the match is right.",
    )
