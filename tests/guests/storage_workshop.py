# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Puts the system of storage_guest.py on the disks of a guest, whatever their layout, in one launch of the appliance."""

from __future__ import annotations

import os
import re
import shlex
from pathlib import Path

from ansible_collections.virttools.guestconv.plugins.module_utils.appliance.appliance import label
from ansible_collections.virttools.guestconv.plugins.module_utils.devices.letters import letters
from ansible_collections.virttools.guestconv.plugins.module_utils.disks.images import disks_from_option
from ansible_collections.virttools.guestconv.tests.any_call import Appliance
from tests.guests import filesystem
from tests.guests.build import installed_packages, scratch_beside
from tests.guests.errors import run
from tests.guests.storage_guest import HOST
from tests.guests.workshop import DEVICE_MAP, GPT_TYPES, GRUB_CFG, SECTORS, GuestFiles

# Few rounds: an emulator takes minutes for what a processor does in a second.
_LUKS = "--batch-mode --type luks2 --pbkdf pbkdf2 --pbkdf-force-iterations 1000 --luks2-metadata-size 64k"


class Workshop(GuestFiles):
    """The disks of a guest in the appliance, while they are laid out and filled.

    tree: a tar of the system. Names of disks and partitions, as "sda2", are the guest's.
    """

    def __init__(self, appliance, count, tree):
        super().__init__(appliance)
        self._tree = tree
        # libguestfs's functions translate names, so that "/dev/sda" is the first disk to them; programs see the kernel's.
        self._kernel_names = {
            f"sd{letters(index)}": self.shell(f"readlink -f /dev/disk/guestfs/{label(index)}").strip()
            for index in range(count)
        }

    def shell(self, script):
        """What a script prints that the appliance's own shell runs."""
        return self.appliance.shell(script)

    def device(self, name):
        """The path in the appliance of a disk or partition ("sda2"), for its programs. Paths stay what they are."""
        if name.startswith("/"):
            return name
        disk = name.rstrip("0123456789")
        return self._kernel_names[disk] + name[len(disk) :]

    # Partitions and layers

    def partition(self, disk, *partitions, table="msdos"):
        """Partition a disk. partitions: (size in MiB, or 0 for the rest; type), where type is "", "bios" or "esp"."""
        device = self.device(disk)
        start = 1
        lines = [f"label: {'dos' if table == 'msdos' else 'gpt'}"]
        for size, kind in partitions:
            fields = [f"start={start * SECTORS}"]
            fields += [f"size={size * SECTORS}"] if size else []
            fields += [f"type={GPT_TYPES[kind]}"] if kind else []
            lines.append(", ".join(fields))
            start += size
        self.shell(f"printf %s {shlex.quote(chr(10).join(lines) + chr(10))} | sfdisk -q {device} && udevadm settle")

    def ext4(self, name, uuid):
        self.shell(f"mke2fs -q -F -t ext4 -U {uuid} {self.device(name)}")

    def swap(self, name, uuid):
        self.shell(f"mkswap -U {uuid} {self.device(name)}")

    def vfat(self, name, volume):
        """volume: its identifier, eight digits."""
        self.shell(f"mkfs.vfat -i {volume} {self.device(name)}")

    def btrfs(self, uuid, *names):
        devices = " ".join(map(self.device, names))
        self.shell(f"mkfs.btrfs -q -f -U {uuid} {devices} && btrfs device scan")

    def mirror(self, name, uuid, metadata, *members):
        """Make the array /dev/NAME of these, in step from the beginning."""
        devices = " ".join(map(self.device, members))
        self.shell(
            f"mdadm --create /dev/{name} --run --assume-clean --level=1 --metadata={metadata} "
            f"--homehost={HOST} --name={name.removeprefix('md')} --uuid={uuid} --raid-devices={len(members)} {devices} "
            "2>&1 && udevadm settle"
        )

    def encrypt(self, name, uuid, mapping, key):
        """Make a LUKS device with this key, and open it as /dev/mapper/MAPPING, which is returned."""
        device, given = self.device(name), f"printf %s {shlex.quote(key)} |"
        self.shell(
            f"{given} cryptsetup luksFormat {_LUKS} --uuid {uuid} --key-file=- {device} && "
            f"{given} cryptsetup open --key-file=- {device} {mapping} && udevadm settle"
        )
        return f"/dev/mapper/{mapping}"

    def volume_group(self, group, *names):
        devices = " ".join(map(self.device, names))
        self.shell(f"pvcreate -q -ff -y {devices} && vgcreate -q {group} {devices}")

    def volume(self, group, name, size, *on):
        """Make a logical volume of size MiB; on: which devices it lies on. Its path is returned."""
        devices = " ".join(map(self.device, on))
        self.shell(f"lvcreate -q -y -W n -n {name} -L {size}m {group} {devices} && udevadm settle")
        return f"/dev/mapper/{group}-{name}"

    # Files

    def mount(self, name, path="/", options=""):
        """Mount a device, with all that is to be mounted there made before."""
        if path != "/":
            self.appliance.mkdir_p(path)
        device = self.device(name)
        # The order of the appliance's own names is another.
        self.shell(f"mount {'-o ' + options if options else ''} {device} $root{path if path != '/' else ''}")

    def unmount(self):
        """Unmount all."""
        self.shell("for path in $(findmnt -n -l -o TARGET | grep ^$root | sort -r); do umount $path; done")

    def close(self):
        """Unmount all, and close the layers: an array that is not stopped is not known to be in step."""
        self.unmount()
        self.shell(
            "vgchange -q -an; for name in $(dmsetup ls --target crypt | cut -f 1); do cryptsetup close $name; done; "
            "mdadm --stop --scan 2>&1; sync"
        )

    def fill(self):
        """Copy the system to what is mounted."""
        self.appliance.tar_in(str(self._tree), "/", xattrs=True)

    def install_grub(self, *disks, uefi=False):
        """Install GRUB in disks with the guest's own tools, and let no name of the appliance's stay in what they write."""
        names = self._kernel_names
        self.appliance.mkdir_p("/boot/grub")
        self.write(DEVICE_MAP, "".join(f"(hd{index})\t{path}\n" for index, path in enumerate(names.values())))
        for disk in disks:
            self.appliance.command(["grub-install", "--target=i386-pc", "--no-floppy", self.device(disk)])
        if uefi:
            self.appliance.command(["grub-install", "--target=x86_64-efi", "--no-nvram", "--no-uefi-secure-boot"])
        self.write_menu()
        self.appliance.rm(DEVICE_MAP)

    def write_menu(self):
        """Write grub.cfg with the guest's own tools."""
        self.appliance.command(["update-grub"])
        guests = {path: f"/dev/{name}" for name, path in self._kernel_names.items()}
        pattern = "|".join(map(re.escape, guests))
        menu = re.sub(rf"(?:{pattern})(?![a-z])", lambda match: guests[match[0]], self.read(GRUB_CFG))
        self.write(GRUB_CFG, menu)


def make(recipe, sizes, lay_out, directory):
    """Make the images sda.qcow2, ... of disks of these sizes (MiB) in directory, by lay_out(Workshop). Raises BuildError."""
    with scratch_beside(directory) as scratch:
        tree = Path(scratch, "tree.tar")
        filesystem.configure(recipe, installed_packages(recipe, directory.parent), tree)
        raw = [Path(scratch, f"sd{letters(index)}.raw") for index in range(len(sizes))]
        for path, size in zip(raw, sizes):
            with open(path, "wb") as file:
                os.truncate(file.fileno(), size << 20)
        disks = disks_from_option([{"path": str(path), "format": "raw"} for path in raw])
        with Appliance(disks, read_only=False) as appliance:
            workshop = Workshop(appliance, len(sizes), tree)
            lay_out(workshop)
            workshop.close()
            appliance.close()
        made = Path(scratch, "made")
        made.mkdir()
        for path in raw:
            image = made / f"{path.stem}.qcow2"
            run(["qemu-img", "convert", "-c", "-f", "raw", "-O", "qcow2", "-o", "compression_type=zstd", path, image])
        made.rename(directory)
