# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
r"""Settings of a network adapter of Windows that another device does not get, and that the first boot does not make. Pure.

What is bound to the adapter is in UpperBind of its key in the class (Linkage): in the hive of a Windows 7 with two cards, one
lacks Tcpip6, and its interface is in Bind of Services\Tcpip\Linkage alone. LanmanServer and LanmanWorkstation, the file sharing
and its client, have all interfaces that they use in their own Bind.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from ...guest.hives import Key

# Settings of a driver that change what the card sends, and the values with which they do not.
_DRIVER: Mapping[str, tuple[str, ...]] = {
    "VlanID": ("", "0"),
    "RegVlanid": ("", "0"),
    "*JumboPacket": ("", "1500", "1514"),
    "MTU": ("", "1500"),
    "NetworkAddress": ("",),
}

# Settings of TCP/IP for one interface, with the values that say nothing.
_TCPIP: Mapping[str, tuple[str, ...]] = {
    "MTU": ("0", "1500", str(0xFFFFFFFF)),
    "IPAutoconfigurationEnabled": ("1",),
    "TcpAckFrequency": ("0", "2"),
    "TCPNoDelay": ("0",),
}
# What DHCP may have in addition. The first is the address without a lease ("Alternate Configuration").
_DHCP: Mapping[str, tuple[str, ...]] = {
    "ActiveConfigurations": ("",),
    "DefaultGateway": ("", "0.0.0.0"),
}
_DNS = r"Services\Dnscache\InterfaceSpecificParameters"
# {driver in UpperBind: (version of IP, id of the component)}
_PROTOCOLS = {"tcpip": (4, "ms_tcpip"), "tcpip6": (6, "ms_tcpip6")}
# {service: id of the component}
_SERVICES = {"LanmanServer": "ms_server", "LanmanWorkstation": "ms_msclient"}
# What Windows calls them.
COMPONENTS = {
    "ms_tcpip": "IPv4",
    "ms_tcpip6": "IPv6",
    "ms_server": "file and printer sharing",
    "ms_msclient": "the client for Microsoft networks",
}

_LONGEST = 256
_HIGHEST_METRIC = 9999


def versions(adapter: Key) -> tuple[int, ...]:
    """The versions of IP that an adapter uses. adapter: its key in the class. A list that is not there says nothing."""
    bound = _bound(adapter)
    return tuple(version for name, (version, _component) in _PROTOCOLS.items() if not bound or name in bound)


def is_part(adapter: Key) -> bool | None:
    """Whether something else uses the adapter in place of IP: a team, a bridge, a switch. None where it is not known."""
    bound = _bound(adapter)
    return bound.isdisjoint(_PROTOCOLS) if bound else None


def _bound(adapter: Key) -> set[str]:
    linkage = adapter.key("Linkage")
    value = linkage.value("UpperBind") if linkage else None
    return {each.casefold() for each in value.texts} if value else set()


def of_driver(adapter: Key) -> dict[str, str]:
    """{name: value} of the settings of an adapter's driver. adapter: its key in the class."""
    return dict(_unusual(adapter, _DRIVER))


def of_tcpip(interface: Key | None, is_static: bool) -> dict[str, str]:
    """{name: value} of the settings of TCP/IP. interface: its key in Tcpip\\Parameters\\Interfaces."""
    return dict(_unusual(interface, _TCPIP if is_static else {**_TCPIP, **_DHCP}))


def metric(interface: Key | None) -> tuple[tuple[int, int], ...]:
    """((4, metric),) of an interface whose metric the system does not choose."""
    value = interface.value("InterfaceMetric") if interface else None
    number = value.number if value else None
    return ((4, number),) if number and number <= _HIGHEST_METRIC else ()


def registration(interface: Key | None) -> str:
    """Under which names the addresses are registered in DNS, in netsh's words (set dnsservers, register)."""
    value = interface.value("RegistrationEnabled") if interface else None
    if value and value.number == 0:
        return "none"
    value = interface.value("RegisterAdapterName") if interface else None
    return "both" if value and value.number == 1 else "primary"


def of_dns(control_set: Key, guid: str) -> dict[str, str]:
    """{name: value} of the encryption of DNS, which the interface has for single name servers since Windows 11."""
    for family in ("Doh", "Doh6"):
        servers = control_set.key(rf"{_DNS}\{guid}\DohInterfaceSettings\{family}")
        if servers and servers.keys():
            return {"DNS over HTTPS": "on"}
    return {}


def turned_off(control_set: Key, guid: str, used: tuple[int, ...]) -> tuple[str, ...]:
    """The components, by their ids, that are turned off for an adapter which uses IP. used: of versions."""
    if not used:
        return ()
    found = [component for version, component in _PROTOCOLS.values() if version not in used]
    for service, component in _SERVICES.items():
        linkage = control_set.key(rf"Services\{service}\Linkage")
        value = linkage.value("Bind") if linkage else None
        bound = [each.casefold() for each in value.texts] if value else []
        if bound and not any(each.endswith(guid.casefold()) for each in bound):
            found.append(component)
    return tuple(found)


def _unusual(key: Key | None, settings: Mapping[str, tuple[str, ...]]) -> Iterator[tuple[str, str]]:
    for name, usual in settings.items():
        value = key.value(name) if key else None
        if value is None:
            continue
        number = value.number
        texts = (str(number),) if number is not None else value.texts
        if not all(text in usual for text in texts):
            yield name, ", ".join(texts)[:_LONGEST]
