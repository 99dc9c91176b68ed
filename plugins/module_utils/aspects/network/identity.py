# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which NIC has which MAC address: what the disk says, and what the caller knows of the source hypervisor. Pure.

A MAC address is the one thing of a NIC that goes with it to another hypervisor.
"""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass, replace

from ansible_collections.virttools.guestconv.plugins.module_utils.aspects.network.nics import Nic, unique_identifier
from ansible_collections.virttools.guestconv.plugins.module_utils.aspects.network.values import normal_mac
from ansible_collections.virttools.guestconv.plugins.module_utils.description import Concern
from ansible_collections.virttools.guestconv.plugins.module_utils.errors import GuestconvError


@dataclass(frozen=True)
class Card:
    """An entry of the caller's hardware.interfaces.

    position: its index there. addresses: a frozenset of ipaddress's objects, without prefix.
    """

    position: int
    mac: str | None
    addresses: frozenset


def cards_of(hardware):
    """The Cards of the caller's hardware. Raises GuestconvError `hardware-malformed` with the path of what is wrong."""
    interfaces = hardware.get("interfaces") or []
    if not isinstance(interfaces, list):
        raise _malformed("hardware.interfaces", interfaces, "a list")
    cards = []
    for position, entry in enumerate(interfaces):
        path = f"hardware.interfaces[{position}]"
        if not isinstance(entry, dict):
            raise _malformed(path, entry, "a dict with mac and addresses")
        card = Card(position, _checked_mac(entry.get("mac"), path), _checked_addresses(entry.get("addresses"), path))
        if card.mac and card.mac in [other.mac for other in cards]:
            raise _malformed(f"{path}.mac", card.mac, "another than those of the entries before it")
        cards.append(card)
    return cards


def with_macs_on_disk(nics, macs):
    """nics with the MAC addresses that files bind their names to. macs: {name: (mac, file)}."""
    return [
        replace(nic, mac=macs[nic.name][0], mac_learnt_from=macs[nic.name][1]) if nic.name in macs else nic
        for nic in nics
    ]


def matched(nics, cards):
    """(Nics, Concerns): nics with the MAC addresses of their cards, and a Nic for each card that is none's.

    A fact goes before a guess: the MAC address that the disk knows, the address that is configured, and only then the
    order, unless there is just one of each left.
    """
    nics, cards = list(nics), list(cards)
    pairs = _pairs(nics, cards, lambda nic, card: card.mac is not None and card.mac == nic.mac)
    pairs.update(_pairs(_left(nics, pairs), _unused(cards, pairs), _share_address))
    nics_left = [nic for nic in _left(nics, pairs) if nic.hardware_mac is None or len(nics) == len(cards)]
    cards_left = _unused(cards, pairs)
    guessed = list(zip(nics_left, cards_left))
    concerns = []
    if len(nics_left) > 1 or len(cards_left) > 1:
        concerns = [_by_order(nic, card) for nic, card in guessed if card.mac]
    pairs.update((nic.identifier, card) for nic, card in guessed)
    found = [_with_card(nic, pairs.get(nic.identifier)) for nic in nics]
    for card in _unused(cards, pairs):
        # The guest configures no interface that could be this one, yet the virtual machine has it.
        identifier = unique_identifier(f"nic{card.position}", {nic.identifier for nic in found})
        found.append(_with_card(Nic(identifier, None), card))
    return found, concerns


def unknown_identity(nics):
    """The Concern that NICs cannot be told apart, or None when they can."""
    unknown = [nic for nic in nics if nic.hardware_mac is None]
    if len(nics) < 2 or not unknown:
        return None
    example = ", ".join(
        f'{{mac: "{nic.hardware_mac or f"<MAC address of {nic.name}>"}", '
        f"addresses: [{', '.join(address.partition('/')[0] for address in nic.addresses)}]}}"
        for nic in nics
    )
    return Concern(
        "nic-identity-unknown",
        "error",
        f"The guest has {len(nics)} NICs, and nothing on its disks tells the MAC address of "
        f"{', '.join(nic.name or nic.identifier for nic in unknown)}: on the target they could not be told apart.",
        f"Pass what the source hypervisor knows, NICs in the order given here: hardware: {{interfaces: [{example}]}}",
    )


def _checked_mac(mac, path):
    if mac is None:
        return None
    normal = normal_mac(mac) if isinstance(mac, str) else None
    if normal is None:
        # YAML reads 00:50:56:11:22:33 without quotes as a number in base 60.
        raise _malformed(f"{path}.mac", mac, 'a MAC address such as "00:50:56:aa:bb:cc", in quotes')
    return normal


def _checked_addresses(addresses, path):
    if not isinstance(addresses or [], list):
        raise _malformed(f"{path}.addresses", addresses, "a list")
    checked = set()
    for position, address in enumerate(addresses or []):
        try:
            # strict text: ipaddress takes a number for an address too.
            checked.add(ipaddress.ip_interface(address if isinstance(address, str) else "").ip)
        except ValueError:
            raise _malformed(f"{path}.addresses[{position}]", address, "an IPv4 or IPv6 address") from None
    return frozenset(checked)


def _malformed(path, value, expected):
    return GuestconvError("hardware-malformed", f"{path} is {value!r}; it must be {expected}.", path=path)


def _pairs(nics, cards, belong):
    """{NIC's identifier: Card} for those that belong to each other and to no other."""
    found = {}
    for nic in nics:
        fitting = [card for card in cards if belong(nic, card)]
        if len(fitting) == 1 and sum(belong(other, fitting[0]) for other in nics) == 1:
            found[nic.identifier] = fitting[0]
    return found


def _share_address(nic, card):
    return bool(card.addresses & {ipaddress.ip_interface(address).ip for address in nic.addresses})


def _left(nics, pairs):
    return [nic for nic in nics if nic.identifier not in pairs]


def _unused(cards, pairs):
    return [card for card in cards if card not in pairs.values()]


def _with_card(nic, card):
    if card is None or card.mac is None or card.mac == nic.hardware_mac:
        return nic
    return replace(nic, mac=card.mac, mac_learnt_from="hardware")


def _by_order(nic, card):
    return Concern(
        "nic-matched-by-order",
        "warning",
        f"hardware.interfaces[{card.position}] ({card.mac}) is taken for {nic.name}, by nothing but its place in the "
        "list.",
        f"Give hardware.interfaces[{card.position}] the addresses of {nic.name}, or check that it is right.",
    )
