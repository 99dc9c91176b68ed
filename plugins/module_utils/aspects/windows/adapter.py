# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A network adapter of Windows, with what is configured of it."""

from __future__ import annotations

from dataclasses import dataclass, field

from . import instances
from .steps import Route


@dataclass(frozen=True)
class Adapter:
    """A network adapter.

    guid: of the interface, with braces, in lower case. name: of the connection, "" without. description: of the device.
    instance: its device instance path. pci: the same, where it is a device on PCI.
    mac, mac_from: the MAC address that the card had, in lower case with colons, and the key that it was learnt from.
    own_mac: the MAC address that the driver is configured to use instead, None without.
    slot: the number of the PCI slot, as the hypervisor numbers them (UINumber of the device).
    is_disabled: whether somebody disabled the device. is_physical: whether it is a card. is_above: whether it is a team, or a
    switch, of cards. is_part: whether such a one uses the card; None where that is not known.
    versions: those of IP that are not turned off for it. turned_off: ids of components that are (ms_tcpip6).
    static: whether its IPv4 addresses are configured, and not by DHCP. leased: the address that it had by DHCP.
    addresses, gateways, name_servers: of IPv4 and IPv6; addresses with prefix length.
    metrics: (version of IP, metric) of the interface; gateway_metrics: (gateway, metric); where the system does not choose it.
    registration: under which names the addresses are registered in DNS: "none", "primary", or "both" with the suffix of the
    connection.
    routes: others than by gateways. persistent: names of values of PersistentRoutes that are routes by its gateways.
    wins: name servers of NetBIOS. netbios: NetbiosOptions, where it is not the default.
    settings: {name: value} of those settings, of its driver and of TCP/IP, that a card of another model does not have.
    """

    guid: str
    name: str
    description: str
    instance: str
    pci: instances.PciInstance | None = None
    mac: str | None = None
    mac_from: str = ""
    own_mac: str | None = None
    slot: int | None = None
    is_disabled: bool = False
    is_physical: bool = True
    is_above: bool = False
    is_part: bool | None = None
    versions: tuple[int, ...] = (4, 6)
    turned_off: tuple[str, ...] = ()
    static: bool = False
    leased: str | None = None
    addresses: tuple[str, ...] = ()
    gateways: tuple[str, ...] = ()
    metrics: tuple[tuple[int, int], ...] = ()
    gateway_metrics: tuple[tuple[str, int], ...] = ()
    name_servers: tuple[str, ...] = ()
    registration: str = "primary"
    domain: str = ""
    routes: tuple[Route, ...] = ()
    persistent: tuple[str, ...] = ()
    wins: tuple[str, ...] = ()
    netbios: int | None = None
    settings: dict[str, str] = field(default_factory=dict, hash=False)


@dataclass(frozen=True)
class Network:
    """adapters: the cards, and the software above them. unowned: persistent routes that are of none of them."""

    adapters: tuple[Adapter, ...]
    unowned: tuple[Route, ...] = ()
