# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How the disks of the guests of storage_variants.py are laid out and filled: a function per guest."""

from __future__ import annotations

from collections.abc import Mapping

from tests.guests.recipes import fixed_uuid
from tests.guests.storage_guest import HOST
from tests.guests.storage_workshop import Workshop


def _install(workshop: Workshop, root: str, mounts: Mapping[str, str], *disks: str) -> None:
    """Copy the system to root and what is mounted in it, {path: device}, and install GRUB in these disks."""
    workshop.mount(root)
    for path, device in mounts.items():
        workshop.mount(device, path)
    workshop.fill()
    workshop.install_grub(*disks)


# LVM


def lvm(workshop: Workshop) -> None:
    """/usr is on both disks, the second of which has no partition table."""
    workshop.partition("sda", (200, ""), (0, ""))
    workshop.ext4("sda1", fixed_uuid("lvm", "boot"))
    workshop.volume_group("vg0", "sda2", "sdb")
    root = workshop.volume("vg0", "root", 400, "sda2")
    swap = workshop.volume("vg0", "swap", 100, "sda2")
    usr = workshop.volume("vg0", "usr", 1200)
    workshop.ext4(root, fixed_uuid("lvm", "root"))
    workshop.ext4(usr, fixed_uuid("lvm", "usr"))
    workshop.swap(swap, fixed_uuid("lvm", "swap"))
    _install(workshop, root, {"/boot": "sda1", "/usr": usr}, "sda")


def array_uuid(guest: str, array: str) -> str:
    """As mdadm writes it."""
    digits = fixed_uuid(guest, array).replace("-", "")
    return ":".join(digits[start : start + 8] for start in range(0, 32, 8))


def _mirrors(workshop: Workshop, guest: str, metadata: str) -> None:
    """Make /dev/md0, which is /boot and has this version of the superblock, and /dev/md1."""
    for disk in ("sda", "sdb"):
        workshop.partition(disk, (200, ""), (0, ""))
    workshop.mirror("md0", array_uuid(guest, "md0"), metadata, "sda1", "sdb1")
    workshop.mirror("md1", array_uuid(guest, "md1"), "1.2", "sda2", "sdb2")
    workshop.ext4("/dev/md0", fixed_uuid(guest, "boot"))


def lvm_on_md(workshop: Workshop) -> None:
    _mirrors(workshop, "lvm-on-md", "1.2")
    workshop.volume_group("vg0", "/dev/md1")
    swap = workshop.volume("vg0", "swap", 100)
    root = workshop.volume("vg0", "root", 1300)
    workshop.swap(swap, fixed_uuid("lvm-on-md", "swap"))
    workshop.ext4(root, fixed_uuid("lvm-on-md", "root"))
    _install(workshop, root, {"/boot": "/dev/md0"}, "sda", "sdb")


# LUKS

ROOT_KEY = "guestconv root"
DATA_KEY = "guestconv data"


def _locked_partition(workshop: Workshop, guest: str) -> str:
    """Make /boot in the first partition of the first disk, and encrypt the second one, which is returned as it is opened."""
    workshop.partition("sda", (200, ""), (0, ""))
    workshop.ext4("sda1", fixed_uuid(guest, "boot"))
    return workshop.encrypt("sda2", fixed_uuid(guest, "sda2"), "sda2_crypt", ROOT_KEY)


def _data_disk(workshop: Workshop, guest: str) -> str:
    workshop.partition("sdb", (0, ""))
    data = workshop.encrypt("sdb1", fixed_uuid(guest, "sdb1"), "data_crypt", DATA_KEY)
    workshop.ext4(data, fixed_uuid(guest, "data"))
    return data


def luks_lvm(workshop: Workshop) -> None:
    """As Debian's installer has it: all but /boot in a volume group that is in LUKS."""
    opened = _locked_partition(workshop, "luks-lvm")
    workshop.volume_group("web01-vg", opened)
    swap = workshop.volume("web01-vg", "swap_1", 100).replace("web01-vg", "web01--vg")
    root = workshop.volume("web01-vg", "root", 1300).replace("web01-vg", "web01--vg")
    workshop.swap(swap, fixed_uuid("luks-lvm", "swap"))
    workshop.ext4(root, fixed_uuid("luks-lvm", "root"))
    data = _data_disk(workshop, "luks-lvm")
    _install(workshop, root, {"/boot": "sda1", "/srv": data}, "sda")


def luks(workshop: Workshop) -> None:
    root = _locked_partition(workshop, "luks")
    workshop.ext4(root, fixed_uuid("luks", "root"))
    data = _data_disk(workshop, "luks")
    _install(workshop, root, {"/boot": "sda1", "/srv": data}, "sda")


def luks_on_md(workshop: Workshop) -> None:
    """As a server with two disks has it: firmware can read either half of /boot."""
    _mirrors(workshop, "luks-on-md", "1.0")
    opened = workshop.encrypt("/dev/md1", fixed_uuid("luks-on-md", "md1-luks"), "md1_crypt", ROOT_KEY)
    workshop.volume_group("vg0", opened)
    swap = workshop.volume("vg0", "swap", 100)
    root = workshop.volume("vg0", "root", 400)
    usr = workshop.volume("vg0", "usr", 1100)
    workshop.swap(swap, fixed_uuid("luks-on-md", "swap"))
    workshop.ext4(root, fixed_uuid("luks-on-md", "root"))
    workshop.ext4(usr, fixed_uuid("luks-on-md", "usr"))
    _install(workshop, root, {"/boot": "/dev/md0", "/usr": usr}, "sda", "sdb")


# btrfs


def _snapshot(workshop: Workshop, number: int, description: str) -> None:
    """Make a snapshot of @ as snapper does."""
    directory = f"$root/@snapshots/{number}"
    workshop.shell(
        f"mkdir -p {directory} && btrfs subvolume snapshot -r $root/@ {directory}/snapshot && "
        f'echo \'<?xml version="1.0"?><snapshot><type>single</type><num>{number}</num>'
        f"<description>{description}</description></snapshot>' > {directory}/info.xml"
    )


def _subvolumes(workshop: Workshop, device: str, *names: str) -> None:
    workshop.mount(device)
    for name in names:
        workshop.shell(f"btrfs subvolume create $root/{name}")
    workshop.unmount()


def btrfs(workshop: Workshop) -> None:
    workshop.partition("sda", (0, ""))
    workshop.btrfs(fixed_uuid("btrfs", "root"), "sda1")
    _subvolumes(workshop, "sda1", "@", "@home", "@snapshots")
    workshop.mount("sda1", options="subvol=@")
    workshop.mount("sda1", "/home", "subvol=@home")
    workshop.mount("sda1", "/.snapshots", "subvol=@snapshots")
    workshop.fill()
    workshop.install_grub("sda")
    workshop.unmount()
    workshop.mount("sda1", options="subvolid=5")
    _snapshot(workshop, 1, "first root filesystem")
    _snapshot(workshop, 2, "apt")


def btrfs_two_disks(workshop: Workshop) -> None:
    """Boot files are on both: GRUB reads the one filesystem from two disks."""
    workshop.partition("sda", (0, ""))
    workshop.btrfs(fixed_uuid("btrfs-two-disks", "root"), "sda1", "sdb")
    _subvolumes(workshop, "sda1", "@", "@home")
    workshop.mount("sda1", options="subvol=@")
    workshop.mount("sda1", "/home", "subvol=@home")
    workshop.fill()
    workshop.install_grub("sda")


# Several systems, names, tables

SECOND_HOST = "web02"
SECOND_ENTRY = "The second system"


def two_systems(workshop: Workshop) -> None:
    """The boot loader is the first system's; both have the swap."""
    workshop.partition("sda", (1300, ""), (1300, ""), (100, ""))
    workshop.swap("sda3", fixed_uuid("two-systems", "swap"))
    for name in ("sda1", "sda2"):
        workshop.ext4(name, fixed_uuid("two-systems", name))
    workshop.mount("sda2")
    workshop.fill()
    workshop.edit("/etc/fstab", ("/dev/sda1", "/dev/sda2"))
    workshop.edit("/etc/hosts", (HOST, SECOND_HOST))
    workshop.write("/etc/hostname", SECOND_HOST + "\n")
    workshop.shell("rm $root/etc/grub.d/40_custom")
    # Its own menu, which nothing reads.
    workshop.write_menu()
    workshop.unmount()
    workshop.mount("sda1")
    workshop.fill()
    workshop.shell("chmod +x $root/etc/grub.d/40_custom")
    workshop.install_grub("sda")


def by_id(workshop: Workshop) -> None:
    workshop.partition("sda", (1300, ""), (100, ""))
    workshop.partition("sdb", (0, ""))
    workshop.ext4("sda1", fixed_uuid("by-id", "root"))
    workshop.swap("sda2", fixed_uuid("by-id", "swap"))
    workshop.ext4("sdb1", fixed_uuid("by-id", "data"))
    _install(workshop, "sda1", {"/srv": "sdb1"}, "sda")


def gpt(workshop: Workshop) -> None:
    """GRUB is installed for either firmware."""
    workshop.partition("sda", (1, "bios"), (64, "esp"), (0, ""), table="gpt")
    workshop.vfat("sda2", "0DDB1E57")
    workshop.ext4("sda3", fixed_uuid("gpt", "root"))
    workshop.mount("sda3")
    workshop.mount("sda2", "/boot/efi")
    workshop.fill()
    workshop.install_grub("sda", uefi=True)
