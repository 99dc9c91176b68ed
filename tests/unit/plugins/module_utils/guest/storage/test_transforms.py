# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The interface of transforms: all that are registered, and one that only this test registers."""

from __future__ import annotations

import json

import pytest

from ansible_collections.virttools.guestconv.plugins.module_utils.devices.targets import KVM
from ansible_collections.virttools.guestconv.plugins.module_utils.guest.storage import roots, transforms
from ansible_collections.virttools.guestconv.plugins.module_utils.guest.storage.layers.disk import Disk
from ansible_collections.virttools.guestconv.plugins.module_utils.guest.storage.transforms import TRANSFORMS
from ansible_collections.virttools.guestconv.plugins.module_utils.model.description import describe
from ansible_collections.virttools.guestconv.plugins.module_utils.systems import SYSTEMS
from ansible_collections.virttools.guestconv.tests.unit.plugins.module_utils.guest.storage.stand_in_appliance import (
    StandInAppliance,
    opened,
)

ROOT = {"TYPE": "ext4", "UUID": "u-root"}
SYSTEM = {
    "/etc/fstab": "UUID=u-root / ext4 defaults 0 1\n",
    "/etc/os-release": "ID=debian\nVERSION_ID=12\n",
    "/bin/sh": "",
}


class PartitionTable:
    """A partition table for a filesystem that fills its disk. The stand-in has the filesystem in a partition then."""

    NAME = "partition-table"

    def wanted(self, storage, target):
        whole = [each for each in storage.filesystems if isinstance(each.parents[0], Disk)]
        return [{"name": self.NAME, "disk": each.parents[0].identifier, "type": "mbr"} for each in whole]

    def apply(self, appliance, storage, announced):
        disk = next(each for each in storage.disks if each.identifier == announced["disk"])
        appliance.part_disk(disk.device, announced["type"])
        return f"{disk.name} has a partition table for what filled it"


class PartitionableAppliance(StandInAppliance):
    """A stand-in with the one call that PartitionTable makes."""

    def _part_disk(self, device, _type):
        self._tags[f"{device}1"] = self._tags.pop(device)
        self._files[f"{device}1"] = self._files.pop(device)
        self._tags[device] = {"PTTYPE": "dos"}


def appliance():
    return PartitionableAppliance({"/dev/sda": ROOT}, files={"/dev/sda": SYSTEM})


@pytest.fixture
def registered(monkeypatch):
    monkeypatch.setattr(transforms, "TRANSFORMS", (*TRANSFORMS, PartitionTable()))


@pytest.mark.parametrize("transform", [*TRANSFORMS, PartitionTable()], ids=lambda transform: transform.NAME)
def test_every_transform_conforms_to_the_interface(transform):
    storage = opened(appliance(), "sda").storage
    for announced in transform.wanted(storage, KVM):
        assert announced["name"] == transform.NAME
        assert announced["disk"] in [disk.identifier for disk in storage.disks]
        assert json.loads(json.dumps(announced)) == announced
        assert callable(transform.apply)


def test_a_new_transform_goes_the_whole_way(registered):
    made = appliance()
    guest = opened(made, "sda")
    before = guest.fingerprint()
    entry = {"name": "partition-table", "disk": "sda", "type": "mbr"}
    assert describe(guest, {})["transform"] == [entry]
    guest.apply_transforms()
    assert made.times("part_disk") == 1
    roots.find(guest, SYSTEMS)
    assert [root.name for root in guest.roots] == ["/dev/sda1"]
    assert guest.fingerprint() == before
    assert [change.as_dict() for change in guest.changes()] == [
        {
            "root": "",
            "aspect": "transform",
            "action": "transformed",
            "path": "/dev/sda",
            "detail": "/dev/sda has a partition table for what filled it",
        }
    ]
    # Conversion reports what was announced; of what it made nothing is left to do.
    assert describe(guest, {"/dev/sda1": []})["transform"] == [entry]
    again = opened(made, "sda")
    again.apply_transforms()
    assert (again.transform, again.changes()) == ([], [])


def test_without_a_transform_nothing_is_asked_of_the_appliance():
    made = appliance()
    guest = opened(made, "sda")
    calls = len(made.asked)
    guest.apply_transforms()
    assert (guest.transform, guest.changes(), len(made.asked)) == ([], [], calls)
