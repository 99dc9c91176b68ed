# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Filesystems that are full, read-only, dirty or hibernated, and files that are protected, with real libguestfs."""

from __future__ import annotations

import hashlib
import os
import signal
import subprocess

import pytest

from ansible_collections.virttools.guestconv.plugins.module_utils.appliance.failures import ApplianceError
from ansible_collections.virttools.guestconv.plugins.module_utils.disks.images import disks_from_option
from ansible_collections.virttools.guestconv.plugins.module_utils.errors import GuestconvError
from ansible_collections.virttools.guestconv.plugins.module_utils.guest.storage.condition import (
    Condition,
    of_superblock,
)
from ansible_collections.virttools.guestconv.plugins.module_utils.guest.storage.mounts import Mount
from ansible_collections.virttools.guestconv.tests.any_call import Appliance
from ansible_collections.virttools.guestconv.tests.unit.plugins.module_utils.guest.storage.storage_nodes import (
    filesystem,
)


def refusal(write, *arguments):
    with pytest.raises(GuestconvError) as caught:
        write(*arguments)
    assert "/sysroot" not in caught.value.message
    return caught.value.code


@pytest.fixture
def mounted(appliance, make_root):
    """mounted(kind, device, options) gives the door to a new filesystem of this kind; afterwards the first is back."""

    def made(kind, size=None):
        root = make_root({})
        appliance.umount_all()
        device = appliance.device(2)
        appliance.wipefs(device)
        if size is None:
            appliance.mkfs(kind, device)
        else:
            appliance.call("debug", "sh", [f"mkfs.{kind} -q -F {appliance.name_in_shell(device)} {size}"])
        appliance.mount(device, "/")
        appliance.mkdir("/etc")
        appliance.write("/etc/a", b"one")
        return root, device

    yield made
    appliance.umount_all()
    appliance.mount(appliance.device(0), "/")


@pytest.mark.parametrize("kind", ("ext4", "xfs", "btrfs"))
def test_protected_files_and_directories_are_changed_and_protected_again(mounted, appliance, kind):
    root, _device = mounted(kind)
    appliance.mkdir("/etc/d")
    for path, flag in (("/etc/a", "i"), ("/etc/d", "i")):
        appliance.call("set_e2attrs", path, flag)
    root.write("/etc/a", "two", "")
    root.write("/etc/d/new/file", "new", "")
    root.rename("/etc/a", "/etc/b", "")
    appliance.write("/etc/append", b"1")
    appliance.call("set_e2attrs", "/etc/append", "a")
    root.append_bytes("/etc/append", b"2", "")
    root.write("/etc/append", "3", "")
    contents = [appliance.read_file(path) for path in ("/etc/b", "/etc/d/new/file", "/etc/append")]
    assert contents == [b"two", b"new", b"3"]
    flags = [appliance.get_e2attrs(path) for path in ("/etc/b", "/etc/d", "/etc/append")]
    assert ["i" in flags[0], "i" in flags[1], "a" in flags[2]] == [True, True, True]
    for path in ("/etc/b", "/etc/d", "/etc/append"):
        appliance.set_e2attrs(path, "ia", clear=True)


def test_oracle_13_a_full_filesystem_is_an_error_and_an_archive_is_appended_in_whole_or_not(mounted, appliance):
    root, _device = mounted("ext4", "8192")
    appliance.write("/etc/initrd", b"initrd")
    with pytest.raises(ApplianceError):
        appliance.fill(1, 1 << 30, "/big")
    assert root.space("/etc").free == 0
    assert refusal(root.append_bytes, "/etc/initrd", b"x" * (5 << 20), "") == "filesystem-full"
    assert appliance.filesize("/etc/initrd") == len("initrd")
    assert refusal(root.write, "/etc/new", "x" * (5 << 20), "") == "filesystem-full"


def test_a_filesystem_without_inodes_is_an_error_that_says_so(mounted, appliance):
    root, _device = mounted("ext4", "-N 16 8192")
    with pytest.raises(ApplianceError):
        for number in range(64):
            appliance.write(f"/etc/file{number}", b"")
    assert root.space("/etc").inodes == 0
    with pytest.raises(GuestconvError, match="no inode for a new file") as caught:
        root.write("/etc/new", "new", "")
    assert caught.value.code == "filesystem-full"


def test_what_can_only_be_read_is_known_before_and_is_an_error_after(mounted, appliance):
    root, device = mounted("btrfs")
    node = filesystem("/dev/sda1", type="btrfs")
    appliance.btrfs_subvolume_snapshot("/", "/ro", ro=True)
    appliance.umount_all()
    appliance.mount_options("subvol=ro", device, "/")
    assert root.condition(Mount("/", node)) == Condition(is_read_only=True)
    assert refusal(root.write, "/etc/a", "two", "") == "filesystem-read-only"
    appliance.umount_all()
    appliance.mkfs("ext4", device)
    path = appliance.name_in_shell(device)
    appliance.call("debug", "sh", [f"tune2fs -O read-only {path}; debugfs -w -R 'ssv state 2' {path}"])
    assert of_superblock(appliance.pread_device(device, 0x68, 1024)) == Condition(is_read_only=True, has_errors=True)
    appliance.mount(device, "/")


def test_a_fifo_a_device_and_a_link_to_nowhere_hang_nothing(mounted, appliance):
    root, _device = mounted("ext4")
    appliance.mkfifo(0o600, "/etc/fifo")
    appliance.mknod_c(0o600, 1, 5, "/etc/zero")
    appliance.ln_s("/proc/self/mem", "/etc/link")
    for path in ("/etc/fifo", "/etc/zero", "/etc/link", "/etc"):
        assert root.read(path) is None
        assert refusal(root.write, path, "text", "") == "guest-file-not-writable"
        assert refusal(root.copy, "/etc/a", path, "") == "guest-file-not-writable"


@pytest.fixture
def dirty(tmp_path):
    """A disk with an ext4 and one with an xfs, whose appliance was killed while both had a journal to be replayed."""
    paths = [str(tmp_path / f"{kind}.qcow2") for kind in ("ext4", "xfs")]
    for path in paths:
        subprocess.run(["qemu-img", "create", "-q", "-f", "qcow2", path, "400M"], check=True)
    with Appliance(disks_from_option(paths), read_only=False) as appliance:
        devices = [appliance.device(index) for index in (0, 1)]
        for device, kind, path in zip(devices, ("ext4", "xfs"), ("/", "/x")):
            appliance.mkfs(kind, device)
            appliance.mount(device, path)
            if path == "/":
                appliance.mkdir("/x")
        for path in ("/late", "/x/late"):
            appliance.write(path, b"late")
        appliance.call("debug", "sh", ["for f in /sysroot/late /sysroot/x/late; do xfs_io -c fsync $f; done"])
        os.kill(appliance._handle.get_pid(), signal.SIGKILL)
    return paths


def test_a_dirty_journal_is_read_and_the_disk_stays_the_same(dirty):
    before = [hashlib.sha256(open(path, "rb").read()).digest() for path in dirty]
    with Appliance(disks_from_option(dirty), read_only=True) as appliance:
        for index in (0, 1):
            appliance.mount_options("ro", appliance.device(index), "/")
            assert appliance.read_file("/late") == b"late"
            appliance.umount_all()
        replayed = appliance.call("debug", "sh", ["dmesg"])
        assert "recovery complete" in replayed and "Ending recovery" in replayed
    assert [hashlib.sha256(open(path, "rb").read()).digest() for path in dirty] == before
