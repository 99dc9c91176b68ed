# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The stand-in that guests written as text files are run on answers as the appliance does."""

from __future__ import annotations

import errno
import posixpath

import pytest

from ansible_collections.virttools.guestconv.plugins.module_utils.appliance.failures import ApplianceError, CallFailed
from tests.text_guests import case
from tests.text_guests.contents import Link
from tests.text_guests.disks import Disks

GUEST = """\
@part sda type=ext4
@file /etc/fstab
a line
@file /etc/.hidden
@file /etc/dir/b
@file /boot/efi/.k
@file /not-a-directory
@file /home/.k
@link /absolute /etc/fstab
@link /relative etc/../etc/fstab
@link /directory /etc
@link /dangling /nothing/there
@link /loop loop
@part sdb type=vfat
@file /EFI/BOOT/BOOTX64.EFI
program
@part sdc type=btrfs subvolumes=@,@home
@file /@/in-root
@file /@home/user
@expect converts
"""
DISKS = 3


READING = [
    ("exists", "/etc/fstab"),
    ("exists", "/dangling"),
    ("exists", "/loop"),
    ("exists", "/etc/fstab/x"),
    ("exists", "/nothing/x"),
    ("is_symlink", "/dangling"),
    ("is_symlink", "/directory"),
    ("is_symlink", "/directory/fstab"),
    ("is_symlink", "/nothing"),
    ("status", "/absolute"),
    ("status", "/dangling"),
    ("status", "/loop"),
    ("status", "/etc/fstab/x"),
    ("status", "/nothing"),
    ("filesize", "/relative"),
    ("filesize", "/dangling"),
    ("realpath", "/directory/../relative"),
    ("realpath", "/dangling"),
    ("realpath", "/loop"),
    ("ls", "/etc"),
    ("ls", "/directory"),
    ("ls", "/nothing"),
    ("ls", "/etc/fstab"),
    ("ls", "etc"),
    ("pread", "/absolute", 100, 2),
    ("pread", "/absolute", 3, 100),
    ("pread", "/etc", 3, 0),
    ("pread", "/loop", 3, 0),
    ("glob", "/etc/*"),
    ("glob", "/etc/.*d*"),
    ("glob", "/*/fstab"),
    ("glob", "/{etc,directory}/f*"),
    ("glob", "/dang*"),
    ("glob", "/dangling"),
    ("glob", "/etc/[a-e]*"),
    ("glob", "/etc/fstab/*"),
    ("glob", "/nothing/*"),
    ("equal", "/etc/fstab", "/relative"),
    ("equal", "/etc/fstab", "/nothing"),
]
WRITING = [
    ("mkdir_p", "/new/deep/er"),
    ("mkdir_p", "/directory/made"),
    ("mkdir_p", "/etc/fstab/x"),
    ("write", "/new/deep/er/file", b"x"),
    ("write", "/missing/file", b"x"),
    ("write", "/etc", b"x"),
    ("write_append", "/absolute", b"more"),
    ("pread", "/etc/fstab", 100, 0),
    ("lsetxattr", "security.selinux", "u:r:t:s0", 9, "/etc/fstab"),
    ("lgetxattrs", "/etc/fstab"),
    ("cp", "/etc/fstab", "/new/copy"),
    ("lgetxattrs", "/new/copy"),
    ("lsetxattr", "security.selinux", "u:r:t:s0", 9, "/new/copy"),
    ("cp", "/nothing", "/new/copy"),
    ("mv", "/new/copy", "/new/moved"),
    ("mv", "/new/copy", "/new/again"),
    ("lgetxattrs", "/new/moved"),
    ("lgetxattrs", "/new/copy"),
    ("ls", "/new"),
    ("rm", "/absolute"),
    ("rm", "/absolute"),
    ("rm", "/new"),
    ("exists", "/etc/fstab"),
]
MOUNTING = [
    ("mount_options", "", 1, "/missing"),
    ("mount_options", "", 1, "/not-a-directory"),
    ("mount_options", "ro", 1, "/boot/efi"),
    ("ls", "/boot/efi"),
    ("exists", "/boot/efi/efi/Boot/bootx64.EFI"),
    ("pread", "/boot/efi/efi/boot/bootx64.efi", 100, 0),
    ("lgetxattrs", "/boot/efi/EFI"),
    ("write", "/boot/efi/x", b""),
    ("remount", "/boot/efi"),
    ("lsetxattr", "security.selinux", "u:r:t:s0", 9, "/boot/efi/EFI"),
    ("write", "/boot/efi/EFI/boot/bootx64.efi", b"new"),
    ("ls", "/boot/efi/EFI/BOOT"),
    ("chmod", 0o600, "/boot/efi/EFI/BOOT/BOOTX64.EFI"),
    ("umount", "/boot/efi"),
    ("ls", "/boot/efi"),
    ("mount_options", "ro,subvol=@home", 2, "/home"),
    ("ls", "/home"),
    ("umount", "/home"),
    ("mount_options", "subvol=/@", 2, "/home"),
    ("ls", "/home"),
    ("umount", "/home"),
    ("mount_options", "subvol=@nothing", 2, "/home"),
    ("mount_options", "", 2, "/home"),
    ("ls", "/home"),
    ("umount", "/home"),
    ("umount", "/home"),
    ("umount_all",),
    ("ls", "/"),
]


def answers(appliance, calls):
    """[(call, what came of it)]; of failures only that they are."""
    found = []
    for name, *arguments in calls:
        if name == "mount_options":
            arguments[1] = appliance.device(arguments[1])
        try:
            found.append((name, *arguments[:1], _answer(appliance, name, arguments)))
        except ApplianceError:
            found.append((name, *arguments[:1], "fails"))
    return found


def _answer(appliance, name, arguments):
    if name == "glob":
        return sorted(appliance.glob_expand(*arguments, directoryslash=False))
    if name == "remount":
        return appliance.remount(*arguments, rw=True)
    result = getattr(appliance, name)(*arguments)
    if name == "status" and result:
        # Of directories the sizes differ.
        is_file = result["st_mode"] >> 12 == 8
        return result["st_mode"] >> 12, result["st_size"] if is_file else None
    return sorted(set(result) - {"lost+found"}) if name == "ls" else result


def make(appliance):
    """Make what GUEST says on the disks of the appliance, and mount the first."""
    described = case.parse(GUEST, "guest", "guest")
    appliance.umount_all()
    for index, volume in enumerate(described.volumes):
        device = appliance.device(index)
        appliance.wipefs(device)
        appliance.mkfs(volume.tags["TYPE"], device)
        appliance.mount_options("", device, "/")
        for path in volume.option("subvolumes"):
            appliance.btrfs_subvolume_create(f"/{path}")
        for path, placed in volume.files.items():
            appliance.mkdir_p(posixpath.dirname(path))
            if isinstance(placed.content, Link):
                appliance.ln_s(placed.content.target, path)
            else:
                appliance.write(path, placed.content)
        appliance.umount_all()
    appliance.mount_options("", appliance.device(0), "/")
    return described


@pytest.fixture
def both(appliance, tmp_path):
    """The appliance and the stand-in, with the same on their disks."""
    described = make(appliance)
    stand_in = Disks(described, tmp_path).appliance
    stand_in.mount_options("", stand_in.device(0), "/")
    yield appliance, stand_in
    # As others find it.
    appliance.umount_all()
    for index in range(DISKS):
        appliance.wipefs(appliance.device(index))
    appliance.mkfs("ext4", appliance.device(0))
    appliance.mount(appliance.device(0), "/")


def test_the_stand_in_answers_as_the_appliance_does(both):
    appliance, stand_in = both
    calls = [*READING, *WRITING, *MOUNTING]
    expected, found = answers(appliance, calls), answers(stand_in, calls)
    assert [pair for pair in zip(found, expected) if pair[0][-1] != pair[1][-1]] == []
    assert sum(each[-1] == "fails" for each in expected) > 10
    listed = [each["btrfssubvolume_path"] for each in appliance.call("btrfs_subvolume_list", appliance.device(2))]
    assert listed == ["@", "@home"]
    assert stand_in.call("btrfs_subvolume_list", stand_in.device(2)) == [
        {key: each[key] for key in ("btrfssubvolume_id", "btrfssubvolume_top_level_id", "btrfssubvolume_path")}
        for each in appliance.call("btrfs_subvolume_list", appliance.device(2))
    ]


def test_a_filesystem_that_knows_no_labels_says_so(both):
    for each in both:
        each.mount_options("", each.device(1), "/boot/efi")
        with pytest.raises(CallFailed) as caught:
            each.lsetxattr("security.selinux", "u:r:t:s0", 9, "/boot/efi/EFI")
        assert caught.value.errno == errno.EOPNOTSUPP
        each.umount("/boot/efi")
