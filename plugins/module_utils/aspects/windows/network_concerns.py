# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a person should know of the network of a Windows guest: what the target does not get. Pure, but for one file."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from ...guest.root import GuestRoot
from ...model.concerns import Concern
from ..network.cards.nics import Nic
from .adapter import Adapter, Network
from .adapter_settings import COMPONENTS
from .steps import Route

# By it, the first boot finds a card by its MAC address. Server Core of Windows Server 2008 R2 need not have it.
_POWERSHELL = "/Windows/System32/WindowsPowerShell/v1.0/powershell.exe"


def concerns_of(
    root: str, nics: Sequence[Nic], found: Network, known: Mapping[str, Adapter], has_bindings: bool
) -> list[Concern]:
    """What a person should know of the network before the conversion.

    root: its name; nics: with the MAC addresses that they have on the target; known: by identifiers. has_bindings: whether the
    first boot can turn components off.
    """
    lost = [nic for nic in nics if not is_found_again(nic, nics)]
    concerns = [_not_found_again(nic, len(nics), known.get(nic.identifier), has_bindings) for nic in lost]
    twice = doubles(nics)
    concerns += [_of_another(nic, twice[nic.identifier]) for nic in nics if twice[nic.identifier]]
    for nic in nics:
        adapter = known.get(nic.identifier)
        off = {} if has_bindings or not adapter else {COMPONENTS[each]: "off" for each in adapter.turned_off}
        if adapter and (adapter.settings or off or adapter.is_disabled):
            concerns.append(_settings_left(nic, adapter, {**adapter.settings, **off}))
    # Hyper-V's switches need not have a card: those of Docker and of WSL have none.
    if any(each.is_part is not False for each in found.adapters if each.is_physical):
        concerns += [_above_cards(each) for each in found.adapters if each.is_above and not each.is_physical]
    if found.unowned:
        listed = ", ".join(f"{each.destination} by {each.gateway}" for each in found.unowned)
        concerns.append(
            Concern(
                "route-not-kept",
                "warning",
                f"Persistent routes in the registry of {root} have gateways that no network card of the guest can "
                f"reach: {listed}. They are not set for the network cards of the target.",
                "Check with `route print` on the target, and add the routes there if they are needed.",
            )
        )
    return concerns


def may_be_gone(nics: Sequence[Nic], hardware: Mapping[str, object]) -> Concern | None:
    """The Concern that some of several cards may have been removed: Windows keeps what it has configured of those."""
    if len(nics) < 2 or hardware.get("interfaces") is not None:
        return None
    return Concern(
        "nic-may-be-gone",
        "info",
        f"Windows has the configuration of {len(nics)} network cards ({', '.join(nic.label for nic in nics)}), and does not "
        "forget those that were removed. The target gets all of them.",
        "Pass hardware.interfaces, or delete the cards that the guest does not have any more from guest.devices.network.",
    )


def is_found_again(nic: Nic, nics: Sequence[Nic]) -> bool:
    """Whether the first boot finds the card: by its MAC address, or because it is the only one."""
    alike = [each for each in nics if each.hardware_mac == nic.hardware_mac]
    return len(nics) == 1 or (nic.hardware_mac is not None and len(alike) == 1)


def doubles(nics: Sequence[Nic]) -> dict[str, list[str]]:
    """{identifier: the addresses of the card that another one gets}.

    Windows keeps the addresses of a card that was removed, and gives them to another one if its administrator insists. Of
    cards with one address, the one that the source has gets it, and that is not disabled, or else the first of them.
    """
    taken: set[str] = set()
    found: dict[str, list[str]] = {}
    for nic in sorted(nics, key=lambda each: (not each.on_source, not each.at_boot)):
        hosts = {address: address.partition("/")[0] for address in nic.addresses}
        found[nic.identifier] = [address for address, host in hosts.items() if host in taken]
        taken.update(hosts.values())
    return found


def _of_another(nic: Nic, addresses: Sequence[str]) -> Concern:
    return Concern(
        "static-address-not-kept",
        "warning",
        f"{nic.label} has {', '.join(addresses)}, which another network card has as well. On a network card of another model "
        "it does not get what the other one gets.",
        "Most likely one of them was removed from the machine. Delete it from guest.devices.network, or pass "
        "hardware.interfaces.",
    )


def _not_found_again(nic: Nic, count: int, adapter: Adapter | None, has_bindings: bool) -> Concern:
    why = f"The guest has {count} network cards, and " + (
        f"{nic.label} has the MAC address of another one"
        if nic.hardware_mac
        else f"the MAC address of {nic.label} is not known"
    )
    if nic.addresses:
        return Concern(
            "static-address-not-kept",
            "warning",
            f"{why}, so that its addresses ({', '.join(nic.addresses)}) cannot be set at the first boot.",
            "Pass hardware.interfaces with `mac`, and `addresses` or `pci_slot`, of each network card. If the addresses are "
            "not known anywhere, accept new ones: hardware: {generate_macs: true}",
        )
    further = {
        "name servers": nic.name_servers,
        "routes": [f"{route.destination} by {route.gateway}" for route in adapter.routes] if adapter else (),
        "WINS servers": adapter.wins if adapter else (),
        "domain": [adapter.domain] if adapter and adapter.domain else (),
        "metrics": [str(metric) for _version, metric in adapter.metrics] if adapter else (),
        "turned off": [COMPONENTS[each] for each in adapter.turned_off] if adapter and has_bindings else (),
        "registration in DNS": [adapter.registration] if adapter and adapter.registration != "primary" else (),
    }
    listed = "; ".join(f"{what} {', '.join(values)}" for what, values in further.items() if values)
    return Concern(
        "nic-name-not-kept",
        "warning",
        f"{why}, so that Windows may give its connection another name"
        + (f", and these settings of it cannot be set at the first boot: {listed}." if listed else "."),
        "Pass hardware.interfaces with `mac`, and `addresses` or `pci_slot`, of each network card.",
    )


def has_powershell(root: GuestRoot) -> bool:
    """Whether the first boot can configure network cards."""
    return root.exists(root.spelled(_POWERSHELL))


def without_powershell(root: GuestRoot, nics: Sequence[Nic]) -> Concern | None:
    static = [nic for nic in nics if nic.addresses]
    if not static or has_powershell(root):
        return None
    return Concern(
        "static-address-not-kept",
        "warning",
        f"Windows has no PowerShell ({_POWERSHELL}), by which the first boot finds a network card of another model. So the "
        "addresses of " + ", ".join(f"{nic.label} ({', '.join(nic.addresses)})" for nic in static) + " cannot be set.",
        "Install PowerShell in the guest (dism /online /enable-feature /featurename:NetFx2-ServerCore "
        "/featurename:MicrosoftWindowsPowerShell), or choose drivers with which the target has the same cards (vmxnet3 or e1000e, as on the source).",
    )


def _settings_left(nic: Nic, adapter: Adapter, settings: Mapping[str, str]) -> Concern:
    listed = ", ".join(f"{name} is {value}" for name, value in settings.items())
    if adapter.is_disabled:
        listed = f"{listed}, and it is disabled" if listed else "it is disabled"
    return Concern(
        "nic-setting-not-kept",
        "warning",
        f"{nic.label} has settings in Windows that a network card of another model does not get: {listed}.",
        "Set them on the target: a VLAN in the network that the card is connected to, a MAC address with "
        "hardware.target_interfaces, and the others in the properties of the connection and of the adapter.",
    )


def _above_cards(adapter: Adapter) -> Concern:
    made_of = f"{adapter.name} ({adapter.description})"
    hint = (
        "Add the network cards to it again on the target, or choose drivers with which the target has the same cards "
        "(vmxnet3 or e1000e, as on the source)."
    )
    if adapter.addresses:
        return Concern(
            "static-address-not-kept",
            "warning",
            f"{made_of} has {', '.join(adapter.addresses)} and is made of network cards. It keeps the address, but it loses "
            "a card that is of another model on the target.",
            hint,
        )
    return Concern(
        "nic-setting-not-kept",
        "warning",
        f"{made_of} is made of network cards. It loses a card that is of another model on the target.",
        hint,
    )


def routes_left(nic: Nic, routes: Sequence[Route]) -> Concern | None:
    """The Concern that a card does not get routes which it had, as its policy gives it other addresses; None for none."""
    if not routes:
        return None
    listed = ", ".join(f"{each.destination} by {each.gateway}" for each in routes)
    return Concern(
        "route-not-kept",
        "warning",
        f"{nic.label} gets other addresses by its policy, and has persistent routes in Windows by gateways that these do not "
        f"reach, or that are not known to be reached: {listed}. They are not set on the target.",
        "Check with `route print` on the target, and add the routes there if they are needed.",
    )
