# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The isolated network that each of the guest's interfaces is plugged into: QEMU's user-mode network (slirp)."""

from __future__ import annotations

import ipaddress
import itertools
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from ..model.hardware import Interface

Address = ipaddress.IPv4Address
Network = ipaddress.IPv4Network

# slirp hands out 16 addresses by DHCP (NB_BOOTP_CLIENTS in libslirp's bootp.h).
_POOL = 16

# Room for all the guest's addresses, the host, a name server and the DHCP pool, whatever size the guest thinks its
# network has: slirp answers for its own addresses only, so a wider network is the same to the guest.
_LONGEST_PREFIX = 20

# QEMU refuses user-mode networks that are larger (net/slirp.c).
_SHORTEST_PREFIX = 4


@dataclass(frozen=True)
class UserNetwork:
    """One slirp network.

    network: what slirp takes for on-link. host: the address that slirp answers as, the guest's gateway where it has
    one; the test's connections come from there. guest: the address that the guest is expected at. static: whether the
    guest is to have configured that address by itself, rather than to have got it by DHCP.
    """

    network: ipaddress.IPv4Network
    host: Address
    dns: ipaddress.IPv4Address
    dhcp_start: ipaddress.IPv4Address
    guest: ipaddress.IPv4Address
    static: bool


def user_networks(interfaces: Sequence[Interface]) -> list[UserNetwork]:
    """One UserNetwork per hardware.Interface, in order.

    An interface with static addresses gets a network that these fit into, and is expected at the first of them (IPv4
    only: QEMU forwards no ports to IPv6). The others get a network of their own each, that no static one overlaps, and
    are expected at the first address that DHCP hands out there.
    """
    static = [_static_network(interface) for interface in interfaces]
    taken = [network.network for network in static if network]
    networks = []
    for network in static:
        if network is None:
            network = _dynamic_network(taken)
            taken.append(network.network)
        networks.append(network)
    return networks


def _static_network(interface: Interface) -> UserNetwork | None:
    """The UserNetwork for the static addresses of interface, or None when it has none (of IPv4)."""
    every = [ipaddress.ip_interface(address) for address in interface.addresses]
    addresses = [address for address in every if isinstance(address, ipaddress.IPv4Interface)]
    if not addresses:
        return None
    first = addresses[0]
    prefix = min(max(first.network.prefixlen, _SHORTEST_PREFIX), _LONGEST_PREFIX)
    network = Network((first.ip, prefix), strict=False)
    named = ipaddress.ip_address(interface.gateway) if interface.gateway else None
    gateway = named if isinstance(named, Address) else None
    if gateway:
        network = _widened(network, gateway)
        gateway = gateway if gateway in network else None
    taken = {address.ip for address in addresses}
    # Without a gateway the guest answers on-link addresses only, so the host must be within the guest's own network.
    host = gateway or next(_free(first.network, taken), None) or next(_free(network, taken))
    dns = next(_free(network, taken | {host}))
    return UserNetwork(network, host, dns, _pool_start(network, taken | {host, dns}), first.ip, static=True)


def _widened(network: Network, address: Address) -> Network:
    """network, made large enough to hold address too; network as it is when QEMU would refuse the result.

    A gateway may lie outside the guest's network: hosting companies give out /32 addresses.
    """
    wider = network
    while address not in wider:
        if wider.prefixlen <= _SHORTEST_PREFIX:
            return network
        wider = wider.supernet()
    return wider


def _free(network: Network, taken: set[Address]) -> Iterator[Address]:
    """The host addresses of network that are not taken."""
    return (address for address in network.hosts() if address not in taken)


def _pool_start(network: Network, taken: set[Address]) -> Address:
    """Where the DHCP pool begins: no address in it is taken.

    So a guest that lost its static address, and asks DHCP for one instead, is not found at the static one by luck.
    """
    for start in range(int(network.network_address) + _POOL, int(network.broadcast_address), _POOL):
        if not any(start <= int(address) < start + _POOL for address in taken):
            return ipaddress.IPv4Address(start)
    raise ValueError(f"no room for a DHCP pool in {network}")


def _dynamic_network(taken: list[Network]) -> UserNetwork:
    """slirp's default network, 10.0.2.0/24, or the next private one that does not overlap any of taken."""
    default = Network("10.0.2.0/24")
    private = ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16")
    candidates = itertools.chain.from_iterable(Network(net).subnets(new_prefix=24) for net in private)
    free = (net for net in candidates if net >= default and not any(net.overlaps(other) for other in taken))
    # Several cards can share the default: each interface has an instance of its own.
    network = next(free, default)
    # The numbers of the gateway, the name server and the first client are slirp's own.
    base = network.network_address
    return UserNetwork(network, base + 2, base + 3, base + 15, base + 15, static=False)
