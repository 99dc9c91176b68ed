# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Puts a boot loader into an image over the guest debian12-boot-loaders, in one launch of the appliance."""

from __future__ import annotations

import re
from pathlib import Path

from ansible_collections.virttools.guestconv.plugins.module_utils.appliance.appliance import label
from ansible_collections.virttools.guestconv.plugins.module_utils.disks.images import disks_from_option
from ansible_collections.virttools.guestconv.tests.any_call import Appliance
from tests.guests.build import scratch_beside
from tests.guests.errors import run
from tests.guests.recipes import PATIENCE, RECIPES
from tests.guests.workshop import DEVICE_MAP, GPT_TYPES, GRUB_CFG, SECTORS, GuestFiles

BASE = "debian12-boot-loaders"
BOOT_CODE = 440  # bytes, at the start of a disk with a partition table

_DISK = RECIPES[BASE].disk
ROOT, _SWAP = _DISK.partitions
_EXTRA = 192  # MiB, for the third partition
_MOUNTPOINTS = {"esp": "/boot/efi", "boot": "/boot"}


class Workshop(GuestFiles):
    """A guest in the appliance, its filesystems mounted, while a boot loader is put into it.

    files: of a boot loader that is not in the guest (loader_packages.Files), or None. device: the disk. older, newer: the
    versions of its kernels, and versions: both. machine_id: the guest's own.
    """

    def __init__(self, appliance, device, files):
        super().__init__(appliance)
        self.device = device
        self.files = files
        self.versions = sorted(
            appliance.ls("/usr/lib/modules"),
            key=lambda version: [int(digits) for digits in re.findall(r"\d+", version)],
        )
        self.older, self.newer = self.versions
        self.machine_id = self.read("/etc/machine-id").strip()

    def copy(self, source, destination):
        self.appliance.mkdir_p(str(Path(destination).parent))
        self.appliance.cp(source, destination)

    def write_disk(self, code, offset):
        """Write bytes to the disk itself."""
        self.appliance.pwrite_device(self.device, code, offset)

    def write_device_map(self):
        """Let GRUB's programs know the disk, by the name that it has in the appliance, which is returned.

        libguestfs's functions translate names back and forth; a program in the guest sees the kernel's own.
        """
        device = self.appliance.command(["readlink", "-f", f"/dev/disk/guestfs/{label(0)}"]).strip()
        self.write(DEVICE_MAP, f"(hd0)\t{device}\n")
        return device

    def install_grub(self):
        """Install GRUB 2 with the guest's own tools, and let no name of the appliance's stay in what they write."""
        device = self.write_device_map()
        self.appliance.command(["grub-install", "--target=i386-pc", "--no-floppy", device])
        self.appliance.command(["update-grub"])
        self.edit(GRUB_CFG, (device, _DISK.name))
        self.appliance.rm(DEVICE_MAP)


def make(base, layout, third, install, files, image):
    """Make image over the image base: with this layout of its disk, and what install(Workshop) puts into it.

    layout: "mbr", "gpt" or "none". third: what the third partition is: "", "esp", "bios" (GRUB's own) or "boot".
    files: see Workshop. Raises BuildError.
    """
    with scratch_beside(image) as scratch:
        made = Path(scratch, "disk.qcow2")
        disk = _without_partitions(base, made) if layout == "none" else _over(base, made)
        with Appliance(disks_from_option([disk]), read_only=False) as appliance:
            device = appliance.device(0)
            if layout == "gpt":
                _partition(appliance, device, third)
            elif third:
                appliance.part_add(device, "primary", _DISK.size * SECTORS, (_DISK.size + _EXTRA) * SECTORS - 1)
            appliance.mount(device if layout == "none" else f"{device}1", "/")
            if third in _MOUNTPOINTS:
                _mount_third(appliance, f"{device}3", third)
            workshop = Workshop(appliance, device, files)
            for path, text in PATIENCE.items():
                workshop.write(path, text)
            install(workshop)
            appliance.umount_all()
            appliance.close()
        made.rename(image)


def _over(base, made):
    size = f"{_DISK.size + _EXTRA + 1}M"  # a GPT has a copy of itself at its end
    run(["qemu-img", "create", "-q", "-f", "qcow2", "-F", "qcow2", "-b", base, made, size])
    return {"path": str(made), "backing": [str(base)]}


def _without_partitions(base, made):
    """Copy the root filesystem alone, which then is the disk."""
    offset, size = ROOT.start << 20, (ROOT.end - ROOT.start) << 20
    source = f"driver=raw,offset={offset},size={size},file.driver=qcow2,file.file.driver=file,file.file.filename={base}"
    run(["qemu-img", "convert", "--image-opts", source, "-c", "-O", "qcow2", "-o", "compression_type=zstd", made])
    return {"path": str(made)}


def _partition(appliance, device, third):
    """Have root and swap in a GPT where they are in the MBR, and the third partition behind them."""
    appliance.part_init(device, "gpt")
    end = _DISK.size
    for first, after in ((ROOT.start, ROOT.end), (_SWAP.start, _SWAP.end), (end, end + _EXTRA)):
        appliance.part_add(device, "primary", first * SECTORS, after * SECTORS - 1)
    appliance.part_set_gpt_type(device, 3, GPT_TYPES[third])
    appliance.pwrite_device(device, bytes(BOOT_CODE), 0)


def _mount_third(appliance, partition, third):
    """Format and mount the third partition, and move what is at its mountpoint to it."""
    mountpoint = _MOUNTPOINTS[third]
    if third == "esp":
        appliance.mkfs("vfat", partition)
        line = f"UUID={appliance.vfs_uuid(partition)} {mountpoint} vfat umask=0077 0 1\n"
    else:
        # Its own kind, as GRUB legacy knew it.
        appliance.mke2fs(partition, fstype="ext3")
        line = f"{_DISK.name}3 {mountpoint} ext3 defaults 0 2\n"
    appliance.write_append("/etc/fstab", line.encode())
    if third == "boot":
        appliance.mv(mountpoint, f"{mountpoint}.old")
        appliance.mkdir(mountpoint)
        appliance.mount(partition, mountpoint)
        appliance.sh(f"cp -a {mountpoint}.old/. {mountpoint}/ && rm -r {mountpoint}.old")
    else:
        appliance.mount(partition, mountpoint)
