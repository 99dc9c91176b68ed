# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What holds for the network of any guest: nothing is lost without a word."""

from __future__ import annotations

import ipaddress


def without_an_end(outcome, hardware):
    """A list of texts: the cards, and the addresses of cards, that are no NIC's, and that no concern mentions."""
    if not outcome.nics and outcome.error:
        return []
    said = " ".join(each.message for each in outcome.concerns)
    by_mac = {facts["mac"]: facts for facts in outcome.nics.values() if facts["mac"]}
    new = {entry["from"].lower(): entry["mac"].lower() for entry in (hardware or {}).get("target_interfaces") or []}
    lost = []
    for card in (hardware or {}).get("interfaces") or []:
        mac = (card.get("mac") or "").lower()
        nic = by_mac.get(mac) or by_mac.get(new.get(mac))
        if mac and nic is None:
            lost.append(f"card {mac}")
        for text in card.get("addresses") or []:
            address = ipaddress.ip_interface(text).ip
            # A card without a MAC address is one of the NICs that have none.
            may_be = [nic] if mac else [each for each in outcome.nics.values() if not each["mac"]]
            if (
                not address.is_link_local
                and str(address) not in said
                and not any(_has(each, address) for each in may_be)
            ):
                lost.append(f"{address} of {mac}")
    return lost


def addresses_of(facts):
    """The addresses, without prefix, of a NIC and of what is made of it."""
    uppers = [address for upper in facts["used_by"] for address in upper["addresses"]]
    return {address.partition("/")[0] for address in (*facts["addresses"], *uppers)}


def _has(nic, address):
    """Whether the NIC has the address by configuration, or may get it by itself."""
    if nic is None:
        return False
    return str(address) in addresses_of(nic) or nic["method"] in ("dhcp", "auto") or address.version == 6
