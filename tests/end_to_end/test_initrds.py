# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Initrds of every kind, none with a driver for the target's disk: one conversion, and then each finds the disk.

Each is booted by itself, off the same disk: what differs is the initrd alone.
"""

from __future__ import annotations

import copy
import subprocess

import pytest

from ansible_collections.virttools.guestconv.plugins.module_utils import initrd
from tests.end_to_end import direct_boot
from tests.guests.build import guest as built_guest
from tests.guests.initrds import ANNOUNCE, INITRDS
from tests.guests.recipes import RECIPES

ROOT = RECIPES["debian12-initrds"].disk.partitions[0]

# Who gives up must end the machine: initramfs-tools by rebooting (panic), which QEMU was told to end at; and dracut.
ARGUMENTS = f"root=UUID={ROOT.uuid} ro init={ANNOUNCE} quiet panic=1 rd.shell=0 rd.emergency=poweroff"

# dracut with systemd waits for ever, which is right where all that can be wrong is that the emulator is slow. Where the
# driver is not there the wait is to have an end.
SHORT_OF_PATIENCE = "rd.timeout=10 rd.retry=10"

SUPPLEMENTED = [made for made in INITRDS if made.compression != "lzma"]


def name(made):
    """What a test is called by."""
    return "-".join(
        [made.builder, *(["hostonly"] if made.hostonly else []), made.compression, *(["early"] if made.early else [])]
    )


def kinds(wanted):
    """Initrds as parameters."""
    return pytest.mark.parametrize("made", wanted, ids=name)


class Boot:
    """A copy of the guest's /boot as it is now."""

    def __init__(self, disk, directory):
        direct_boot.copy_of_directory(disk, ROOT, "/boot", directory)
        self._directory = directory / "boot"
        (self.kernel,) = self._directory.glob("vmlinuz-*")
        self.version = self.kernel.name.partition("-")[2]

    def initrd(self, made):
        """The path of the copy of an initrd."""
        return self._directory / made.path(self.version)[len("/boot/") :]

    def start(self, made, disk, driver="virtio-blk-pci", arguments=ARGUMENTS):
        """Boot it with an initrd. What it said."""
        return direct_boot.boot(self.kernel, self.initrd(made), arguments, disk, driver)


@pytest.fixture(scope="module")
def disk(scratch):
    path = scratch / "initrds.raw"
    subprocess.run(["qemu-img", "convert", "-O", "raw", built_guest("debian12-initrds"), path], check=True)
    return path


@pytest.fixture(scope="module")
def before(disk, scratch):
    return Boot(disk, scratch / "before")


def disks(disk):
    return [{"path": str(disk), "format": "raw"}]


@pytest.fixture(scope="module")
def converted(module, disk, before):
    result = module("guestconv_convert", disks=disks(disk))
    assert not result.get("failed"), result
    assert result["hardware"]["disks"][0]["driver"] == "virtio-blk-pci"
    return result


@pytest.fixture(scope="module")
def after(converted, disk, scratch):
    return Boot(disk, scratch / "after")


@pytest.fixture(scope="module")
def for_scsi(module, converted, after, disk, scratch):
    """The same disk, converted once more, for another bus."""
    guest = copy.deepcopy(converted["guest"])
    guest["devices"]["block"]["sda"]["driver"] = "virtio-scsi-pci"
    result = module("guestconv_convert", disks=disks(disk), guest=guest)
    assert not result.get("failed"), result
    assert result["hardware"]["disks"][0]["driver"] == "virtio-scsi-pci"
    return Boot(disk, scratch / "scsi")


def announced(console):
    """The device and the UUID of the root filesystem, as its first program says them; nothing when that never ran."""
    return [tuple(line.split()[2:]) for line in console.splitlines() if line.startswith("announce root ")]


@kinds(INITRDS)
def test_before_conversion_it_is_of_its_kind_and_lacks_the_driver(before, made):
    found = initrd.read(str(before.initrd(made)))
    assert found.builder == made.builder
    assert [archive.compression for archive in found.archives] == ["", made.compression][not made.early :]
    assert ("kernel/x86/microcode/AuthenticAMD.bin" in found.members) is made.early
    assert any(member.endswith("lib/dracut/hostonly-files") for member in found.members) is made.hostonly
    modules = found.modules(before.version)
    assert "vmw_pvscsi" in modules and not [module for module in modules if module.startswith("virtio")]


@pytest.mark.parametrize(
    "made, given_up",
    [
        pytest.param(INITRDS[0], "Gave up waiting for root file system device", id="initramfs-tools"),
        pytest.param(next(made for made in INITRDS if made.default), "Timed out waiting for device", id="dracut"),
    ],
)
def test_before_conversion_it_does_not_find_the_disk(before, disk, made, given_up):
    console = before.start(made, disk, arguments=f"{ARGUMENTS} {SHORT_OF_PATIENCE}")
    assert announced(console) == []
    assert given_up in console


def test_what_was_done_to_each_is_told(converted, after):
    told = {change["path"]: change["detail"] for change in converted["changes"] if change["aspect"] == "kernel"}
    for made in SUPPLEMENTED:
        assert told.pop(made.path(after.version)) == "supplemented with the modules virtio_pci, virtio_blk"
    (rebuilt,) = [change["detail"] for change in converted["changes"] if change["path"] == "mkinitramfs"]
    assert rebuilt.startswith("rebuilt /boot/initrd-initramfs-tools-lzma with virtio_pci, virtio_blk")
    assert "the kernel does not know exactly where an lzma archive ends" in rebuilt


def test_what_the_guest_makes_its_next_initrds_of_has_the_driver_too(converted, disk):
    assert {"virtio_pci", "virtio_blk"} <= set(direct_boot.content(disk, ROOT, "/etc/initramfs-tools/modules").split())
    dracuts = direct_boot.content(disk, ROOT, "/etc/dracut.conf.d/guestconv.conf")
    assert dracuts == 'add_drivers+=" virtio_pci virtio_blk "\n'


@kinds(SUPPLEMENTED)
def test_a_supplement_leaves_what_was_there_and_is_compressed_as_it_is(before, after, made):
    old, new = before.initrd(made), after.initrd(made)
    assert new.read_bytes().startswith(old.read_bytes())
    archives = [initrd.read(str(path)).archives for path in (old, new)]
    # To the kernel, and so to us, lz4 streams one after the other are one.
    added = [] if made.compression == "lz4" else [made.compression]
    assert [archive.compression for archive in archives[1]] == [archive.compression for archive in archives[0]] + added


@kinds(INITRDS)
def test_after_conversion_it_finds_the_disk(after, disk, made):
    console = after.start(made, disk)
    assert announced(console) == [("/dev/vda1", ROOT.uuid)], console


@kinds([made for made in INITRDS if made.default or made.compression == "lz4" and made.builder == "initramfs-tools"])
def test_one_that_was_supplemented_is_supplemented_again_for_another_bus(for_scsi, after, disk, made):
    old, new = after.initrd(made), for_scsi.initrd(made)
    assert new.read_bytes().startswith(old.read_bytes()) and new.stat().st_size > old.stat().st_size
    console = for_scsi.start(made, disk, "virtio-scsi-pci")
    assert announced(console) == [("/dev/sda1", ROOT.uuid)], console
