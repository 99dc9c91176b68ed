# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The graph that comes of what the appliance answers, and how little it is asked for it."""

from __future__ import annotations

import pytest

from ansible_collections.virttools.guestconv.plugins.module_utils.guest.storage import lvm_report
from ansible_collections.virttools.guestconv.plugins.module_utils.guest.storage.graph import Graph
from ansible_collections.virttools.guestconv.tests.unit.plugins.module_utils.guest.storage.stand_in_appliance import (
    StandInAppliance,
    boot_sector,
    opened,
)


def storage(appliance: StandInAppliance, *disks: str) -> Graph:
    return opened(appliance, *disks).storage


@pytest.mark.parametrize("kind", (0x05, 0x0F, 0x85))
def test_a_partition_that_only_holds_others_is_not_looked_into(kind):
    appliance = StandInAppliance(
        {"/dev/sda1": {"TYPE": "ext4", "UUID": "1-1"}, "/dev/sda2": {}, "/dev/sda5": {"TYPE": "swap"}},
        boot_sector(p1=0x83, p2=kind),
    )
    found = storage(appliance, "vda").filesystems
    names = [(each.name, each.type, each.disk) for each in found]
    assert names == [("/dev/vda1", "ext4", "vda"), ("/dev/vda5", "swap", "vda")]
    assert [call[1] for call in appliance.asked if call[0] == "blkid"] == ["/dev/sda1", "/dev/sda5"]


def test_a_disk_without_partitions_is_looked_into_whatever_its_first_sector_says():
    appliance = StandInAppliance({"/dev/sda": {"TYPE": "ext4"}, "/dev/sdb1": {"TYPE": "xfs"}}, boot_sector(p1=0x05))
    assert [each.name for each in storage(appliance, "sda").filesystems] == ["/dev/sda"]


def test_partitions_have_the_name_that_the_guest_gave_them_and_volumes_their_own():
    appliance = StandInAppliance(
        {
            "/dev/sda1": {"TYPE": "vfat", "PART_ENTRY_UUID": "p-1", "PART_ENTRY_NAME": "EFI"},
            "/dev/sda2": {"TYPE": "LVM2_member"},
            "/dev/sdb1": {"TYPE": "xfs", "LABEL": "srv"},
            "/dev/vg/root": {"TYPE": "ext4"},
        },
        volumes={"/dev/vg/root": "b" * 32},
    )
    found = storage(appliance, "nvme0n1", "sda")
    names = ["/dev/nvme0n1p1", "/dev/nvme0n1p2", "/dev/sda1", "/dev/vg/root"]
    assert [each.name for each in found.filesystems] == names
    assert found.filesystem("LABEL=srv").name == "/dev/sda1"
    assert found.filesystem("PARTUUID=p-1").partition.label == "EFI"
    assert found.filesystem("/dev/mapper/vg-root").disk == ""
    assert found.filesystem("UUID=none") is None


@pytest.mark.parametrize(
    "printed, names",
    (
        # As blkid -o export, which the appliance runs, escapes; and as fstab's readers and udev's links have the label.
        ("my\\ boot", ("LABEL=my boot", "/dev/disk/by-label/my\\x20boot")),
        ("a\\\\b", ("LABEL=a\\b", "/dev/disk/by-label/a\\x5cb")),
        ("caf\\xe9", ("LABEL=caf\udce9", "/dev/disk/by-label/caf\\xe9")),
        ("my\\ boot\\ M-CM-)\\\\x", ("LABEL=my boot é\\x", "/dev/disk/by-label/my\\x20boot\\x20é\\x5cx")),
        ("M-CM-^DM-CM-\\$", ("LABEL=Ää",)),
        ("VM-data", ("LABEL=VM-data",)),
        ("M-", ("LABEL=M-",)),
        ("M-^", ("LABEL=M-^",)),
        ("Größe", ("LABEL=Größe", "/dev/disk/by-label/Größe", 'LABEL="Größe"')),
    ),
)
def test_a_label_is_known_as_it_is_however_the_tools_escape_it(printed, names):
    appliance = StandInAppliance(
        {"/dev/sda1": {"TYPE": "ext4", "LABEL": printed}, "/dev/sda2": {"TYPE": "ext4", "LABEL": "other"}}
    )
    found = storage(appliance, "sda")
    assert [[each.name for each in found.filesystems_called(name)] for name in names] == [["/dev/sda1"]] * len(names)


def test_a_partitions_name_is_known_as_it_is_too():
    appliance = StandInAppliance({"/dev/sda1": {"TYPE": "ext4", "PART_ENTRY_NAME": "Linux\\ root"}})
    assert storage(appliance, "sda").filesystem("PARTLABEL=Linux root").name == "/dev/sda1"


UUIDS = {"/dev/vg/root": "b" * 32, "/dev/vg/home": "c" * 32, "/dev/old/home": "d" * 32}


def lvm_guest(*disks, has_shell=True):
    """vg is on all of the disks, old on the last alone."""
    letters = "ab"[: len(disks)]
    tags = {f"/dev/sd{letter}": {"TYPE": "LVM2_member", "UUID": f"pv-{letter}"} for letter in letters}
    members = {"vg": [f"pv-{letter}" for letter in letters], "old": [f"pv{letters[-1]}"]}
    tags.update((name, {"TYPE": "ext4", "UUID": name}) for name in UUIDS)
    appliance = StandInAppliance(tags, volumes=UUIDS, members=members, has_shell=has_shell)
    return storage(appliance, *disks), appliance


HAS_SHELL = pytest.mark.parametrize("has_shell", (True, False))


@HAS_SHELL
def test_a_volume_is_found_by_udevs_link_of_its_uuid(has_shell):
    found, _appliance = lvm_guest("sda", has_shell=has_shell)
    assert found.filesystem("/dev/disk/by-id/dm-name-vg-root").name == "/dev/vg/root"
    assert found.filesystem(f"/dev/disk/by-id/dm-uuid-LVM-{'a' * 32}{'b' * 32}").name == "/dev/vg/root"
    assert found.filesystem(f"/dev/disk/by-id/dm-uuid-LVM-{'a' * 32}{'e' * 32}") is None


@HAS_SHELL
def test_volumes_of_one_name_in_two_groups_are_distinguished(has_shell):
    found, _appliance = lvm_guest("sda", has_shell=has_shell)
    assert found.filesystem(f"/dev/disk/by-id/dm-uuid-LVM-{'a' * 32}{'c' * 32}").name == "/dev/vg/home"
    assert found.filesystem(f"/dev/disk/by-id/dm-uuid-LVM-{'a' * 32}{'d' * 32}").name == "/dev/old/home"


@HAS_SHELL
def test_a_volume_is_on_all_disks_of_its_group(has_shell):
    alone, _appliance = lvm_guest("sda", has_shell=has_shell)
    assert alone.disks_of(alone.filesystem("/dev/vg/root")) == {"sda"}
    pair, _appliance = lvm_guest("sda", "sdb", has_shell=has_shell)
    assert [pair.disks_of(pair.filesystem(name)) for name in UUIDS] == [{"sda", "sdb"}, {"sda", "sdb"}, {"sdb"}]


def test_lvm_is_asked_once_where_there_is_one_physical_volume_and_twice_where_there_are_more():
    assert [call for call in lvm_guest("sda")[1].asked if call[0] == "shell"] == [("shell", lvm_report.VOLUMES)]
    asked = [call for call in lvm_guest("sda", "sdb")[1].asked if call[0] == "shell"]
    assert asked == [("shell", lvm_report.VOLUMES), ("shell", lvm_report.MEMBERS)]


def btrfs(uuid, own):
    return {"TYPE": "btrfs", "UUID": uuid, "UUID_SUB": own}


def test_a_btrfs_over_two_disks_is_one_filesystem_made_of_both():
    appliance = StandInAppliance({"/dev/sda1": btrfs("u-1", "s-1"), "/dev/sdb": btrfs("u-1", "s-2")})
    found = storage(appliance, "sda", "sdb")
    (filesystem,) = found.filesystems
    assert (filesystem.name, found.disks_of(filesystem)) == ("/dev/sda1", {"sda", "sdb"})
    assert found.filesystem("/dev/sdb") == found.filesystem("/dev/sda1") == found.filesystem("UUID=u-1") == filesystem
    assert found.stable_name("/dev/sdb") == "UUID=u-1"


def test_a_btrfs_on_a_partition_and_on_lvm_is_one_filesystem_though_they_are_found_one_after_the_other():
    appliance = StandInAppliance(
        {
            "/dev/sda1": btrfs("u-1", "s-1"),
            "/dev/sda2": {"TYPE": "ext4"},
            "/dev/sdb": {"TYPE": "LVM2_member", "UUID": "pv"},
            "/dev/vg/lv": btrfs("u-1", "s-2"),
        },
        volumes={"/dev/vg/lv": "b" * 32},
        subvolumes={"/dev/sda1": [(256, "@"), (257, "@home")], "/dev/vg/lv": [(256, "@"), (257, "@home")]},
    )
    found = storage(appliance, "sda", "sdb")
    whole = found.filesystem("UUID=u-1")
    assert [each.name for each in found.filesystems] == ["/dev/sda2", "/dev/sdb", "/dev/sda1"]
    assert found.filesystem("/dev/vg/lv") == found.filesystem("/dev/sda1") == whole
    assert found.disks_of(whole) == {"sda", "sdb"}
    assert [each.path for each in found.subvolumes_of(whole)] == ["@", "@home"]
    assert found.mountable(whole, ["subvol=@home"]).name == "/dev/sda1[/@home]"


def test_clones_of_a_btrfs_are_several():
    tags = {f"/dev/sd{letter}1": btrfs("u-1", own) for letter, own in zip("abcd", ("s-1", "s-2", "s-1", "s-2"))}
    found = storage(StandInAppliance(tags), "sda", "sdb", "sdc", "sdd")
    assert [found.disks_of(each) for each in found.filesystems] == [{"sda", "sdb"}, {"sdc", "sdd"}]
    assert found.stable_name("/dev/sda1") is None


def test_filesystems_come_in_the_order_of_the_disks_whether_they_are_partitioned_or_not():
    appliance = StandInAppliance(
        {name: {"TYPE": "ext4"} for name in ("/dev/sda1", "/dev/sda2", "/dev/sdb", "/dev/sdc1")}
    )
    names = [each.name for each in storage(appliance, "sda", "sdb", "sdc").filesystems]
    assert names == ["/dev/sda1", "/dev/sda2", "/dev/sdb", "/dev/sdc1"]


def test_the_appliance_is_asked_once_for_each_thing():
    appliance = StandInAppliance(
        {"/dev/sda1": {"TYPE": "ext4"}, "/dev/sda2": btrfs("u-1", "s-1"), "/dev/sdb": {"TYPE": "xfs"}},
        subvolumes={"/dev/sda2": [(256, "@")]},
    )
    opened(appliance, "sda", "sdb")
    assert appliance.asked == [
        ("pread_device", "/dev/sda", 512, 0),
        ("pread_device", "/dev/sdb", 512, 0),
        ("list_partitions",),
        ("blkid", "/dev/sda1"),
        ("blkid", "/dev/sda2"),
        ("blkid", "/dev/sdb"),
        ("btrfs_subvolume_list", "/dev/sda2"),
        ("btrfs_subvolume_get_default", "/dev/sda2"),
    ]


def test_partitions_say_what_their_table_marks_them_with():
    flags = {"/dev/sda1": "0x80", "/dev/sda2": "0x4", "/dev/sda3": "\udc80", "/dev/sda4": "0x" + "f" * 17}
    appliance = StandInAppliance({name: {"TYPE": "ext4", "PART_ENTRY_FLAGS": flag} for name, flag in flags.items()})
    assert [each.attributes for each in storage(appliance, "sda").partitions] == [0x80, 0x4, 0, 0]
