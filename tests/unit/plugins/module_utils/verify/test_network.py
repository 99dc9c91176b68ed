# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import ipaddress

import pytest

from ansible_collections.virttools.guestconv.plugins.module_utils.model.hardware import Interface
from ansible_collections.virttools.guestconv.plugins.module_utils.verify.network import user_networks


def networks(*interfaces):
    return user_networks([Interface("e1000", addresses=tuple(addresses), gateway=gw) for addresses, gw in interfaces])


@pytest.mark.parametrize(
    "addresses, gateway, host",
    [
        (["10.0.2.15/24"], "10.0.2.2", "10.0.2.2"),
        (["192.168.7.9/24"], "192.168.7.254", "192.168.7.254"),
        # Without a gateway the host must be in the guest's own network.
        (["192.168.7.1/24"], None, "192.168.7.2"),
        (["192.168.7.9/30"], None, "192.168.7.10"),
        (["192.168.7.9/31"], None, "192.168.7.8"),
        # Gateways outside the guest's network, as hosting companies have them.
        (["203.0.113.5/32"], "203.0.113.1", "203.0.113.1"),
        (["10.1.0.5/32"], "10.200.0.1", "10.200.0.1"),
        (["10.0.2.15/1"], "10.0.2.2", "10.0.2.2"),
        # Nothing that QEMU takes holds both of these.
        (["10.0.2.15/24"], "203.0.113.1", "10.0.2.1"),
        (["10.0.2.15/24"], "fe80::1", "10.0.2.1"),
        (["fd00::5/64", "10.0.2.15/24"], "10.0.2.2", "10.0.2.2"),
    ],
)
def test_a_static_address_is_expected_in_a_network_where_it_belongs(addresses, gateway, host):
    (network,) = networks((addresses, gateway))
    assert network.static
    assert str(network.guest) in addresses[-1]
    assert str(network.host) == host
    check(network, [network.guest])


def test_the_first_of_several_addresses_is_expected():
    (network,) = networks((["10.0.2.20/24", "10.0.2.30/24"], None))
    assert str(network.guest) == "10.0.2.20"
    check(network, [ipaddress.ip_address("10.0.2.20"), ipaddress.ip_address("10.0.2.30")])


def test_dhcp_never_hands_out_the_static_address():
    addresses = ["10.0.2.%d/24" % number for number in range(3, 250, 16)]
    (network,) = networks((addresses, "10.0.2.2"))
    check(network, [ipaddress.ip_interface(address).ip for address in addresses])


def test_an_interface_without_address_is_expected_where_dhcp_puts_it():
    (network,) = networks(([], None))
    assert (str(network.network), str(network.guest), network.static) == ("10.0.2.0/24", "10.0.2.15", False)
    assert network.dhcp_start == network.guest


def test_ipv6_addresses_alone_leave_dhcp():
    (network,) = networks((["fd00::5/64"], "fd00::1"))
    assert not network.static


def test_interfaces_without_address_get_networks_of_their_own():
    found = networks(([], None), (["10.0.2.15/20"], None), (["10.0.16.1/24"], None), ([], None))
    dynamic = [str(network.network) for network in found if not network.static]
    assert dynamic == ["10.0.32.0/24", "10.0.33.0/24"]


def test_a_network_that_takes_all_of_10_leaves_the_other_private_networks():
    assert str(networks((["10.1.2.3/8"], None), ([], None))[1].network) == "172.16.0.0/24"


def check(network, addresses):
    """What QEMU's net/slirp.c demands of a user-mode network, and what makes the test a proof."""
    members = [network.host, network.dns, network.dhcp_start]
    assert network.network.prefixlen >= 4
    assert len(set(members)) == 3
    assert all(member in network.network for member in members)
    assert not set(addresses) & {network.host, network.dns}
    pool = {network.dhcp_start + offset for offset in range(16)}
    assert not pool & set(addresses + [network.host, network.dns])
    assert all(member in network.network for member in pool)
