# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The words are those of qm.conf(5) of Proxmox VE 8, and of the module community.proxmox.proxmox_kvm."""

from __future__ import annotations

import pytest

from ansible_collections.virttools.guestconv.plugins.module_utils.devices import models
from ansible_collections.virttools.guestconv.plugins.module_utils.errors import GuestconvError
from ansible_collections.virttools.guestconv.plugins.module_utils.platforms import proxmox
from tests.unit.plugins.module_utils.platforms.samples import card, converted, disk, with_driver

VOLUMES = ["local-lvm:vm-100-disk-0"]


def options(hardware=None, volumes=None, **others):
    """The options of the virtual machine web01."""
    return proxmox.define(hardware or converted(), "web01", VOLUMES if volumes is None else volumes, **others)


def test_a_machine_is_the_one_that_the_guest_was_converted_for():
    assert options(memory=2048, cpus=2) == {
        "name": "web01",
        "ostype": "l26",
        "machine": "q35",
        "bios": "seabios",
        "memory": 2048,
        "cores": 2,
        "cpu": "host",
        "agent": "enabled=0",
        "vga": "virtio",
        "serial": {"serial0": "socket"},
        "net": {"net0": "virtio=00:50:56:AA:BB:CC,bridge=vmbr0"},
        "virtio": {"virtio0": "local-lvm:vm-100-disk-0"},
        "boot": "order=virtio0",
    }


@pytest.mark.parametrize(
    ("driver", "bus", "controller"),
    [
        ("virtio-blk-pci", "virtio", None),
        ("virtio-scsi-pci", "scsi", "virtio-scsi-pci"),
        ("pvscsi", "scsi", "pvscsi"),
        ("lsi53c895a", "scsi", "lsi"),
        ("ahci", "sata", None),
        ("ide", "ide", None),
    ],
)
def test_a_disk_is_on_the_bus_that_it_was_converted_for(driver, bus, controller):
    found = options(with_driver("block", driver))
    assert (found[bus], found.get("scsihw")) == ({f"{bus}0": VOLUMES[0]}, controller)
    assert found["boot"] == f"order={bus}0"


@pytest.mark.parametrize(("driver", "model"), sorted(models.words("proxmox", "network").items()))
def test_a_network_card_has_the_model_that_it_was_converted_for(driver, model):
    assert options(with_driver("network", driver))["net"] == {"net0": f"{model}=00:50:56:AA:BB:CC,bridge=vmbr0"}


@pytest.mark.parametrize(("driver", "model"), sorted(models.words("proxmox", "graphics").items()))
def test_a_display_has_the_model_that_it_was_converted_for(driver, model):
    assert options(with_driver("graphics", driver))["vga"] == model


def test_disks_are_counted_per_bus_and_booted_from_in_their_order():
    disks = [disk("ahci", "sda", 2), disk("virtio-blk-pci", "sdb", 1), disk("ahci", "sdc")]
    found = options(converted(disks=disks), volumes=["a:0", "b:0", {"volume": "c:0", "device": "sdc"}])
    assert (found["sata"], found["virtio"]) == ({"sata0": "a:0", "sata1": "c:0"}, {"virtio0": "b:0"})
    assert found["boot"] == "order=virtio0;sata0"


def test_cards_are_counted_and_on_their_bridges():
    cards = [card("e1000", mac="00:50:56:aa:bb:cc"), card("virtio-net-pci", "ens224")]
    found = options(converted(interfaces=cards), network="vmbr1", networks={"ens224": "vmbr0,tag=7"})
    assert found["net"] == {"net0": "e1000=00:50:56:AA:BB:CC,bridge=vmbr1", "net1": "virtio,bridge=vmbr0,tag=7"}


def test_a_machine_without_display_console_and_network_has_none():
    found = options({"disks": [disk()]})
    assert found["vga"] == "none" and not {"serial", "net", "boot"} & set(found)


def test_uefi_keeps_its_variables_without_keys():
    found = options(converted(firmware="uefi"), storage="local-lvm")
    assert found["bios"] == "ovmf"
    place = {"storage": "local-lvm", "format": "raw", "efitype": "4m", "pre_enrolled_keys": False}
    assert found["efidisk0"] == place


def test_the_guest_agent_is_talked_to_when_there_is_one():
    assert options(guest_agent=True)["agent"] == "enabled=1"
    assert options(converted(guest_agent=True))["agent"] == "enabled=1"


def test_a_bus_that_is_full_is_an_error():
    disks = [disk("ahci", f"sd{number}") for number in range(7)]
    with pytest.raises(GuestconvError, match="6 disks on the bus sata") as caught:
        options(converted(disks=disks), volumes=["a:0"] * 7)
    assert caught.value.path == "hardware.disks"


def test_two_models_of_scsi_controllers_are_refused_for_a_machine_has_one():
    disks = [disk("virtio-scsi-pci"), disk("pvscsi", "sdb")]
    with pytest.raises(GuestconvError) as caught:
        options(converted(disks=disks), volumes=["a:0", "b:0"])
    assert caught.value.code == "drivers-differ"


def test_a_card_has_further_settings_of_qm_conf():
    found = options(network="vmbr0,tag=7,firewall=1")["net"]["net0"]
    assert found == "virtio=00:50:56:AA:BB:CC,bridge=vmbr0,tag=7,firewall=1"
    down = converted(interfaces=[{**card(), "connected": False}])
    assert options(down, network="vmbr0,link_down=1")["net"]["net0"] == "virtio,bridge=vmbr0,link_down=1"


@pytest.mark.parametrize(
    "network",
    [
        "br 0",
        "vmbr0,tag=abc",
        "vmbr0,tag=4095",
        "vmbr0,vlan=7",
        "vmbr0,tag=1,tag=2",
        "vmbr0,",
        "",
        {"bridge": "vmbr0,tag=5", "vlan": 7},
        {"bridge": "größe"},
    ],
)
def test_a_network_that_proxmox_would_refuse_is_refused(network):
    with pytest.raises(GuestconvError) as caught:
        options(network=network)
    assert (caught.value.code, caught.value.path.partition(".")[0]) == ("platform-option-invalid", "network")


@pytest.mark.parametrize(
    ("wrong", "path"),
    [
        ({"volumes": [{"device": "sda"}]}, "volumes"),
        ({"network": None}, "network"),
        ({"guest_agent": 1}, "guest_agent"),
        ({"ostype": ""}, "ostype"),
        ({"ostype": "win2k22"}, "ostype"),
        (
            {"hardware": converted(interfaces=[card(name=f"eth{number}") for number in range(33)])},
            "hardware.interfaces",
        ),
    ],
)
def test_an_option_that_is_not_understood_is_refused(wrong, path):
    with pytest.raises(GuestconvError) as caught:
        options(**wrong)
    assert (caught.value.code, caught.value.path) == ("platform-option-invalid", path)
