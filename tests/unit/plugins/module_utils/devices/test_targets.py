# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The targets: what holds for each that is registered, and that one more row goes the whole way."""

from __future__ import annotations

import inspect

import pytest

from ansible_collections.virttools.guestconv.plugins.module_utils.devices import models
from ansible_collections.virttools.guestconv.plugins.module_utils.devices.targets import KINDS, MACHINES, TARGETS
from ansible_collections.virttools.guestconv.plugins.module_utils.devices.targets.target import Target
from ansible_collections.virttools.guestconv.plugins.module_utils.errors import GuestconvError
from ansible_collections.virttools.guestconv.plugins.module_utils.model import (
    description,
    hardware,
    selection,
    target_hardware,
)
from ansible_collections.virttools.guestconv.plugins.module_utils.platforms.registry import PLATFORMS
from ansible_collections.virttools.guestconv.plugins.module_utils.verify import command_line, network, verification
from tests import target_reference
from tests.unit.plugins.module_utils.model.descriptions import guest

OTHER = Target(
    name="other",
    title="Other",
    machine="q35",
    models={
        "network": (models.E1000E,),
        "block": (models.NVME,),
        "graphics": (models.BOCHS_DISPLAY,),
        "console": (models.ISA_SERIAL,),
    },
    hypervisors=("kvm",),
)
# The platforms that have a filter which defines guests: {target: its words in the catalogue}.
DEFINED = ("libvirt", "kubevirt", "openstack", "proxmox")


@pytest.fixture(params=[*TARGETS, "other"])
def target(request, monkeypatch):
    """Each registered target, and OTHER, registered."""
    monkeypatch.setitem(TARGETS, OTHER.name, OTHER)
    return TARGETS[request.param]


def test_a_target_offers_rows_of_the_catalogue_for_each_kind(target):
    assert TARGETS[target.name] is target and set(target.models) == set(KINDS)
    for kind, offered in target.models.items():
        assert offered and all(models.MODELS[kind][model.driver] is model for model in offered)
        assert target.model(kind, offered[0].driver) is offered[0]
    with pytest.raises(KeyError):
        target.model("block", "floppy")


def test_a_linux_guest_can_name_what_it_needs_for_each_disk_and_card(target):
    for model in (*target.models["network"], *target.models["block"]):
        assert model.modules
    assert target.title and target.hypervisors


def _assembled(target, firmware="bios"):
    """The hardware of a guest with two disks that was described for target, and is converted as recommended."""
    devices = {
        "network": {"ens192": {"mac": None}},
        "block": {"sda": {"size": 10}, "sdb": {"size": 10}},
        "graphics": {"video0": {}},
        "console": {"console": {"kernel_arguments": []}},
    }
    usable = {kind: {model.driver: "" for model in target.models[kind]} for kind in KINDS}
    boot = {"firmware": firmware, "loaders": {}}
    found = description.describe(
        guest(target=target), {"/dev/sda1": [description.Findings(devices=devices, usable=usable, boot=boot)]}
    )
    assert found["target"] == target.name and found["convertible"]
    assert selection.check(found) is target
    chosen = selection.select(found, found)
    cards = [{"name": "ens192", "driver": chosen.drivers["network"]["ens192"]}]
    return target_hardware.assemble(target, firmware, chosen, ["sda", "sdb"], {}, [cards])


def _launch(machine):
    return command_line.Launch(
        "qemu",
        "tcg",
        1024,
        1,
        machine,
        ("/overlay", "/other"),
        tuple(network.user_networks(machine.interfaces)),
        monitor=3,
        console=4,
    )


def test_a_guest_is_described_for_a_target_and_boots_on_its_machine_if_qemu_has_it(target):
    machine = hardware.from_dict(_assembled(target))
    assert machine.machine == target.machine
    recommended = [target.models[kind][0] for kind in KINDS]
    assert bool(machine.not_in_qemu) is (not machine.is_of_qemu or not all(model.in_qemu for model in recommended))
    if machine.not_in_qemu:
        with pytest.raises(GuestconvError) as caught:
            verification.verify([], _assembled(target), None, verification.Settings())
        assert caught.value.code == "hardware-not-emulated" and caught.value.path in machine.not_in_qemu
        return
    arguments = " ".join(command_line.command_line(_launch(machine)))
    for model in recommended:
        assert (
            model.attachment.controller or model.attachment.device if model.attachment else model.driver
        ) in arguments


@pytest.mark.parametrize("firmware", ["bios", "uefi"])
def test_a_firmware_that_a_target_does_not_have_is_an_error(target, firmware):
    boot = {"firmware": firmware, "loaders": {}}
    found = description.describe(guest(target=target), {"/dev/sda1": [description.Findings(boot=boot)]})
    codes = [each["code"] for each in found["concerns"] if each["severity"] == "error"]
    assert codes == ([] if firmware in target.firmwares else ["firmware-not-offered"])
    if firmware in target.firmwares:
        assert _assembled(target, firmware)["machine"] in MACHINES or target is OTHER


@pytest.mark.parametrize(
    ("name", "firmware", "machine", "buses"),
    [
        ("hyperv", "bios", "hyperv-gen1", ["ide", "scsi"]),
        ("hyperv", "uefi", "hyperv-gen2", ["scsi", "scsi"]),
        ("azure", "bios", "hyperv-gen1", ["ide", "scsi"]),
        ("ec2", "uefi", "nitro", ["nvme", "nvme"]),
        ("xen", "bios", "xenfv", ["xen", "xen"]),
        ("kvm", "uefi", "q35", ["virtio", "virtio"]),
    ],
)
def test_the_machine_and_the_bus_of_the_boot_disk_fit_the_firmware(name, firmware, machine, buses):
    found = _assembled(TARGETS[name], firmware)
    assert (found["machine"], [disk["bus"] for disk in found["disks"]]) == (machine, buses)


@pytest.mark.parametrize(
    ("name", "names"),
    [
        ("kvm", ["/dev/vda", "/dev/vdb"]),
        ("xen", ["/dev/xvda", "/dev/xvdb"]),
        ("ec2", ["/dev/nvme0n1", "/dev/nvme1n1"]),
        ("ec2-xen", ["/dev/xvda", "/dev/xvdb"]),
        ("azure", ["/dev/sda", "/dev/sdb"]),
    ],
)
def test_disks_have_the_names_of_the_target(name, names):
    assert [disk["name_on_target"] for disk in _assembled(TARGETS[name])["disks"]] == names


@pytest.mark.parametrize("platform", PLATFORMS, ids=lambda platform: platform.FILTER)
@pytest.mark.parametrize("name", ["xen", "xen-pv", "hyperv", "ec2", "ec2-xen", "azure"])
def test_a_platform_on_kvm_refuses_a_machine_of_another_hypervisor(platform, name):
    required = [
        "x"
        for parameter in list(inspect.signature(platform.define).parameters.values())[1:]
        if parameter.default is parameter.empty
    ]
    with pytest.raises(GuestconvError) as caught:
        platform.define(_assembled(TARGETS[name]), *required)
    assert (caught.value.code, caught.value.path) == ("device-not-offered", "hardware.machine")


@pytest.mark.parametrize("name", DEFINED)
def test_a_platform_offers_what_it_has_a_word_for(name):
    for kind, offered in TARGETS[name].models.items():
        assert {model.driver for model in offered} <= set(models.words(name, kind))


@pytest.mark.parametrize(
    ("name", "kind", "expected"),
    [
        ("kvm", "block", ["virtio-blk-pci", "virtio-scsi-pci", "ahci", "nvme"]),
        ("libvirt", "block", ["virtio-blk-pci", "virtio-scsi-pci", "ahci"]),
        ("proxmox", "block", ["virtio-scsi-pci", "virtio-blk-pci", "ahci"]),
        ("kubevirt", "network", ["virtio-net-pci", "e1000e", "e1000", "rtl8139"]),
        ("kubevirt", "console", ["isa-serial"]),
        ("vmware", "block", ["pvscsi", "nvme", "mptsas1068", "ahci"]),
    ],
)
def test_what_a_target_offers_has_an_order(name, kind, expected):
    assert [model.driver for model in TARGETS[name].models[kind]] == expected


@pytest.mark.parametrize("name", ["kvm", *DEFINED, "ovirt"])
def test_a_platform_on_kvm_is_kvm_to_its_tools(name):
    assert TARGETS[name].hypervisors == ("kvm",)


def test_the_page_of_the_targets_and_their_devices_is_that_of_the_catalogue():
    page = target_reference.PAGE.read_text(encoding="utf-8")
    assert page == target_reference.text(), "the catalogue changed: run script/record-contract"
    assert all(f"| `{name}` |" in page for name in TARGETS)
