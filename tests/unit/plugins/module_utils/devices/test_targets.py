# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The targets: what holds for each that is registered, and that one more row goes the whole way."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from ansible_collections.virttools.guestconv.plugins.module_utils.devices import models
from ansible_collections.virttools.guestconv.plugins.module_utils.devices.targets import KINDS, TARGETS
from ansible_collections.virttools.guestconv.plugins.module_utils.devices.targets.target import Target
from ansible_collections.virttools.guestconv.plugins.module_utils.model import description, hardware
from ansible_collections.virttools.guestconv.plugins.module_utils.verify import command_line, network

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
    found = description.describe(
        SimpleNamespace(
            target=target,
            hardware={},
            fingerprint=lambda: "sha256:" + "0" * 64,
            roots=[SimpleNamespace(name="/dev/sda1", info={"hostname": "web01"})],
        ),
        {
            "/dev/sda1": [
                description.Findings(
                    devices={
                        "network": {"ens192": {"mac": None}},
                        "block": {"sda": {"size": 10}},
                        "graphics": {"video0": {}},
                        "console": {"console": {"kernel_arguments": []}},
                    },
                    usable={kind: {model.driver: "" for model in target.models[kind]} for kind in KINDS},
                )
            ]
        },
    )
    assert found["target"] == target.name and found["convertible"]
    assert description.target_of(found) is target
    chosen = description.select(found, found).drivers
    machine = hardware.from_dict(
        {
            "machine": target.machine,
            "disks": [{"device": "sda", "driver": chosen["block"]["sda"], "boot_order": 1}],
            "interfaces": [{"name": "ens192", "driver": chosen["network"]["ens192"]}],
            "video": {"driver": chosen["graphics"]["video0"]},
            "console": {"driver": chosen["console"]["console"]},
        }
    )
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
