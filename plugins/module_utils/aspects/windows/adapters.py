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
from dataclasses import replace
from itertools import islice

from ...guest.hives import Key
from ...texts.registry import Value
from . import adapter_settings, instances, nsi, routes
from .adapter import Adapter, Network

_CLASS = r"Control\Class\{4d36e972-e325-11ce-bfc1-08002be10318}"
_NETWORK = r"Control\Network\{4D36E972-E325-11CE-BFC1-08002BE10318}"
_SETUP = r"Control\NetworkSetup2\Interfaces"
_IPV4 = r"Services\Tcpip\Parameters\Interfaces"
_IPV6 = r"Services\Tcpip6\Parameters\Interfaces"
_NETBIOS = r"Services\NetBT\Parameters\Interfaces"
PERSISTENT_ROUTES = r"Services\Tcpip\Parameters\PersistentRoutes"

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

# Software that has the address of the cards below it, by its component's id: teams and bridges (NdisImPlatform, and bridges
# before Windows 8), switches of Hyper-V, and what Intel's and Broadcom's tools make (teams, VLANs).
_ABOVE = ("compositebus\\ms_implat_mp", "ms_bridgemp", "vms_mp", "iansminiport", "brcm_blfm")

_Interface = ipaddress.IPv4Interface


def read(control_set: Key) -> Network:
    """What a control set has of the network. Raises GuestconvError as Key does."""
    read_from = [(key, _adapter(key, control_set)) for key in islice(_numbered(control_set.key(_CLASS)), _MOST)]
    cards = _without_functions([each for _key, each in read_from if each])
    found: list[Adapter] = []
    places: dict[int, int] = {}
    for key, adapter in read_from:
        if adapter and adapter in cards:
            places.setdefault(nsi.luid(_number(key, "*IfType"), _number(key, "NetLuidIndex")), len(found))
            found.append(adapter)
    persistent = control_set.key(PERSISTENT_ROUTES)
    names = islice(persistent.values() if persistent else (), _MOST)
    return routes.with_persistent(_with_nsi(found, places, control_set), names)


def _without_functions(found: Sequence[Adapter]) -> list[Adapter]:
    """Those that are no functions of a physical card (SR-IOV) which carry what a card of Hyper-V sends.

    They have its MAC address (learn.microsoft.com, "How Accelerated Networking works"). A card that a hypervisor emulates is
    none: it may be where the machine was before, or is now.
    """
    synthetic = {each.mac for each in found if each.mac and each.instance.upper().startswith("VMBUS\\")}
    return [each for each in found if not (each.pci and each.mac in synthetic and not each.pci.is_emulated)]


def _numbered(of_class: Key | None) -> Iterator[Key]:
    for key in of_class.keys() if of_class else ():
        if re.fullmatch(r"\d{4}", key.name):
            yield key


def _adapter(key: Key, control_set: Key) -> Adapter | None:
    """The adapter of a key of the class; None for what is neither a card nor made of cards."""
    guid = _text(key, "NetCfgInstanceId")
    if not _GUID.fullmatch(guid):
        return None
    connection = control_set.key(rf"{_NETWORK}\{guid}\Connection")
    instance = _text(key, "DeviceInstanceID") or _text(connection, "PnPInstanceId")
    characteristics = _number(key, "Characteristics")
    is_card = instance.upper().startswith(_BUSES) and not characteristics & _HIDDEN
    is_physical = is_card or bool(characteristics & _PHYSICAL) and not instances.is_software(instance)
    is_above = _text(key, "ComponentId").lower() in _ABOVE
    if not is_physical and not is_above:
        return None
    pci = instances.parse(instance)
    mac, mac_from = _mac(control_set.key(rf"{_SETUP}\{guid}\Kernel"), pci)
    device = control_set.key(rf"Enum\{instance}") if instance else None
    slot = device.value("UINumber") if device else None
    is_disabled = bool(device and _number(device, "ConfigFlags") & _DISABLED)
    versions = adapter_settings.versions(key)
    found = Adapter(
        guid=guid.lower(),
        name=_text(connection, "Name"),
        description=_text(key, "DriverDesc"),
        instance=instance,
        pci=pci,
        mac=mac,
        mac_from=mac_from,
        slot=slot.number if slot else None,
        is_disabled=is_disabled,
        is_physical=is_physical,
        is_above=is_above,
        is_part=adapter_settings.is_part(key),
        versions=versions,
        turned_off=adapter_settings.turned_off(control_set, guid, versions),
        own_mac=_own_mac(_text(key, "NetworkAddress")),
        settings={
            **adapter_settings.of_driver(key),
            # What uses it then is a team, a bridge, or a switch.
            **({} if versions else {"IP": "off"}),
            **adapter_settings.of_dns(control_set, guid),
        },
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


def _own_mac(text: str) -> str | None:
    """The MAC address in a NetworkAddress, which drivers read without separators, and with hyphens (NdisReadNetworkAddress)."""
    digits = text.strip().replace("-", "").replace(":", "").lower()
    return ":".join(re.findall("..", digits)) if re.fullmatch(r"[0-9a-f]{12}", digits) else None


def _configured(found: Adapter, control_set: Key) -> Adapter:
    """found with its configuration of TCP/IP and NetBIOS, as far as it uses that version of IP."""
    ipv4, ipv6 = (
        control_set.key(rf"{path}\{found.guid}") if version in found.versions else None
        for version, path in ((4, _IPV4), (6, _IPV6))
    )
    netbios = control_set.key(rf"{_NETBIOS}\Tcpip_{found.guid}")
    dhcp = ipv4.value("EnableDHCP") if ipv4 else None
    # Without the value, an address that is configured goes before DHCP.
    is_static = dhcp.number == 0 if dhcp else bool(_texts(ipv4, "IPAddress"))
    addresses, unread = _addresses(ipv4) if is_static else ((), {})
    servers = (*_servers(ipv4, 4), *_servers(ipv6, 6))
    domain = _text(ipv4, "Domain")
    is_domain = not domain or bool(_DOMAIN.fullmatch(domain))
    options = netbios.value("NetbiosOptions") if netbios else None
    gateways = tuple(_valid(_texts(ipv4, "DefaultGateway") if is_static else (), 4))
    return replace(
        found,
        static=is_static,
        leased=None if is_static else _with_prefix(_text(ipv4, "DhcpIPAddress"), _text(ipv4, "DhcpSubnetMask")),
        addresses=addresses,
        gateways=gateways,
        gateway_metrics=tuple(_gateway_metrics(gateways, _texts(ipv4, "DefaultGatewayMetric"))),
        metrics=adapter_settings.metric(ipv4),
        registration=adapter_settings.registration(ipv4),
        name_servers=tuple(dict.fromkeys(servers)),
        domain=domain if is_domain else "",
        wins=tuple(_valid(_texts(netbios, "NameServerList"), 4)),
        netbios=options.number if options and options.number in (1, 2) else None,
        settings={
            **found.settings,
            **adapter_settings.of_tcpip(ipv4, is_static),
            **({} if is_domain else {"Domain": domain}),
            **unread,
        },
    )


def _gateway_metrics(gateways: Iterable[str], metrics: Iterable[str]) -> Iterator[tuple[str, int]]:
    """(gateway, metric) of those gateways whose metric the system does not choose. metrics: as they are listed."""
    for gateway, metric in zip(gateways, metrics):
        if re.fullmatch("[0-9]{1,4}", metric) and int(metric):
            yield gateway, int(metric)


def _addresses(ipv4: Key | None) -> tuple[tuple[str, ...], dict[str, str]]:
    """(the addresses of IPv4 that are configured, and {name: text} of those that are none)."""
    masks = _texts(ipv4, "SubnetMask")
    read_as = [
        (address, _with_prefix(address, masks[place] if place < len(masks) else ""))
        for place, address in enumerate(_texts(ipv4, "IPAddress"))
    ]
    unread = [address for address, read in read_as if read is None and address != "0.0.0.0"]
    addresses = tuple(read for _address, read in read_as if read)
    if unread:
        return addresses, {"IPAddress": f"{', '.join(unread)} without a mask"[:_LONGEST_NAME]}
    # On another card, Windows would use DHCP.
    return addresses, {} if addresses else {"EnableDHCP": "0, without an address"}


def _with_nsi(adapters: Sequence[Adapter], places: Mapping[int, int], control_set: Key) -> list[Adapter]:
    """The adapters with addresses of IPv6, and with the routes and metrics of their interfaces. places: of each LUID."""
    found = list(adapters)
    for version, module in nsi.MODULES.items():
        table = control_set.key(rf"Control\Nsi\{module}")
        for luid, metric in islice(nsi.metrics(_rows(table, nsi.INTERFACES)), _MOST):
            if (place := places.get(luid)) is not None:
                metrics = {**dict(found[place].metrics), version: metric}
                found[place] = replace(found[place], metrics=tuple(metrics.items()))
        if version == 6:
            for luid, address in islice(nsi.addresses(_rows(table, nsi.ADDRESSES), version), _MOST):
                if (place := places.get(luid)) is not None and version in found[place].versions:
                    found[place] = replace(found[place], addresses=_more(found[place].addresses, address))
        for route in islice(nsi.routes(_rows(table, nsi.ROUTES), version), _MOST):
            if (place := places.get(route.luid)) is not None:
                found[place] = routes.with_route(found[place], route)
    return found


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
        is_mask = found.netmask == ipaddress.IPv4Address(mask)
    except ValueError:
        return None
    is_host = is_mask and not (found.ip.is_unspecified or found.ip.is_multicast) and found.network.prefixlen
    return found.with_prefixlen if is_host else None


def _servers(key: Key | None, version: int) -> list[str]:
    """The name servers of an interface, in lists that have commas or blanks between them.

    Those of the interface go before those of the network that it is connected to (DNS_INTERFACE_SETTINGS of netioapi.h).
    """
    for name in ("NameServer", "ProfileNameServer"):
        value = _value(key, name)
        texts = re.split(r"[\s,]+", value.text, maxsplit=_MOST)[:_MOST] if value else ()
        found = list(_valid(texts, version))
        if found:
            return found
    return []


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
