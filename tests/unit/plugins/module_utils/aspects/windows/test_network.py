# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The network of Windows: what is found of it, and by which way the addresses come along."""

from __future__ import annotations

import pytest

from ansible_collections.virttools.guestconv.plugins.module_utils.aspects.windows import instances, network
from ansible_collections.virttools.guestconv.plugins.module_utils.aspects.windows.steps import (
    RemoveDevice,
    Route,
    SetNetwork,
)
from ansible_collections.virttools.guestconv.plugins.module_utils.errors import GuestconvError
from ansible_collections.virttools.guestconv.tests.unit.plugins.module_utils.aspects.windows import (
    windows_network as hive,
)
from ansible_collections.virttools.guestconv.tests.unit.plugins.module_utils.aspects.windows.network_guests import (
    inspected,
    plan_for,
    root,
)
from ansible_collections.virttools.guestconv.tests.unit.plugins.module_utils.guest.fake_root import FakeRoot

MAC, OTHER_MAC = "00:0c:29:f3:ff:de", "00:50:56:95:08:bb"
TWO_E1000 = (
    hive.adapter(1, hive.E1000.format(slot="0888"), "Local Area Connection"),
    hive.adapter(2, hive.E1000.format(slot="1888"), "Local Area Connection 2"),
    hive.device(hive.E1000.format(slot="0888"), 33),
    hive.device(hive.E1000.format(slot="1888"), 35),
    hive.ipv4(1, "192.168.1.123", gateway="192.168.1.1", servers="192.168.1.112"),
    hive.ipv4(2, "10.3.58.5", gateway="10.3.58.1", servers="10.3.58.4"),
)
STATIC = (hive.adapter(1, hive.E1000E, "Ethernet0"), hive.ipv4(1, "10.1.2.3", gateway="10.1.2.1", servers="10.1.2.53"))


def test_the_mac_address_is_read_from_the_instance_path():
    assert instances.parse(hive.E1000E).mac == MAC
    assert instances.parse(hive.VMXNET3).mac == OTHER_MAC
    assert instances.parse(hive.E1000.format(slot="0888")).mac is None
    assert instances.parse(r"ROOT\KDNIC\0000") is None


def test_a_card_is_described_with_what_windows_has_configured():
    parts = (
        *STATIC,
        hive.ipv6(1, "20010db8000000000000000000000005", 64),
        hive.ipv6(1, "fe800000000000000000000000000005", 64),
        hive.route6(1, "0" * 32, 0, "20010db8000000000000000000000001"),
        hive.route6(1, "20010db8000100000000000000000000", 48, "20010db8000000000000000000000002"),
        hive.persistent_routes("0.0.0.0,0.0.0.0,10.1.2.1,-1", "172.16.0.0,255.240.0.0,10.1.2.9,5"),
        hive.adapter(2, r"ROOT\KDNIC\0000", "Ethernet (Kernel Debugger)", characteristics=9),
    )
    found, concerns = inspected(root(*parts))
    assert list(found) == ["Ethernet0"]
    card = found["Ethernet0"]
    assert card["mac"] == MAC
    assert card["addresses"] == ["10.1.2.3/24", "2001:db8::5/64"]
    assert card["gateways"] == ["10.1.2.1", "2001:db8::1"]
    assert card["name_servers"] == ["10.1.2.53"]
    assert card["routes"] == [
        {"destination": "2001:db8:1::/48", "gateway": "2001:db8::2", "metric": None},
        {"destination": "172.16.0.0/12", "gateway": "10.1.2.9", "metric": 5},
    ]
    assert card["device_instance"] == hive.E1000E
    assert not concerns


def test_dhcp_has_no_static_addresses_whatever_is_left_of_them():
    parts = (
        hive.adapter(1, hive.VMXNET3, "Ethernet0"),
        hive.ipv4(1, DhcpIPAddress='"10.9.9.9"', DhcpSubnetMask='"255.255.255.0"', IPAddress='multi:"1.2.3.4"'),
    )
    found, _concerns = inspected(root(*parts))
    assert (found["Ethernet0"]["method"], found["Ethernet0"]["addresses"]) == ("dhcp", [])


def test_a_card_is_matched_by_its_pci_slot():
    cards = [{"mac": "00-50-56-AA-00-02", "pci_slot": 35}, {"mac": "00:50:56:AA:00:01", "pci_slot": 33}]
    found, concerns = inspected(root(*TWO_E1000, interfaces=cards))
    assert {name: card["mac"] for name, card in found.items()} == {
        "Local_Area_Connection": "00:50:56:aa:00:01",
        "Local_Area_Connection_2": "00:50:56:aa:00:02",
    }
    assert not concerns


def test_two_cards_with_one_mac_address_are_not_told_apart():
    same = hive.VMXNET3.replace("VEN_15AD", "VEN_15ad")
    parts = (
        hive.adapter(1, hive.VMXNET3, "Old"),
        hive.adapter(2, same, "New"),
        hive.ipv4(1, "10.1.2.3"),
        hive.ipv4(2, "10.1.2.4"),
    )
    found = network.inspect(root(*parts)).concerns
    messages = [each.message for each in found if each.code == "static-address-not-kept"]
    assert len(messages) == 2
    assert all("has the MAC address of another one" in message for message in messages)
    plan = plan_for(root(*parts), Old="virtio-net-pci", New="virtio-net-pci")
    assert not any(isinstance(step, SetNetwork) for step in plan.windows_first_boot)


def test_a_new_mac_address_that_another_card_has_is_reported():
    parts = (*STATIC, hive.adapter(2, hive.VMXNET3, "Ethernet1"))
    cards = [{"from": MAC, "mac": OTHER_MAC}]
    assert "static-address-not-kept" in inspected(root(*parts, target_interfaces=cards))[1]


def test_cards_whose_luid_is_not_known_are_all_found():
    parts = (hive.adapter(1, hive.E1000E, "LAN"), hive.adapter(2, hive.VMXNET3, "DMZ"))
    parts = [part.replace('"NetLuidIndex"', '"Other"') for part in parts]
    assert list(inspected(root(*parts))[0]) == ["DMZ", "LAN"]


def test_without_powershell_no_static_address_is_set_by_the_first_boot():
    guest = FakeRoot({}, hives={"SYSTEM": hive.system(*STATIC)})
    assert "Windows has no PowerShell" in inspected(guest)[1]["static-address-not-kept"].message
    guest = FakeRoot({}, hives={"SYSTEM": hive.system(STATIC[0], hive.ipv4(1))})
    assert not inspected(guest)[1]


@pytest.mark.parametrize(
    "settings",
    [{"policy": "static", "addresses": ["10.7.7.7/16"], "dns": ["10.7.0.2"]}, {"policy": "rename", "name": "LAN"}],
)
def test_a_policy_for_a_card_that_windows_does_not_know_is_a_step(settings):
    guest = root(interfaces=[{"mac": MAC}])
    (step,) = plan_for(guest, settings={"nic0": settings}, nic0="virtio-net-pci").windows_first_boot
    assert step.mac == MAC
    assert step.addresses == tuple(settings.get("addresses", ()))
    assert step.name_servers == tuple(settings.get("dns", ()))
    assert step.name == settings.get("name", "")


def test_a_policy_for_a_card_that_cannot_be_found_is_refused():
    with pytest.raises(GuestconvError) as caught:
        plan_for(
            root(*TWO_E1000),
            settings={"Local_Area_Connection": {"policy": "dhcp"}},
            Local_Area_Connection="e1000",
            Local_Area_Connection_2="e1000",
        )
    assert caught.value.code == "policy-not-possible"


def test_a_device_that_another_hypervisor_than_kvm_may_have_is_not_removed():
    vmbus = r"VMBUS\{F8615163-DF3E-46C5-913F-F2D2F965ED0E}\{0A1B2C3D-0000-0000-0000-000000000000}"
    for target, instance, driver in (
        ("vmware", hive.E1000E, "e1000e"),
        ("vmware", hive.E1000.format(slot="0888"), "e1000"),
        ("hyperv", vmbus, "hv_netvsc"),
    ):
        plan = plan_for(root(hive.adapter(1, instance, "LAN"), hive.ipv4(1, "10.1.2.3")), target, LAN=driver)
        assert [type(step) for step in plan.windows_first_boot] == [SetNetwork], target
    plan = plan_for(root(hive.adapter(1, hive.E1000E, "LAN"), hive.ipv4(1, "10.1.2.3")), "vmware", LAN="vmxnet3")
    assert [type(step) for step in plan.windows_first_boot] == [RemoveDevice, SetNetwork]


def test_qemus_subsystem_ids_are_not_those_of_another_hypervisor():
    of_qemu = hive.E1000E.replace("SUBSYS_07D015AD", "SUBSYS_00008086")
    parts = (hive.adapter(1, of_qemu, "LAN"), hive.ipv4(1, "10.1.2.3"))
    assert plan_for(root(*parts), "vmware", LAN="e1000e").windows_first_boot
    assert not plan_for(root(*parts), "openstack", LAN="e1000e").windows_first_boot


@pytest.mark.parametrize(
    ("instance", "is_removed"),
    [
        (r"VMBUS\{F8615163-DF3E-46C5-913F-F2D2F965ED0E}\{0A1B2C3D-0000-0000-0000-000000000000}", True),
        (r"XENVIF\VEN_XP0001&DEV_NET&REV_09000000\0", True),
        (r"VMBUS\%PATH%\1", False),
        (r"USB\VID_0B95&PID_7720\1", False),
    ],
)
def test_the_name_of_a_card_of_another_hypervisor_becomes_free(instance, is_removed):
    plan = plan_for(root(hive.adapter(1, instance, "LAN"), hive.ipv4(1, "10.1.2.3")), LAN="virtio-net-pci")
    removed = [step.instance for step in plan.windows_first_boot if isinstance(step, RemoveDevice)]
    assert removed == [instance] * is_removed


def test_an_address_of_a_card_without_known_mac_address_is_reported_as_lost():
    _found, concerns = inspected(root(*TWO_E1000))
    assert concerns["static-address-not-kept"].severity == "warning"


def test_without_a_list_of_the_cards_some_of_several_may_be_gone():
    assert inspected(root(*TWO_E1000))[1]["nic-may-be-gone"].severity == "info"
    assert "nic-may-be-gone" not in inspected(root(*STATIC))[1]
    assert "nic-may-be-gone" not in inspected(root(*TWO_E1000, interfaces=[{"mac": MAC}]))[1]


def test_cards_without_a_name_of_their_own_are_called_by_what_they_are():
    parts = (
        hive.adapter(1, hive.E1000E, "LAN"),
        hive.adapter(2, hive.VMXNET3, "LAN"),
        hive.adapter(3, hive.E1000.format(slot="0888"), ""),
    )
    found, _concerns = inspected(root(*parts))
    assert {name: card["name"] for name, card in found.items()} == {"Adapter_3": None, "LAN": "LAN", "Adapter_2": None}
    plan = plan_for(root(*parts), LAN="virtio-net-pci", Adapter_2="virtio-net-pci", Adapter_3=None)
    assert [step.name for step in plan.windows_first_boot if isinstance(step, SetNetwork)] == ["LAN", ""]


def test_a_name_of_a_card_without_known_mac_address_is_reported_as_lost():
    parts = (*TWO_E1000[:2], hive.ipv4(1), hive.ipv4(2))
    assert "settings" not in inspected(root(*parts))[1]["nic-name-not-kept"].message
    parts = (*TWO_E1000[:2], hive.ipv4(1), hive.ipv4(2, servers="10.1.2.53"))
    found = network.inspect(root(*parts)).concerns
    assert any("cannot be set at the first boot: name servers 10.1.2.53." in each.message for each in found)


def test_a_generated_mac_address_is_one_to_find_the_card_by():
    _found, concerns = inspected(root(*TWO_E1000, generate_macs=True))
    assert "static-address-not-kept" not in concerns
    assert "nic-mac-generated" in concerns


def test_a_team_with_an_address_is_reported():
    parts = (
        *STATIC,
        hive.adapter(2, r"COMPOSITEBUS\MS_IMPLAT_MP\1", "Team", 0x81, ComponentId='"compositebus\\\\ms_implat_mp"'),
        hive.ipv4(2, "10.5.5.5"),
    )
    assert "Team" in inspected(root(*parts))[1]["static-address-not-kept"].message


def test_settings_of_the_driver_are_reported():
    parts = (hive.adapter(1, hive.E1000E, "Ethernet0", VlanID='"7"', NetworkAddress='"020000000001"'),)
    message = inspected(root(*parts))[1]["nic-setting-not-kept"].message
    assert "VlanID is 7, NetworkAddress is 020000000001" in message


def test_a_card_that_is_disabled_is_reported():
    disabled = f'[ControlSet001\\Enum\\{hive.E1000E}]\n"ConfigFlags"=dword:00000001\n'
    message = inspected(root(*STATIC, disabled))[1]["nic-setting-not-kept"].message
    assert message.endswith("does not get: it is disabled.")


def test_settings_of_tcpip_are_reported():
    parts = (hive.adapter(1, hive.E1000E, "Ethernet0"), hive.ipv4(1, MTU="dword:00002328", TCPNoDelay="dword:00000001"))
    message = inspected(root(*parts))[1]["nic-setting-not-kept"].message
    assert "MTU is 9000, TCPNoDelay is 1." in message
    usual = {"DefaultGatewayMetric": 'multi:"0"', "RegistrationEnabled": "dword:00000001", "MTU": "dword:000005dc"}
    parts = (hive.adapter(1, hive.E1000E, "Ethernet0"), hive.ipv4(1, **usual), hive.metric6(1, 0))
    assert not inspected(root(*parts))[1]


def test_a_route_whose_gateway_no_card_reaches_is_reported():
    parts = (
        *STATIC,
        hive.adapter(2, hive.VMXNET3, "Ethernet1"),
        hive.persistent_routes("10.8.0.0,255.255.0.0,10.7.0.1,1"),
    )
    assert "10.8.0.0/16 by 10.7.0.1" in inspected(root(*parts))[1]["route-not-kept"].message


@pytest.mark.parametrize("target", ["kvm", "libvirt", "proxmox"])
def test_the_same_device_keeps_its_configuration_without_any_step(target):
    plan = plan_for(root(*STATIC), target, Ethernet0="e1000e")
    assert not plan.windows_first_boot
    (card,) = plan.hardware.interfaces
    assert (card["mac"], card["subsystem_vendor"], card["subsystem_device"]) == (MAC, "15ad", "07d0")
    assert card["addresses"] == ["10.1.2.3/24"]


def test_vmxnet3_is_the_same_device_with_its_own_subsystem_ids():
    plan = plan_for(root(hive.adapter(1, hive.VMXNET3, "Ethernet0"), hive.ipv4(1, "10.1.2.3")), Ethernet0="vmxnet3")
    assert not plan.windows_first_boot
    assert "subsystem_vendor" not in plan.hardware.interfaces[0]


@pytest.mark.parametrize("target", ["kubevirt", "openstack", "ovirt"])
def test_where_the_target_has_not_the_same_device_the_first_boot_sets_the_address(target):
    plan = plan_for(root(*STATIC), target, Ethernet0="e1000e")
    assert [type(step) for step in plan.windows_first_boot] == [RemoveDevice, SetNetwork]
    assert "subsystem_vendor" not in plan.hardware.interfaces[0]


def test_another_device_gets_all_that_was_configured_under_its_mac_address():
    parts = (*STATIC, hive.persistent_routes("172.16.0.0,255.240.0.0,10.1.2.9,5"))
    plan = plan_for(root(*parts), Ethernet0="virtio-net-pci")
    assert plan.windows_first_boot == [
        RemoveDevice(hive.E1000E, hive.guid(1).lower()),
        SetNetwork(
            MAC,
            "Ethernet0",
            addresses=("10.1.2.3/24",),
            gateways=("10.1.2.1",),
            name_servers=("10.1.2.53",),
            routes=(Route("172.16.0.0/12", "10.1.2.9", 5),),
        ),
    ]


def test_a_new_mac_address_makes_another_device_of_the_same_model():
    guest = root(*STATIC, target_interfaces=[{"from": MAC, "mac": "52:54:00:00:00:01"}])
    plan = plan_for(guest, Ethernet0="e1000e")
    assert plan.windows_first_boot[0] == RemoveDevice(hive.E1000E, hive.guid(1).lower())
    assert plan.windows_first_boot[1].mac == plan.hardware.interfaces[0]["mac"] == "52:54:00:00:00:01"


def test_the_only_card_is_found_without_its_mac_address():
    parts = (hive.adapter(1, hive.E1000.format(slot="0888"), "LAN"), hive.ipv4(1, "10.1.2.3"))
    assert not inspected(root(*parts))[1]
    plan = plan_for(root(*parts), LAN="virtio-net-pci")
    assert plan.windows_first_boot[-1].mac == ""


def test_a_device_that_the_target_may_have_in_the_same_slot_is_not_removed():
    of_qemu = r"PCI\VEN_8086&DEV_100E&SUBSYS_11001AF4&REV_03\3&11583659&0&10"
    parts = (hive.adapter(1, of_qemu, "LAN"), hive.ipv4(1, "10.1.2.3"))
    plan = plan_for(root(*parts), LAN="e1000")
    assert [type(step) for step in plan.windows_first_boot] == [SetNetwork]


def test_a_deleted_card_is_removed():
    parts = (*STATIC, hive.adapter(2, hive.VMXNET3, "Ethernet1"))
    plan = plan_for(root(*parts), Ethernet0="e1000e", Ethernet1=None)
    assert plan.windows_first_boot == [RemoveDevice(hive.VMXNET3, hive.guid(2).lower())]
    assert [card["name"] for card in plan.hardware.interfaces] == ["Ethernet0"]


def test_policies_are_steps_of_the_first_boot_even_for_the_same_device():
    parts = (*STATIC, hive.ipv6(1, "20010db8000000000000000000000005", 64))
    dhcp = plan_for(root(*parts), settings={"Ethernet0": {"policy": "dhcp"}}, Ethernet0="e1000e")
    assert dhcp.windows_first_boot == [SetNetwork(MAC, "Ethernet0", removed=("2001:db8::5/64",))]
    static = {"policy": "static", "addresses": ["10.7.7.7/16"], "gateway": "10.7.0.1"}
    (step,) = plan_for(root(*parts), settings={"Ethernet0": static}, Ethernet0="e1000e").windows_first_boot
    assert (step.addresses, step.gateways, step.name_servers) == (("10.7.7.7/16",), ("10.7.0.1",), ("10.1.2.53",))
    renamed = plan_for(root(*parts), settings={"Ethernet0": {"policy": "rename", "name": "LAN"}}, Ethernet0="e1000e")
    assert renamed.windows_first_boot[0].name == "LAN"
    with pytest.raises(GuestconvError, match="policy"):
        plan_for(root(*parts), settings={"Ethernet0": {"policy": "other"}}, Ethernet0="e1000e")


def test_a_hostile_hive_gives_no_addresses_that_are_none():
    parts = (
        hive.adapter(1, hive.E1000E, 'a\\" & del %PATH%', Domain='"x;y"'),
        hive.ipv4(1, "10.1.2.3 & calc", "300.1.1.1", gateway="%TEMP%", servers="1.2.3.4,`x`, 5.6.7.8", Domain='"a b"'),
        hive.persistent_routes("a,b", "10.0.0.0,255.0.0.0,x,1", ",,,,"),
        f'[{hive.NSI}1-9b1a-11d4-9123-0050047759bc}}\\10]\n"zz"=hex:00\n"00"=hex:00\n',
    )
    found, _concerns = inspected(root(*parts))
    (card,) = found.values()
    assert (card["addresses"], card["gateways"], card["domain"]) == ([], [], "")
    assert card["name_servers"] == ["1.2.3.4", "5.6.7.8"]


def test_without_a_control_set_there_is_no_card():
    assert not inspected(FakeRoot({}, hives={"SYSTEM": "[Select]\n"}))[0]
    assert not inspected(FakeRoot({}))[0]
