# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the disk and the caller know of MAC addresses, and what nobody knows of them. Pure.

A MAC address is the one thing of a NIC that goes with it to another hypervisor.
"""

from __future__ import annotations

import hashlib
import ipaddress
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from ....errors import GuestconvError
from ....model.concerns import Concern
from ..values import Address, host, normal_mac
from .macs import GENERATED, HARDWARE, KnownMac
from .nics import Nic, labels

# The names that udev makes of slots alone.
OF_SLOT = re.compile(r"ens[0-9]+")


@dataclass(frozen=True)
class Card:
    """An entry of the caller's hardware.interfaces.

    position: its index there. addresses: a frozenset of ipaddress's objects, without prefix. slot: the number of its PCI
    slot, as the hypervisor has it.
    """

    position: int
    mac: str | None
    addresses: frozenset[Address]
    slot: int | None = None

    @property
    def name_by_slot(self) -> str | None:
        """What udev calls it by its slot, None where that is not known (systemd.net-naming-scheme(7)).

        VMware's pciSlotNumber has the function in its upper bits, the bridge, and the device in the lowest five: the fifth
        card, with 1184, is ens161 (Broadcom's article 2047927).
        """
        return f"ens{(self.slot & 1023) + (self.slot >> 10)}" if self.slot else None


def cards_of(hardware: Mapping[str, Any]) -> list[Card]:
    """The Cards of the caller's hardware. Raises GuestconvError `hardware-malformed` with the path of what is wrong."""
    interfaces = hardware.get("interfaces") or []
    if not isinstance(interfaces, list):
        raise _malformed("hardware.interfaces", interfaces, "a list")
    cards: list[Card] = []
    listed: set[str] = set()
    for position, entry in enumerate(interfaces):
        path = f"hardware.interfaces[{position}]"
        if not isinstance(entry, dict):
            raise _malformed(path, entry, "a dict with mac and addresses")
        mac = entry.get("mac")
        mac = None if mac is None else _checked_mac(mac, f"{path}.mac")
        slot = entry.get("pci_slot")
        addresses = _checked_addresses(entry.get("addresses"), path)
        card = Card(position, mac, addresses, slot if isinstance(slot, int) else None)
        if card.mac in listed:
            raise _malformed(f"{path}.mac", card.mac, "different from those of the entries before it")
        listed.update([card.mac] if card.mac else [])
        cards.append(card)
    return cards


def new_macs(hardware: Mapping[str, Any]) -> dict[str, str]:
    """{old: new MAC address} of the caller's hardware.target_interfaces. Raises GuestconvError `hardware-malformed`."""
    entries = hardware.get("target_interfaces") or []
    if not isinstance(entries, list):
        raise _malformed("hardware.target_interfaces", entries, "a list")
    macs: dict[str, str] = {}
    given: set[str] = set()
    for position, entry in enumerate(entries):
        path = f"hardware.target_interfaces[{position}]"
        if not isinstance(entry, dict):
            raise _malformed(path, entry, "a dict with from and mac")
        old, new = (_checked_mac(entry.get(key), f"{path}.{key}") for key in ("from", "mac"))
        if old in macs:
            raise _malformed(f"{path}.from", old, "different from those of the entries before it")
        if new in given:
            raise _malformed(f"{path}.mac", new, "different from those of the entries before it")
        macs[old] = new
        given.add(new)
    return macs


def on_target(nic: Nic, macs: Mapping[str, str], alone: bool) -> Nic:
    """nic with the MAC address that it has on the target. macs: as of new_macs; alone: the guest has no other NIC."""
    new = macs.get(nic.mac) if nic.mac else None
    if new is None and alone and nic.hardware_mac is None and len(macs) == 1:
        (new,) = macs.values()
    return nic if new is None else replace(nic, mac=new, mac_source=HARDWARE, mac_is_hint=False)


def not_on_source(nics: Sequence[Nic], cards: Sequence[Card]) -> Concern | None:
    """The Concern that the guest configures NICs which the source does not have, or None."""
    gone = [nic for nic in nics if not nic.on_source]
    if not gone:
        return None
    files = ", ".join(dict.fromkeys(file for nic in gone for file, _kind in nic.configured_by))
    return Concern(
        "nic-not-on-source",
        "warning",
        f"hardware.interfaces has {len(cards)} network card{'' if len(cards) == 1 else 's'}, but {labels(gone)}, "
        f"configured by {files}, is not among them. Its configuration is most likely left over from a network card "
        "that was removed.",
        f"Delete {', '.join(f'guest.devices.network.{nic.identifier}' for nic in gone)}, or the target gets one network "
        "card too many. If the source does have the card, add it to hardware.interfaces with its addresses.",
    )


def none_known(nics: Sequence[Nic], hardware: Mapping[str, Any]) -> Concern | None:
    """The Concern that no NIC is known, or None. An empty hardware.interfaces says that the guest has no NIC."""
    if nics or hardware.get("interfaces") is not None:
        return None
    return Concern(
        "nic-unknown",
        "warning",
        "No file in the guest configures a network card, so the number of network cards is unknown. The virtual "
        "machine on the target gets none.",
        'Pass what the source hypervisor knows: hardware: {interfaces: [{mac: "<MAC address>"}]}. If the guest has no '
        "network card, pass an empty list.",
    )


def unknown_targets(nics: Sequence[Nic], macs: Mapping[str, str]) -> Concern | None:
    """The Concern that macs (as of new_macs) lists NICs which the guest does not have, or None."""
    known = {nic.mac for nic in nics}
    unknown = [old for old, new in macs.items() if not {old, new} & known]
    if not unknown or (len(nics) == 1 and nics[0].hardware_mac is None):
        return None
    return Concern(
        "target-interface-unknown",
        "error",
        f"hardware.target_interfaces lists {', '.join(unknown)}, but no network card of the guest is known to have this "
        "address.",
        "Correct `from`, or list the network card with this address in hardware.interfaces. Known addresses: "
        + ", ".join(f"{nic.label} has {nic.mac or 'an unknown one'}" for nic in nics)
        + ".",
    )


def with_macs_on_disk(nics: Sequence[Nic], bound: Mapping[str, KnownMac], seen: Mapping[str, KnownMac]) -> list[Nic]:
    """nics with the MAC addresses that are known of their names, where their configuration does not say them.

    bound, seen: {name: KnownMac} of what binds names, and of what the last run left in files.
    """
    alone = len(nics) == 1
    traced = Counter(seen[nic.name].mac for nic in nics if nic.name and nic.name in seen)
    found = []
    for nic in nics:
        binding, trace = bound.get(nic.name or ""), seen.get(nic.name or "")
        if binding and nic.hardware_mac is None:
            nic = replace(nic, mac=binding.mac, mac_source=binding.source)
        # The members of a bond are seen with one address, which cannot be that of each.
        elif trace and nic.mac is None and traced[trace.mac] == 1:
            nic = replace(nic, mac=trace.mac, mac_source=trace.source, mac_is_hint=alone)
        found.append(nic)
    return found


def with_generated_macs(nics: Sequence[Nic], fingerprint: str) -> list[Nic]:
    """nics with a new MAC address for each that is not distinguishable from the others; the target must give it to the NIC.

    The addresses are locally administered (IEEE 802, 02 in the first octet), and the same at each inspection of the
    guest with this fingerprint. 40 bits of them differ by guest, so that those of a large fleet do too.
    """
    unknown = {nic.identifier for nic in _not_distinguishable(nics)}
    return [_with_generated_mac(nic, fingerprint) if nic.identifier in unknown else nic for nic in nics]


def generated(nics: Sequence[Nic]) -> Concern | None:
    """The Concern that MAC addresses were made up, or None."""
    made_up = [nic for nic in nics if nic.mac_source == GENERATED]
    if not made_up:
        return None
    return Concern(
        "nic-mac-generated",
        "warning",
        "The target must give these network cards the new MAC addresses by which the guest will identify them: "
        + ", ".join(f"{nic.label} {nic.mac}" for nic in made_up)
        + ".",
        "convert returns them in hardware.interfaces, with the IP addresses of each network card. Update whatever "
        "depends on the old MAC addresses, such as DHCP reservations, switches and licences.",
    )


def unknown_identity(nics: Sequence[Nic]) -> Concern | None:
    """The Concern that NICs cannot be distinguished, or None when they can."""
    unknown = [nic for nic in _not_distinguishable(nics) if nic.on_source]
    if not unknown:
        return None
    missing = {nic.identifier for nic in unknown}
    example = ", ".join(
        f'{{mac: "{nic.mac if nic.identifier not in missing else f"<MAC address of {nic.label}>"}", '
        f"addresses: [{', '.join(host(address) for address in nic.reached_at)}]}}"
        for nic in nics
    )
    return Concern(
        "nic-identity-unknown",
        "error",
        f"The guest has {len(nics)} network cards, and {_what_is_unknown(unknown)}. They could not be distinguished on "
        "the target.",
        f"Pass what the source hypervisor knows, in this order: hardware: {{interfaces: [{example}]}} Leave out a "
        "network card that the virtual machine does not have. If the addresses are not known anywhere, accept new ones, "
        "which the target must then give to the network cards: hardware: {generate_macs: true}",
    )


def _with_generated_mac(nic: Nic, fingerprint: str) -> Nic:
    digest = hashlib.sha256(f"{fingerprint} {nic.identifier}".encode()).digest()
    mac = ":".join(f"{octet:02x}" for octet in (2, *digest[:5]))
    return replace(nic, mac=mac, mac_source=GENERATED, mac_is_hint=False)


def _not_distinguishable(nics: Sequence[Nic]) -> list[Nic]:
    macs = Counter(nic.hardware_mac for nic in nics)
    return [nic for nic in nics if len(nics) > 1 and (nic.hardware_mac is None or macs[nic.hardware_mac] > 1)]


def _what_is_unknown(nics: Sequence[Nic]) -> str:
    missing = labels(nic for nic in nics if nic.hardware_mac is None)
    shared = labels(nic for nic in nics if nic.hardware_mac is not None)
    unknown = [f"its disks do not contain the MAC address of {missing}"] if missing else []
    return ", and ".join(unknown + [f"its disks contain the same MAC address for {shared}"] * bool(shared))


def _checked_mac(mac: object, path: str) -> str:
    normal = normal_mac(mac) if isinstance(mac, str) else None
    if normal is None:
        # YAML reads 00:50:56:11:22:33 without quotes as a number in base 60.
        raise _malformed(path, mac, 'a MAC address such as "00:50:56:aa:bb:cc", in quotes')
    if int(normal[:2], 16) & 1:
        # QEMU, libvirt and Linux (is_valid_ether_addr()) refuse it.
        raise _malformed(path, mac, "a MAC address of one card, whose first two digits are an even number")
    return normal


def _checked_addresses(addresses: object, path: str) -> frozenset[Address]:
    addresses = addresses or []
    if not isinstance(addresses, list):
        raise _malformed(f"{path}.addresses", addresses, "a list")
    checked: set[Address] = set()
    for position, address in enumerate(addresses):
        try:
            # strict text: ipaddress takes a number for an address too.
            checked.add(ipaddress.ip_interface(address if isinstance(address, str) else "").ip)
        except ValueError:
            raise _malformed(f"{path}.addresses[{position}]", address, "an IPv4 or IPv6 address") from None
    return frozenset(checked)


def _malformed(path: str, value: object, expected: str) -> GuestconvError:
    return GuestconvError("hardware-malformed", f"{path} is {value!r}; it must be {expected}.", path=path)
