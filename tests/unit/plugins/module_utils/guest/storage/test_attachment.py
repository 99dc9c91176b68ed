# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import pytest

from ansible_collections.virttools.guestconv.plugins.module_utils.guest.storage.attachment import (
    Attachment,
    attachment,
    contradicts,
    disk_linked,
)

ID, PATH = "/dev/disk/by-id/", "/dev/disk/by-path/"
FIRST, SECOND = "6000c29a1b2c3d4e5f60718293a4b5c6", "6000c29b1b2c3d4e5f60718293a4b5c6"
VMWARE = {"sda": attachment({"wwn": FIRST.upper()}), "sdb": attachment({"serial": f"{SECOND[:8]}-{SECOND[8:]}"})}
# As 60-persistent-storage.rules names disks of VMware, VirtualBox, QEMU and of NVMe.
SERIALS = {
    "sda": Attachment("sata", 0, 0, serial="VB1df03ad7-a5f7d2d1"),
    "sdb": Attachment("scsi", 0, 1, serial="data 1"),
    "vda": Attachment("virtio", serial="a-serial-number-of-thirty-bytes"),
    "nvme0n1": Attachment("nvme", 0, 0, serial="S/N 1"),
}
ONE_EACH = {"sda": Attachment("sata"), "sdb": Attachment("scsi"), "nvme0n1": Attachment("nvme")}
UNITS = {"sda": Attachment("scsi", 0, 0), "sdb": Attachment("scsi", 0, 1), "sdc": Attachment("sata", 0, 1)}
TWO_CONTROLLERS = {"sda": Attachment("scsi", 0, 0), "sdb": Attachment("scsi", 1, 0), "sdc": Attachment("scsi", 1, 1)}
IDE = {"sda": Attachment("ide", 0, 0), "sdb": Attachment("ide", 0, 1), "sdc": Attachment("ide", 1, 0)}
DRIVES = {"sda": Attachment("scsi", 0, 0), "sdb": Attachment("scsi", 0, 1), "sdc": Attachment("scsi", 1, 1)}


@pytest.mark.parametrize(
    "attached, link, expected",
    (
        (VMWARE, f"{ID}scsi-3{FIRST}-part1", ("sda", "1")),
        (VMWARE, f"{ID}wwn-0x{SECOND}", ("sdb", "")),
        (VMWARE, f"{ID}scsi-SVMware_Virtual_disk_{SECOND}-part12", ("sdb", "12")),
        (VMWARE, f"{ID}wwn-0x{SECOND[:-1]}0-part1", None),
        (VMWARE, f"{ID}nvme-eui.{FIRST}-part1", ("sda", "1")),
        # One that two disks have tells neither.
        ({"sda": VMWARE["sda"], "sdb": VMWARE["sda"]}, f"{ID}wwn-0x{FIRST}", None),
        (SERIALS, f"{ID}ata-VBOX_HARDDISK_VB1df03ad7-a5f7d2d1-part5", ("sda", "5")),
        (SERIALS, f"{ID}scsi-0QEMU_QEMU_HARDDISK_data_1-part1", ("sdb", "1")),
        (SERIALS, f"{ID}virtio-a-serial-number-of-t-part1", ("vda", "1")),
        (SERIALS, f"{ID}nvme-QEMU_NVMe_Ctrl_S_N_1-part1", ("nvme0n1", "1")),
        (SERIALS, f"{ID}nvme-QEMU_NVMe_Ctrl_S_N_1_1-part1", ("nvme0n1", "1")),
        (SERIALS, f"{ID}nvme-nvme.1b36-532f4e2031-51454d55-00000001-part2", ("nvme0n1", "2")),
        (SERIALS, f"{ID}virtio-another-part1", None),
        (DRIVES, f"{ID}scsi-0QEMU_QEMU_HARDDISK_drive-scsi0-0-0-1-part1", ("sdb", "1")),
        (DRIVES, f"{ID}scsi-0QEMU_QEMU_HARDDISK_drive-scsi1-0-0-1-part1", ("sdc", "1")),
        (DRIVES, f"{ID}scsi-0QEMU_QEMU_HARDDISK_drive-scsi1-part1", None),
        # No other disk is on such a bus.
        (ONE_EACH, f"{ID}ata-VMware_Virtual_SATA_Hard_Drive_01-part1", ("sda", "1")),
        (ONE_EACH, f"{ID}scsi-SATA_VBOX_HARDDISK_VB1-2-part1", ("sda", "1")),
        (ONE_EACH, f"{ID}scsi-3{FIRST}-part1", ("sdb", "1")),
        (ONE_EACH, f"{ID}wwn-0x{FIRST}-part1", None),
        (ONE_EACH, f"{ID}ata-VMware_Virtual_SATA_CDRW_Drive_0", None),
        (ONE_EACH, f"{PATH}pci-0000:02:05.0-ata-1-part1", ("sda", "1")),
        (ONE_EACH, f"{PATH}pci-0000:0b:00.0-nvme-1-part3", ("nvme0n1", "3")),
        ({**ONE_EACH, "sdc": Attachment()}, f"{ID}scsi-3{FIRST}-part1", None),
        (UNITS, f"{PATH}pci-0000:03:00.0-scsi-0:0:1:0-part2", ("sdb", "2")),
        (UNITS, f"{PATH}virtio-pci-0000:00:05.0-scsi-0:0:0:1-part2", ("sdb", "2")),
        (UNITS, f"{PATH}pci-0000:02:00.0-sas-phy1-lun-0-part1", ("sdb", "1")),
        (UNITS, f"{PATH}pci-0000:02:05.0-ata-2-part1", ("sdc", "1")),
        (UNITS, f"{PATH}pci-0000:02:05.0-ata-2.0-part1", ("sdc", "1")),
        (UNITS, f"{PATH}pci-0000:03:00.0-scsi-0:0:2:0", None),
        (UNITS, f"{PATH}pci-0000:03:00.0-scsi-0:0:1:1", None),
        (UNITS, f"{PATH}pci-0000:00:14.0-usb-0:1:1.0-scsi-0:0:0:0-part1", None),
        # Each controller has a unit 0, and one of them alone a unit 1.
        (TWO_CONTROLLERS, f"{PATH}pci-0000:03:00.0-scsi-0:0:0:0-part1", None),
        (TWO_CONTROLLERS, f"{PATH}pci-0000:0b:00.0-scsi-0:0:1:0-part1", ("sdc", "1")),
        (IDE, f"{PATH}pci-0000:00:07.1-ata-1.1-part1", ("sdb", "1")),
        (IDE, f"{PATH}pci-0000:00:07.1-ata-2-part1", ("sdc", "1")),
        (IDE, f"{PATH}pci-0000:00:07.1-ata-1-part1", None),
        (IDE, f"{PATH}pci-0000:00:07.1-scsi-1:0:0:0-part1", ("sdc", "1")),
        ({}, f"{ID}wwn-0x{FIRST}", None),
        (UNITS, "/dev/sda1", None),
    ),
)
def test_oracle_03_a_link_leads_to_the_disk_that_what_is_known_says_and_to_no_other(attached, link, expected):
    assert disk_linked(link, attached, {link}) == expected


def test_a_further_controller_in_the_names_means_that_a_disk_is_missing():
    link, other = f"{PATH}pci-0000:03:00.0-scsi-0:0:1:0-part1", f"{PATH}pci-0000:0b:00.0-scsi-0:0:1:0-part1"
    assert disk_linked(link, UNITS, {link, other}) is None
    assert disk_linked(link, UNITS, {link, f"{PATH}pci-0000:0b:00.0-ata-1"}) == ("sdb", "1")


def test_a_further_name_of_the_same_kind_leaves_in_doubt_which_the_only_disk_has():
    link, other = f"{ID}scsi-3{FIRST}-part1", f"{ID}scsi-3{SECOND}-part1"
    assert disk_linked(link, ONE_EACH, {link, other}) is None


@pytest.mark.parametrize(
    "link, known, expected",
    (
        (f"{ID}wwn-0x{FIRST}-part1", {"wwn": FIRST}, False),
        (f"{ID}wwn-0x{FIRST}-part1", {"wwn": SECOND}, True),
        (f"{ID}wwn-0x5000c50015ea71ad-part1", {"wwn": SECOND}, False),
        (f"{ID}virtio-root-part1", {"serial": "data"}, True),
        (f"{ID}virtio-root-part1", {}, False),
        (f"{ID}ata-VBOX_HARDDISK_VB1-part1", {"serial": "data"}, False),
        (f"{PATH}pci-0000:03:00.0-scsi-0:0:1:0-part1", {"controller": "pvscsi", "unit": 0}, True),
        (f"{PATH}pci-0000:03:00.0-scsi-0:0:1:0-part1", {"controller": "pvscsi", "unit": "1"}, False),
        (f"{PATH}pci-0000:03:00.0-scsi-0:0:1:0-part1", {"controller": "pvscsi"}, False),
        (f"{PATH}pci-0000:03:00.0-scsi-0:0:1:0-part1", {"controller": "nvme", "unit": 0}, False),
        ("/dev/sda1", {"wwn": FIRST}, False),
    ),
)
def test_oracle_03_a_link_that_the_only_disk_cannot_have_is_another_disks(link, known, expected):
    assert contradicts(link, attachment(known)) == expected


def test_what_a_caller_gives_may_be_anything():
    found = attachment({"bus": ["scsi"], "unit": [], "controller_number": "1" * 400, "wwn": {}, "serial": None})
    assert (found.unit, found.controller, found.serial, found.wwn) == (None, None, "", "")
