# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which filesystems a guest has, by the names that it knew them by."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from ansible_collections.virttools.guestconv.plugins.module_utils.appliance.appliance import CallFailed
from ansible_collections.virttools.guestconv.plugins.module_utils.errors import GuestconvError
from ansible_collections.virttools.guestconv.plugins.module_utils.guest.guest import Guest


def boot_sector(**types):
    """A boot sector whose partition number N has the type pN."""
    sector = bytearray(512)
    for number, kind in types.items():
        sector[446 + 16 * (int(number[1:]) - 1) + 4] = kind
    return bytes(sector)


class Appliance:
    """tags: {the appliance's name of a partition or disk: what blkid says of it}."""

    def __init__(self, tags, sector=boot_sector(), volumes=(), uuids=None, members=None, files=None):
        self._tags, self._sector, self._volumes = tags, sector, volumes
        self._uuids, self._members, self._files = uuids or {}, members or {}, files or {}
        self.asked, self.calls, self.mounts = [], [], []

    def list_partitions(self):
        return [name for name in self._tags if name[-1].isdigit() and name.count("/") == 2]

    def device(self, index):
        return "/dev/sd" + "ab"[index]

    def pread_device(self, _device, count, offset):
        return self._sector[offset : offset + count]

    def blkid(self, device):
        self.asked.append(device)
        return self._tags[device]

    def lvs(self):
        return list(self._volumes)

    def lvs_full(self):
        self.calls.append("lvs_full")
        return [{"lv_name": name.rpartition("/")[2], "lv_uuid": uuid} for name, uuid in self._uuids.items()]

    def lvuuid(self, device):
        self.calls.append("lvuuid")
        return self._uuids[device]

    def vgpvuuids(self, group):
        self.calls.append("vgpvuuids")
        return self._members[group]

    def mount_options(self, options, device, mountpoint):
        self.mounts.append((mountpoint, device, options))

    def umount_all(self):
        self.mounts.clear()

    def status(self, path):
        if path == "/etc":
            return {"st_mode": 0o040755, "st_size": 0}
        return {"st_mode": 0o100644, "st_size": len(self._files[path])} if path in self._files else None

    def exists(self, path):
        return path in self._files

    def pread(self, path, count, offset):
        return self._files[path][offset : offset + count].encode()

    def call(self, name, *arguments, **options):
        return getattr(self, name)(*arguments, **options)


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


UUIDS = {"/dev/vg/root": "b" * 32, "/dev/vg/home": "c" * 32, "/dev/old/home": "d" * 32}


def lvm_guest(*disks):
    """vg is on all of the disks, old on the last alone."""
    letters = "ab"[: len(disks)]
    tags = {f"/dev/sd{letter}": {"TYPE": "LVM2_member", "UUID": f"pv-{letter}"} for letter in letters}
    members = {"vg": [f"pv-{letter}" for letter in letters], "old": [f"pv{letters[-1]}"]}
    tags.update((name, {"TYPE": "ext4", "UUID": name}) for name in UUIDS)
    appliance = Appliance(tags, volumes=UUIDS, uuids=UUIDS, members=members)
    return guest(appliance, *disks), appliance


def test_a_volume_is_found_by_udevs_link_of_its_uuid_with_one_call_and_only_then():
    found, appliance = lvm_guest("sda")
    assert found.filesystem("/dev/disk/by-id/dm-name-vg-root").name == "/dev/vg/root"
    assert appliance.calls == []
    for _again in range(2):
        assert found.filesystem(f"/dev/disk/by-id/dm-uuid-LVM-{'a' * 32}{'b' * 32}").name == "/dev/vg/root"
    assert appliance.calls == ["lvs_full"]
    assert found.filesystem(f"/dev/disk/by-id/dm-uuid-LVM-{'a' * 32}{'e' * 32}") is None


def test_volumes_of_one_name_in_two_groups_are_told_apart():
    found, _appliance = lvm_guest("sda")
    assert found.filesystem(f"/dev/disk/by-id/dm-uuid-LVM-{'a' * 32}{'c' * 32}").name == "/dev/vg/home"
    assert found.filesystem(f"/dev/disk/by-id/dm-uuid-LVM-{'a' * 32}{'d' * 32}").name == "/dev/old/home"


def test_a_volume_is_on_all_disks_of_its_group_and_with_one_disk_nothing_is_asked():
    alone, appliance = lvm_guest("sda")
    assert alone.disks_of(alone.filesystem("/dev/vg/root")) == {"sda"}
    assert appliance.calls == []
    pair, appliance = lvm_guest("sda", "sdb")
    assert [pair.disks_of(pair.filesystem(name)) for name in UUIDS] == [{"sda", "sdb"}, {"sda", "sdb"}, {"sdb"}]
    assert appliance.calls == ["vgpvuuids", "vgpvuuids"]


def test_a_link_by_path_is_a_partition_of_the_only_disk_and_of_none_where_there_are_two():
    link = "/dev/disk/by-path/pci-0000:03:00.0-scsi-0:0:0:0-part2"
    tags = {"/dev/sda1": {"TYPE": "ext4"}, "/dev/sda2": {"TYPE": "xfs"}}
    assert guest(Appliance(tags), "nvme0n1").filesystem(link).name == "/dev/nvme0n1p2"
    assert guest(Appliance({**tags, "/dev/sdb2": {"TYPE": "ext4"}}), "sda", "sdb").filesystem(link) is None


def mounts_of(tags, fstab, *disks):
    """{path: (filesystem, options)} of the root on the first of the filesystems."""
    appliance = Appliance(tags, files={"/etc/os-release": "ID=sles\n", "/etc/fstab": fstab})
    found = guest(appliance, *disks)
    found.find_roots(found.filesystems[0].name)
    with found.mounted(found.roots[0], read_only=True):
        mounted = {path: (device, options) for path, device, options in appliance.mounts}
    return found.roots[0], mounted


def test_a_subvolume_is_mounted_as_such_and_the_root_never_over_itself():
    fstab = (
        "UUID=u-1 / btrfs defaults 0 0\n"
        "UUID=u-1 /var btrfs noatime,subvol=/@/var 0 0\n"
        "UUID=u-1 /srv\\040x btrfs subvolid=260 0 0\n"
        "UUID=u-1 /mnt btrfs noauto 0 0\n"
        "UUID=u-2 /home xfs noatime 0 0\n"
    )
    tags = {"/dev/sda1": {"TYPE": "btrfs", "UUID": "u-1"}, "/dev/sda2": {"TYPE": "xfs", "UUID": "u-2"}}
    root, mounted = mounts_of(tags, fstab, "sda")
    assert mounted == {
        "/": ("/dev/sda1", "ro"),
        "/var": ("/dev/sda1", "ro,subvol=/@/var"),
        "/srv x": ("/dev/sda1", "ro,subvolid=260"),
        "/home": ("/dev/sda2", "ro"),
    }
    assert root.info["mountpoints"] == {
        "/": "/dev/sda1",
        "/var": "/dev/sda1",
        "/srv x": "/dev/sda1",
        "/home": "/dev/sda2",
    }


@pytest.mark.parametrize(
    "version, numbers",
    (
        ("12", (12, None)),
        ("15.6", (15, 6)),
        ("\N{SUPERSCRIPT TWO}.\N{ARABIC-INDIC DIGIT ONE}", (None, None)),
        pytest.param(f"{'9' * 5000}.1", (None, 1), id="long"),
    ),
)
def test_a_version_has_the_numbers_that_are_such(version, numbers):
    files = {"/etc/os-release": f'ID=x\nVERSION_ID="{version}"\n', "/etc/fstab": ""}
    found = guest(Appliance({"/dev/sda1": {"TYPE": "ext4"}}, files=files), "sda")
    found.find_roots()
    assert tuple(found.roots[0].info["version"].values()) == numbers


def test_of_cloned_filesystems_the_one_beside_the_root_is_mounted():
    tags = {
        "/dev/sdb1": {"TYPE": "ext4", "UUID": "u-1"},
        "/dev/sdb2": {"TYPE": "ext4", "UUID": "u-2"},
        "/dev/sda1": {"TYPE": "ext4", "UUID": "u-1"},
        "/dev/sda2": {"TYPE": "ext4", "UUID": "u-2"},
    }
    appliance = Appliance(tags, files={"/etc/os-release": "ID=debian\n", "/etc/fstab": "UUID=u-2 /boot ext4 ro 0 0\n"})
    found = guest(appliance, "sda", "sdb")
    found.find_roots("/dev/sdb1")
    assert found.roots[0].info["mountpoints"]["/boot"] == "/dev/sdb2"


def test_the_line_of_a_hibernated_swap_space_is_no_mount():
    tags = {"/dev/sda1": {"TYPE": "ext4"}, "/dev/sda2": {"TYPE": "swsuspend", "UUID": "u-2"}}
    assert list(mounts_of(tags, "UUID=u-2 /swap swap sw 0 0\n", "sda")[1]) == ["/"]


class BrokenDisk(Appliance):
    """One of whose filesystems cannot be mounted."""

    def mount_options(self, options, device, mountpoint):
        if device == "/dev/sda2":
            raise CallFailed("appliance-call-failed", "structure needs cleaning")
        super().mount_options(options, device, mountpoint)


def test_a_filesystem_that_cannot_be_mounted_is_named_with_its_mount_point():
    tags = {"/dev/sda1": {"TYPE": "ext4"}, "/dev/sda2": {"TYPE": "xfs", "UUID": "u-2"}}
    files = {"/etc/os-release": "ID=debian\n", "/etc/fstab": "UUID=u-2 /boot xfs defaults 0 0\n"}
    found = guest(BrokenDisk(tags, files=files), "vda")
    found.find_roots("/dev/vda1")
    with pytest.raises(GuestconvError, match="/dev/vda2 .xfs. cannot be mounted at /boot: structure") as caught:
        with found.mounted(found.roots[0], read_only=True):
            pass
    assert caught.value.code == "filesystem-not-mounted"


def test_a_root_that_is_not_there_is_refused_with_the_filesystems_that_are():
    found = guest(Appliance({"/dev/sda1": {"TYPE": "ext4"}, "/dev/sda2": {"TYPE": "xfs"}}, files={}), "sda")
    with pytest.raises(GuestconvError) as caught:
        found.find_roots("/dev/sda3")
    assert (caught.value.code, caught.value.path) == ("root-not-found", "root")
    assert "/dev/sda1, /dev/sda2" in caught.value.hint
