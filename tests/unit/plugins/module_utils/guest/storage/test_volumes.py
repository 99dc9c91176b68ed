# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Logical volumes: which are snapshots, and when their groups are not whole."""

from __future__ import annotations

import pytest

from ansible_collections.virttools.guestconv.plugins.module_utils.guest.storage import incomplete
from ansible_collections.virttools.guestconv.plugins.module_utils.guest.storage.layers.logical_volume import (
    LogicalVolume,
)
from ansible_collections.virttools.guestconv.tests.text_guests.lvm import Volume
from ansible_collections.virttools.guestconv.tests.unit.plugins.module_utils.guest.storage.stand_in_appliance import (
    StandInAppliance,
    opened,
)

PHYSICAL = {"TYPE": "LVM2_member", "UUID": "pv-1"}


def guest(*volumes, other=None, **options):
    """A guest with these volumes, which are on sda1, and on sdb if that is another physical volume."""
    tags = {"/dev/sda1": PHYSICAL, "/dev/sdb": other or {}}
    tags.update((each.path, {"TYPE": "ext4", "UUID": "u-root"}) for each in volumes)
    options = {"members": {each.group: ["pv-1", "pv-2"] for each in volumes}, **options}
    appliance = StandInAppliance(tags, volumes={f"{each.path}{each.group_uuid}": each for each in volumes}, **options)
    return opened(appliance, "sda", "sdb").storage, appliance


def codes(storage, is_needed=True):
    return [(each.code, each.severity) for each in incomplete.concerns(storage, lambda nodes: is_needed)]


def test_a_snapshot_has_the_tags_of_its_origin_and_is_named_by_its_path_alone():
    storage, _appliance = guest(Volume("/dev/vg/before", origin="root"), Volume("/dev/vg/root"))
    assert [each.name for each in storage.filesystems] == ["/dev/sda1", "/dev/sdb", "/dev/vg/root"]
    assert [each.name for each in storage.filesystems_called("UUID=u-root")] == ["/dev/vg/root"]
    assert [each.name for each in storage.filesystems_called("/dev/mapper/vg-before")] == ["/dev/vg/before"]
    assert storage.stable_name("/dev/vg/root") == "UUID=u-root"
    assert codes(storage) == []


def test_volumes_that_lvm_works_with_are_none_of_the_guests():
    storage, _appliance = guest(Volume("/dev/vg/root"), Volume("/dev/vg/pool", role="private"))
    assert [each.name for each in storage.of_kind(LogicalVolume)] == ["/dev/vg/root"]


def test_a_volume_that_is_not_active_is_activated_unless_it_is_to_be_skipped():
    storage, appliance = guest(
        Volume("/dev/vg/root", is_active=False), Volume("/dev/vg/copy", is_active=False, is_skipped=True, origin="root")
    )
    assert [(each.name, each.device) for each in storage.of_kind(LogicalVolume)] == [
        ("/dev/vg/copy", ""),
        ("/dev/vg/root", "/dev/vg/root"),
    ]
    assert [call[0] for call in appliance.asked].count("vg_activate") == 1
    assert codes(storage) == []


@pytest.mark.parametrize("is_needed, severity", ((True, "error"), (False, "warning")))
def test_a_group_that_lacks_a_physical_volume_is_not_activated_and_named(is_needed, severity):
    lost = Volume("/dev/vg/root", is_active=False, is_partial=True)
    storage, appliance = guest(lost, missing=["pv-2"])
    (concern,) = incomplete.concerns(storage, lambda nodes: is_needed)
    assert (concern.code, concern.severity) == ("storage-incomplete", severity)
    assert "The volume group vg lacks the physical volume pv-2." in concern.message and "/dev/sda1" in concern.message
    assert appliance.times("vg_activate") == 0
    assert storage.filesystems_called("/dev/vg/root") == []


def test_two_groups_of_one_name_are_ambiguous():
    storage, _appliance = guest(
        Volume("/dev/vg/root", group_uuid="1"),
        Volume("/dev/vg/root", group_uuid="2", is_active=False),
        other={"TYPE": "LVM2_member", "UUID": "pv-2"},
    )
    assert codes(storage) == [("volume-group-ambiguous", "error")]


class Inert(StandInAppliance):
    """Its LVM activates nothing."""

    def _vg_activate(self, _activate, _groups):
        pass


def inert(tags):
    volume = Volume("/dev/vg/root", is_active=False)
    appliance = Inert(tags, volumes={volume.path: volume}, members={"vg": ["pv-1"]})
    return opened(appliance, "sda", "sdb").storage


def test_a_copy_of_a_physical_volume_whose_group_lvm_does_not_activate_is_ambiguous():
    assert codes(inert({"/dev/sda1": PHYSICAL, "/dev/sdb": PHYSICAL})) == [("volume-group-ambiguous", "error")]


def test_a_volume_that_cannot_be_activated_is_named():
    storage = inert({"/dev/sda1": PHYSICAL, "/dev/sdb": {}})
    assert codes(storage, is_needed=False) == [("volume-not-active", "warning")]
    assert "/dev/vg/root" in incomplete.concerns(storage, lambda nodes: True)[0].message
