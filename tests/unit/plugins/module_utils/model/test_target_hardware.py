# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the target's machine must offer: put together from the choices, the target, the source and the roots."""

from __future__ import annotations

import pytest

from ansible_collections.virttools.guestconv.plugins.module_utils.devices.targets import KVM, TARGETS, VMWARE
from ansible_collections.virttools.guestconv.plugins.module_utils.model import target_hardware
from ansible_collections.virttools.guestconv.plugins.module_utils.model.selection import Selection

CHOSEN = {
    "block": {"sdb": "ahci", "sda": "virtio-blk-pci", "sdc": "virtio-blk-pci"},
    "graphics": {"video0": "VGA"},
    "console": {},
}


def assembled(drivers=None, source=None, interfaces=()):
    selection = Selection(CHOSEN if drivers is None else drivers, {})
    return target_hardware.assemble(KVM, "uefi", selection, ["sda", "sdb", "sdc", "sdd"], source or {}, interfaces)


def test_it_is_the_machine_with_the_devices_that_were_chosen():
    hardware = assembled()
    assert {key: hardware[key] for key in ("firmware", "machine", "interfaces", "video", "console")} == {
        "firmware": "uefi",
        "machine": "q35",
        "interfaces": [],
        "video": {"driver": "VGA"},
        "console": None,
    }


def test_the_disks_stand_in_the_sources_order_and_each_has_its_name_on_the_target():
    disks = assembled()["disks"]
    assert [(disk["device"], disk["bus"], disk["name_on_target"]) for disk in disks] == [
        ("sda", "virtio", "/dev/vda"),
        ("sdb", "sata", "/dev/sda"),
        ("sdc", "virtio", "/dev/vdb"),
    ]


@pytest.mark.parametrize(
    "orders, expected",
    [((), {"sda": 1, "sdb": 2, "sdc": 3}), ((None, 2, 1), {"sda": 3, "sdb": 2, "sdc": 1})],
)
def test_the_disk_that_the_source_booted_from_is_tried_first(orders, expected):
    source = {"disks": [{"boot_order": order} for order in orders]}
    assert {disk["device"]: disk["boot_order"] for disk in assembled(source=source)["disks"]} == expected


@pytest.mark.parametrize(
    ("target", "drivers", "names"),
    [
        (KVM, ("nvme", "virtio-blk-pci", "nvme"), ["/dev/nvme0n1", "/dev/vda", "/dev/nvme1n1"]),
        (VMWARE, ("nvme", "pvscsi", "nvme"), ["/dev/nvme0n1", "/dev/sda", "/dev/nvme0n2"]),
        (KVM, ("ahci", "virtio-scsi-pci", "ahci"), ["/dev/sda", "/dev/sdb", "/dev/sdc"]),
    ],
)
def test_each_disk_has_its_own_bus_and_is_counted_with_those_of_its_kind(target, drivers, names):
    devices = ["sda", "sdb", "sdc"]
    selection = Selection({"block": dict(zip(devices, drivers))}, {})
    disks = target_hardware.assemble(target, "bios", selection, devices, {}, [])["disks"]
    assert [disk["driver"] for disk in disks] == list(drivers)
    assert [disk["name_on_target"] for disk in disks] == names


@pytest.mark.parametrize(
    ("target", "drivers", "expected"),
    [
        ("kvm", ("virtio-blk-pci", "ahci", "virtio-blk-pci"), []),
        ("kvm", ("virtio-scsi-pci", "ahci", "nvme"), ["sda", "sdb"]),
        ("kvm", ("ahci", "ahci", "ahci"), []),
        ("hyperv", ("hv_storvsc", "hv_storvsc", "hv_storvsc"), ["sda", "sdb", "sdc"]),
    ],
)
def test_only_disks_of_one_kind_of_name_on_several_controllers_have_an_uncertain_order(target, drivers, expected):
    selection = Selection({"block": dict(zip(("sda", "sdb", "sdc"), drivers))}, {})
    models = target_hardware.disk_models(["sda", "sdb", "sdc"], TARGETS[target], selection)
    assert target_hardware.uncertain(models, TARGETS[target]) == expected


def test_it_is_as_large_as_the_source_where_that_is_known():
    hardware = assembled(source={"cpus": 4, "memory": 65536, "disks": [{"controller": "pvscsi"}]})
    assert (hardware["cpus"], hardware["memory"]) == (4, 65536)
    assert not {"cpus", "memory"} & set(assembled(source={"cpus": None}))


def test_what_several_roots_say_of_one_network_card_is_brought_together():
    first = [{"name": "ens192", "driver": "e1000", "mac": None, "addresses": ["10.0.2.15"], "gateway": None}]
    second = [
        {"name": "ens192", "driver": "e1000", "mac": "00:50:56:aa:bb:cc", "addresses": [], "gateway": "10.0.2.2"},
        {"name": "ens224", "driver": "e1000", "mac": None, "addresses": [], "gateway": None},
    ]
    one, other = assembled(interfaces=[first, second, []])["interfaces"]
    assert one == {**second[0], "addresses": ["10.0.2.15"]}
    assert other == second[1]


def test_the_disk_with_the_boot_loader_is_first_where_the_source_does_not_say_it():
    devices = ["sda", "nvme0n1"]
    assert target_hardware.boot_order(devices, {}, ["nvme0n1"]) == ["nvme0n1", "sda"]
    known = {"disks": [{"boot_order": 1}, {"boot_order": 2}]}
    assert target_hardware.boot_order(devices, known, ["nvme0n1"]) == devices


def test_a_card_has_the_network_and_link_of_the_card_with_its_mac_address_on_the_source():
    source = {
        "interfaces": [
            {"mac": "00:50:56:AA:00:01", "network": "lan"},
            {"mac": "00:50:56:aa:00:02", "network": "dmz", "connected": False},
        ],
        "target_interfaces": [{"from": "00:50:56:aa:00:02", "mac": "52:54:00:00:00:02"}],
    }
    cards = [
        {"name": "a", "mac": "52:54:00:00:00:02"},
        {"name": "b", "mac": "00:50:56:aa:00:01"},
        {"name": "c", "mac": None},
    ]
    assert target_hardware.of_source(cards, source) == [
        {**cards[0], "network": "dmz", "connected": False},
        {**cards[1], "network": "lan"},
        cards[2],
    ]
    assert target_hardware.networks_unknown(cards, source) == []


LAN, DMZ = {"network": "lan"}, {"network": "dmz", "connected": False}


@pytest.mark.parametrize(
    ("there", "found"),
    [
        ([LAN], [LAN, LAN]),
        ([LAN, LAN], [LAN, LAN]),
        ([{**DMZ, "mac": "00-50-56-AA-00-01"}, LAN], [DMZ, LAN]),
        ([], [{}, {}]),
    ],
)
def test_cards_whose_mac_address_the_source_does_not_have_are_on_its_only_other_network(there, found):
    cards = [{"name": "a", "mac": "00:50:56:aa:00:01"}, {"name": "b", "mac": None}]
    expected = [{**card, **facts} for card, facts in zip(cards, found)]
    assert target_hardware.of_source(cards, {"interfaces": there}) == expected
    assert target_hardware.networks_unknown(cards, {"interfaces": there}) == []


def test_cards_that_may_be_on_several_networks_are_a_concern():
    cards = [{"name": "a", "mac": "00:50:56:aa:00:01"}, {"name": "b", "mac": None}]
    source = {"interfaces": [LAN, DMZ]}
    assert target_hardware.of_source(cards, source) == cards
    (concern,) = target_hardware.networks_unknown(cards, source)
    assert (concern.code, concern.severity) == ("nic-network-unknown", "warning")
    assert "the source ('lan', 'dmz' (not connected)) the network cards of the guest are: a, b." in concern.message


def test_a_serial_number_that_no_disk_of_the_target_can_have_stays_behind():
    whole = {"serial": "S1", "wwn": "5000c50015ea71aa", "storage": "ds1"}
    assert target_hardware._identity(whole) == whole
    assert target_hardware._identity({"serial": "a,b"}) == {}


@pytest.mark.parametrize(
    ("versions", "needed"),
    [
        (["2.6.32-754.el6.x86_64"], True),
        (["3.10.0-123.el7.x86_64", "5.4.0"], True),
        (["4.0.0"], False),
        (["6.1.0-50-amd64"], False),
        (["10.1"], False),
        (["", "vmlinuz"], False),
        ([], False),
    ],
)
def test_kernels_from_before_linux_4_that_drive_no_virtio_device_there_need_transitional_ones(versions, needed):
    kernels = [{"version": version, "drivers": {"virtio-net-pci": False, "e1000e": True}} for version in versions]
    assert target_hardware.needs_transitional_virtio(kernels) is needed


@pytest.mark.parametrize("drivers", [{"virtio-net-pci": True, "ahci": False}, {"vmxnet3": False}])
def test_an_older_kernel_that_drives_them_needs_no_transitional_devices(drivers):
    kernels = [{"version": "3.10.0-1160.el7.x86_64", "drivers": drivers}]
    assert target_hardware.needs_transitional_virtio(kernels) is False
