# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Writes a guest's files to a disk, and makes it bootable, in one launch of libguestfs's appliance."""

from __future__ import annotations

import os
from pathlib import Path

from tests.guests.errors import BuildError, run

_SECTORS = 2048  # 512-byte sectors in a MiB
_LABEL = "guest"  # of the disk, in the appliance
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
    appliance = _launch(scratch)
    try:
        device = appliance.list_disk_labels()[_LABEL]
        _partition(appliance, disk, device)
        appliance.tar_in(str(files), "/", xattrs=True)
        _install_grub(appliance, disk)
        appliance.shutdown()
    except RuntimeError as error:
        raise BuildError(f"the disk cannot be written: {error}") from error
    finally:
        appliance.close()
    run(["qemu-img", "convert", "-c", "-f", "raw", "-O", "qcow2", "-o", "compression_type=zstd", scratch, image])
    scratch.unlink()


def _launch(path):
    """A libguestfs handle with the disk in the raw file path, launched: with KVM, or emulated where that fails.

    /dev/kvm may exist and not work: QEMU then aborts within a second.
    """
    try:
        import guestfs  # only who builds needs it, not who finds the guest in the cache
    except ImportError:
        raise BuildError("this Python has no guestfs: run /usr/bin/python3, with python3-guestfs installed") from None
    failures = []
    for setting in (None, "force_tcg"):
        appliance = guestfs.GuestFS(python_return_dict=True)
        appliance.set_backend("direct")
        if setting:
            appliance.set_backend_setting(setting, "1")
        appliance.add_drive(str(path), format="raw", label=_LABEL, cachemode="unsafe")
        try:
            appliance.launch()
            return appliance
        except RuntimeError as error:
            failures.append(str(error))
            appliance.close()
    raise BuildError("libguestfs's appliance did not start: " + failures[-1])


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
    device = appliance.command(["readlink", "-f", f"/dev/disk/guestfs/{_LABEL}"]).strip()
    appliance.write(_DEVICE_MAP, f"(hd0)\t{device}\n".encode())
    appliance.command(["grub-install", "--target=i386-pc", "--no-floppy", device])
    appliance.command(["update-grub"])
    menu = appliance.read_file(_GRUB_CFG).decode()
    appliance.write(_GRUB_CFG, menu.replace(device, disk.name).encode())
    if disk.device_map:
        appliance.write(_DEVICE_MAP, f"(hd0)\t{disk.name}\n".encode())
    else:
        appliance.rm(_DEVICE_MAP)
