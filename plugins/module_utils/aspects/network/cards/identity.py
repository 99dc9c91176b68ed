# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the disk and the caller know of MAC addresses, and what nobody knows of them. Pure.

A MAC address is the one thing of a NIC that goes with it to another hypervisor.
"""

from __future__ import annotations

import hashlib
import ipaddress
from dataclasses import dataclass, replace

from ....errors import GuestconvError
from ....model.concerns import Concern
from ..values import normal_mac


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
        mac = entry.get("mac")
        mac = None if mac is None else _checked_mac(mac, f"{path}.mac")
        card = Card(position, mac, _checked_addresses(entry.get("addresses"), path))
        if card.mac and card.mac in [other.mac for other in cards]:
            raise _malformed(f"{path}.mac", card.mac, "another than those of the entries before it")
        cards.append(card)
    return cards


def new_macs(hardware):
    """{old: new MAC address} of the caller's hardware.target_interfaces. Raises GuestconvError `hardware-malformed`."""
    entries = hardware.get("target_interfaces") or []
    if not isinstance(entries, list):
        raise _malformed("hardware.target_interfaces", entries, "a list")
    macs = {}
    for position, entry in enumerate(entries):
        path = f"hardware.target_interfaces[{position}]"
        if not isinstance(entry, dict):
            raise _malformed(path, entry, "a dict with from and mac")
        old, new = (_checked_mac(entry.get(key), f"{path}.{key}") for key in ("from", "mac"))
        if old in macs:
            raise _malformed(f"{path}.from", old, "another than those of the entries before it")
        if new in macs.values():
            raise _malformed(f"{path}.mac", new, "another than those of the entries before it")
        macs[old] = new
    return macs


def on_target(nic, macs, alone):
    """nic with the MAC address that it has on the target. macs: as of new_macs; alone: the guest has no other NIC."""
    new = macs.get(nic.mac)
    if new is None and alone and nic.hardware_mac is None and len(macs) == 1:
        (new,) = macs.values()
    return nic if new is None else replace(nic, mac=new, mac_learnt_from="hardware", mac_is_hint=False)


def not_on_source(nics, cards):
    """The Concern that the guest configures NICs that are none of the source's Cards, or None."""
    gone = [nic for nic in nics if not nic.on_source]
    if not gone:
        return None
    names = ", ".join(nic.name or nic.identifier for nic in gone)
    files = ", ".join(dict.fromkeys(file for nic in gone for file, _kind in nic.configured_by))
    return Concern(
        "nic-not-on-source",
        "warning",
        f"hardware.interfaces has {len(cards)} network card{'' if len(cards) == 1 else 's'}, and {names}, which "
        f"{files} configures, is none of them: most likely left over from a network card that is gone.",
        f"Delete {', '.join(f'guest.devices.network.{nic.identifier}' for nic in gone)}, or else the target has a "
        "network card too many. If the source has it, add it to hardware.interfaces, with its addresses.",
    )


def none_known(nics, hardware):
    """The Concern that nobody knows of a NIC, or None. An empty hardware.interfaces says that there is none."""
    if nics or hardware.get("interfaces") is not None:
        return None
    return Concern(
        "nic-unknown",
        "warning",
        "No file of the guest configures a network card, so nothing tells how many it has: the target's virtual "
        "machine gets none.",
        'Pass what the source hypervisor knows: hardware: {interfaces: [{mac: "<MAC address>"}]}, or [] for a guest '
        "without a network card.",
    )


def unknown_targets(nics, macs):
    """The Concern that macs (as of new_macs) speaks of NICs that the guest has not, or None."""
    known = {nic.mac for nic in nics}
    unknown = [old for old, new in macs.items() if not {old, new} & known]
    if not unknown or (len(nics) == 1 and nics[0].hardware_mac is None):
        return None
    return Concern(
        "target-interface-unknown",
        "error",
        f"hardware.target_interfaces speaks of {', '.join(unknown)}, which no NIC of the guest is known to have.",
        "Correct `from`, or say by hardware.interfaces which NIC has this address: "
        + ", ".join(f"{nic.name or nic.identifier} has {nic.mac or 'an unknown one'}" for nic in nics)
        + ".",
    )


def with_macs_on_disk(nics, bound, seen):
    """nics with the MAC addresses that are known of their names, where their configuration does not tell it.

    bound, seen: {name: (MAC address, file)} of what binds names, and of what the last run left behind.
    """
    alone = len(nics) == 1
    told = [seen[nic.name][0] for nic in nics if nic.name in seen]
    found = []
    for nic in nics:
        # The members of a bond are seen with one address, which cannot be that of each.
        hint = nic.name in seen and told.count(seen[nic.name][0]) == 1
        if nic.name in bound and nic.hardware_mac is None:
            nic = replace(nic, mac=bound[nic.name][0], mac_learnt_from=bound[nic.name][1])
        elif hint and nic.mac is None:
            mac, file = seen[nic.name]
            nic = replace(nic, mac=mac, mac_learnt_from=file, mac_is_hint=alone)
        found.append(nic)
    return found


def with_generated_macs(nics, fingerprint):
    """nics with a new MAC address for each that could not be told from the others: the target is to give it to the NIC.

    The addresses are locally administered (IEEE 802, 02 in the first octet), and the same at each inspection of the
    guest with this fingerprint. 40 bits of them differ by guest, so that those of a large fleet do too.
    """
    unknown = _not_told_apart(nics)
    return [_with_generated_mac(nic, fingerprint) if nic in unknown else nic for nic in nics]


def generated(nics):
    """The Concern that MAC addresses were made up, or None."""
    made_up = [nic for nic in nics if nic.mac_learnt_from == "generated"]
    if not made_up:
        return None
    return Concern(
        "nic-mac-generated",
        "warning",
        "The target must give these network cards new MAC addresses, by which the guest will know them: "
        + ", ".join(f"{nic.name or nic.identifier} {nic.mac}" for nic in made_up)
        + ".",
        "They stand in the hardware that convert returns, with the addresses of each. What knew the old ones (a DHCP "
        "server's reservations, a switch, a licence) must be told.",
    )


def unknown_identity(nics):
    """The Concern that NICs cannot be told apart, or None when they can."""
    unknown = [nic for nic in _not_told_apart(nics) if nic.on_source]
    if not unknown:
        return None
    example = ", ".join(
        f'{{mac: "{nic.mac if nic not in unknown else f"<MAC address of {nic.name}>"}", '
        f"addresses: [{', '.join(address.partition('/')[0] for address in nic.reached_at)}]}}"
        for nic in nics
    )
    return Concern(
        "nic-identity-unknown",
        "error",
        f"The guest has {len(nics)} NICs, and {_what_is_unknown(unknown)}: on the target they could not be told apart.",
        f"Pass what the source hypervisor knows, NICs in the order given here: hardware: {{interfaces: [{example}]}} "
        "Leave out one that the virtual machine does not have. Or, where nobody knows, accept new ones that the target "
        "must give them: hardware: {generate_macs: true}",
    )


def _with_generated_mac(nic, fingerprint):
    digest = hashlib.sha256(f"{fingerprint} {nic.identifier}".encode()).digest()
    mac = ":".join(f"{octet:02x}" for octet in (2, *digest[:5]))
    return replace(nic, mac=mac, mac_learnt_from="generated", mac_is_hint=False)


def _not_told_apart(nics):
    macs = [nic.hardware_mac for nic in nics]
    return [nic for nic in nics if len(nics) > 1 and (nic.hardware_mac is None or macs.count(nic.hardware_mac) > 1)]


def _what_is_unknown(nics):
    missing = [nic.name or nic.identifier for nic in nics if nic.hardware_mac is None]
    shared = [nic.name or nic.identifier for nic in nics if nic.hardware_mac is not None]
    said = [f"nothing on its disks tells the MAC address of {', '.join(missing)}"] if missing else []
    return ", and ".join(said + [f"its disks tell the same MAC address of {', '.join(shared)}"] * bool(shared))


def _checked_mac(mac, path):
    normal = normal_mac(mac) if isinstance(mac, str) else None
    if normal is None:
        # YAML reads 00:50:56:11:22:33 without quotes as a number in base 60.
        raise _malformed(path, mac, 'a MAC address such as "00:50:56:aa:bb:cc", in quotes')
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
