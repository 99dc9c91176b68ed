# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Transforms: what all that are registered have in common, and the whole way of one of them."""

from __future__ import annotations

import json

import pytest

from ansible_collections.virttools.guestconv.plugins.module_utils.errors import GuestconvError
from ansible_collections.virttools.guestconv.plugins.module_utils.guest.storage import roots
from ansible_collections.virttools.guestconv.plugins.module_utils.guest.storage.transforms import TRANSFORMS
from ansible_collections.virttools.guestconv.plugins.module_utils.model.description import describe
from ansible_collections.virttools.guestconv.plugins.module_utils.systems import SYSTEMS
from ansible_collections.virttools.guestconv.tests.unit.plugins.module_utils.guest.storage.stand_in_appliance import (
    StandInAppliance,
    opened,
)

ROOT = {"TYPE": "ext4", "UUID": "u-root"}
SYSTEM = {
    "/etc/fstab": "/dev/xvda1 / ext4 defaults 0 1\n",
    "/etc/os-release": "ID=debian\nVERSION_ID=12\n",
    "/bin/sh": "",
}
ENTRY = {"name": "partition-table", "disk": "sda", "type": "mbr", "boot_loader": "grub2", "grows_by": 1 << 20}
BOOT_SECTOR = b"\xeb\x63\x90GRUB".ljust(510, b"\0") + b"\x55\xaa"


def appliance(**settings):
    """A disk that a system fills."""
    return StandInAppliance({"/dev/sda": ROOT}, files={"/dev/sda": SYSTEM}, **settings)


def searched(made, *disks, **hardware):
    guest = opened(made, *(disks or ("sda",)))
    guest.hardware = hardware
    roots.find(guest, SYSTEMS)
    return guest


@pytest.mark.parametrize("transform", TRANSFORMS, ids=lambda transform: transform.NAME)
def test_every_transform_conforms_to_the_interface(transform):
    guest = searched(appliance())
    wanted = transform.wanted(guest)
    assert wanted
    for announced in wanted:
        assert announced["name"] == transform.NAME
        assert announced["disk"] in [disk.identifier for disk in guest.storage.disks]
        assert json.loads(json.dumps(announced)) == announced
        storage, detail = transform.applied(guest.storage, announced)
        assert storage.fingerprint() == guest.storage.fingerprint()
        assert detail and not detail.endswith(".")


def test_inspection_announces_it_and_describes_the_disks_as_they_are():
    guest = searched(appliance())
    described = describe(guest, {"/dev/sda": []})
    assert described["transform"] == [ENTRY]
    assert guest.partitioned == {}


def test_it_goes_the_whole_way_without_a_write_in_the_appliance():
    made = appliance()
    guest = opened(made, "sda")
    before = guest.fingerprint()
    roots.find_transformed(guest, SYSTEMS, "/dev/sda")
    assert [root.name for root in guest.roots] == ["/dev/sda1"]
    assert [root.info["identity"] for root in guest.roots] == ["UUID=u-root"]
    assert guest.fingerprint() == before
    # Conversion reports what was announced.
    assert describe(guest, {"/dev/sda1": []})["transform"] == [ENTRY]
    (change,) = [change.as_dict() for change in guest.changes()]
    assert (change["action"], change["path"]) == ("transformed", "/dev/sda")
    guest.install_boot_code(guest.roots[0], "sda", b"C" * 440, b"G" * 700)
    new = guest.partitioned[0]
    assert new.start == 1 << 20
    assert new.head[:440] == b"C" * 440 and new.head[510:] == b"\x55\xaa" + b"G" * 700
    assert {name for name, *_arguments in made.asked} <= {
        "blkid", "exists", "list_partitions", "lvs", "ls", "mount_options", "pread", "pread_device", "umount_all"
    }  # fmt: skip


def test_a_boot_loader_that_has_no_room_before_the_partition_is_an_error():
    guest = opened(appliance(), "sda")
    roots.find_transformed(guest, SYSTEMS)
    with pytest.raises(GuestconvError) as caught:
        guest.install_boot_code(guest.roots[0], "sda", b"C" * 440, bytes(2048 * 512))
    assert caught.value.code == "boot-loader-not-installed"


@pytest.mark.parametrize(
    "name", ["UUID=u-root", "/dev/sda", "/dev/sda1", "/dev/xvda1", "/dev/xvda", "/dev/hda", "/dev/vda"]
)
def test_names_of_the_filled_disk_and_of_xen_lead_to_the_filesystem_before_and_after(name):
    guest = searched(appliance())
    assert guest.storage.filesystem(name).name == "/dev/sda"
    guest.apply_transforms()
    assert guest.storage.filesystem(name).name == "/dev/sda1"
    assert guest.storage.stable_name(name) == "UUID=u-root"


@pytest.mark.parametrize("name", ["/dev/sda2", "/dev/xvdb1", "/dev/xvdaa1", "/dev/nvme0n1"])
def test_other_names_lead_nowhere(name):
    assert searched(appliance()).storage.filesystem(name) is None


def test_a_disk_that_is_given_as_xen_called_it_keeps_that_name():
    tags = {"/dev/sda": ROOT, "/dev/sdb": {"TYPE": "swap", "UUID": "u-swap"}}
    guest = searched(StandInAppliance(tags, files={"/dev/sda": SYSTEM}), "xvda1", "xvda2")
    guest.apply_transforms()
    assert guest.storage.filesystem("/dev/xvda1").uuid == "u-root"
    assert guest.storage.filesystem("/dev/sda2").uuid == "u-swap"
    assert guest.storage.filesystem("/dev/xvda1").name == "/dev/xvda1p1"


@pytest.mark.parametrize("name", ["/dev/xvda1", "/dev/vda1"])
def test_where_disks_have_partition_tables_names_are_taken_as_they_are(name):
    tags = {"/dev/sda1": ROOT, "/dev/sda": {}, "/dev/sdb": {"TYPE": "xfs", "UUID": "u-data"}}
    guest = searched(StandInAppliance(tags, files={"/dev/sda1": SYSTEM}), "sda", "sdb")
    assert guest.storage.filesystem(name) is None
    assert guest.transform == []


def test_a_disk_with_code_that_boots_stays_as_it_is():
    assert searched(appliance(sector=BOOT_SECTOR)).transform == []


def test_code_without_a_mark_that_the_bios_asks_for_starts_nothing():
    assert searched(appliance(sector=BOOT_SECTOR[:510] + b"\0\0")).transform == [ENTRY]


def test_a_guest_with_uefi_stays_as_it_is():
    assert searched(appliance(), firmware="uefi").transform == []


def test_a_filesystem_that_grub_does_not_read_stays_as_it_is():
    made = StandInAppliance({"/dev/sda": {"TYPE": "f2fs", "UUID": "u"}}, files={"/dev/sda": SYSTEM})
    try:
        guest = searched(made)
    except GuestconvError as error:
        # As long as no system is looked for on it.
        assert error.code
    else:
        assert guest.transform == []


def test_of_two_systems_the_one_that_boots_first_gets_the_partition_table():
    tags = {"/dev/sda": ROOT, "/dev/sdb": {"TYPE": "ext4", "UUID": "u-other"}}
    made = StandInAppliance(tags, files={"/dev/sda": SYSTEM, "/dev/sdb": SYSTEM})
    assert [each["disk"] for each in searched(made, "sda", "sdb").transform] == ["sda"]
    disks = [{"boot_order": 2}, {"boot_order": 1}]
    assert [each["disk"] for each in searched(made, "sda", "sdb", disks=disks).transform] == ["sdb"]


def test_without_a_transform_nothing_is_asked_of_the_appliance():
    made = StandInAppliance({"/dev/sda": {}, "/dev/sda1": ROOT}, files={"/dev/sda1": SYSTEM})
    guest = searched(made)
    calls = len(made.asked)
    guest.announce_transforms()
    guest.apply_transforms()
    assert (guest.transform, guest.changes(), guest.partitioned, len(made.asked)) == ([], [], {}, calls)
