# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The systems on a guest's filesystems, and what of their fstab is mounted: as their own init would."""

from __future__ import annotations

import pytest

from ansible_collections.virttools.guestconv.plugins.module_utils.appliance.failures import TextNotUtf8
from ansible_collections.virttools.guestconv.plugins.module_utils.aspects.storage import unmounted
from ansible_collections.virttools.guestconv.plugins.module_utils.aspects.storage.names import Names
from ansible_collections.virttools.guestconv.plugins.module_utils.errors import GuestconvError
from ansible_collections.virttools.guestconv.plugins.module_utils.guest.storage import mounter, roots
from ansible_collections.virttools.guestconv.plugins.module_utils.guest.storage.graph import EFI_SYSTEM_PARTITION
from ansible_collections.virttools.guestconv.plugins.module_utils.guest.storage.layers.subvolume import Subvolume
from ansible_collections.virttools.guestconv.plugins.module_utils.systems import SYSTEMS
from ansible_collections.virttools.guestconv.tests.unit.plugins.module_utils.guest.storage.stand_in_appliance import (
    FAILS,
    StandInAppliance,
    opened,
)

ESP = next(kind for kind in EFI_SYSTEM_PARTITION if "-" in kind)


def filesystems(**kinds):
    """/dev/sda1 with UUID=u-1 and so on, by type."""
    return {f"/dev/{name}": {"TYPE": kind, "UUID": f"u-{name[-1]}"} for name, kind in kinds.items()}


def system(fstab, *directories, release="ID=sles\n"):
    return {
        "/etc/os-release": release,
        "/etc/fstab": fstab,
        **{f"{path}/": "" for path in ("/var", "/home", *directories)},
    }


def found(tags, files, *disks, wanted=None, **more):
    """The guest with its roots found, and what is mounted for the first of them."""
    appliance = StandInAppliance(tags, files=files, **more)
    guest = opened(appliance, *(disks or ("sda",)))
    roots.find(guest, SYSTEMS, wanted)
    with guest.mounted(guest.roots[0], read_only=True):
        mounted = dict(appliance.mounts)
    return guest, mounted


def concerns(guest):
    root, names = guest.roots[0], Names(guest.storage, frozenset())
    return [(concern.code, concern.severity) for concern in unmounted.concerns(root, names)]


def test_a_subvolume_is_mounted_as_such_and_the_root_never_over_itself():
    fstab = (
        "UUID=u-1 / btrfs defaults 0 0\n"
        "UUID=u-1 /var btrfs noatime,subvol=/@/var 0 0\n"
        "UUID=u-1 /srv\\040x btrfs subvolid=260 0 0\n"
        "UUID=u-1 /mnt btrfs noauto 0 0\n"
        "UUID=u-2 /home xfs noatime 0 0\n"
    )
    guest, mounted = found(
        filesystems(sda1="btrfs", sda2="xfs"),
        {"/dev/sda1": system(fstab, "/srv x", "/mnt")},
        subvolumes={"/dev/sda1": [(256, "@"), (257, "@/var"), (260, "@/srv")]},
    )
    assert mounted == {
        "/": ("/dev/sda1", "ro"),
        "/var": ("/dev/sda1", "ro,subvol=/@/var"),
        "/srv x": ("/dev/sda1", "ro,subvolid=260"),
        "/home": ("/dev/sda2", "ro"),
    }
    assert guest.roots[0].info["mountpoints"] == {
        "/": "/dev/sda1",
        "/var": "/dev/sda1",
        "/srv x": "/dev/sda1",
        "/home": "/dev/sda2",
    }
    assert [mount.node.name for mount in guest.roots[0].mount_plan.only("/var", "/home")] == [
        "/dev/sda1[/@/var]",
        "/dev/sda2",
    ]


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
    files = {"/dev/sda1": system("", release=f'ID=x\nVERSION_ID="{version}"\n')}
    guest, _mounted = found(filesystems(sda1="ext4"), files)
    assert tuple(guest.roots[0].info["version"].values()) == numbers


def test_of_cloned_filesystems_the_one_on_the_roots_disk_is_mounted():
    tags = {
        "/dev/sdb1": {"TYPE": "ext4", "UUID": "u-1"},
        "/dev/sdb2": {"TYPE": "ext4", "UUID": "u-2"},
        "/dev/sda1": {"TYPE": "ext4", "UUID": "u-1"},
        "/dev/sda2": {"TYPE": "ext4", "UUID": "u-2"},
    }
    files = {"/dev/sdb1": system("UUID=u-2 /boot ext4 ro 0 0\n", "/boot")}
    guest, _mounted = found(tags, files, "sda", "sdb", wanted="/dev/sdb1")
    assert guest.roots[0].info["mountpoints"]["/boot"] == "/dev/sdb2"


def test_the_line_of_a_hibernated_swap_space_is_no_mount():
    tags = filesystems(sda1="ext4", sda2="swsuspend")
    guest, mounted = found(tags, {"/dev/sda1": system("UUID=u-2 /swap swap sw 0 0\n", "/swap")})
    assert (list(mounted), concerns(guest)) == (["/"], [])


def test_a_usr_on_its_own_filesystem_is_mounted_before_the_system_is_looked_for():
    root = {"/etc/fstab": "UUID=u-2 /usr ext4 ro 0 0\n", "/usr/": "", "/bin": "", "/etc/hostname": "web\n"}
    usr = {"/lib/os-release": 'ID=debian\nVERSION_ID="12"\n', "/bin/apt-get": "", "/lib/systemd/systemd": ""}
    guest, mounted = found(filesystems(sda1="ext4", sda2="xfs"), {"/dev/sda1": root, "/dev/sda2": usr})
    info = guest.roots[0].info
    assert (info["distribution"], info["package_management"], info["init"]) == ("debian", "apt", "systemd")
    assert info["mountpoints"] == {"/": "/dev/sda1", "/usr": "/dev/sda2"}
    assert mounted == {"/": ("/dev/sda1", "ro"), "/usr": ("/dev/sda2", "ro")}


def test_a_system_whose_usr_is_on_no_disk_is_refused_for_that():
    root = {"/etc/fstab": "UUID=u-9 /usr ext4 ro 0 0\n", "/usr/": ""}
    with pytest.raises(GuestconvError) as caught:
        found(filesystems(sda1="ext4"), {"/dev/sda1": root})
    assert caught.value.code == "mount-source-missing"
    assert "/usr on UUID=u-9" in caught.value.message


SKIPPED = [("mount-skipped", "warning")]


@pytest.mark.parametrize(
    "line, expected",
    (
        ("UUID=u-2 /srv ext4 defaults 0 0", SKIPPED),  # the appliance cannot mount it
        ("UUID=u-2 /srv ext4 nofail 0 0", SKIPPED),
        ("UUID=u-3 /nowhere ext4 defaults 0 0", SKIPPED),  # its mount point is missing
        ("UUID=u-2 /srv ext4 noauto 0 0", []),  # the guest does not try it either
        ("UUID=u-3 /srv ext4 defaults 0 0", []),
        # The pool may have it.
        ("UUID=u-9 /srv ext4 defaults 0 0", [("mount-source-missing", "warning")]),
        ("/dev/md0 /srv ext4 defaults 0 0", [("mount-source-missing", "error")]),
        ("UUID=u-9 /srv ext4 nofail 0 0", [("mount-source-missing", "warning")]),
        ("UUID=u-9 /boot ext4 defaults 0 0", [("mount-source-missing", "error")]),
        ("nas:/export /srv nfs defaults 0 0", []),
        ("tmpfs /srv tmpfs defaults 0 0", []),
        ("/home/x /srv none bind 0 0", []),
        # Judged where names of hardware are renamed.
        ("/dev/sdz9 /srv ext4 defaults 0 0", []),
        ("/dev/sr0 /srv iso9660 noauto 0 0", []),
    ),
)
def test_what_the_guest_starts_without_is_left_out_with_a_warning(line, expected):
    files = {"/dev/sda1": system(line + "\n", "/srv", "/boot"), "/dev/sda2": FAILS, "/dev/sda3": {}}
    guest, mounted = found(filesystems(sda1="ext4", sda2="zfs_member", sda3="ext4"), files)
    assert concerns(guest) == expected
    assert mounted.keys() == ({"/", "/srv"} if line.startswith("UUID=u-3 /srv") else {"/"})


def test_what_is_left_out_is_still_a_mountpoint_in_the_description_and_is_tried_once():
    fstab = "UUID=u-2 /srv ext4 defaults 0 0\nUUID=u-3 /mnt ext4 noauto 0 0\n"
    files = {"/dev/sda1": system(fstab, "/srv"), "/dev/sda2": FAILS}
    guest, _mounted = found(filesystems(sda1="ext4", sda2="zfs_member", sda3="xfs"), files)
    assert guest.roots[0].info["mountpoints"] == {"/": "/dev/sda1", "/srv": "/dev/sda2", "/mnt": "/dev/sda3"}
    with guest.mounted(guest.roots[0], read_only=False):
        assert guest.appliance.mounts == {"/": ("/dev/sda1", "rw")}
        assert concerns(guest) == SKIPPED
    assert [call[2:] for call in guest.appliance.asked if call[0] == "mount_options"].count(("/dev/sda2", "/srv")) == 1


NEEDED = (("/boot", "defaults"), ("/usr", "nofail"), ("/var", "ro"), ("/boot", "noauto"))


@pytest.mark.parametrize("path, options", NEEDED)
def test_what_conversion_needs_must_be_mounted(path, options):
    files = {"/dev/sda1": system(f"UUID=u-2 {path} ext4 {options} 0 0\n", path), "/dev/sda2": FAILS}
    with pytest.raises(GuestconvError) as caught:
        found(filesystems(sda1="ext4", sda2="vfat"), files)
    assert caught.value.code == "filesystem-not-mounted"
    assert f"/dev/sda2 (vfat) cannot be mounted at {path}" in caught.value.message


def test_a_boot_that_the_guest_does_not_mount_at_its_start_is_mounted_as_conversion_needs_it():
    files = {"/dev/sda1": system("UUID=u-2 /boot ext4 noauto 0 0\n", "/boot"), "/dev/sda2": {}}
    assert found(filesystems(sda1="ext4", sda2="ext4"), files)[1]["/boot"] == ("/dev/sda2", "ro")


@pytest.mark.parametrize(
    "fstab, expected",
    (
        ("", [("filesystem-not-searched", "warning")]),
        ("UUID=u-2 /srv xfs defaults 0 0\n", SKIPPED),
    ),
)
def test_a_data_filesystem_that_cannot_be_mounted_does_not_stop_the_guest(fstab, expected):
    files = {"/dev/sda1": FAILS, "/dev/sda2": FAILS, "/dev/sda3": system(fstab, "/srv")}
    tags = filesystems(sda2="xfs", sda3="ext4")
    guest, _mounted = found(tags, files)
    assert ([root.name for root in guest.roots], concerns(guest)) == (["/dev/sda3"], expected)


def test_a_data_filesystem_that_can_only_be_read_stays_so_and_one_that_is_needed_is_an_error():
    tags, line = filesystems(sda1="ext4", sda2="vfat"), "UUID=u-2 %s vfat defaults 0 0\n"
    files = {"/dev/sda1": system(line % "/srv", "/srv"), "/dev/sda2": {}}
    guest, _mounted = found(tags, files, unwritable=("/dev/sda2",))
    with guest.mounted(guest.roots[0], read_only=False):
        assert guest.appliance.mounts == {"/": ("/dev/sda1", "rw"), "/srv": ("/dev/sda2", "ro")}
    files = {"/dev/sda1": system(line % "/boot", "/boot"), "/dev/sda2": {}}
    guest, _mounted = found(tags, files, unwritable=("/dev/sda2",))
    with pytest.raises(GuestconvError) as caught, guest.mounted(guest.roots[0], read_only=False):
        pass
    assert caught.value.code == "filesystem-read-only" and "/boot" in caught.value.message


@pytest.mark.parametrize(
    "message, reason",
    (
        (
            "mount_options: mount exited with status 32: mount: /sysroot/srv: unknown filesystem type 'VMFS'.\n"
            "       dmesg(1) may have more information after failed mount system call.",
            "/srv: unknown filesystem type 'VMFS'",
        ),
        ("mount_options: mount: /sysroot: can't read superblock", "can't read superblock"),
        ("the appliance is gone", "the appliance is gone"),
        ("", ""),
    ),
)
def test_the_reason_is_what_mount_said_without_the_names_of_the_appliance(message, reason):
    assert mounter._reason(message) == reason


def test_where_nothing_can_be_mounted_the_error_says_so():
    with pytest.raises(GuestconvError) as caught:
        found(filesystems(sda1="xfs", sda2="ext4"), {"/dev/sda1": FAILS, "/dev/sda2": {}})
    assert caught.value.code == "filesystem-not-mounted"
    assert "/dev/sda1 (xfs) cannot be mounted at /" in caught.value.message


def test_a_root_that_is_not_there_is_refused_with_the_systems_that_are():
    with pytest.raises(GuestconvError) as caught:
        found(filesystems(sda1="ext4", sda2="xfs"), {"/dev/sda1": system("")}, wanted="/dev/sda3")
    assert (caught.value.code, caught.value.path) == ("root-not-found", "root")
    assert caught.value.hint == "These operating systems are there: /dev/sda1."


@pytest.mark.parametrize(
    "kinds, code, said",
    (
        ({"sda1": "ext4"}, "no-operating-system", "These filesystems are there: /dev/sda1 (ext4)."),
        ({"sda1": "crypto_LUKS"}, "disk-encrypted", "/dev/sda1 is encrypted with LUKS"),
        ({"sda1": "vfat", "sda3": "BitLocker"}, "disk-encrypted", "/dev/sda3 is encrypted with BitLocker"),
        ({"sda1": "linux_raid_member"}, "storage-incomplete", "a RAID array (md), of which disks are missing"),
        ({"sda1": "LVM2_member"}, "storage-incomplete", "an LVM volume group, of which disks are missing"),
        ({"sda1": "zfs_member"}, "storage-not-supported", "a part of a ZFS pool"),
        ({"sda1": "isw_raid_member"}, "storage-not-supported", "that firmware assembles"),
    ),
)
def test_oracle_20_disks_without_a_system_are_refused_for_what_is_on_them(kinds, code, said):
    with pytest.raises(GuestconvError) as caught:
        found(filesystems(**kinds), {"/dev/sda1": {"/lost+found/": ""}})
    assert caught.value.code == code and said in caught.value.message


def test_all_reasons_are_named_in_one_answer():
    with pytest.raises(GuestconvError) as caught:
        found(filesystems(sda1="ext4", sda2="crypto_LUKS", sda3="zfs_member"), {"/dev/sda1": FAILS})
    assert caught.value.code == "filesystem-not-mounted"
    assert "/dev/sda2 is encrypted" in caught.value.message and "/dev/sda3 is a part of a ZFS" in caught.value.message


def test_oracle_20_blank_disks_are_refused_for_that():
    with pytest.raises(GuestconvError) as caught:
        found({"/dev/sda": {}, "/dev/sdb": {}}, {}, "sda", "sdb")
    assert caught.value.code == "disk-blank" and "/images/sda.raw, /images/sdb.raw" in caught.value.message
    with pytest.raises(GuestconvError) as caught:
        found({"/dev/sda": {}}, {}, sector=bytes(510) + b"\x55\xaa")
    assert caught.value.code == "no-operating-system"


def test_a_windows_is_a_system_of_its_own_by_its_kernel_and_a_directory_of_it_is_none():
    files = {"/Windows/System32/ntoskrnl.exe": "MZ"}
    guest, mounted = found(filesystems(sda1="ntfs", sda2="ntfs"), {"/dev/sda1": files, "/dev/sda2": {"/Windows/a": ""}})
    assert [(root.name, root.info["os"], root.info["mountpoints"]) for root in guest.roots] == [
        ("/dev/sda1", "windows", {"/": "/dev/sda1"})
    ]
    assert mounted == {"/": ("/dev/sda1", "ro")}


def test_an_ntfs_is_never_remounted_as_ntfs_3g_loses_what_is_written_then():
    appliance = StandInAppliance(
        filesystems(sda1="ntfs"), files={"/dev/sda1": {"/Windows/System32/ntoskrnl.exe": "MZ"}}
    )
    guest = opened(appliance, "sda")
    roots.find(guest, SYSTEMS)
    with guest.mounted(guest.roots[0], read_only=True):
        assert appliance.mounts == {"/": ("/dev/sda1", "ro")}
    for _time in range(2):
        with guest.mounted(guest.roots[0], read_only=False):
            assert appliance.mounts == {"/": ("/dev/sda1", "")}
    assert appliance.times("remount") == 0


def test_a_dynamic_disk_without_a_system_that_can_be_read_is_named_for_that():
    tags = {"/dev/sda1": {"PART_ENTRY_TYPE": "0x42"}}
    with pytest.raises(GuestconvError) as caught:
        found(tags, {})
    assert caught.value.code == "windows-dynamic-disk" and "/dev/sda is a dynamic disk" in caught.value.message


def test_a_filesystem_that_the_appliance_does_not_know_is_named_for_that():
    with pytest.raises(GuestconvError) as caught:
        found(filesystems(sda1="bcachefs"), {"/dev/sda1": FAILS})
    assert caught.value.code == "storage-not-supported"
    assert "has no driver for bcachefs" in caught.value.message and "modprobe bcachefs" in caught.value.hint


def test_a_btrfs_that_lacks_a_device_is_named_for_that():
    with pytest.raises(GuestconvError) as caught:
        found(filesystems(sda1="btrfs"), {"/dev/sda1": FAILS}, superblock=superblock(devices=2))
    assert caught.value.code == "storage-incomplete"
    assert "it consists of 2 devices, of which 1 is on the disks" in caught.value.message
    with pytest.raises(GuestconvError) as caught:
        found(filesystems(sda1="btrfs"), {"/dev/sda1": FAILS}, superblock=superblock(devices=1))
    assert caught.value.code == "filesystem-not-mounted"


def superblock(devices):
    """Of a btrfs: what is read of it."""
    return (bytes(64) + b"_BHRfS_M").ljust(136, b"\0") + devices.to_bytes(8, "little")


SUBVOLUMES = [(256, "@"), (257, "@/.snapshots", 256), (258, "@home"), (259, "@/.snapshots/1/snapshot", 257)]


def test_the_path_of_a_subvolume_below_the_default_one_is_whole():
    below = [*SUBVOLUMES, (260, "var/lib/machines", 259), (261, "deep", 260), (262, "loop", 263), (263, "loop2", 262)]
    appliance = StandInAppliance(filesystems(sda1="btrfs"), subvolumes={"/dev/sda1": below}, default={"/dev/sda1": 259})
    there = {each.number: each.path for each in opened(appliance, "sda").storage.of_kind(Subvolume)}
    assert there[260] == "@/.snapshots/1/snapshot/var/lib/machines" and there[261] == "@/.snapshots/1/snapshot/deep"
    assert (there[256], there[258], there[262]) == ("@", "@home", "loop")


def test_what_a_mount_without_options_shows_is_called_as_its_filesystem():
    appliance = StandInAppliance(
        filesystems(sda1="btrfs"),
        files={"/dev/sda1": system("UUID=u-1 / btrfs defaults 0 0\n")},
        subvolumes={"/dev/sda1": SUBVOLUMES},
        default={"/dev/sda1": 259},
    )
    guest = opened(appliance, "sda")
    roots.find(guest, SYSTEMS)
    assert [root.name for root in guest.roots] == ["/dev/sda1"]
    assert guest.roots[0].info["identity"] == "UUID=u-1"
    assert guest.roots[0].mount_plan.root.node.name == "/dev/sda1[/@/.snapshots/1/snapshot]"
    roots.find(guest, SYSTEMS, "/dev/sda1[/@/.snapshots/1/snapshot]")
    assert [root.name for root in guest.roots] == ["/dev/sda1"]


def test_a_system_partition_that_is_mounted_on_demand_is_mounted_as_what_uefi_starts_is_there():
    tags = filesystems(sda1="ext4", sda2="vfat", sda3="ext4")
    tags["/dev/sda2"]["PART_ENTRY_TYPE"] = ESP
    fstab = "UUID=u-2 /efi vfat noauto,x-systemd.automount 0 2\nUUID=u-3 /home ext4 noauto 0 2\n"
    _guest, mounted = found(tags, {"/dev/sda1": system(fstab, "/efi")})
    assert sorted(mounted) == ["/", "/efi"]


def test_a_package_database_on_a_var_of_its_own_is_seen():
    root = {**system("UUID=u-2 /var ext4 defaults 0 2\n", release="ID=debian\n"), "/usr/bin/dpkg": ""}
    guest, _mounted = found(
        filesystems(sda1="ext4", sda2="ext4"), {"/dev/sda1": root, "/dev/sda2": {"/lib/dpkg/status": "Package: a\n"}}
    )
    assert guest.roots[0].info["package_format"] == "deb"


class NotUtf8Appliance(StandInAppliance):
    """The binding refuses what is not UTF-8 with a class of its own."""

    def _btrfs_subvolume_list(self, device):
        raise TextNotUtf8("guest-text-not-utf-8", f"btrfs_subvolume_list {device!r}: not UTF-8")

    def _mount_options(self, options, device, mountpoint):
        if "\udce9" in mountpoint:
            raise TextNotUtf8("guest-text-not-utf-8", f"mount_options {device!r}: not UTF-8")
        super()._mount_options(options, device, mountpoint)


def test_names_that_are_not_utf_8_stop_no_guest_that_can_do_without_them():
    tags = filesystems(sda1="ext4", sda2="btrfs")
    appliance = NotUtf8Appliance(tags, files={"/dev/sda1": system("UUID=u-2 /donn\\351es btrfs defaults 0 2\n")})
    guest = opened(appliance, "sda")
    roots.find(guest, SYSTEMS)
    with guest.mounted(guest.roots[0], read_only=True) as root:
        assert [(each.mount.path, each.reason) for each in root.not_mounted] == [
            ("/donn\udce9es", "its path is not UTF-8")
        ]


def test_a_btrfs_with_very_many_subvolumes_is_opened_in_time_that_grows_with_their_number():
    def comparisons(count):
        compared = 0

        def counted(self, other):
            nonlocal compared
            compared += 1
            return self is other

        subvolumes = {"/dev/sda1": [(256 + number, f"@{number}") for number in range(count)]}
        appliance = StandInAppliance(filesystems(sda1="btrfs"), subvolumes=subvolumes, files={"/dev/sda1": system("")})
        with pytest.MonkeyPatch.context() as patched:
            patched.setattr(Subvolume, "__eq__", counted)
            opened(appliance, "sda")
        return compared

    assert comparisons(800) <= 3 * comparisons(400) + 100


def test_a_subvolume_with_a_comma_in_its_path_is_mounted_again_to_be_written_to():
    appliance = StandInAppliance(
        filesystems(sda1="btrfs"),
        files={"/dev/sda1": system("")},
        subvolumes={"/dev/sda1": [(256, "my,root")]},
        default={"/dev/sda1": 256},
    )
    guest = opened(appliance, "sda")
    roots.find(guest, SYSTEMS)
    with guest.mounted(guest.roots[0], read_only=False):
        assert (appliance.times("remount"), appliance.mounts["/"]) == (0, ("/dev/sda1", ""))
