# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
r"""What Windows keeps of addresses and routes in CurrentControlSet\Control\Nsi, by the interface's LUID. Pure.

It is the only place with addresses of IPv6. The values' names are, in hexadecimal, the keys of the tables of network
state, and their data what can be set of a row. Wine has both as C structures, which agree with a hive of Windows 7
(include/wine/nsi.h: nsi_ipv4_unicast_key, nsi_ipv6_unicast_key, nsi_ip_unicast_rw, nsi_ipv4_forward_key,
nsi_ipv6_forward_key, nsi_ip_forward_rw).
"""

from __future__ import annotations

import ipaddress
import struct
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

# Keys below Nsi: the modules of IPv4 and IPv6, and in them the tables of interfaces, addresses and routes.
MODULES = {4: "{eb004a00-9b1a-11d4-9123-0050047759bc}", 6: "{eb004a01-9b1a-11d4-9123-0050047759bc}"}
INTERFACES, ADDRESSES, ROUTES = "7", "10", "16"

_LENGTHS = {4: 4, 6: 16}
# Where a row's prefix length is, in the data of an address; a byte, as in MIB_UNICASTIPADDRESS_ROW (netioapi.h).
_PREFIX_LENGTH = 16
# Where the metric is, in the data of a route; all ones where the system chooses it.
_METRIC = 12
# Where the metric is, in the data of an interface (NSI_IP_INTERFACE_RW in the driver of WireGuard for Windows).
_INTERFACE_METRIC = 28
_UNKNOWN = 0xFFFFFFFF
_HIGHEST_METRIC = 9999


@dataclass(frozen=True)
class NsiRoute:
    """A route of one interface. gateway: "::" or "0.0.0.0" for what is on the link."""

    luid: int
    destination: str
    gateway: str
    metric: int | None


def luid(if_type: int, index: int) -> int:
    """The LUID of an interface, from *IfType and NetLuidIndex of its class key (NET_LUID in ifdef.h)."""
    return (if_type & 0xFFFF) << 48 | (index & 0xFFFFFF) << 24


def addresses(rows: Iterable[tuple[str, bytes]], version: int) -> Iterator[tuple[int, str]]:
    """(LUID, address with prefix length) of the rows, pairs of a value's name and data, in the table of addresses.

    Addresses that nothing but the link itself has (fe80::) are left out; so is what cannot be read.
    """
    length = _LENGTHS[version]
    for name, data in rows:
        key = _key(name)
        if len(key) < 8 + length or len(data) < _PREFIX_LENGTH + 4:
            continue
        address = ipaddress.ip_address(key[8 : 8 + length])
        prefix = data[_PREFIX_LENGTH]
        if not 0 < prefix <= length * 8 or address.is_link_local or address.is_unspecified or address.is_multicast:
            continue
        yield struct.unpack_from("<Q", key)[0], f"{address}/{prefix}"


def metrics(rows: Iterable[tuple[str, bytes]]) -> Iterator[tuple[int, int]]:
    """(LUID, metric) of the rows in the table of interfaces, of those whose metric the system does not choose."""
    for name, data in rows:
        key = _key(name)
        if len(key) < 8 or len(data) < _INTERFACE_METRIC + 4:
            continue
        metric = struct.unpack_from("<I", data, _INTERFACE_METRIC)[0]
        if 0 < metric <= _HIGHEST_METRIC:
            yield struct.unpack_from("<Q", key)[0], metric


def routes(rows: Iterable[tuple[str, bytes]], version: int) -> Iterator[NsiRoute]:
    """The routes in the rows of the table of routes. What cannot be read is left out."""
    length = _LENGTHS[version]
    place = 24 if version == 4 else 40
    for name, data in rows:
        key = _key(name)
        if len(key) < place + 16 + length:
            continue
        destination, prefix = key[4 : 4 + length], key[4 + length]
        if prefix > length * 8:
            continue
        network = ipaddress.ip_network((destination, prefix), strict=False)
        gateway = ipaddress.ip_address(key[place + 16 : place + 16 + length])
        metric = struct.unpack_from("<I", data, _METRIC)[0] if len(data) >= _METRIC + 4 else _UNKNOWN
        known = metric if 0 < metric <= _HIGHEST_METRIC else None
        yield NsiRoute(struct.unpack_from("<Q", key, place)[0], str(network), str(gateway), known)


def _key(name: str) -> bytes:
    try:
        return bytes.fromhex(name[:512])
    except ValueError:
        return b""
