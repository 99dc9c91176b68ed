# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Network cards of Windows that get other addresses, or another name: nothing of the old ones stays without a word."""

from __future__ import annotations

import pytest

from ansible_collections.virttools.guestconv.plugins.module_utils.aspects.windows import network, script
from ansible_collections.virttools.guestconv.plugins.module_utils.aspects.windows.steps import Route, SetNetwork
from ansible_collections.virttools.guestconv.plugins.module_utils.errors import GuestconvError
from ansible_collections.virttools.guestconv.tests.unit.plugins.module_utils.aspects.windows import (
    windows_network as hive,
)
from ansible_collections.virttools.guestconv.tests.unit.plugins.module_utils.aspects.windows.network_guests import (
    POWERSHELL,
    plan_for,
    root,
)
from ansible_collections.virttools.guestconv.tests.unit.plugins.module_utils.guest.fake_root import FakeRoot

MAC = "00:0c:29:f3:ff:de"
CARD = hive.adapter(1, hive.E1000E, "LAN")
DEFAULT = "0.0.0.0,0.0.0.0,10.1.2.1,-1"
STATIC = (
    CARD,
    hive.ipv4(1, "10.1.2.3", gateway="10.1.2.1", servers="10.1.2.53"),
    hive.ipv6(1, "20010db8000000000000000000000005", 64),
    hive.route6(1, "0" * 32, 0, "20010db8000000000000000000000001"),
    hive.persistent_routes(DEFAULT, "172.16.0.0,255.240.0.0,10.1.2.9,5", "10.8.0.0,255.255.0.0,10.1.2.8,1"),
)
DHCP = {"policy": "dhcp"}
# Windows 7 has the gateways of its dialogue in PersistentRoutes, which has no interface.
ROUTES = r"ControlSet001\Services\Tcpip\Parameters\PersistentRoutes"


def routes(guest):
    """The names of the values of PersistentRoutes."""
    return list(guest.hive("SYSTEM", "").key(ROUTES).values())


def commands(step):
    """The commands of netsh for a card."""
    return [line.partition(" >>")[0] for line in script.text([step]).split("\r\n") if line.startswith("netsh")]


@pytest.mark.parametrize("driver", ["e1000e", "virtio-net-pci"])
def test_with_dhcp_the_gateways_and_routes_are_gone(driver):
    guest = root(*STATIC)
    plan = plan_for(guest, settings={"LAN": DHCP}, LAN=driver)
    (step,) = [each for each in plan.windows_first_boot if isinstance(each, SetNetwork)]
    assert step.removed_gateways == ("2001:db8::1",)
    assert commands(step) == [
        "netsh interface ipv4 set address name=%index% source=dhcp",
        "netsh interface ipv4 set dnsservers name=%index% source=dhcp",
        "netsh interface ipv6 delete address interface=%index% address=2001:db8::5",
        "netsh interface ipv6 delete route prefix=::/0 interface=%index% nexthop=2001:db8::1",
        "netsh interface ipv6 set dnsservers name=%index% source=dhcp",
    ]
    assert DEFAULT not in routes(guest)
    (concern,) = plan.concerns
    assert concern.code == "route-not-kept"
    assert "172.16.0.0/12 by 10.1.2.9, 10.8.0.0/16 by 10.1.2.8" in concern.message


def test_with_other_addresses_the_routes_that_they_reach_stay():
    guest = root(*STATIC)
    static = {
        "policy": "static",
        "addresses": ["10.1.2.7/29", "2001:db8::7/64"],
        "gateway": "10.1.2.2",
        "dns": "10.1.2.4",
    }
    static["addresses"][0] = "10.1.2.6/29"
    plan = plan_for(guest, settings={"LAN": static}, LAN="virtio-net-pci")
    (step,) = [each for each in plan.windows_first_boot if isinstance(each, SetNetwork)]
    assert step.routes == ()
    assert "172.16.0.0/12 by 10.1.2.9, 10.8.0.0/16 by 10.1.2.8" in plan.concerns[0].message
    static["addresses"][0] = "10.1.2.12/28"
    guest = root(*STATIC)
    plan = plan_for(guest, settings={"LAN": static}, LAN="virtio-net-pci")
    (step,) = [each for each in plan.windows_first_boot if isinstance(each, SetNetwork)]
    assert step.routes == (Route("172.16.0.0/12", "10.1.2.9", 5), Route("10.8.0.0/16", "10.1.2.8", 1))
    assert not plan.concerns
    assert DEFAULT not in routes(guest)


def test_the_route_of_a_card_that_is_not_touched_stays():
    two = (*STATIC, hive.adapter(2, hive.VMXNET3, "LAN 2"), hive.ipv4(2, "10.1.2.8", gateway="10.1.2.1"))
    guest = root(*two)
    plan_for(guest, settings={"LAN": DHCP}, LAN="e1000e", LAN_2="vmxnet3")
    assert DEFAULT in routes(guest)
    guest = root(*two)
    plan_for(guest, LAN="e1000e", LAN_2="virtio-net-pci")
    assert DEFAULT in routes(guest)


def test_the_route_of_a_card_of_another_model_is_set_at_the_first_boot_alone():
    guest = root(*STATIC)
    plan = plan_for(guest, LAN="virtio-net-pci")
    assert routes(guest) == ["172.16.0.0,255.240.0.0,10.1.2.9,5", "10.8.0.0,255.255.0.0,10.1.2.8,1"]
    assert plan.windows_first_boot[-1].gateways[0] == "10.1.2.1"
    assert not plan.concerns
    # As Windows has it twice then, another conversion finds the same.
    assert plan_for(guest, LAN="virtio-net-pci").windows_first_boot == plan.windows_first_boot
    guest = root(*STATIC)
    plan_for(guest, LAN=None)
    assert DEFAULT not in routes(guest)


def test_a_default_route_that_is_not_configured_otherwise_stays_for_another_conversion():
    parts = (CARD, hive.ipv4(1, "10.1.2.3"), hive.persistent_routes(DEFAULT))
    guest = root(*parts)
    (step,) = plan_for(guest, LAN="virtio-net-pci").windows_first_boot[1:]
    assert (step.gateways, step.routes) == ((), (Route("0.0.0.0/0", "10.1.2.1"),))
    assert DEFAULT in routes(guest)
    plan = plan_for(guest, settings={"LAN": DHCP}, LAN="virtio-net-pci")
    assert [each.code for each in plan.concerns] == ["route-not-kept"]
    assert DEFAULT not in routes(guest)


def test_a_gateway_that_the_addresses_do_not_reach_is_set_in_spite_of_netsh():
    step = SetNetwork(
        MAC, addresses=("192.0.2.5/32",), gateways=("198.51.100.1",), gateway_metrics=(("198.51.100.1", 5),)
    )
    lines = [line.partition(" >>")[0] for line in script.text([step]).split("\r\n")]
    start = next(place for place, line in enumerate(lines) if "set address" in line)
    assert lines[start : start + 3] == [
        "netsh interface ipv4 set address name=%index% source=static address=192.0.2.5 mask=255.255.255.255 "
        "gateway=198.51.100.1 gwmetric=5",
        "if errorlevel 1 netsh interface ipv4 set address name=%index% source=static address=192.0.2.5 "
        "mask=255.255.255.255 gateway=none",
        "if errorlevel 1 exit /b 1",
    ]
    assert "netsh interface ipv4 add route prefix=198.51.100.1/32 interface=%index%" in lines
    assert "netsh interface ipv4 add address name=%index% gateway=198.51.100.1 gwmetric=5" in lines


def test_name_servers_of_one_family_replace_those_of_both():
    six = '[ControlSet001\\Services\\Tcpip6\\Parameters\\Interfaces\\%s]\n"NameServer"="2001:db8::53,2001:db8::54"\n'
    parts = (*STATIC, six % hive.guid(1))
    static = {"policy": "static", "addresses": ["10.1.2.6/24"], "dns": ["10.1.2.4"]}
    (step,) = plan_for(root(*parts), settings={"LAN": static}, LAN="e1000e").windows_first_boot
    assert "netsh interface ipv6 set dnsservers name=%index% source=dhcp" in commands(step)
    static["addresses"].append("2001:db8::6/64")
    static["dns"] = ["2001:db8::4", "2001:db8::5"]
    (step,) = plan_for(root(*parts), settings={"LAN": static}, LAN="e1000e").windows_first_boot
    assert [each for each in commands(step) if "dnsservers" in each] == [
        "netsh interface ipv4 set dnsservers name=%index% source=static address=none",
        "netsh interface ipv6 set dnsservers name=%index% source=static address=2001:db8::4 register=primary validate=no",
        "netsh interface ipv6 add dnsservers name=%index% address=2001:db8::5 index=2 validate=no",
    ]


def test_a_route_without_a_gateway_has_no_next_hop():
    step = SetNetwork(MAC, routes=(Route("10.8.0.0/16", "0.0.0.0"), Route("2001:db8:1::/48", "::", 5)))
    assert commands(step)[-2:] == [
        "netsh interface ipv4 add route prefix=10.8.0.0/16 interface=%index%",
        "netsh interface ipv6 add route prefix=2001:db8:1::/48 interface=%index% metric=5",
    ]


@pytest.mark.parametrize("name", ["Local Area Connection 2", "Сеть «Büro» 100%!", "a & b ^ 'c'", "x" * 255])
def test_a_connection_may_have_any_name_that_windows_takes(name):
    (step,) = plan_for(
        root(*STATIC), settings={"LAN": {"policy": "rename", "name": name}}, LAN="e1000e"
    ).windows_first_boot
    assert step.name == name


@pytest.mark.parametrize(
    "name", ["", " LAN", "LAN ", "a/b", "a\\b", "a:b", 'a"b', "a*", "a?", "<a>", "a|b", "a\nb", "x" * 256, "\ud800"]
)
def test_a_name_that_windows_does_not_take_is_refused(name):
    with pytest.raises(GuestconvError, match="the name of a connection"):
        plan_for(root(*STATIC), settings={"LAN": {"policy": "rename", "name": name}}, LAN="e1000e")


def test_names_that_differ_by_their_letter_case_are_one():
    parts = (*STATIC, hive.adapter(2, hive.VMXNET3, "DMZ"))
    with pytest.raises(GuestconvError, match="a name that no other network card"):
        plan_for(root(*parts), settings={"LAN": {"policy": "rename", "name": "dmz"}}, LAN="e1000e", DMZ="vmxnet3")


def test_without_powershell_no_policy_can_be_carried_out():
    guest = FakeRoot({}, hives={"SYSTEM": hive.system(CARD, hive.ipv4(1))})
    with pytest.raises(GuestconvError, match="Windows has none") as caught:
        plan_for(guest, settings={"LAN": {"policy": "rename", "name": "DMZ"}}, LAN="e1000e")
    assert caught.value.code == "policy-not-possible"


def test_metrics_and_the_registration_in_dns_come_along():
    several = hive.ipv4(
        1,
        "10.1.2.3",
        DefaultGateway='multi:"10.1.2.1","10.1.2.2","10.1.2.9"',
        DefaultGatewayMetric='multi:"5","0","x"',
        InterfaceMetric="dword:00000007",
        RegistrationEnabled="dword:00000000",
    ).replace('"DefaultGateway"=multi:""', '"Other"=""')
    parts = (CARD, several, hive.route6(1, "0" * 32, 0, "20010db8000000000000000000000001", 9), hive.metric6(1, 8))
    (step,) = plan_for(root(*parts), LAN="virtio-net-pci").windows_first_boot[1:]
    assert commands(step) == [
        "netsh interface ipv4 set address name=%index% source=static address=10.1.2.3 mask=255.255.255.0 "
        "gateway=10.1.2.1 gwmetric=5",
        "netsh interface ipv4 add address name=%index% gateway=10.1.2.2",
        "netsh interface ipv4 add address name=%index% gateway=10.1.2.9",
        "netsh interface ipv4 set dnsservers name=%index% source=static address=none register=none",
        "netsh interface ipv6 add route prefix=::/0 interface=%index% nexthop=2001:db8::1 metric=9",
        "netsh interface ipv6 set dnsservers name=%index% source=dhcp register=none",
        "netsh interface ipv4 set interface interface=%index% metric=7",
        "netsh interface ipv6 set interface interface=%index% metric=8",
    ]


def test_addresses_are_registered_under_both_names_where_they_were():
    both = hive.ipv4(1, servers="10.1.2.53", RegisterAdapterName="dword:00000001")
    (step,) = plan_for(root(CARD, both), LAN="virtio-net-pci").windows_first_boot[1:]
    assert "set dnsservers name=%index% source=static address=10.1.2.53 register=both" in commands(step)[1]


def test_two_cards_whose_names_differ_by_their_letter_case_are_converted():
    parts = (*STATIC, hive.adapter(2, hive.VMXNET3, "lan"))
    plan = plan_for(root(*parts), LAN="virtio-net-pci", Adapter_2="virtio-net-pci")
    assert [step.name for step in plan.windows_first_boot if isinstance(step, SetNetwork)] == ["LAN", ""]


def test_what_is_turned_off_for_a_card_is_turned_off_by_the_first_boot_where_windows_can():
    off = (CARD, hive.ipv4(1), hive.adapter(2, hive.VMXNET3, "DMZ"), hive.bound(1, "Tcpip"), hive.shares_files(1))
    for version, parts in ((10, ("ms_tcpip6",)), (6, ())):
        software = (
            "[Microsoft\\Windows NT\\CurrentVersion]\n"
            f'"CurrentMajorVersionNumber"=dword:{version:08x}\n"CurrentMinorVersionNumber"=dword:00000001\n'
        )
        guest = FakeRoot(dict(POWERSHELL), hives={"SYSTEM": hive.system(*off), "SOFTWARE": software})
        codes = [concern.code for concern in network.inspect(guest).concerns]
        assert codes.count("nic-setting-not-kept") == (0 if parts else 2)
        plan = plan_for(guest, LAN="virtio-net-pci", DMZ="virtio-net-pci")
        steps = {step.name: step.turned_off for step in plan.windows_first_boot if isinstance(step, SetNetwork)}
        assert steps == {"LAN": parts, "DMZ": ("ms_server",) if parts else ()}
    (line,) = [
        line
        for line in script.text([SetNetwork(MAC, turned_off=("ms_tcpip6", "ms_server"))]).split("\r\n")
        if "Binding" in line
    ]
    assert "-ComponentID ms_tcpip6,ms_server -Confirm:$false" in line
    with pytest.raises(ValueError, match="calc"):
        script.text([SetNetwork(MAC, turned_off=("ms_x; calc",))])
