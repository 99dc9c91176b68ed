# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What upgrades of GRUB's Debian packages install it to."""

from __future__ import annotations

import pytest

from ansible_collections.virttools.guestconv.plugins.module_utils.aspects.boot.loaders.grub2 import debconf

DATABASE = """\
Name: foo/bar
Template: foo/bar
Value: /dev/sda

Name: {name}
Template: {name}
Value: {value}
Owners: grub-pc
Flags: seen

Name: last/one
Template: last/one
Owners: grub-pc
"""

ONE, TWO = {"sda": "/dev/vda"}, {"sda": "/dev/vda", "sdb": "/dev/vdb"}
OF_PC, OF_EFI = "grub-pc/install_devices", "grub-efi/install_devices"
BY_ID = "/dev/disk/by-id/scsi-36000c29"


def database(name, value):
    return DATABASE.format(name=name, value=value)


@pytest.mark.parametrize(
    "value, names, expected",
    [
        ("/dev/sda", ONE, "/dev/vda"),
        ("/dev/sda, /dev/sdb", TWO, "/dev/vda, /dev/vdb"),
        ("/dev/sda1", ONE, "/dev/vda1"),
        (BY_ID, ONE, "/dev/vda"),
        (f"{BY_ID}-part2", ONE, "/dev/vda2"),
        (f"{BY_ID}, /dev/disk/by-id/wwn-0x6000c29", ONE, "/dev/vda"),
        (f"{BY_ID}, /dev/sdb", TWO, f"{BY_ID}, /dev/vdb"),
        ("/dev/disk/by-id/md-uuid-1:2", ONE, "/dev/disk/by-id/md-uuid-1:2"),
        ("/dev/nvme0n1, /dev/nvme0n1p2", {"nvme0n1": "/dev/vda"}, "/dev/vda, /dev/vda2"),
        ("", ONE, ""),
    ],
)
def test_grub_pc_is_installed_to_the_disk_of_the_target(value, names, expected):
    edited = debconf.edit_devices(database(OF_PC, value), names)
    assert edited == database(OF_PC, expected)
    assert debconf.edit_devices(edited, names) == edited


BY_ATA = "/dev/disk/by-id/ata-VMware_Virtual_SATA_Hard_Drive_01000000000000000001"


@pytest.mark.parametrize(
    "value, starting, expected",
    [
        (BY_ID, ["sdb"], "/dev/vdb"),
        (f"{BY_ID}, {BY_ATA}", ["sda", "sdb"], "/dev/vda, /dev/vdb"),
        # That of a disk which is gone, or has GRUB no more.
        (f"{BY_ID}, {BY_ATA}", ["sda"], "/dev/vda"),
        (f"/dev/sda, {BY_ATA}", ["sda"], "/dev/vda"),
        # What is no disk, or is named by other things than hardware, stays.
        (f"{BY_ID}-part2", ["sda"], f"{BY_ID}-part2"),
        ("/dev/disk/by-id/md-uuid-1:2", ["sda"], "/dev/disk/by-id/md-uuid-1:2"),
        # So does what no boot sector answers.
        (BY_ID, [], BY_ID),
    ],
)
def test_of_several_disks_those_with_grub_are_what_names_of_the_old_hardware_meant(value, starting, expected):
    edited = debconf.edit_devices(database(OF_PC, value), TWO, starting)
    assert edited == database(OF_PC, expected)
    assert debconf.edit_devices(edited, TWO, starting) == edited


@pytest.mark.parametrize(
    "value, names, expected",
    [
        ("/dev/sda1", ONE, "/dev/vda1"),
        (f"{BY_ID}-part15", ONE, "/dev/vda15"),
        ("/dev/sda1, /dev/sdb1", TWO, "/dev/vda1, /dev/vdb1"),
        ("/dev/disk/by-uuid/AB-CD", TWO, "/dev/disk/by-uuid/AB-CD"),
    ],
)
def test_grub_is_installed_to_the_efi_system_partition_of_the_target(value, names, expected):
    edited = debconf.edit_devices(database(OF_EFI, value), names)
    assert edited == database(OF_EFI, expected)
    assert debconf.edit_devices(edited, names) == edited


@pytest.mark.parametrize("value", [f"{BY_ID}-part1", f"/dev/sda1, {BY_ID}-part1", "/dev/sdq1"])
def test_where_an_efi_system_partition_cannot_be_told_the_package_finds_the_one_that_is_mounted(value):
    edited = debconf.edit_devices(database(OF_EFI, value), TWO)
    assert edited == database(OF_EFI, value).replace(f"Value: {value}\n", "").replace("Flags: seen\n", "")
    assert debconf.edit_devices(edited, TWO) == edited


@pytest.mark.parametrize(
    "name, value, expected",
    [
        ("grub2/force_efi_extra_removable", "false", "true"),
        ("grub2/force_efi_extra_removable", "true", "true"),
        ("grub2/no_efi_extra_removable", "true", "false"),
        ("grub2/no_efi_extra_removable", "false", "false"),
    ],
)
def test_oracle_19_upgrades_keep_the_fallback_up_to_date(name, value, expected):
    assert debconf.answer_for_fallback(database(name, value)) == database(name, expected)


def test_oracle_19_a_question_without_an_answer_is_answered():
    name = "grub2/force_efi_extra_removable"
    unanswered = f"Name: {name}\nTemplate: {name}\nOwners: grub-efi-amd64 \n"
    answered = unanswered.replace("Owners", "Value: true\nOwners")
    assert debconf.answer_for_fallback(unanswered) == answered
    assert debconf.answer_for_fallback(unanswered.replace("force", "no")) == unanswered.replace("force", "no")


SWAPPED, MIXED = {"sdb": "/dev/sda", "sda": "/dev/sdb"}, {"sda": "/dev/vda", "sdb": "/dev/sda"}


@pytest.mark.parametrize(
    "value, names, expected",
    [
        ("/dev/sdb", SWAPPED, "/dev/sda"),
        ("/dev/sdb, /dev/sda", SWAPPED, "/dev/sdb, /dev/sda"),
        ("/dev/sdb", MIXED, "/dev/sda"),
        ("/dev/sdb, /dev/sda", MIXED, "/dev/sda, /dev/vda"),
    ],
)
def test_disks_that_take_each_others_names_are_renamed_once(value, names, expected):
    # The disk sdb alone starts GRUB, but for answers that name both.
    starting = ["sdb"] if ", " not in value else ["sdb", "sda"]
    edited = debconf.edit_devices(database(OF_PC, value), names, starting)
    assert edited == database(OF_PC, expected)
    assert debconf.edit_devices(edited, names, starting) == edited


def test_efi_system_partitions_on_disks_that_take_each_others_names_are_renamed_once():
    edited = debconf.edit_devices(database(OF_EFI, "/dev/sdb1"), MIXED, (), ["sdb"])
    assert edited == database(OF_EFI, "/dev/sda1")
    assert debconf.edit_devices(edited, MIXED, (), ["sdb"]) == edited
    both = database(OF_EFI, "/dev/sdb1, /dev/sda2")
    edited = debconf.edit_devices(both, SWAPPED, (), ["sda", "sdb"])
    # Which of them are meant cannot be told the next time: the package finds the one that is mounted.
    assert edited == both.replace("Value: /dev/sdb1, /dev/sda2\n", "").replace("Flags: seen\n", "")
    assert debconf.edit_devices(edited, SWAPPED, (), ["sda", "sdb"]) == edited
