# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
r"""The network adapters in a SYSTEM hive, each with what Windows has configured of it.

All is read from the control set in use: the class of adapters (Control\Class\{4d36e972-...}), the names of connections
(Control\Network), the configuration of TCP/IP (Services\Tcpip, Tcpip6, NetBT), and what it has by the LUID of the
interface (nsi.py). What a hostile guest writes there is taken only as far as it is an address, and never more than some
hundred of each.
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import islice

from ...guest.hives import Key
from ...texts.registry import Value
from . import instances, nsi
from .steps import Route

_CLASS = r"Control\Class\{4d36e972-e325-11ce-bfc1-08002be10318}"
_NETWORK = r"Control\Network\{4D36E972-E325-11CE-BFC1-08002BE10318}"
_SETUP = r"Control\NetworkSetup2\Interfaces"
_IPV4 = r"Services\Tcpip\Parameters\Interfaces"
_IPV6 = r"Services\Tcpip6\Parameters\Interfaces"
_NETBIOS = r"Services\NetBT\Parameters\Interfaces"
_ROUTES = r"Services\Tcpip\Parameters\PersistentRoutes"

# At most so many adapters, and so many addresses or routes of one.
_MOST = 256
# Windows shows no longer name of a connection.
_LONGEST_NAME = 256

_GUID = re.compile(r"\{[0-9A-F]{8}(-[0-9A-F]{4}){3}-[0-9A-F]{12}\}", re.IGNORECASE)
_DOMAIN = re.compile(r"(?=.{1,253}\Z)[A-Za-z0-9_]([A-Za-z0-9_-]{0,62})?(\.[A-Za-z0-9_]([A-Za-z0-9_-]{0,62})?)*\.?")
# NCF_PHYSICAL and NCF_HIDDEN of Characteristics (devguid.h, netcfgx.h).
_PHYSICAL, _HIDDEN = 0x4, 0x8
# CONFIGFLAG_DISABLED of ConfigFlags of a device (regstr.h).
_DISABLED = 0x1
# Buses that hypervisors put network cards on.
_BUSES = ("PCI\\", "VMBUS\\", "XEN", "USB\\")

# Software that has the address of the cards below it: teams (NdisImPlatform), and switches of Hyper-V.
_ABOVE = ("compositebus\\ms_implat_mp", "vms_mp")

# Settings of a driver that change what the card sends, and the values with which they do not.
_SETTINGS = {
    "VlanID": ("", "0"),
    "RegVlanid": ("", "0"),
    "*JumboPacket": ("", "1500", "1514"),
    "NetworkAddress": ("",),
}

# Settings of TCP/IP for one interface that the first boot does not make, with the values that say nothing.
_TCPIP_SETTINGS: Mapping[str, tuple[str, ...]] = {
    "InterfaceMetric": ("0",),
    "DefaultGatewayMetric": ("", "0"),
    "MTU": ("0", "1500", str(0xFFFFFFFF)),
    "RegistrationEnabled": ("1",),
    "RegisterAdapterName": ("0",),
}

_Interface = ipaddress.IPv4Interface


@dataclass(frozen=True)
class Adapter:
    """A network adapter.

    guid: of the interface, with braces, in lower case. name: of the connection, "" without. description: of the device.
    instance: its device instance path. pci: the same, where it is a device on PCI.
    mac, mac_from: the MAC address that the card had, in lower case with colons, and the key that it was learnt from.
    slot: the number of the PCI slot, as the hypervisor numbers them (UINumber of the device).
    is_disabled: whether somebody disabled the device. is_physical: whether it is a card. is_above: whether it is a team, or a switch, of cards.
    static: whether it has its IPv4 addresses by configuration. leased: the address that it had by DHCP.
    addresses, gateways, name_servers: of IPv4 and IPv6; addresses with prefix length.
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
    slot: int | None = None
    is_disabled: bool = False
    is_physical: bool = True
    is_above: bool = False
    static: bool = False
    leased: str | None = None
    addresses: tuple[str, ...] = ()
    gateways: tuple[str, ...] = ()
    name_servers: tuple[str, ...] = ()
    domain: str = ""
    routes: tuple[Route, ...] = ()
    wins: tuple[str, ...] = ()
    netbios: int | None = None
    settings: dict[str, str] = field(default_factory=dict, hash=False)


@dataclass(frozen=True)
class Network:
    """adapters: the cards, and the software above them. unowned: persistent routes that are of none of them."""

    adapters: tuple[Adapter, ...]
    unowned: tuple[Route, ...] = ()


def read(control_set: Key) -> Network:
    """What a control set has of the network. Raises GuestconvError as Key does."""
    found: list[Adapter] = []
    places: dict[int, int] = {}
    for key in islice(_numbered(control_set.key(_CLASS)), _MOST):
        adapter = _adapter(key, control_set)
        if adapter and (adapter.is_physical or adapter.is_above):
            places.setdefault(nsi.luid(_number(key, "*IfType"), _number(key, "NetLuidIndex")), len(found))
            found.append(adapter)
    return _with_persistent(_with_nsi(found, places, control_set), control_set.key(_ROUTES))


def _numbered(of_class: Key | None) -> Iterator[Key]:
    for key in of_class.keys() if of_class else ():
        if re.fullmatch(r"\d{4}", key.name):
            yield key


def _adapter(key: Key, control_set: Key) -> Adapter | None:
    """The adapter of a key of the class; None without an interface."""
    guid, instance = _text(key, "NetCfgInstanceId"), _text(key, "DeviceInstanceID")
    if not _GUID.fullmatch(guid):
        return None
    characteristics = _number(key, "Characteristics")
    connection = control_set.key(rf"{_NETWORK}\{guid}\Connection")
    pci = instances.parse(instance)
    mac, mac_from = _mac(control_set.key(rf"{_SETUP}\{guid}\Kernel"), pci)
    device = control_set.key(rf"Enum\{instance}") if instance else None
    slot = device.value("UINumber") if device else None
    is_disabled = bool(device and _number(device, "ConfigFlags") & _DISABLED)
    description = _text(key, "DriverDesc")
    is_card = instance.upper().startswith(_BUSES) and not characteristics & _HIDDEN
    found = Adapter(
        guid=guid.lower(),
        name=_text(connection, "Name"),
        description=description,
        instance=instance,
        pci=pci,
        mac=mac,
        mac_from=mac_from,
        slot=slot.number if slot else None,
        is_disabled=is_disabled,
        is_physical=bool(characteristics & _PHYSICAL) or is_card,
        is_above=_text(key, "ComponentId").lower() in _ABOVE,
        settings={name: _text(key, name) for name, usual in _SETTINGS.items() if _text(key, name) not in usual},
    )
    return _configured(found, control_set)


def _mac(setup: Key | None, pci: instances.PciInstance | None) -> tuple[str | None, str]:
    """(the MAC address of the hardware, where it is from). PermanentAddress is there since Windows 10."""
    if pci and pci.mac:
        return pci.mac, "Enum"
    value = setup.value("PermanentAddress") if setup else None
    if value is None or len(value.data) != 6 or value.data[0] & 1 or not any(value.data):
        return None, ""
    return value.data.hex(":"), "NetworkSetup2"


def _configured(found: Adapter, control_set: Key) -> Adapter:
    """found with its configuration of TCP/IP and NetBIOS."""
    ipv4, ipv6 = (control_set.key(rf"{path}\{found.guid}") for path in (_IPV4, _IPV6))
    netbios = control_set.key(rf"{_NETBIOS}\Tcpip_{found.guid}")
    dhcp = ipv4.value("EnableDHCP") if ipv4 else None
    static = dhcp is not None and dhcp.number == 0
    masks = _texts(ipv4, "SubnetMask")
    pairs = zip(_texts(ipv4, "IPAddress"), masks) if static else ()
    addresses = tuple(filter(None, (_with_prefix(*pair) for pair in islice(pairs, _MOST))))
    servers = (*_servers(_text(ipv4, "NameServer"), 4), *_servers(_text(ipv6, "NameServer"), 6))
    domain = _text(ipv4, "Domain")
    options = netbios.value("NetbiosOptions") if netbios else None
    return replace(
        found,
        static=static and bool(addresses),
        leased=None if static else _with_prefix(_text(ipv4, "DhcpIPAddress"), _text(ipv4, "DhcpSubnetMask")),
        addresses=addresses,
        gateways=tuple(_valid(_texts(ipv4, "DefaultGateway") if static else (), 4)),
        name_servers=tuple(dict.fromkeys(servers)),
        domain=domain if _DOMAIN.fullmatch(domain) else "",
        wins=tuple(_valid(_texts(netbios, "NameServerList"), 4)),
        netbios=options.number if options and options.number in (1, 2) else None,
        settings={**found.settings, **_tcpip_settings(ipv4)},
    )


def _tcpip_settings(key: Key | None) -> dict[str, str]:
    found = {}
    for name, usual in _TCPIP_SETTINGS.items():
        value = _value(key, name)
        number = value.number if value else None
        texts = (str(number),) if number is not None else _texts(key, name)
        if not all(text in usual for text in texts):
            found[name] = ", ".join(texts)[:_LONGEST_NAME]
    return found


def _with_nsi(adapters: Sequence[Adapter], places: Mapping[int, int], control_set: Key) -> list[Adapter]:
    """The adapters with addresses of IPv6, and with the routes and metrics of their interfaces. places: of each LUID."""
    found = list(adapters)
    for version, module in nsi.MODULES.items():
        table = control_set.key(rf"Control\Nsi\{module}")
        for luid, metric in islice(nsi.metrics(_rows(table, nsi.INTERFACES)), _MOST):
            if (place := places.get(luid)) is not None:
                name = "InterfaceMetric" if version == 4 else "InterfaceMetric of IPv6"
                found[place] = replace(found[place], settings={**found[place].settings, name: str(metric)})
        if version == 6:
            for luid, address in islice(nsi.addresses(_rows(table, nsi.ADDRESSES), version), _MOST):
                if (place := places.get(luid)) is not None:
                    found[place] = replace(found[place], addresses=_more(found[place].addresses, address))
        for route in islice(nsi.routes(_rows(table, nsi.ROUTES), version), _MOST):
            if (place := places.get(route.luid)) is not None:
                found[place] = _with_route(found[place], route)
    return found


def _with_route(adapter: Adapter, route: nsi.NsiRoute) -> Adapter:
    """adapter with a route; with a gateway, where it is that of a default route. DHCP has one without configuration."""
    gateway = ipaddress.ip_address(route.gateway)
    if route.destination.endswith("/0") and not gateway.is_unspecified:
        if gateway.version == 4 and not adapter.static:
            return adapter
        return replace(adapter, gateways=_more(adapter.gateways, route.gateway))
    if gateway.is_unspecified:
        # What is on the link, which each address makes by itself.
        return adapter
    return replace(adapter, routes=_more(adapter.routes, Route(route.destination, route.gateway, route.metric)))


def _with_persistent(adapters: Sequence[Adapter], key: Key | None) -> Network:
    """The adapters with the routes that `route -p` made, which are known by their gateways alone."""
    found = list(adapters)
    unowned = []
    for name in islice(key.values() if key else (), _MOST):
        route = _persistent(name)
        if route is None or any(route.gateway in each.gateways for each in found) and _is_default(route):
            continue
        owners = [place for place, each in enumerate(found) if _reaches(each, route.gateway)]
        if not owners and len(found) == 1:
            owners = [0]
        if owners:
            place = owners[0]
            known = {(each.destination, each.gateway) for each in found[place].routes}
            if (route.destination, route.gateway) not in known:
                found[place] = replace(found[place], routes=_more(found[place].routes, route))
        else:
            unowned.append(route)
    return Network(tuple(found), tuple(unowned))


def _persistent(name: str) -> Route | None:
    """The route in the name of a value: destination, mask, gateway, metric."""
    parts = name.split(",")
    if len(parts) < 3:
        return None
    try:
        network = ipaddress.IPv4Network((parts[0].strip(), parts[1].strip()), strict=False)
        gateway = ipaddress.IPv4Address(parts[2].strip())
    except ValueError:
        return None
    metric = parts[3].strip() if len(parts) > 3 else ""
    is_metric = metric.isascii() and metric.isdigit() and 0 < int(metric[:8]) <= 9999
    return Route(str(network), str(gateway), int(metric) if is_metric else None)


def _is_default(route: Route) -> bool:
    return route.destination.endswith("/0")


def _reaches(adapter: Adapter, gateway: str) -> bool:
    known = [*adapter.addresses, *([adapter.leased] if adapter.leased else [])]
    return any(ipaddress.ip_address(gateway) in ipaddress.ip_interface(each).network for each in known)


def _rows(table: Key | None, name: str) -> Iterator[tuple[str, bytes]]:
    key = table.key(name) if table else None
    for each, value in (key.values() if key else {}).items():
        yield each, value.data


def _more(known: tuple[object, ...], new: object) -> tuple:  # type: ignore[type-arg]
    return known if new in known or len(known) >= _MOST else (*known, new)


def _with_prefix(address: str, mask: str) -> str | None:
    """The address with its prefix length; None for what is no address of a host."""
    try:
        found = _Interface((address, mask))
    except ValueError:
        return None
    is_host = not (found.ip.is_unspecified or found.ip.is_multicast) and found.network.prefixlen
    return found.with_prefixlen if is_host else None


def _servers(text: str, version: int) -> Iterator[str]:
    """The addresses in a list that has commas or blanks between them."""
    return _valid(re.split(r"[\s,]+", text[:4096]), version)


def _valid(texts: Iterable[str], version: int) -> Iterator[str]:
    """Those of the texts that are addresses of this version of IP."""
    for text in islice(texts, _MOST):
        try:
            address = ipaddress.ip_address(text.partition("%")[0])
        except ValueError:
            continue
        if address.version == version and not address.is_unspecified:
            yield str(address)


def _value(key: Key | None, name: str) -> Value | None:
    return key.value(name) if key else None


def _text(key: Key | None, name: str) -> str:
    value = _value(key, name)
    return value.text[:_LONGEST_NAME] if value else ""


def _texts(key: Key | None, name: str) -> tuple[str, ...]:
    value = _value(key, name)
    return value.texts[:_MOST] if value else ()


def _number(key: Key, name: str) -> int:
    value = key.value(name)
    return (value.number or 0) if value else 0
