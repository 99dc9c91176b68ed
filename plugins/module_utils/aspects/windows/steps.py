# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a Windows guest does at its first boot on the target, as the aspects ask for it in the plan.

first_boot.py makes one script of the steps. It runs them in the order of the classes in Step, whatever aspect asked
first: drivers make the cards that get addresses, and values are restored when everything else is done. What the user
asks for (plan.first_boot) runs before the values are restored.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Union


@dataclass(frozen=True)
class InstallDrivers:
    """Install the drivers of all INF files in a directory of the guest (r"%SystemRoot%\\Drivers\\VirtIO").

    publishers: names of files there, with certificates of publishers whose drivers Windows is to install without asking:
    the thumbprint, and ".cer". authorities: of those the ones that no other certificate signs.
    """

    directory: str
    publishers: tuple[str, ...] = ()
    authorities: tuple[str, ...] = ()


@dataclass(frozen=True)
class RemoveDevice:
    """Remove a device that is not present any more, and have no connection keep its name.

    instance: its instance path (r"PCI\\VEN_15AD&DEV_07B0&...\\..."). interface: its GUID with braces, "" where it is no
    network card.
    """

    instance: str
    interface: str = ""


@dataclass(frozen=True)
class Route:
    """A persistent route of IPv4 or IPv6.

    destination: with prefix length. gateway: "0.0.0.0" or "::" for what is on the link. metric: None for the system's choice.
    """

    destination: str
    gateway: str
    metric: int | None = None


@dataclass(frozen=True)
class SetNetwork:
    """Give the network card with this MAC address what the guest had configured.

    mac: in lower case with colons; "" for the only card. own_mac: the one that its driver is configured to use, "" for none.
    name: the connection's; "" to leave it as it is. addresses: with prefix length, of IPv4 and IPv6. Without an address of
    IPv4 it uses DHCP. gateways, name_servers: of both families. removed, removed_gateways: of IPv6, which it must not have
    any more. domain: the DNS suffix of the connection, "" for none. wins: name servers of NetBIOS. netbios: 1 where NetBIOS
    is on, 2 where it is off, None for what DHCP says. metrics: (4 or 6, metric) of the card, gateway_metrics: (gateway,
    metric), where the system does not choose it. registration: under which names DNS has it, as Adapter has it. turned_off:
    ids of components that are turned off for it (ms_tcpip6).
    """

    mac: str
    name: str = ""
    addresses: tuple[str, ...] = ()
    gateways: tuple[str, ...] = ()
    name_servers: tuple[str, ...] = ()
    removed: tuple[str, ...] = ()
    removed_gateways: tuple[str, ...] = ()
    domain: str = ""
    routes: tuple[Route, ...] = ()
    wins: tuple[str, ...] = ()
    netbios: int | None = None
    own_mac: str = ""
    metrics: tuple[tuple[int, int], ...] = ()
    gateway_metrics: tuple[tuple[str, int], ...] = ()
    registration: str = "primary"
    turned_off: tuple[str, ...] = ()


@dataclass(frozen=True)
class UninstallProduct:
    """Uninstall a product of the Windows Installer.

    code: "{...}", its product code. name: for the log. properties: "NAME=value", which the product needs besides.
    """

    code: str
    name: str
    properties: tuple[str, ...] = ()


@dataclass(frozen=True)
class SetNumber:
    """Set a REG_DWORD. key: below HKEY_LOCAL_MACHINE (r"SYSTEM\\CurrentControlSet\\..."). number: None to delete it."""

    key: str
    name: str
    number: int | None


@dataclass(frozen=True)
class Temporary:
    """A setting until the first boot: a REG_DWORD of this name is number, in a key below the control set (path).

    detail: what for. It is no step: restoring.py makes one of it, which restores the setting.
    """

    path: str
    name: str
    number: int
    detail: str


Step = Union[InstallDrivers, RemoveDevice, SetNetwork, UninstallProduct, SetNumber]
