# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Guests whose disks have a bus each: what is said of it, and what the platforms make of it."""

from __future__ import annotations

from pathlib import Path

import pytest

from ansible_collections.virttools.guestconv.plugins.module_utils.model import hardware
from ansible_collections.virttools.guestconv.plugins.module_utils.platforms import (
    kubevirt,
    libvirt,
    proxmox,
)
from ansible_collections.virttools.guestconv.plugins.module_utils.verify import command_line
from tests.text_guests import case
from tests.text_guests.lab import Lab

CASES = Path(case.__file__).parent / "cases"


@pytest.fixture
def outcome_of(tmp_path):
    """outcome_of(name) is what comes of the conversion of a text guest."""
    return lambda name: Lab(case.read(CASES / f"{name}.txt"), tmp_path / "lab").run()


def test_an_order_that_is_not_certain_is_reported(outcome_of):
    (concern,) = outcome_of("target-kvm-mixed-buses-by-uuid").concerns
    assert (concern["code"], concern["severity"]) == ("disk-order-uncertain", "info")


def test_one_setting_for_all_disks_is_not_converted_to_two(outcome_of):
    error = outcome_of("target-openstack-mixed-buses").error
    assert (error.code, error.path) == ("drivers-differ", "guest.devices.block.sdb.driver")


def _machine(outcome):
    """The hardware of three disks, without the one that only QEMU offers."""
    return {**outcome.hardware, "disks": outcome.hardware["disks"][:2]}


def test_platforms_define_each_disk_on_its_bus_in_the_boot_order(outcome_of):
    machine = _machine(outcome_of("target-kvm-mixed-buses"))
    xml = libvirt.define(machine, "web", ["/a.qcow2", "/b.qcow2"])
    assert '<target dev="vda" bus="virtio"/>\n      <boot order="1"/>' in xml
    assert '<target dev="sda" bus="sata"/>\n      <boot order="2"/>' in xml
    disks = kubevirt.define(machine, "web", ["a", "b"])["spec"]["template"]["spec"]["domain"]["devices"]["disks"]
    assert [(disk["disk"]["bus"], disk["bootOrder"]) for disk in disks] == [("virtio", 1), ("sata", 2)]
    options = proxmox.define(machine, "web", ["local:1", "local:2"])
    assert (options["virtio"], options["sata"]) == ({"virtio0": "local:1"}, {"sata0": "local:2"})
    assert options["boot"] == "order=virtio0;sata0"


def test_the_trial_boot_attaches_each_disk_to_its_bus(outcome_of):
    machine = hardware.from_dict(outcome_of("target-kvm-mixed-buses").hardware)
    disks = command_line._disks(machine, ["/a", "/b", "/c"], command_line._Ports(machine))
    devices = [disks[index + 1] for index, word in enumerate(disks) if word == "-device"]
    assert devices == [
        "virtio-blk-pci,drive=disk0,bus=port0,bootindex=1",
        "ide-hd,drive=disk1,bus=ide.0,bootindex=2",
        "nvme,drive=disk2,serial=disk2,bootindex=3",
    ]
