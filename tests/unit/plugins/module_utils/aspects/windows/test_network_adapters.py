# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Adapters of Windows of many kinds: which of them are cards, and what of their configuration the target does not get."""

from __future__ import annotations

import pytest

from ansible_collections.virttools.guestconv.plugins.module_utils.aspects.windows import instances, network
from ansible_collections.virttools.guestconv.plugins.module_utils.aspects.windows.steps import Route, SetNetwork
from ansible_collections.virttools.guestconv.tests.unit.plugins.module_utils.aspects.windows import (
    windows_network as hive,
)
from ansible_collections.virttools.guestconv.tests.unit.plugins.module_utils.aspects.windows.network_guests import (
    inspected,
    plan_for,
    root,
)

MAC = "00:0c:29:f3:ff:de"
CARD = hive.adapter(1, hive.E1000E, "Ethernet0")
NETVSC = r"VMBUS\{F8615163-DF3E-46C5-913F-F2D2F965ED0E}\{0A1B2C3D-0000-0000-0000-000000000000}"
MELLANOX = r"PCI\VEN_15B3&DEV_1016&SUBSYS_00B515B3&REV_80\2&1F0A3C11&0&2"
# VMware's vmxnet3 with the MAC address of hive.E1000E.
SAME_MAC = r"PCI\VEN_15AD&DEV_07B0&SUBSYS_07B015AD&REV_01\FF290C00DEFFF3FE00"


def setting(*parts, code="nic-setting-not-kept"):
    """The message about settings of a guest with these parts, "" for none."""
    concern = inspected(root(*parts))[1].get(code)
    return concern.message if concern else ""


@pytest.mark.parametrize(
    "instance",
    [
        r"ROOT\NET\0000",  # TAP-Windows, Npcap's loopback, VPNs
        r"SWD\MSRRAS\MS_NDISWANIP",
        r"SWD\WINTUN\{5F3F359E-9D52-4566-9BEC-37EFDFB25A99}",
        r"BTH\MS_BTHPAN\8&20F38EB4&0&2",
        r"COMPOSITEBUS\MS_IMPLAT_MP\{5F3F359E-9D52-4566-9BEC-37EFDFB25A99}",
        r"SW\{EEAB7790-C514-11D1-B42B-00805FC1270E}\ASYNCMAC",
    ],
)
@pytest.mark.parametrize("characteristics", [0x1, 0x4, 0x29, 0x81, 0x84])
def test_what_software_makes_is_no_card_whatever_its_driver_says_of_it(instance, characteristics):
    parts = (CARD, hive.adapter(2, instance, "Other", characteristics), hive.ipv4(2, "10.9.9.9"))
    found, concerns = inspected(root(*parts))
    assert list(found) == ["Ethernet0"]
    assert not concerns


@pytest.mark.parametrize(
    ("component", "instance"),
    [
        ("compositebus\\\\ms_implat_mp", r"COMPOSITEBUS\MS_IMPLAT_MP\{1}"),
        ("vms_mp", r"ROOT\VMS_MP\0000"),
        ("ms_bridgemp", r"ROOT\MS_BRIDGEMP\0000"),
        ("iANSMiniport", r"ROOT\IANSMINIPORT\0000"),
        ("BRCM_BLFM", r"ROOT\BRCM_BLFM\0000"),
    ],
)
def test_what_is_made_of_cards_is_reported_with_and_without_an_address(component, instance):
    above = hive.adapter(2, instance, "Team", 0x81, ComponentId=f'"{component}"')
    assert "Team (Adapter 2) has 10.5.5.5/24" in setting(
        CARD, above, hive.ipv4(2, "10.5.5.5"), code="static-address-not-kept"
    )
    assert "Team (Adapter 2) is made of network cards" in setting(CARD, above, hive.ipv4(2))


def test_the_address_of_a_card_that_is_a_part_of_a_team_is_not_its_own():
    parts = (CARD, hive.bound(1, "NdisImPlatform"), hive.ipv4(1, "10.1.2.3", servers="10.1.2.53"))
    found, _concerns = inspected(root(*parts))
    assert [found["Ethernet0"][key] for key in ("addresses", "name_servers", "method")] == [[], [], None]
    assert setting(*parts).endswith("does not get: IP is off.")
    (step,) = plan_for(root(*parts), Ethernet0="virtio-net-pci").windows_first_boot[1:]
    assert not step.addresses


def test_protocols_and_services_that_are_off_are_reported():
    bound = hive.bound(1, "lltdio", "Tcpip")
    assert setting(CARD, bound, hive.ipv4(1)).endswith("does not get: IPv6 is off.")
    two = (CARD, hive.adapter(2, hive.VMXNET3, "DMZ"), hive.shares_files(1))
    assert setting(*two) == (
        "DMZ has settings in Windows that a network card of another model does not get: file and printer sharing is off."
    )
    assert not setting(CARD, hive.bound(1, "TCPIP", "Tcpip6"), hive.shares_files(1), hive.ipv4(1))
    # Without a list, or with one that has nothing, nothing is known.
    assert not setting(CARD, hive.bound(1, ""), hive.shares_files(), hive.ipv4(1))


def test_ipv6_of_a_card_that_does_not_use_it_is_left_out():
    address, route = (
        hive.ipv6(1, "20010db8" + "0" * 23 + "5", 64),
        hive.route6(1, "0" * 32, 0, "20010db8" + "0" * 23 + "1"),
    )
    (card,) = inspected(root(CARD, hive.bound(1, "Tcpip"), address, route))[0].values()
    assert (card["addresses"], card["gateways"]) == ([], [])


def test_a_function_that_carries_what_a_card_of_hyper_v_sends_is_no_card():
    parts = (
        hive.adapter(1, NETVSC, "Ethernet"),
        hive.adapter(2, MELLANOX, "Ethernet 2"),
        hive.permanent_mac(1, MAC),
        hive.permanent_mac(2, MAC),
        hive.ipv4(1, "10.1.2.3"),
    )
    found, concerns = inspected(root(*parts))
    assert list(found) == ["Ethernet"]
    assert not concerns


@pytest.mark.parametrize("instance", [SAME_MAC, r"PCI\VEN_8086&DEV_100F&SUBSYS_075015AD&REV_01\4&B70F118&0&0888"])
def test_a_card_of_another_hypervisor_with_the_mac_address_of_one_of_hyper_v_stays(instance):
    parts = (hive.adapter(1, NETVSC, "Old"), hive.adapter(2, instance, "New"), hive.permanent_mac(1, MAC))
    found, concerns = inspected(root(*parts, hive.permanent_mac(2, MAC), hive.ipv4(2, "10.1.2.3")))
    assert list(found) == ["New", "Old"]
    assert "static-address-not-kept" in concerns


def test_of_cards_with_one_mac_address_the_source_has_that_of_its_model():
    parts = (
        hive.adapter(1, hive.E1000E, "Ethernet0"),
        hive.adapter(2, SAME_MAC, "Ethernet1"),
        hive.ipv4(1, "10.1.2.3"),
        hive.ipv4(2, "10.1.2.4"),
    )
    assert instances.parse(SAME_MAC).mac == MAC
    guest = root(*parts, interfaces=[{"mac": MAC, "driver": "vmxnet3"}])
    found, concerns = inspected(guest)
    assert {name: card["mac"] for name, card in found.items()} == {"Ethernet0": None, "Ethernet1": MAC}
    assert "Ethernet0" in concerns["nic-not-on-source"].message
    assert "nic-matched-by-order" not in concerns
    (step,) = [
        each
        for each in plan_for(guest, Ethernet0=None, Ethernet1="virtio-net-pci").windows_first_boot
        if isinstance(each, SetNetwork)
    ]
    assert step.addresses == ("10.1.2.4/24",)


def test_cards_are_in_the_order_of_the_numbers_of_their_names():
    parts = [
        hive.adapter(number, hive.E1000.format(slot=f"{number:02}88"), f"Ethernet{number}") for number in (10, 2, 1)
    ]
    assert list(inspected(root(*parts))[0]) == ["Ethernet1", "Ethernet2", "Ethernet10"]


def test_a_long_list_of_name_servers_is_read_whole():
    servers = [f"10.100.200.{number}" for number in range(100, 130)]
    parts = (CARD, hive.ipv4(1, "10.1.2.3", servers=", ".join(servers)))
    (card,) = inspected(root(*parts))[0].values()
    assert card["name_servers"] == servers


@pytest.mark.parametrize(("own", "servers"), [("", ["10.9.0.53", "10.9.0.54"]), ("10.1.2.53", ["10.1.2.53"])])
def test_name_servers_of_the_network_are_those_of_a_card_without_its_own(own, servers):
    parts = (CARD, hive.ipv4(1, servers=own, ProfileNameServer='"10.9.0.53,10.9.0.54"'))
    (card,) = inspected(root(*parts))[0].values()
    assert card["name_servers"] == servers


def test_an_address_without_a_mask_is_reported():
    masks = {"SubnetMask": 'multi:"255.255.255.0"', "IPAddress": 'multi:"10.1.2.3","10.1.2.4"', "EnableDHCP": "dword:0"}
    values = "\n".join(f'"{name}"={value}' for name, value in masks.items())
    interface = f"[ControlSet001\\Services\\Tcpip\\Parameters\\Interfaces\\{hive.guid(1)}]\n{values}\n"
    (card,) = inspected(root(CARD, interface))[0].values()
    assert card["addresses"] == ["10.1.2.3/24"]
    assert "IPAddress is 10.1.2.4 without a mask" in setting(CARD, interface)


def test_a_suffix_that_the_script_cannot_have_is_reported():
    assert "Domain is b\u00fcro.example." in setting(CARD, hive.ipv4(1, "10.1.2.3", Domain='"b\u00fcro.example"'))
    assert not setting(CARD, hive.ipv4(1, "10.1.2.3", Domain='"example.com"'))


def test_an_address_is_static_where_nothing_says_that_dhcp_is_used():
    interface = hive.ipv4(1, "10.1.2.3").replace('"EnableDHCP"', '"Other"')
    assert inspected(root(CARD, interface))[0]["Ethernet0"]["method"] == "static"
    assert inspected(root(CARD, hive.ipv4(1).replace('"EnableDHCP"', '"Other"')))[0]["Ethernet0"]["method"] == "dhcp"


def test_what_dhcp_has_in_addition_is_reported():
    message = setting(
        CARD, hive.ipv4(1, ActiveConfigurations='multi:"Alternate_{1}"', DefaultGateway='multi:"10.1.2.1"')
    )
    assert "ActiveConfigurations is Alternate_{1}, DefaultGateway is 10.1.2.1." in message
    assert not setting(CARD, hive.ipv4(1, "10.1.2.3", gateway="10.1.2.1", ActiveConfigurations='multi:"Alternate_{1}"'))


def test_a_gateway_in_addition_to_dhcp_is_a_route():
    parts = (CARD, hive.ipv4(1, DefaultGateway='multi:"10.1.2.1"'), hive.route4(1, "0" * 8, 0, "0a010201"))
    assert not setting(*parts)
    (step,) = plan_for(root(*parts), Ethernet0="virtio-net-pci").windows_first_boot[1:]
    assert (step.gateways, step.routes) == ((), (Route("0.0.0.0/0", "10.1.2.1"),))


def test_routes_without_a_gateway_are_kept():
    parts = (
        CARD,
        hive.ipv4(1, "10.1.2.3"),
        hive.route4(1, "0a010200", 24, "0" * 8),
        hive.route4(1, "0a080000", 16, "0" * 8),
        hive.route4(1, "e0000000", 4, "0" * 8),
        hive.route6(1, "20010db8000100000000000000000000", 48, "0" * 32),
        hive.route6(1, "fe80" + "0" * 28, 64, "0" * 32),
        hive.persistent_routes("10.8.0.0,255.255.0.0,0.0.0.0,1", "10.9.0.0,255.255.0.0,10.1.2.3,1"),
    )
    guest = root(*parts)
    assert "route-not-kept" not in inspected(guest)[1]
    (step,) = plan_for(guest, Ethernet0="virtio-net-pci").windows_first_boot[1:]
    assert step.routes == (
        Route("10.8.0.0/16", "0.0.0.0"),
        Route("2001:db8:1::/48", "::"),
        Route("10.9.0.0/16", "0.0.0.0", 1),
    )


def test_a_mac_address_that_is_configured_is_one_to_find_the_card_by():
    parts = (hive.adapter(1, hive.E1000E, "Ethernet0", NetworkAddress='"02-00-00-00-00-01"'), hive.ipv4(1, "10.1.2.3"))
    (step,) = plan_for(root(*parts), settings={"Ethernet0": {"policy": "dhcp"}}, Ethernet0="e1000e").windows_first_boot
    assert (step.mac, step.own_mac) == (MAC, "02:00:00:00:00:01")
    parts = (hive.adapter(1, hive.E1000E, "Ethernet0", NetworkAddress='"%PATH%"'), hive.ipv4(1, "10.1.2.3"))
    (step,) = plan_for(root(*parts), settings={"Ethernet0": {"policy": "dhcp"}}, Ethernet0="e1000e").windows_first_boot
    assert step.own_mac == ""


@pytest.mark.parametrize(
    ("driver", "path"),
    [
        ("e1000e", hive.E1000E.replace("REV_00", "REV_01")),
        ("e1000e", hive.E1000E[:-2] + "01"),
        ("vmxnet3", hive.VMXNET3.replace("REV_01", "REV_00")),
    ],
)
def test_another_revision_or_function_is_another_device(driver, path):
    plan = plan_for(root(hive.adapter(1, path, "LAN"), hive.ipv4(1, "10.1.2.3")), LAN=driver)
    assert any(isinstance(step, SetNetwork) for step in plan.windows_first_boot)
    assert "subsystem_vendor" not in plan.hardware.interfaces[0]


def test_damaged_values_are_no_configuration_and_no_traceback():
    values = [
        '"EnableDHCP"=hex:00',
        '"EnableDHCP"=hex(4):00,00',
        '"IPAddress"=hex(7):31,00,30',
        '"IPAddress"=dword:0000000a',
        '"SubnetMask"=hex(7):00',
        '"DefaultGateway"=hex:ff',
        '"NameServer"=dword:00000001',
        '"NameServer"=hex(1):31,00,2e,00,32',
        '"Domain"=hex(1):ff,d8',
        '"DhcpIPAddress"=hex(7):00,00',
    ]
    for value in values:
        interface = f"[ControlSet001\\Services\\Tcpip\\Parameters\\Interfaces\\{hive.guid(1)}]\n{value}\n"
        (card,) = inspected(root(CARD, interface))[0].values()
        assert (card["addresses"], card["name_servers"], card["domain"]) == ([], [], ""), value
    for value in ('"NetCfgInstanceId"=dword:00000001', '"DeviceInstanceID"=hex:00', '"Characteristics"="x"'):
        name = value.partition("=")[0]
        lines = [value if line.startswith(name) else line for line in CARD.splitlines()]
        assert len(network.inspect(root("\n".join(lines))).devices["network"]) <= 1


def test_cards_with_names_in_other_scripts_have_identifiers_of_their_own():
    names = (
        "Подключение по локальной сети",
        "Подключение по локальной сети 2",
        "イーサネット",
        'LAN & \\"Büro\\" 100%!',
    )
    parts = [
        hive.adapter(number, hive.E1000.format(slot=f"{number:02}88"), name) for number, name in enumerate(names, 1)
    ]
    found, _concerns = inspected(root(*parts))
    assert len(found) == len(names)
    assert {card["name"] for card in found.values()} == {name.replace('\\"', '"') for name in names}


def test_a_card_that_has_no_address_by_configuration_is_reported():
    interface = hive.ipv4(1, "0.0.0.0")
    (card,) = inspected(root(CARD, interface))[0].values()
    assert (card["addresses"], card["method"]) == ([], None)
    assert setting(CARD, interface).endswith("does not get: EnableDHCP is 0, without an address.")


def test_encrypted_dns_is_reported():
    server = (
        f"[ControlSet001\\Services\\Dnscache\\InterfaceSpecificParameters\\{hive.guid(1)}\\DohInterfaceSettings\\Doh6\\2001:db8::53]\n"
        '"DohFlags"=hex(b):01,00,00,00,00,00,00,00\n'
    )
    assert setting(CARD, hive.ipv4(1), server).endswith("does not get: DNS over HTTPS is on.")


def test_what_is_next_to_the_length_of_a_prefix_does_not_lose_an_address():
    address = hive.ipv6(1, "20010db8000000000000000000000005", 64).replace(",40,00,00,00,", ",40,01,00,00,")
    assert address.count(",40,01,") == 1
    assert inspected(root(CARD, address))[0]["Ethernet0"]["addresses"] == ["2001:db8::5/64"]


def test_the_path_of_a_device_may_be_in_its_connection_alone():
    card = (
        CARD.replace('"DeviceInstanceID"', '"Other"') + '"PnPInstanceId"="' + hive.E1000E.replace("\\", "\\\\") + '"\n'
    )
    assert inspected(root(card, hive.ipv4(1)))[0]["Ethernet0"]["mac"] == MAC


def test_a_mask_of_hosts_is_no_mask():
    interface = hive.ipv4(1, "10.1.2.3", mask="0.0.0.255")
    assert "IPAddress is 10.1.2.3 without a mask" in setting(CARD, interface)


def test_a_switch_without_a_card_loses_none():
    switch = hive.adapter(2, r"ROOT\VMS_MP\0000", "vEthernet (nat)", 0x81, ComponentId='"vms_mp"')
    parts = (CARD, hive.ipv4(1), switch, hive.ipv4(2, "172.20.0.1"))
    assert not inspected(root(*parts, hive.bound(1, "Tcpip", "Tcpip6")))[1]
    assert "static-address-not-kept" in inspected(root(*parts, hive.bound(1, "VMSP", "lltdio")))[1]


def test_an_address_that_two_cards_have_is_set_for_that_of_the_source():
    parts = (
        hive.adapter(1, hive.E1000E, "Ethernet0"),
        hive.adapter(2, hive.VMXNET3, "Ethernet1"),
        hive.ipv4(1, "10.1.2.3", "10.1.2.4"),
        hive.ipv4(2, "10.1.2.3", mask="255.255.0.0"),
    )
    drivers = {"Ethernet0": "virtio-net-pci", "Ethernet1": "virtio-net-pci"}
    for hardware, addresses, lost in (
        ({}, {"Ethernet0": ("10.1.2.3/24", "10.1.2.4/24"), "Ethernet1": ()}, "Ethernet1 has 10.1.2.3/16"),
        (
            {"interfaces": [{"mac": "00:50:56:95:08:bb"}]},
            {"Ethernet0": ("10.1.2.4/24",), "Ethernet1": ("10.1.2.3/16",)},
            "Ethernet0 has 10.1.2.3/24",
        ),
    ):
        guest = root(*parts, **hardware)
        assert inspected(guest)[1]["static-address-not-kept"].message.startswith(
            f"{lost}, which another network card has"
        )
        steps = [step for step in plan_for(guest, **drivers).windows_first_boot if isinstance(step, SetNetwork)]
        assert {step.name: step.addresses for step in steps} == addresses


def test_cards_are_in_the_order_of_their_slots_where_these_are_known():
    parts = (
        hive.adapter(1, hive.E1000.format(slot="0888"), "LAN"),
        hive.adapter(2, hive.E1000.format(slot="1888"), "DMZ"),
        hive.adapter(3, hive.E1000.format(slot="2888"), "Backup"),
        hive.device(hive.E1000.format(slot="0888"), 33),
        hive.device(hive.E1000.format(slot="1888"), 35),
    )
    assert list(inspected(root(*parts))[0]) == ["LAN", "DMZ", "Backup"]
