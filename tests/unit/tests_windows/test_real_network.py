# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The network of real Windows machines: what is read of their registries, and how its addresses come along."""

from __future__ import annotations

import pytest

from ansible_collections.virttools.guestconv.plugins.module_utils.aspects.plan import Plan
from ansible_collections.virttools.guestconv.plugins.module_utils.aspects.windows import machine, network
from ansible_collections.virttools.guestconv.plugins.module_utils.aspects.windows.steps import RemoveDevice, SetNetwork
from ansible_collections.virttools.guestconv.plugins.module_utils.devices.targets import TARGETS
from ansible_collections.virttools.guestconv.plugins.module_utils.model.selection import Selection
from ansible_collections.virttools.guestconv.tests.unit.plugins.module_utils.guest.fake_root import FakeRoot
from tests.guests import windows_hives

pytestmark = pytest.mark.skipif(bool(windows_hives.MISSING), reason=windows_hives.MISSING or "they are there")

SYSTEM = "/Windows/System32/config/SYSTEM"
POWERSHELL = "/Windows/System32/WindowsPowerShell/v1.0/powershell.exe"
CARDS = [{"mac": "00:50:56:aa:00:01", "pci_slot": 33}, {"mac": "00:50:56:aa:00:02", "pci_slot": 35}]


def guest(name, **hardware):
    return FakeRoot({SYSTEM: windows_hives.system(name), POWERSHELL: b""}, hardware=hardware)


def cards(root):
    """{name: (MAC address, addresses, gateway, name servers, method)} of what inspection finds."""
    found = network.inspect(root).devices["network"].values()
    keys = ("mac", "addresses", "gateway", "name_servers", "method")
    return {card["name"]: tuple(card[key] for key in keys) for card in found}


def plan_for(root, settings=None, **drivers):
    network.inspect(root)
    plan = Plan(TARGETS["kvm"], Selection({"network": drivers}, {"network": []}, {"network": settings or {}}))
    network.convert(root, plan)
    return plan


def test_windows_10_has_one_card_whose_mac_address_is_in_its_path_and_not_that_of_bluetooth():
    assert cards(guest(windows_hives.WINDOWS_10)) == {"Ethernet0": ("00:0c:29:f3:ff:de", [], None, [], "dhcp")}


def test_windows_7_has_two_static_cards_that_are_known_by_their_slots():
    assert cards(guest(windows_hives.WINDOWS_7, interfaces=CARDS)) == {
        "Local Area Connection": (
            "00:50:56:aa:00:01",
            ["192.168.1.123/24"],
            "192.168.1.1",
            ["192.168.1.112"],
            "static",
        ),
        "Local Area Connection 2": ("00:50:56:aa:00:02", ["10.3.58.5/24"], "10.3.58.1", ["10.3.58.4"], "static"),
    }


def test_windows_8_has_the_card_of_virtualbox():
    assert cards(guest(windows_hives.WINDOWS_8)) == {"Ethernet": (None, [], None, [], "dhcp")}


def test_the_addresses_of_windows_7_are_set_at_the_first_boot():
    root = guest(windows_hives.WINDOWS_7, interfaces=CARDS)
    drivers = {"Local_Area_Connection": "virtio-net-pci", "Local_Area_Connection_2": "virtio-net-pci"}
    steps = plan_for(root, **drivers).windows_first_boot
    assert [step.instance.rpartition("\\")[2] for step in steps if isinstance(step, RemoveDevice)] == [
        "4&B70F118&0&0888",
        "4&B70F118&0&1888",
    ]
    assert [(step.mac, step.addresses) for step in steps if isinstance(step, SetNetwork)] == [
        ("00:50:56:aa:00:01", ("192.168.1.123/24",)),
        ("00:50:56:aa:00:02", ("10.3.58.5/24",)),
    ]


def test_the_second_card_of_windows_7_does_not_use_ipv6():
    found = network.inspect(guest(windows_hives.WINDOWS_7, interfaces=CARDS)).concerns
    assert [each.message for each in found] == [
        "Local Area Connection 2 has settings in Windows that a network card of another model does not get: IPv6 is off."
    ]


def test_with_dhcp_the_gateway_of_a_card_of_windows_7_leaves_the_persistent_routes():
    root = guest(windows_hives.WINDOWS_7, interfaces=[CARDS[0], {"addresses": ["10.3.58.5"]}])
    # The second card has no MAC address that is known, so that the first boot cannot find it.
    drivers = {"Local_Area_Connection": "virtio-net-pci", "Local_Area_Connection_2": "virtio-net-pci"}
    with root.on_behalf_of("network"):
        plan_for(root, {"Local_Area_Connection": {"policy": "dhcp"}}, **drivers)
    routes = root.hive(SYSTEM, "").key(r"ControlSet001\Services\Tcpip\Parameters\PersistentRoutes")
    assert list(routes.values()) == ["0.0.0.0,0.0.0.0,10.3.58.1,-1"]


def test_the_card_of_windows_10_stays_the_same_device():
    plan = plan_for(guest(windows_hives.WINDOWS_10), Ethernet0="e1000e")
    assert not plan.windows_first_boot
    (card,) = plan.hardware.interfaces
    assert (card["mac"], card["subsystem_vendor"], card["subsystem_device"]) == ("00:0c:29:f3:ff:de", "15ad", "07d0")


def test_windows_10_has_the_uuid_that_vmware_shows_with_other_byte_orders():
    uuid = machine.of_guest(guest(windows_hives.WINDOWS_10), is_on_kvm=True)["uuid"]
    # uuid.bios = "56 4d 19 25 ef ca 37 87-5c 44 50 fe 82 f3 ff de"
    assert uuid == "25194d56-caef-8737-5c44-50fe82f3ffde"
