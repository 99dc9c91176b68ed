# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The static addresses that the caller chose for a NIC, with its gateways and name servers. Pure."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Union

from .. import values
from .nics import Nic

KEYS = ("addresses", "gateway", "dns")

# A prefix length; ipaddress would take the mask of hosts 0.0.0.255 for one as well.
_WITH_PREFIX = re.compile(r"[0-9A-Fa-f:.]+/\d{1,3}")

_Interface = Union[ipaddress.IPv4Interface, ipaddress.IPv6Interface]
Malformed = Callable[[str, object, str], Exception]


@dataclass(frozen=True)
class Static:
    """addresses: with prefix. gateways: at most one of each family. name_servers: None where those of the guest stay.

    of_all: the name servers of all NICs with new ones, for programs that have one list for the whole guest.
    """

    addresses: tuple[str, ...]
    gateways: tuple[str, ...] = ()
    name_servers: tuple[str, ...] | None = None
    of_all: tuple[str, ...] = ()

    def of(self, version: int) -> tuple[str, ...]:
        """The addresses of a family: 4 or 6."""
        return _of_family(self.addresses, version)

    def gateway(self, version: int) -> str | None:
        """The gateway of a family, or None."""
        return next(iter(_of_family(self.gateways, version)), None)

    def servers(self, version: int) -> tuple[str, ...] | None:
        """The name servers of a family, None where those of the guest stay."""
        return None if self.name_servers is None else _of_family(self.name_servers, version)

    def besides(self, nic: Nic) -> bool:
        """Whether nic gets further addresses of these families by DHCP."""
        return any(self.of(version) for version in nic.dhcp)

    def is_of(self, nic: Nic, servers: Sequence[str]) -> bool:
        """Whether nic, with these name servers, has exactly this by its configuration."""
        return (
            not self.besides(nic)
            and set(nic.addresses) == set(self.addresses)
            and set(nic.gateways) == set(self.gateways)
            and self.has_servers(servers)
        )

    def has_servers(self, servers: Sequence[str]) -> bool:
        """Whether servers are those that are wanted: its own, and of others' none but those that are new as well."""
        if self.name_servers is None:
            return True
        return set(self.name_servers) <= set(servers) <= {*self.name_servers, *self.of_all}


def version_of(text: str) -> int:
    """4 or 6, for an address with or without prefix."""
    return 6 if ":" in text else 4


def _of_family(texts: Sequence[str], version: int) -> tuple[str, ...]:
    return tuple(text for text in texts if version_of(text) == version)


def static_of(settings: Mapping[str, Any], path: str, malformed: Malformed) -> Static:
    """The Static that settings of a device in the description, at path, ask for.

    Each of its keys is a text or a list of texts. Raises malformed(path, value, what it must be).
    """
    addresses = [
        _address(text, f"{path}.addresses", malformed) for text in _texts(settings, "addresses", path, malformed)
    ]
    if not addresses:
        expected = "a list of addresses with prefix, such as [10.1.2.3/24]"
        raise malformed(f"{path}.addresses", settings.get("addresses"), expected)
    hosts = [address.ip for address in addresses]
    if len(set(hosts)) < len(hosts):
        raise malformed(f"{path}.addresses", settings.get("addresses"), "a list that has each address once")
    gateways = _texts(settings, "gateway", path, malformed)
    found = [_gateway(text, addresses, f"{path}.gateway", malformed) for text in gateways]
    if len({gateway.version for gateway in found}) < len(found):
        expected = "one gateway, or a list with one of IPv4 and one of IPv6"
        raise malformed(f"{path}.gateway", settings.get("gateway"), expected)
    servers = None
    if settings.get("dns") is not None:
        servers = tuple(
            _server(text, addresses, f"{path}.dns", malformed) for text in _texts(settings, "dns", path, malformed)
        )
    return Static(
        tuple(address.with_prefixlen for address in addresses),
        tuple(str(gateway) for gateway in found),
        tuple(dict.fromkeys(servers)) if servers else None,
    )


def _texts(settings: Mapping[str, Any], key: str, path: str, malformed: Malformed) -> list[str]:
    value = settings.get(key)
    if value is None:
        return []
    texts = value if isinstance(value, (list, tuple)) else [value]
    if not texts or not all(isinstance(text, str) and text.strip() for text in texts):
        raise malformed(f"{path}.{key}", value, "a text, or a list of texts that is not empty")
    return [str(text).strip() for text in texts]


def _address(text: str, path: str, malformed: Malformed) -> _Interface:
    expected = "an address of a host with its prefix, such as 10.1.2.3/24 or 2001:db8::5/64"
    if not _WITH_PREFIX.fullmatch(text):
        raise malformed(path, text, expected)
    try:
        found = ipaddress.ip_interface(text)
    except ValueError:
        raise malformed(path, text, expected) from None
    network = found.network
    hosts = 1 << (network.max_prefixlen - network.prefixlen)
    edges = [network.network_address]
    if found.version == 4:
        edges.append(network.broadcast_address)
    if not _is_host(found.ip) or found.ip.is_link_local or (hosts > 2 and found.ip in edges):
        raise malformed(path, text, expected)
    return found


def _gateway(text: str, addresses: Sequence[_Interface], path: str, malformed: Malformed) -> values.Address:
    found = values.address(text)
    networks = ", ".join(str(address.network) for address in addresses)
    expected = f"an address of another host in {networks}"
    if found is None or "%" in text or not _is_host(found):
        raise malformed(path, text, expected)
    # Routers of IPv6 are often called by their link-local address.
    own_family = [address for address in addresses if address.version == found.version]
    is_near = any(found in address.network for address in own_family) or (found.version == 6 and found.is_link_local)
    if not own_family or not is_near or any(found == address.ip for address in own_family):
        raise malformed(path, text, expected)
    return found


def _server(text: str, addresses: Sequence[_Interface], path: str, malformed: Malformed) -> str:
    found = values.address(text)
    if found is None or "%" in text or found.is_unspecified or found.is_multicast or _is_mapped(found):
        raise malformed(path, text, "the address of a name server, such as 10.1.2.53")
    if found.version not in {address.version for address in addresses}:
        raise malformed(path, text, "the address of a name server of the same family (IPv4 or IPv6) as an address")
    return str(found)


def _is_host(address: values.Address) -> bool:
    return not (address.is_unspecified or address.is_multicast or address.is_loopback or _is_mapped(address))


def _is_mapped(address: values.Address) -> bool:
    """Whether it is an address of IPv4 in the form of IPv6's (::ffff:10.1.2.3), which no interface can have."""
    return isinstance(address, ipaddress.IPv6Address) and address.ipv4_mapped is not None
