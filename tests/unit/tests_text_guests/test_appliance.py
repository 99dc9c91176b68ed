# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The stand-in for the appliance does what libguestfs does."""

from __future__ import annotations

import os

import pytest

from ansible_collections.virttools.guestconv.plugins.module_utils.appliance.failures import CallFailed, TextNotUtf8
from ansible_collections.virttools.guestconv.plugins.module_utils.guest.storage import lvm_report, md_superblock
from tests.text_guests import case
from tests.text_guests.disks import Disks


@pytest.fixture
def opened(tmp_path):
    """The appliance over the disks of a case, which lacks its end."""
    numbers = iter(range(100))

    def made(text):
        return Disks(
            case.parse(f"{text}\n@expect converts", "name", "name.txt"), tmp_path / str(next(numbers))
        ).appliance

    return made


def mounted(appliance, options="", device="/dev/appla1"):
    appliance.mount_options(options, device, "/")
    return appliance


def test_devices_are_named_by_the_appliance_in_the_order_of_the_disks(opened):
    appliance = opened("@part sdb2 uuid=b\n@part sdb1\n@part sda type=ext4 uuid=a\n@lv /dev/vg/x lvuuid=u")
    assert [appliance.device(0), appliance.device(1)] == ["/dev/appla", "/dev/applb"]
    assert appliance.list_partitions() == ["/dev/appla1", "/dev/appla2"]
    assert appliance.blkid("/dev/appla2")["UUID"] == "b" and appliance.blkid("/dev/applb")["UUID"] == "a"
    assert '"lv_name": "x", "lv_uuid": "u"' in appliance.shell(lvm_report.VOLUMES)
    with pytest.raises(CallFailed):
        appliance.blkid("/dev/sda")


def test_a_volume_group_has_its_own_members(opened):
    appliance = opened(
        "@part sda1 type=LVM2_member uuid=1 vg=a\n@part sda2 type=LVM2_member uuid=2 vg=b\n@lv /dev/a/x\n@lv /dev/b/y"
    )
    members = lvm_report.members(appliance.shell(lvm_report.MEMBERS))
    assert [(member.group_uuid, member.uuid) for member in members] == [("a", "1"), ("b", "2")]


def test_an_array_has_another_name_in_the_appliance_and_its_members_their_superblocks(opened):
    appliance = opened("@part sda1\n@part sdb\n@md /dev/md0 members=sda1,sdb type=ext4 uuid=u\n@lv /dev/vg/x lvuuid=u")
    assert appliance.list_md_devices() == ["/dev/md127"]
    digits = appliance.blkid("/dev/appla1")["UUID"].replace("-", "")
    assert appliance.md_detail("/dev/md127")["uuid"] == md_superblock.with_colons(digits)
    assert appliance.blkid("/dev/md127")["UUID"] == "u" and appliance.blkid("/dev/appla1")["VERSION"] == "1.2"
    known = [md_superblock.parsed(appliance.pread_device(name, 4096, 4096)) for name in ("/dev/appla1", "/dev/applb")]
    assert [(each.role, each.label) for each in known] == [(0, "guest:0"), (1, "guest:0")]


def test_first_sectors_of_disks_and_partitions(opened):
    appliance = opened(
        "@sector syslinux\n@part sda1 type=ext4\n@active\n@vbr extlinux\n@part sda6 type=swap\n@part sdb1"
    )
    disk = appliance.pread_device("/dev/appla", 512, 0)
    assert b"Missing operating system" in disk and disk[510:] == b"\x55\xaa"
    assert [disk[446 + 16 * n] for n in range(4)] == [0x80, 0, 0, 0]
    # The second is the extended partition, which the sixth is in.
    assert [disk[446 + 16 * n + 4] for n in range(4)] == [0x83, 0x05, 0, 0]
    assert appliance.pread_device("/dev/appla1", 11, 0) == b"\xeb\x58\x90SYSLINUX"
    assert appliance.pread_device("/dev/appla6", 512, 0) == bytes(512)
    assert not any(appliance.pread_device("/dev/applb", 440, 0))
    assert appliance.blkid("/dev/appla1")["PART_ENTRY_FLAGS"] == "0x80"


def test_a_disk_with_a_type_of_gpt_has_a_protective_mbr(opened):
    appliance = opened("@part sda1 type=vfat parttype=esp\n@part sda2 type=ext4")
    disk = appliance.pread_device("/dev/appla", 512, 0)
    assert [disk[446 + 16 * n + 4] for n in range(4)] == [0xEE, 0, 0, 0]
    assert appliance.blkid("/dev/appla2")["PART_ENTRY_SCHEME"] == "gpt"
    assert b"not a bootable disk" in appliance.pread_device("/dev/appla1", 512, 0)


def test_a_mount_fails_without_a_filesystem_or_mount_point(opened):
    appliance = opened("@part sda1 type=ext4\n@file /etc/fstab\n@part sda2 type=swap\n@part sda3 type=ext4\n@file /x")
    for device, place in (("/dev/appla2", "/"), ("/dev/appla3", "/etc")):
        with pytest.raises(CallFailed):
            appliance.mount_options("", device, place)
    mounted(appliance)
    for place in ("/srv", "/etc/fstab"):
        with pytest.raises(CallFailed, match="mount point does not exist"):
            appliance.mount_options("", "/dev/appla3", place)
    appliance.mount_options("", "/dev/appla3", "/etc")
    assert appliance.ls("/etc") == ["x"]
    appliance.umount_all()
    with pytest.raises(CallFailed, match="must call 'mount' first"):
        appliance.ls("/")


def test_nothing_is_written_to_what_is_mounted_read_only(opened):
    appliance = mounted(opened("@part sda1 type=ext4\n@file /a\nx"), "ro")
    for call in (
        lambda: appliance.write("/a", b""),
        lambda: appliance.write_append("/a", b""),
        lambda: appliance.rm("/a"),
        lambda: appliance.mv("/a", "/b"),
        lambda: appliance.cp("/a", "/b"),
        lambda: appliance.chmod(0o600, "/a"),
        lambda: appliance.mkdir_p("/d"),
    ):
        with pytest.raises(CallFailed, match="Read-only"):
            call()
    appliance.remount("/", rw=True)
    appliance.mkdir_p("/d/e")
    appliance.mv("/a", "/d/e/b")
    assert appliance.pread("/d/e/b", 10, 0) == b"x\n"


def test_links_are_followed_within_the_guest(opened):
    links = "@link /abs /etc/a\n@link /up ../../../etc/a\n@link /loop /loop\n@link /dangling /nothing\n@link /dir /etc"
    appliance = mounted(opened(f"@part sda1 type=ext4\n@file /etc/a\nx\n{links}"))
    assert appliance.realpath("/abs") == appliance.realpath("/up") == appliance.realpath("/dir/./a") == "/etc/a"
    assert appliance.status("/abs")["st_size"] == 2
    assert appliance.exists("/dangling") and appliance.is_symlink("/dangling") and not appliance.is_symlink("/etc/a")
    assert appliance.status("/dangling") is None and appliance.status("/etc/a/b") is None
    with pytest.raises(CallFailed, match="symbolic links"):
        appliance.filesize("/loop")
    # On this machine they lead elsewhere, or nowhere.
    appliance.write("/dangling", b"new")
    assert appliance.pread("/nothing", 10, 1) == b"ew" and not os.path.lexists("/nothing")
    appliance.rm("/abs")
    assert appliance.exists("/etc/a") and not appliance.exists("/abs")


def test_a_link_leads_into_what_is_mounted(opened):
    appliance = mounted(
        opened("@part sda1 type=ext4\n@file /boot/.k\n@link /b boot\n@part sda2 type=ext4\n@file /x\ny")
    )
    appliance.mount_options("ro", "/dev/appla2", "/b")
    assert appliance.ls("/boot") == ["x"] and appliance.pread("/b/../boot/x", 1, 0) == b"y"
    appliance.umount("/boot")
    assert appliance.ls("/boot") == [".k"]


def test_fat_tells_no_case_and_has_no_attributes(opened):
    appliance = mounted(opened("@part sda1 type=vfat\n@file /EFI/BOOT/x"))
    assert appliance.exists("/efi/Boot/X") and appliance.glob_expand("/efi/*/X", directoryslash=False) == [
        "/efi/BOOT/X"
    ]
    appliance.write("/efi/boot/x", b"new")
    assert appliance.ls("/EFI/BOOT") == ["x"]
    assert appliance.lgetxattrs("/EFI") == []
    with pytest.raises(CallFailed):
        appliance.lsetxattr("security.selinux", "x", 2, "/EFI")


def test_globs(opened):
    text = "".join(f"@file /{name}\n" for name in ("a1", "a2", ".a3", "d/a4", "d/b"))
    appliance = mounted(opened(f"@part sda1 type=ext4\n{text}@link /a5 nowhere"))
    assert appliance.glob_expand("/a*", directoryslash=False) == ["/a1", "/a2", "/a5"]
    assert appliance.glob_expand("/*/{b,a[0-9]}", directoryslash=False) == ["/d/b", "/d/a4"]
    assert appliance.glob_expand("/.a*", directoryslash=False) == ["/.a3"]
    assert appliance.glob_expand("/d", directoryslash=True) == ["/d/"]
    assert appliance.glob_expand("/nothing/*", directoryslash=False) == []


def test_subvolumes_are_mounted_by_name_and_number(opened):
    appliance = opened("@part sda1 type=btrfs subvolumes=@,@home default=@\n@file /@/etc/x\n@file /@home/y\n@file /z")
    assert [(each["btrfssubvolume_id"], each["btrfssubvolume_path"]) for each in appliance.call(
        "btrfs_subvolume_list", "/dev/appla1")] == [(256, "@"), (257, "@home")]  # fmt: skip
    for options, names in {
        "": ["etc"],
        "subvol=/@home": ["y"],
        "subvolid=257": ["y"],
        "subvolid=5": ["@", "@home", "z"],
        "ro,subvol=/": ["@", "@home", "z"],
    }.items():
        appliance.umount_all()
        assert mounted(appliance, options).ls("/") == names
    for options in ("subvol=@other", "subvolid=300"):
        with pytest.raises(CallFailed):
            mounted(appliance, options)


def test_room_is_that_of_the_filesystem(opened):
    appliance = mounted(opened("@part sda1 type=btrfs room=4096 subvolumes=@ default=@\n@file /@/x"))
    left = appliance.statvfs("/x")
    assert left["bavail"] * left["frsize"] == 4096
    with pytest.raises(CallFailed, match="No space left on device"):
        appliance.write("/y", bytes(4097))
    appliance.write("/y", bytes(4000))
    appliance.write("/y", bytes(4096))
    assert appliance.statvfs("/x")["bavail"] == 0


def test_a_filesystem_in_memory_is_gone_with_its_mount(opened):
    appliance = mounted(opened("@part sda1 type=ext4\n@file /tmp/x"))
    appliance.mount_vfs("mode=0755", "tmpfs", appliance.device(0), "/tmp")
    appliance.write("/tmp/y", b"")
    assert appliance.ls("/tmp") == ["y"]
    appliance.umount("/tmp")
    assert appliance.ls("/tmp") == ["x"]


def test_programs_are_recorded_and_succeed(opened):
    appliance = opened("@part sda1 type=ext4\n@file /x")
    with pytest.raises(CallFailed):
        appliance.command(["ls"])
    assert mounted(appliance).command(["ls", "-l"]) == ""
    assert appliance.ran == [["ls", "-l"]]


def test_names_that_are_no_utf_8_cannot_be_passed(opened):
    appliance = mounted(opened("@part sda1 type=ext4\n@file /\udcff"))
    with pytest.raises(TextNotUtf8):
        appliance.ls("/")
    with pytest.raises(TextNotUtf8):
        appliance.filesize("/\udcff")
    assert appliance.glob_expand("/x*", directoryslash=False) == []


def test_what_it_does_not_play_is_an_error_that_says_so(opened):
    with pytest.raises(NotImplementedError, match="has no aug_load"):
        opened("@part sda1").aug_load()
