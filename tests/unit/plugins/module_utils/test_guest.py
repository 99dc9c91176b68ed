# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which filesystems a guest has, by the names that it knew them by."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from ansible_collections.virttools.guestconv.plugins.module_utils.guest import Guest


def boot_sector(**types):
    """A boot sector whose partition number N has the type pN."""
    sector = bytearray(512)
    for number, kind in types.items():
        sector[446 + 16 * (int(number[1:]) - 1) + 4] = kind
    return bytes(sector)


class Appliance:
    """tags: {the appliance's name of a partition or disk: what blkid says of it}."""

    def __init__(self, tags, sector=boot_sector(), volumes=()):
        self._tags, self._sector, self._volumes = tags, sector, volumes
        self.asked = []

    def list_partitions(self):
        return [name for name in self._tags if name[-1].isdigit() and name.count("/") == 2]

    def device(self, index):
        return "/dev/sd" + "ab"[index]

    def pread_device(self, _device, count, offset):
        return self._sector[offset:offset + count]

    def blkid(self, device):
        self.asked.append(device)
        return self._tags[device]

    def lvs(self):
        return list(self._volumes)


def guest(appliance, *disks):
    return Guest(appliance, [SimpleNamespace(device=name, virtual_size=1 << 30) for name in disks], None, {})


@pytest.mark.parametrize("kind", (0x05, 0x0F, 0x85))
def test_a_partition_that_only_holds_others_is_not_looked_into(kind):
    appliance = Appliance(
        {"/dev/sda1": {"TYPE": "ext4", "UUID": "1-1"}, "/dev/sda2": {}, "/dev/sda5": {"TYPE": "swap"}},
        boot_sector(p1=0x83, p2=kind),
    )
    found = guest(appliance, "vda").filesystems
    names = [(each.name, each.type, each.disk) for each in found]
    assert names == [("/dev/vda1", "ext4", "vda"), ("/dev/vda5", "swap", "vda")]
    assert appliance.asked == ["/dev/sda1", "/dev/sda5"]


def test_a_disk_without_partitions_is_looked_into_whatever_its_first_sector_says():
    appliance = Appliance({"/dev/sda": {"TYPE": "ext4"}, "/dev/sdb1": {"TYPE": "xfs"}}, boot_sector(p1=0x05))
    assert [each.name for each in guest(appliance, "sda").filesystems] == ["/dev/sda"]


def test_partitions_have_the_name_that_the_guest_gave_them_and_volumes_their_own():
    appliance = Appliance(
        {
            "/dev/sda1": {"TYPE": "vfat", "PART_ENTRY_UUID": "p-1", "PART_ENTRY_NAME": "EFI"},
            "/dev/sda2": {"TYPE": "LVM2_member"},
            "/dev/sdb1": {"TYPE": "xfs", "LABEL": "srv"},
            "/dev/vg/root": {"TYPE": "ext4"},
        },
        volumes=["/dev/vg/root"],
    )
    found = guest(appliance, "nvme0n1", "sda")
    names = ["/dev/nvme0n1p1", "/dev/nvme0n1p2", "/dev/sda1", "/dev/vg/root"]
    assert [each.name for each in found.filesystems] == names
    assert found.filesystem("LABEL=srv").name == "/dev/sda1"
    assert found.filesystem("PARTUUID=p-1").partlabel == "EFI"
    assert found.filesystem("/dev/mapper/vg-root").disk == ""
    assert found.filesystem("UUID=none") is None
