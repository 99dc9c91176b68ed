# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whether an earlier conversion has replaced the MAC addresses of a guest that is converted again. Pure.

It matters only where a card gets the old address of another one, as when two exchange theirs: replaced once more, they
would be those of the source again.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from ....model.concerns import Concern
from ..values import Address, address, host
from .identity import Card
from .nics import Nic


def is_done(nics: Sequence[Nic], cards: Sequence[Card], macs: Mapping[str, str]) -> bool | None:
    """Whether the files by which nics are known have the new addresses already: macs, as of identity.new_macs.

    None where it is not known: all addresses are those of cards on the source and on the target, and no card was seen
    with an address that the guest configures.
    """
    macs = _replaced(macs)
    old, new = set(macs), set(macs.values())
    known = {nic.hardware_mac: nic for nic in nics if nic.hardware_mac and not nic.mac_was_seen}
    if not old & new or not known.keys() & (old & new) or known.keys() & (old - new):
        return False
    if known.keys() & (new - old):
        return True
    before = {mac: each for each, mac in macs.items()}
    seen: dict[str | None, frozenset[Address]] = {card.mac: card.addresses for card in cards if card.mac}
    own = {mac: {address(host(each)) for each in _addresses(nic)} for mac, nic in known.items()}
    if any(own[mac] & seen.get(mac, frozenset()) for mac in own):
        return False
    return True if any(own[mac] & seen.get(before.get(mac), frozenset()) for mac in own) else None


def uncertain(macs: Mapping[str, str]) -> Concern:
    """The Concern that it is not known whether the addresses were replaced before."""
    macs = _replaced(macs)
    listed = ", ".join(f"{old} by {new}" for old, new in macs.items() if new in macs)
    return Concern(
        "mac-exchange-uncertain",
        "warning",
        f"hardware.target_interfaces replaces {listed}, which is the address of another network card. If the guest was "
        "converted so before, this conversion exchanges the addresses again.",
        "Convert the guest once only, or pass the IP addresses that each network card had on the source in "
        "hardware.interfaces: they show whether the addresses were replaced.",
    )


def _replaced(macs: Mapping[str, str]) -> dict[str, str]:
    """macs without those that stay: the caller may list them, too."""
    return {old: new for old, new in macs.items() if old != new}


def _addresses(nic: Nic) -> list[str]:
    return [*nic.reached_at, *(each for upper in nic.used_by for each in upper.addresses)]
