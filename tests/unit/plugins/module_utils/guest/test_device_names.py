# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which names below /dev the hardware gave, and what the others mean."""

from __future__ import annotations

import pytest

from ansible_collections.virttools.guestconv.plugins.module_utils.guest import device_names

UUID = "55UW81khcQD1tBqhtyPqo28oN1fqdcV8vETotTJ6c4sgB5duZdrCd9lcSZOpEkfW"
FIRST = "/dev/disk/by-path/pci-0000:03:00.0-scsi-0:0:0:0"
SECOND = "/dev/disk/by-path/pci-0000:03:00.0-scsi-0:0:1:0"


@pytest.mark.parametrize(
    "name",
    (
        "/dev/sda1",
        "/dev/hdc",
        "/dev/nvme0n1p2",
        "/dev/disk/by-id/scsi-36000c29-part1",
        "/dev/disk/by-id/wwn-0x5-part2",
        f"{FIRST}-part1",
        "/dev/disk/by-id/dm-uuid-part1-mpath-36000c29",
        "/dev/disk/by-id/dm-uuid-mpath-36000c29",
    ),
)
def test_kernel_names_and_links_made_of_serial_numbers_or_paths_are_the_hardwares(name):
    assert device_names.is_of_hardware(name)


@pytest.mark.parametrize(
    "name",
    (
        "/dev/vg/root",
        "/dev/mapper/vg-root",
        "/dev/disk/by-uuid/1-1",
        f"/dev/disk/by-id/dm-uuid-LVM-{UUID}",
        "/dev/disk/by-id/dm-name-vg-root",
        "/dev/disk/by-id/md-uuid-1:2",
        "/dev/disk/by-id/md-name-host:0",
        "/dev/disk/by-id/lvm-pv-uuid-a-b",
        "/dev/disk/by-id/dm-uuid-CRYPT-LUKS2-a-b",
        "UUID=1-1",
    ),
)
def test_links_made_of_what_stands_on_the_disks_are_good_on_any_hardware(name):
    assert not device_names.is_of_hardware(name)


def test_names_in_comments_do_not_count():
    comments = "# / was on /dev/sda1\n  # /dev/sdb1\n\n"
    text = f"{comments}/dev/vg/root / ext4\n\t{FIRST}-part2 /var ext4\nRESUME='/dev/sda5'\n"
    assert device_names.of_hardware(text) == {f"{FIRST}-part2", "/dev/sda5"}


def test_a_volumes_uuid_is_the_second_half_of_what_udev_calls_it():
    assert device_names.logical_volume_uuid(f"/dev/disk/by-id/dm-uuid-LVM-{UUID}") == UUID[32:]
    assert device_names.logical_volume_uuid(f"/dev/disk/by-id/dm-uuid-LVM-{UUID}-pool") is None


@pytest.mark.parametrize("name", ("/dev/mapper/my--vg-a--b", "/dev/disk/by-id/dm-name-my--vg-a--b", "/dev/my-vg/a-b"))
def test_the_device_mappers_names_of_a_volume_are_taken_apart(name):
    assert device_names.logical_volume(name) == "/dev/my-vg/a-b"


@pytest.mark.parametrize(
    "name, beside, number",
    (
        (f"{FIRST}-part2", (), "2"),
        (f"{FIRST}-part2", (f"{FIRST}-part1", "/dev/disk/by-id/ata-disk-part1", "/dev/sdb1"), "2"),
        # Two disks are named, and one is there.
        (f"{FIRST}-part2", (f"{SECOND}-part1",), None),
        ("/dev/disk/by-id/ata-a-part1", ("/dev/disk/by-id/ata-b-part1",), None),
        ("/dev/disk/by-id/usb-stick-part1", (), None),
        (FIRST, (), None),
        ("/dev/sda1", (), None),
    ),
)
def test_on_the_only_disk_a_links_partition_is_known_unless_another_disk_is_named_too(name, beside, number):
    assert device_names.partition_on_only_disk(name, beside) == number


WWID = "3600508b4001a1b2c0000900000490000"


@pytest.mark.parametrize(
    "name, link",
    (
        ("/dev/mapper/mpatha", "mpath-mpatha"),
        ("/dev/mapper/mpatha1", "mpath-mpatha-part1"),
        ("/dev/mapper/mpathaap12", "mpath-mpathaa-part12"),
        ("/dev/mapper/mpatha-part1", "mpath-mpatha-part1"),
        ("/dev/disk/by-id/dm-name-mpathap2", "mpath-mpatha-part2"),
        (f"/dev/mapper/{WWID}", f"scsi-{WWID}"),
        (f"/dev/mapper/{WWID}p2", f"scsi-{WWID}-part2"),
        (f"/dev/mapper/{WWID[:17]}-part2", f"scsi-{WWID[:17]}-part2"),
        (f"/dev/disk/by-id/dm-uuid-mpath-{WWID}", f"scsi-{WWID}"),
        (f"/dev/disk/by-id/dm-uuid-part3-mpath-{WWID}", f"scsi-{WWID}-part3"),
    ),
)
def test_a_name_of_multipaths_is_the_hardwares_and_has_a_link_of_the_disk(name, link):
    assert device_names.is_of_hardware(name)
    assert device_names.link_of_multipath(name) == f"/dev/disk/by-id/{link}"


@pytest.mark.parametrize(
    "name",
    (
        "/dev/mapper/mpathvg-root",
        "/dev/mapper/mpatha-root",
        f"/dev/mapper/{WWID}-root",
        "/dev/mapper/3600",
        "/dev/sda1",
    ),
)
def test_names_that_only_begin_like_multipaths_are_none(name):
    assert device_names.link_of_multipath(name) == name
    assert device_names.is_of_hardware(name) == (name == "/dev/sda1")
