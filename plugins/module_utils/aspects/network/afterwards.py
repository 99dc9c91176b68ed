# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whether the configuration that a conversion has written says what was chosen, and of all else what it said before.

The configuration is read again. A later file may say otherwise, two network cards may share what was edited, a pattern
may not fit the new name: what the guest would read decides, and not what was meant.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field

from ...errors import GuestconvError
from ...guest.root import GuestRoot
from .cards.nics import Nic
from .cards.patterns import matches
from .cards.statics import Static
from .formats import interfaces, static_interfaces


@dataclass(frozen=True)
class Chosen:
    """What was chosen: the Nics that are gone, those that use DHCP, and {old: new} of names and of MAC addresses.

    static: {Nic: the addresses that it shall have}.
    """

    gone: Sequence[Nic]
    dynamic: Sequence[Nic]
    names: Mapping[str, str]
    macs: Mapping[str, str]
    static: Mapping[Nic, Static] = field(default_factory=dict)


def check_patterns(renamed: Mapping[Nic, str]) -> None:
    """Refuse new names, {Nic: name}, that the patterns do not fit by which Nics without a name are configured.

    Raises GuestconvError `policy-not-possible`.
    """
    for nic, name in renamed.items():
        if not nic.name and nic.patterns and not matches(name, nic.patterns):
            files = ", ".join(file for file, _kind in nic.configured_by)
            raise _refused(nic, f"{files} configures names like {' or '.join(nic.patterns)}, and not {name}")


def check(before: Sequence[Nic], after: Sequence[Nic], chosen: Chosen) -> None:
    """Compare the Nics that all files configured before with those after. Raises GuestconvError `policy-not-possible`."""
    for nic in chosen.dynamic:
        if not nic.configured_by:
            raise _refused(nic, f"no network configuration that guestconv reads is for {nic.label}")
    gone, dynamic = _keys(chosen.gone), _keys(chosen.dynamic)
    static = {key for nic in chosen.static for key in (nic.name, nic.hardware_mac) if key}
    found = {key: nic for nic in after for key in _keys([nic])}
    for name in set(chosen.names) - set(chosen.names.values()):
        if name in found:
            raise _refused(found[name], f"{_files(found[name])} would still configure {name}")
    for nic in before:
        keys = _keys([nic])
        if not keys:
            continue
        now = next((found[new] for key in keys for new in [_new(key, chosen)] if new in found), None)
        if keys & gone:
            if now:
                raise _refused(nic, f"{_files(now)} would still configure {now.label}")
        elif now is None:
            raise _refused(nic, f"no file would configure {_label(nic, chosen)}")
        elif keys & dynamic:
            if now.addresses or now.method not in ("dhcp", "auto"):
                raise _not_by_dhcp(nic, now)
            if now.gateway:
                raise _refused(nic, f"{_files(now)} would still configure a default route by {now.gateway}")
        elif keys & static:
            # check_static() has the rest.
            if _carried(now) != _carried(nic):
                raise _refused(nic, f"{_files(now)} would configure what is made of {now.label} otherwise than before")
        elif _reached(now) != _reached(nic):
            raise _refused(nic, f"{_files(now)} would configure {now.label} with another address than before")


def check_dynamic(after: Sequence[Nic], chosen: Chosen) -> None:
    """Doubt that Nics without a name have DHCP where that was chosen. after: what the cards of the source get.

    Raises GuestconvError `policy-not-possible`.
    """
    found = {key: nic for nic in after for key in (nic.identifier, nic.mac) if key}
    for nic in chosen.dynamic:
        now = None if nic.name else _now(nic, found, chosen)
        if now and (now.addresses or now.method not in ("dhcp", "auto")):
            raise _not_by_dhcp(nic, now)


def check_static(root: GuestRoot, after: Sequence[Nic], chosen: Chosen) -> None:
    """Doubt that the Nics after have exactly the addresses that were chosen, with gateways and name servers.

    Raises GuestconvError `policy-not-possible`.
    """
    for nic, static in chosen.static.items():
        known = {chosen.macs.get(key, key) for key in (nic.name, nic.hardware_mac) if key}
        now = next((each for each in after if {each.name, each.hardware_mac} & known), None)
        now = now or next((each for each in after if each.identifier == nic.identifier), None)
        if now is None or not now.configured_by:
            raise _refused(nic, f"no network configuration that guestconv reads sets the address of {nic.label}")
        if static.besides(now):
            raise _refused(nic, f"{_files(now)} would configure {now.label} by DHCP as well")
        servers = name_servers(root, now)
        for what, found, is_right in (
            ("addresses", now.addresses, set(now.addresses) == set(static.addresses)),
            ("gateway", now.gateways, set(now.gateways) == set(static.gateways)),
            ("name servers", servers, static.has_servers(servers)),
        ):
            if not is_right:
                is_said = f"the {what} {', '.join(found)}" if found else f"no {what}"
                raise _refused(nic, f"{_files(now)} would configure {now.label} with {is_said}")


def check_others(before: Sequence[Nic], after: Sequence[Nic], chosen: Chosen) -> None:
    """Doubt that NICs which a file does not name, and which share it with one that was given addresses, have what they had.

    after: what the cards of the source get. Raises GuestconvError `policy-not-possible`.
    """
    found = {nic.mac: nic for nic in after if nic.mac}
    for nic in before:
        if (nic.name and not nic.patterns) or nic in chosen.static or nic in chosen.dynamic or nic in chosen.gone:
            continue
        now = _now(nic, found, chosen)
        if now and _whole(now) != _whole(nic):
            shared = f"{_files(nic)} is for several network cards"
            gets = ", ".join(now.addresses) or (now.method if now.configured_by else None) or "nothing"
            raise _refused(nic, f"{shared}, so that {nic.label} would get {gets}")


def _now(nic: Nic, found: Mapping[str, Nic], chosen: Chosen) -> Nic | None:
    """What nic is afterwards; found: {MAC address, or identifier: Nic}."""
    mac = nic.mac or ""
    return found.get(chosen.macs.get(mac, "")) or found.get(mac) or found.get(nic.identifier)


def name_servers(root: GuestRoot, nic: Nic) -> tuple[str, ...]:
    """Those of the NIC; ifupdown has them elsewhere, where nothing takes dns-nameservers."""
    by_ifupdown = any(kind == interfaces.KIND for _file, kind in nic.configured_by)
    if by_ifupdown and not static_interfaces.takes_dns(root):
        return static_interfaces.name_servers(root)
    return nic.name_servers


def _carried(nic: Nic) -> set[str]:
    return {address for upper in nic.used_by for address in upper.addresses}


def _reached(nic: Nic) -> tuple[Collection[str], Collection[str]]:
    """What must be as before: the addresses of the NIC, and those that it carries for others."""
    return set(nic.addresses), _carried(nic)


def _whole(nic: Nic) -> tuple[Collection[str], Collection[str], str | None]:
    return set(nic.addresses), set(nic.gateways), nic.method


def _keys(nics: Sequence[Nic]) -> set[str]:
    return {key for nic in nics for key in (nic.name, None if nic.name else nic.hardware_mac) if key}


def _new(key: str, chosen: Chosen) -> str:
    return chosen.names.get(key) or chosen.macs.get(key) or key


def _label(nic: Nic, chosen: Chosen) -> str:
    return chosen.names.get(nic.label, nic.label)


def _files(nic: Nic) -> str:
    return ", ".join(file for file, _kind in nic.configured_by)


def _not_by_dhcp(nic: Nic, now: Nic) -> GuestconvError:
    reason = f"with {', '.join(now.reached_at)}" if now.reached_at else "without DHCP"
    return _refused(nic, f"{_files(now)} would still configure {now.label} {reason}")


def _refused(nic: Nic, reason: str) -> GuestconvError:
    return GuestconvError(
        "policy-not-possible",
        f"What was chosen for the network cards could not be applied to {nic.label}: {reason}.",
        hint="Leave out the policy of this network card, or change its configuration in the guest first.",
        path=f"guest.devices.network.{nic.identifier}",
    )
