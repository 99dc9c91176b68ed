# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Writes a guest's files to a disk, and makes it bootable, in one launch of libguestfs's appliance."""

from __future__ import annotations

import os
from pathlib import Path

from ansible_collections.virttools.guestconv.plugins.module_utils.appliance.appliance import (
    GUESTFS_IMPORT_ERROR,
    label,
)
from ansible_collections.virttools.guestconv.plugins.module_utils.disks.images import disks_from_option
from ansible_collections.virttools.guestconv.plugins.module_utils.errors import GuestconvError
from ansible_collections.virttools.guestconv.tests.any_call import Appliance
from tests.guests.errors import BuildError, run

_SECTORS = 2048  # 512-byte sectors in a MiB
_PARTITION_TYPES = {"ext4": 0x83, "swap": 0x82, "extended": 0x05}
_DEVICE_MAP = "/boot/grub/device.map"
_GRUB_CFG = "/boot/grub/grub.cfg"


def write(disk, files, image):
    """Make the compressed qcow2 image of disk (recipes.Disk) with the files that are in the tar files.

    Raises BuildError.
    """
    scratch = Path(image).with_suffix(".raw")
    with open(scratch, "wb") as raw:
        os.truncate(raw.fileno(), disk.size << 20)
    try:
        with _appliance(scratch) as appliance:
            device = appliance.device(0)
            _partition(appliance, disk, device)
            appliance.tar_in(str(files), "/", xattrs=True)
            _install_grub(appliance, disk)
            appliance.close()
    except GuestconvError as error:
        raise BuildError(f"the disk cannot be written: {error}") from error
    run(["qemu-img", "convert", "-c", "-f", "raw", "-O", "qcow2", "-o", "compression_type=zstd", scratch, image])
    scratch.unlink()


def _appliance(path):
    """The collection's appliance, which copes with each way in which KVM fails, over the raw file path."""
    # Only who builds needs the binding, not who finds the guest in the cache.
    if GUESTFS_IMPORT_ERROR:
        raise BuildError("this Python has no guestfs: run /usr/bin/python3, with python3-guestfs installed")
    return Appliance(disks_from_option([{"path": str(path), "format": "raw"}]), read_only=False)


def _partition(appliance, disk, device):
    """Partition and format disk, which the appliance calls device, and mount its file systems."""
    appliance.part_init(device, "mbr")
    mountpoints = {}
    for partition in disk.partitions:
        kind = "extended" if partition.content == "extended" else "logical" if partition.number > 4 else "primary"
        appliance.part_add(device, kind, partition.start * _SECTORS, partition.end * _SECTORS - 1)
        appliance.part_set_mbr_id(device, partition.number, _PARTITION_TYPES[partition.content])
    for partition in disk.partitions:
        name = f"{device}{partition.number}"
        if partition.content == "ext4":
            appliance.mke2fs(name, fstype="ext4", uuid=partition.uuid)
        elif partition.content == "swap":
            appliance.mkswap(name, uuid=partition.uuid)
        if partition.mountpoint:
            mountpoints[partition.mountpoint] = name
    for mountpoint in sorted(mountpoints):
        # The root, which comes first, is where libguestfs can make directories.
        if mountpoint != "/":
            appliance.mkdir_p(mountpoint)
        appliance.mount_options("", mountpoints[mountpoint], mountpoint)
    appliance.part_set_bootable(device, 1, True)


def _install_grub(appliance, disk):
    """Install GRUB with the guest's own tools, and let no name of the appliance's stay in what they write."""
    appliance.mkdir_p("/boot/grub")
    # The order in which the appliance's kernel finds disks is not stable. libguestfs's functions translate names back
    # and forth, so that the first disk is /dev/sda to them; a program in the guest sees the kernel's own names.
    device = appliance.command(["readlink", "-f", f"/dev/disk/guestfs/{label(0)}"]).strip()
    appliance.write(_DEVICE_MAP, f"(hd0)\t{device}\n".encode())
    appliance.command(["grub-install", "--target=i386-pc", "--no-floppy", device])
    appliance.command(["update-grub"])
    menu = appliance.read_file(_GRUB_CFG).decode()
    appliance.write(_GRUB_CFG, menu.replace(device, disk.name).encode())
    if disk.device_map:
        appliance.write(_DEVICE_MAP, f"(hd0)\t{disk.name}\n".encode())
    else:
        appliance.rm(_DEVICE_MAP)
