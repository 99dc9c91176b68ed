# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""NICs on the kernel's command line."""

from __future__ import annotations

import pytest

from ansible_collections.virttools.guestconv.plugins.module_utils.aspects import network
from ansible_collections.virttools.guestconv.plugins.module_utils.aspects.network.cards.assembly import nics_of
from ansible_collections.virttools.guestconv.plugins.module_utils.aspects.network.cards.macs import bound_by
from ansible_collections.virttools.guestconv.plugins.module_utils.aspects.network.cards.statics import Static
from ansible_collections.virttools.guestconv.plugins.module_utils.aspects.network.formats import kernel_arguments
from ansible_collections.virttools.guestconv.plugins.module_utils.aspects.network.names import in_initrd
from ansible_collections.virttools.guestconv.tests.unit.plugins.module_utils.guest.fake_root import FakeRoot, menu

MAC, NEW_MAC = "00:50:56:aa:bb:cc", "52:54:00:00:00:01"


def guest(*arguments, **files):
    return FakeRoot(files, boot_menu=menu(" ".join(arguments)))


@pytest.mark.parametrize(
    "argument, mac",
    [
        (f"ifname=ens192:{MAC.upper()}", MAC),
        ("ifname=ens192:00:50:56:aa:bb", None),
        ("ifname=ens192", None),
        (f"xifname=ens192:{MAC}", None),
    ],
)
def test_ifname_binds_a_name(argument, mac):
    found = kernel_arguments.macs(["quiet", argument])
    assert found == ({"ens192": bound_by(mac, kernel_arguments.SOURCE)} if mac else {})


@pytest.mark.parametrize(
    "argument, name, addresses, gateway, method",
    [
        (
            "ip=10.0.2.15::10.0.2.2:255.255.255.0:web01:ens192:none",
            "ens192",
            ("10.0.2.15/24",),
            "10.0.2.2",
            "static",
        ),
        ("ip=10.0.2.15:10.0.2.9:10.0.2.2:24::ens192:off:1500", "ens192", ("10.0.2.15/24",), "10.0.2.2", "static"),
        ("ip=10.0.2.15::::web01:ens192:off", "ens192", ("10.0.2.15/8",), None, "static"),
        (
            "ip=[2001:DB8::15]::[2001:db8::2]:64:web01:ens192:none",
            "ens192",
            ("2001:db8::15/64",),
            "2001:db8::2",
            "static",
        ),
        ("ip=:::::ens192:dhcp", "ens192", (), None, "dhcp"),
        ("ip=ens192:dhcp", "ens192", (), None, "dhcp"),
        (f"ip=ens192:auto6:1500:{MAC}", "ens192", (), None, "auto"),
    ],
)
def test_ip_configures_a_nic(argument, name, addresses, gateway, method):
    (nic,) = nics_of(kernel_arguments.read(guest("quiet", argument)))
    assert (nic.name, nic.addresses, nic.gateway, nic.method) == (name, addresses, gateway, method)
    assert nic.configured_by == (("/proc/cmdline", "kernel-arguments"),)


def test_ip_may_know_a_nic_by_its_mac():
    (nic,) = nics_of(kernel_arguments.read(guest("ip=00-50-56-AA-BB-CC:dhcp")))
    assert (nic.name, nic.hardware_mac, nic.method) == (None, MAC, "dhcp")


@pytest.mark.parametrize(
    "argument, addresses",
    [("ip=dhcp", ()), ("ip=::::::dhcp", ()), ("ip=10.0.2.15::10.0.2.2:24::", ("10.0.2.15/24",))],
)
def test_without_a_name_ip_is_for_any_nic(argument, addresses):
    (nic,) = nics_of(kernel_arguments.read(guest(argument)))
    assert (nic.identifier, nic.name, nic.addresses) == ("nic0", None, addresses)
    assert nic.method == ("static" if addresses else "dhcp")


@pytest.mark.parametrize("argument", ["ip=off", "ip=", "ip=:", "ip=::::::", "ip=ens192", "xip=ens192:dhcp"])
def test_what_names_no_nic_makes_none(argument):
    assert nics_of(kernel_arguments.read(guest(argument))) == []


def test_bonds_and_vlans_are_used_by_their_members():
    arguments = ["bond=bond0:ens192,ens224:mode=1", "vlan=office:bond0", "ip=10.0.2.15::10.0.2.2:24::bond0:none"]
    nics = nics_of(kernel_arguments.read(guest(*arguments)))
    assert [nic.name for nic in nics] == ["ens192", "ens224"]
    for nic in nics:
        assert {upper.name: upper.carried for upper in nic.used_by} == {"bond0": True, "office": False}
        assert nic.reached_at == ("10.0.2.15/24",)


def test_the_command_line_counts_only_where_nothing_else_configures_the_network():
    argument = "ip=10.0.2.15::10.0.2.2:24:web01:eth0:none"
    assert list(network.inspect(guest(argument)).devices["network"]) == ["eth0"]
    files = {"/etc/network/interfaces": "iface ens192 inet dhcp\n"}
    assert list(network.inspect(guest(argument, **files)).devices["network"]) == ["ens192"]


@pytest.mark.parametrize(
    "argument, used",
    [
        ("ip=10.0.2.15::10.0.2.2:255.255.255.0:web01:ens192:none", True),
        ("ip=dhcp", True),
        ("ip=off", False),
        ("ip=none", False),
        ("ip=", False),
        ("rd.neednet=1", True),
        ("rd.neednet", True),
        ("rd.neednet=0", False),
        ("bond=bond0:ens224,ens192:mode=1", True),
        ("vlan=office:ens192", True),
        ("root=/dev/nfs", True),
        ("root=nfs:10.0.2.9:/srv", True),
        ("root=/dev/sda1", False),
        ("nfsroot=10.0.2.9:/srv", True),
        ("netroot=iscsi:10.0.2.9::::iqn", True),
        (f"ifname=ens192:{MAC}", False),
    ],
)
def test_arguments_by_which_the_initrd_brings_nics_up(argument, used):
    assert kernel_arguments.use_network(["quiet", argument]) is used


@pytest.mark.parametrize(
    "argument, after",
    [
        (f"ifname=ens192:{MAC}", f"ifname=ens192:{NEW_MAC}"),
        (f"ifname=ens192:{MAC.upper()}", f"ifname=ens192:{NEW_MAC.upper()}"),
        ("BOOTIF=01-00-50-56-aa-bb-cc", "BOOTIF=01-52:54:00:00:00:01".replace(":", "-")),
        ("ip=00-50-56-aa-bb-cc:dhcp", "ip=52-54-00-00-00-01:dhcp"),
        # The last one is to be set.
        (f"ip=ens192:dhcp::{MAC}", f"ip=ens192:dhcp::{MAC}"),
        ("quiet", "quiet"),
    ],
)
def test_a_new_mac_is_followed(argument, after):
    assert kernel_arguments.edited(argument, macs={MAC: NEW_MAC}) == after


@pytest.mark.parametrize(
    "argument, after",
    [
        ("ip=ens192:dhcp", "ip=enp1s0:dhcp"),
        ("ip=10.0.2.15::10.0.2.2:24:web01:ens192:none", "ip=10.0.2.15::10.0.2.2:24:web01:enp1s0:none"),
        (f"ifname=ens192:{MAC}", f"ifname=enp1s0:{MAC}"),
        ("vlan=ens192.5:ens192", "vlan=enp1s0.5:enp1s0"),
        ("bond=bond0:ens192,ens1920", "bond=bond0:enp1s0,ens1920"),
        ("root=ens192", "root=ens192"),
    ],
)
def test_a_new_name_is_followed(argument, after):
    assert kernel_arguments.edited(argument, names={"ens192": "enp1s0"}) == after


def test_a_new_name_and_a_new_mac_are_followed_together():
    argument = f"ifname=ens192:{MAC}"
    assert kernel_arguments.edited(argument, macs={MAC: NEW_MAC}, names={"ens192": "lan0"}) == f"ifname=lan0:{NEW_MAC}"


@pytest.mark.parametrize(
    "argument, after",
    [
        ("ip=ens192:dhcp", None),
        ("ip=10.0.2.15::10.0.2.2:24:web01:ens192:none", None),
        (f"ifname=ens192:{MAC}", None),
        ("vlan=office:ens192", None),
        ("ip=ens224:dhcp", "ip=ens224:dhcp"),
        ("ip=dhcp", "ip=dhcp"),
        ("ens192", "ens192"),
    ],
)
def test_what_is_for_a_nic_that_goes_goes_too(argument, after):
    assert kernel_arguments.edited(argument, gone=["ens192"]) == after


@pytest.mark.parametrize(
    "argument, after",
    [
        ("ip=10.0.2.15::10.0.2.2:24:web01:ens192:none", "ip=::::web01:ens192:dhcp"),
        ("ip=10.0.2.15:10.0.2.9:10.0.2.2:24::ens192:off:1500", "ip=:10.0.2.9::::ens192:dhcp:1500"),
        ("ip=ens192:dhcp", "ip=ens192:dhcp"),
        ("ip=10.0.2.15::10.0.2.2:24:web01:ens224:none", "ip=10.0.2.15::10.0.2.2:24:web01:ens224:none"),
    ],
)
def test_a_nic_with_dhcp_has_no_static_address_in_the_initrd_either(argument, after):
    assert kernel_arguments.edited(argument, dynamic=["ens192"]) == after


def test_a_nic_that_is_known_by_its_mac_gets_other_addresses_and_name_servers():
    line = (
        f"ip=10.0.2.15::10.0.2.2:24::{MAC.replace(':', '-')}:none nameserver=10.0.2.3 rd.neednet=1 nameserver=10.0.2.4"
    )
    assert in_initrd.keys(guest(*line.split())) == {MAC}
    static = {MAC: Static(("10.9.0.5/24",), ("10.9.0.1",), ("10.9.0.3",))}
    edited = [kernel_arguments.edited(argument, static=static) for argument in line.split()]
    assert edited == [f"ip=10.9.0.5::10.9.0.1:24::{MAC.replace(':', '-')}:none:10.9.0.3", None, "rd.neednet=1", None]
    kept = kernel_arguments.edited("nameserver=10.0.2.3", static={MAC: Static(("10.9.0.5/24",))})
    assert kept == "nameserver=10.0.2.3"


@pytest.mark.parametrize("end", ["", ":off", ":none:10.0.2.3"])
def test_a_nic_that_is_known_by_its_mac_can_use_dhcp(end):
    mac = MAC.replace(":", "-")
    edited = kernel_arguments.edited(f"ip=10.0.2.15::10.0.2.2:24::{mac}{end}", dynamic=[MAC])
    assert edited == f"ip=:::::{mac}:dhcp" + end[5:]


def test_name_servers_are_of_all_nics():
    (nic,) = nics_of(kernel_arguments.read(guest("ip=ens192:dhcp", "nameserver=10.0.2.3", "nameserver=[2001:db8::3]")))
    assert nic.name_servers == ("10.0.2.3", "2001:db8::3")
