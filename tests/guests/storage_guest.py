# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The system that storage_variants.py puts on disks of every layout: Debian 12 with all that can be a layer of storage.

Each guest has its initrd made natively from its own configuration, of what VMware's machine needs, without virtio.
"""

from __future__ import annotations

from tests.guests import announcement
from tests.guests.boot_loaders import CONSOLE
from tests.guests.recipes import (
    GRUB_ON_SDA,
    MACHINE_ID,
    MASK_NOT_NEEDED,
    PASSWORD,
    PATIENCE,
    SERVER_FILES,
    Disk,
    Packages,
    Recipe,
    grub_defaults,
    make_initrds,
)

PACKAGES = Packages(
    suite="bookworm",
    names=(
        "btrfs-progs",
        "cryptsetup-initramfs",
        "grub-efi-amd64-bin",
        "grub-pc",
        "ifupdown",
        "initramfs-tools",
        "iproute2",
        "kmod",
        "linux-image-amd64",
        "lvm2",
        "mdadm",
        "openssh-server",
        "procps",
        "systemd-sysv",
        "udev",
        "zstd",
    ),
)

HOST = "web01"

_ANNOUNCED = """\
    echo "announce host $(hostname)"
    echo "announce kernel $(uname -r)"
    echo "announce loader $(dpkg-query -W -f '${Version}' grub-pc)"
    echo "announce arguments $(cat /proc/cmdline)"
    echo "announce mounts $(findmnt -n -l -o TARGET -t ext4,btrfs,vfat | sort | xargs)"
    echo "announce root $(findmnt -n -o SOURCE /)"
    echo "announce swaps $(grep -c ^/ /proc/swaps)"
    echo "announce arrays $(grep -o '\\[[U_]*\\]' /proc/mdstat | xargs)"
"""
# What needs most of the time to be copied to a disk, and what no virtual machine has.
_KERNEL = "/lib/modules/*/kernel"
_NOT_COPIED = (
    "sound",
    *(f"drivers/{directory}" for directory in ("gpu/drm/amd", "iio", "infiniband", "media", "staging", "net/wireless")),
    *(f"drivers/net/ethernet/{vendor}" for vendor in ("broadcom", "chelsio", "mellanox", "netronome", "qlogic")),
)

_FILES = {
    **SERVER_FILES,
    "/etc/initramfs-tools/conf.d/modules": "MODULES=list\n",
    "/etc/initramfs-tools/conf.d/resume": "RESUME=none\n",
    "/etc/initramfs-tools/modules": (
        "vmw_pvscsi\nata_piix\nahci\nsd_mod\next4\nvfat\nbtrfs\ndm_mod\ndm_crypt\nraid1\n"
        "algif_skcipher\nxts\naes_generic\nsha256_generic\n"
    ),
    **PATIENCE,
    # Nor is a device to be given up, on which systemd then unmounts what it had mounted, when its rules take minutes.
    "/etc/udev/udev.conf": "event_timeout=3600\n",
    **announcement.files(_ANNOUNCED, after="ssh.service local-fs.target swap.target"),
}

_COMMANDS = (
    PASSWORD,
    MACHINE_ID,
    GRUB_ON_SDA,
    MASK_NOT_NEEDED,
    *announcement.COMMANDS,
    "rm -r " + " ".join(f"{_KERNEL}/{directory}" for directory in _NOT_COPIED),
    "depmod $(ls /lib/modules)",
)


def recipe(name, fstab, filesystem, by_uuid, more):
    """The Recipe of the system of a guest. Its disks are made by storage_workshop.py.

    fstab: its text. filesystem: the type of the root. by_uuid: whether the boot menu names the root by its UUID. more:
    {path: text} of further files; those of keys below /etc/keys are for root alone.
    """
    by_device = () if by_uuid else ("GRUB_DISABLE_LINUX_UUID=true",)
    files = {
        **_FILES,
        "/etc/fstab": fstab,
        "/etc/default/grub": grub_defaults(CONSOLE, *by_device, "GRUB_TERMINAL=console"),
        **more,
    }
    keys = "if [ -d /etc/keys ]; then chmod -R go= /etc/keys; fi"
    return Recipe(
        name,
        "",
        PACKAGES,
        files,
        (*_COMMANDS, keys, make_initrds(filesystem)),
        Disk("/dev/sda", 0, (), device_map=False),
    )
