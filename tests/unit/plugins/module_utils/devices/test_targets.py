# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The targets: what holds for each that is registered, and that one more row goes the whole way."""

from __future__ import annotations

import pytest

from ansible_collections.virttools.guestconv.plugins.module_utils.devices import models
from ansible_collections.virttools.guestconv.plugins.module_utils.devices.targets import KINDS, TARGETS
from ansible_collections.virttools.guestconv.plugins.module_utils.devices.targets.target import Target
from ansible_collections.virttools.guestconv.plugins.module_utils.model import (
    description,
    hardware,
    selection,
    target_hardware,
)
from ansible_collections.virttools.guestconv.plugins.module_utils.verify import command_line, network
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


def test_a_guest_is_described_for_a_target_and_boots_on_its_machine(target):
    devices = {
        "network": {"ens192": {"mac": None}},
        "block": {"sda": {"size": 10}},
        "graphics": {"video0": {}},
        "console": {"console": {"kernel_arguments": []}},
    }
    usable = {kind: {model.driver: "" for model in target.models[kind]} for kind in KINDS}
    found = description.describe(
        guest(target=target), {"/dev/sda1": [description.Findings(devices=devices, usable=usable)]}
    )
    assert found["target"] == target.name and found["convertible"]
    assert selection.check(found) is target
    chosen = selection.select(found, found)
    cards = [{"name": "ens192", "driver": chosen.drivers["network"]["ens192"]}]
    machine = hardware.from_dict(target_hardware.assemble(target, "bios", chosen, ["sda"], {}, [cards]))
    assert machine.machine == target.machine
    vector = command_line.command_line(
        command_line.Launch(
            "qemu",
            "tcg",
            1024,
            1,
            machine,
            ("/overlay",),
            tuple(network.user_networks(machine.interfaces)),
            monitor=3,
            console=4,
        )
    )
    arguments = " ".join(vector)
    for kind in KINDS:
        model = target.models[kind][0]
        assert (
            model.attachment.controller or model.attachment.device if model.attachment else model.driver
        ) in arguments


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
