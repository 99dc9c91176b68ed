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
    machine="q35",
    models={
        "network": (models.E1000E,),
        "block": (models.NVME,),
        "graphics": (models.BOCHS_DISPLAY,),
        "console": (models.ISA_SERIAL,),
    },
)


@pytest.fixture(params=["kvm", "vmware", "other"])
def target(request, monkeypatch):
    """Each registered target, and OTHER, registered."""
    assert set(TARGETS) == {"kvm", "vmware"}
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
