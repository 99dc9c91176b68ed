# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Guests that differ by the layout of their disks. A new one is a new row of VARIANTS.

They come from VMware's machine: disks are named as its kernel named them wherever such a layout has it so.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field
from functools import partial
from pathlib import Path

from tests.guests import storage_guest, storage_workshop
from tests.guests.build import made_once
from tests.guests.recipes import fixed_uuid
from tests.guests.storage_workshop import Workshop

_HERE = Path(__file__).resolve().parent


@dataclass(frozen=True)
class Variant:
    """A guest as its source had it, and what it announces when all is well.

    layout: what docs/support.md calls it. sizes: of its disks, in MiB. lay_out: makes all that is on them. fstab: its text.
    filesystem: the root's type. by_uuid: whether the boot menu names the root so. files: {path: text} of others.
    keys, hardware: options of the modules.
    mounts: where a filesystem of a disk must be mounted. swaps, arrays: how many there must be.
    root: the device of the root while it runs, where that is the same on any hardware.
    typed: the passphrase that it asks for when it boots, or "". starts: whether the source boots here as it is.
    """

    layout: str
    sizes: tuple[int, ...]
    lay_out: Callable[[Workshop], None]
    fstab: str
    mounts: tuple[str, ...]
    filesystem: str = "ext4"
    by_uuid: bool = False
    files: Mapping[str, str] = field(default_factory=dict)
    keys: tuple[Mapping[str, str | bool], ...] = ()
    hardware: Mapping[str, object] = field(default_factory=dict)
    swaps: int = 0
    arrays: int = 0
    root: str = ""
    typed: str = ""
    starts: bool = True


def _lines(*lines: str) -> str:
    return "".join(f"{line}\n" for line in lines)


# LVM


def _lvm(workshop: Workshop) -> None:
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
    workshop.mount(root)
    workshop.mount("sda1", "/boot")
    workshop.mount(usr, "/usr")
    workshop.fill()
    workshop.install_grub("sda")


def _mdadm_conf(guest: str, **arrays: str) -> dict[str, str]:
    """arrays: {name: version of the superblock}."""
    lines = [
        f"ARRAY /dev/{array} metadata={metadata} UUID={array_uuid(guest, array)} name={storage_guest.HOST}:{array[2:]}"
        for array, metadata in arrays.items()
    ]
    return {"/etc/mdadm/mdadm.conf": _lines("HOMEHOST <system>", "MAILADDR root", *lines)}


def array_uuid(guest: str, array: str) -> str:
    """As mdadm writes it."""
    digits = fixed_uuid(guest, array).replace("-", "")
    return ":".join(digits[start : start + 8] for start in range(0, 32, 8))


def _lvm_on_md(workshop: Workshop) -> None:
    for disk in ("sda", "sdb"):
        workshop.partition(disk, (200, ""), (0, ""))
    workshop.mirror("md0", array_uuid("lvm-on-md", "md0"), "1.2", "sda1", "sdb1")
    workshop.mirror("md1", array_uuid("lvm-on-md", "md1"), "1.2", "sda2", "sdb2")
    workshop.ext4("/dev/md0", fixed_uuid("lvm-on-md", "boot"))
    workshop.volume_group("vg0", "/dev/md1")
    swap = workshop.volume("vg0", "swap", 100)
    root = workshop.volume("vg0", "root", 1300)
    workshop.swap(swap, fixed_uuid("lvm-on-md", "swap"))
    workshop.ext4(root, fixed_uuid("lvm-on-md", "root"))
    workshop.mount(root)
    workshop.mount("/dev/md0", "/boot")
    workshop.fill()
    workshop.install_grub("sda", "sdb")


# LUKS

_ROOT_KEY = "guestconv root"
_DATA_KEY = "guestconv data"
_KEYS = ({"device": "/dev/sda2", "passphrase": _ROOT_KEY},)
_DATA_CRYPTTAB = "data_crypt /dev/sdb1 /etc/keys/data.key luks"


def _data_disk(workshop: Workshop, guest: str) -> str:
    workshop.partition("sdb", (0, ""))
    data = workshop.encrypt("sdb1", fixed_uuid(guest, "sdb1"), "data_crypt", _DATA_KEY)
    workshop.ext4(data, fixed_uuid(guest, "data"))
    return data


def _luks_lvm(workshop: Workshop) -> None:
    """As Debian's installer has it: all but /boot in a volume group that is in LUKS."""
    workshop.partition("sda", (200, ""), (0, ""))
    workshop.ext4("sda1", fixed_uuid("luks-lvm", "boot"))
    opened = workshop.encrypt("sda2", fixed_uuid("luks-lvm", "sda2"), "sda2_crypt", _ROOT_KEY)
    workshop.volume_group("web01-vg", opened)
    swap = workshop.volume("web01-vg", "swap_1", 100).replace("web01-vg", "web01--vg")
    root = workshop.volume("web01-vg", "root", 1300).replace("web01-vg", "web01--vg")
    workshop.swap(swap, fixed_uuid("luks-lvm", "swap"))
    workshop.ext4(root, fixed_uuid("luks-lvm", "root"))
    data = _data_disk(workshop, "luks-lvm")
    workshop.mount(root)
    workshop.mount("sda1", "/boot")
    workshop.mount(data, "/srv")
    workshop.fill()
    workshop.install_grub("sda")


def _luks(workshop: Workshop) -> None:
    workshop.partition("sda", (200, ""), (0, ""))
    workshop.ext4("sda1", fixed_uuid("luks", "boot"))
    root = workshop.encrypt("sda2", fixed_uuid("luks", "sda2"), "sda2_crypt", _ROOT_KEY)
    workshop.ext4(root, fixed_uuid("luks", "root"))
    data = _data_disk(workshop, "luks")
    workshop.mount(root)
    workshop.mount("sda1", "/boot")
    workshop.mount(data, "/srv")
    workshop.fill()
    workshop.install_grub("sda")


def _luks_on_md(workshop: Workshop) -> None:
    """As a server with two disks has it: firmware can read either half of /boot."""
    for disk in ("sda", "sdb"):
        workshop.partition(disk, (200, ""), (0, ""))
    workshop.mirror("md0", array_uuid("luks-on-md", "md0"), "1.0", "sda1", "sdb1")
    workshop.mirror("md1", array_uuid("luks-on-md", "md1"), "1.2", "sda2", "sdb2")
    workshop.ext4("/dev/md0", fixed_uuid("luks-on-md", "boot"))
    opened = workshop.encrypt("/dev/md1", fixed_uuid("luks-on-md", "md1-luks"), "md1_crypt", _ROOT_KEY)
    workshop.volume_group("vg0", opened)
    swap = workshop.volume("vg0", "swap", 100)
    root = workshop.volume("vg0", "root", 400)
    usr = workshop.volume("vg0", "usr", 1100)
    workshop.swap(swap, fixed_uuid("luks-on-md", "swap"))
    workshop.ext4(root, fixed_uuid("luks-on-md", "root"))
    workshop.ext4(usr, fixed_uuid("luks-on-md", "usr"))
    workshop.mount(root)
    workshop.mount("/dev/md0", "/boot")
    workshop.mount(usr, "/usr")
    workshop.fill()
    workshop.install_grub("sda", "sdb")


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


def _btrfs(workshop: Workshop) -> None:
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


def _btrfs_two_disks(workshop: Workshop) -> None:
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


def _second_entry(uuid: str) -> str:
    """The script of the menu's entry for the second system, as an administrator writes it."""
    return f"""\
#!/bin/sh
exec tail -n +3 $0
menuentry '{SECOND_ENTRY}' {{
\tinsmod part_msdos
\tinsmod ext2
\tsearch --no-floppy --fs-uuid --set=root {uuid}
\tlinux /vmlinuz root=/dev/sda2 ro console=tty0 console=ttyS0,115200
\tinitrd /initrd.img
}}
"""


def _two_systems(workshop: Workshop) -> None:
    """The boot loader is the first system's; both have the swap."""
    workshop.partition("sda", (1300, ""), (1300, ""), (100, ""))
    workshop.swap("sda3", fixed_uuid("two-systems", "swap"))
    for name in ("sda1", "sda2"):
        workshop.ext4(name, fixed_uuid("two-systems", name))
    workshop.mount("sda2")
    workshop.fill()
    workshop.edit("/etc/fstab", ("/dev/sda1", "/dev/sda2"))
    workshop.edit("/etc/hosts", (storage_guest.HOST, SECOND_HOST))
    workshop.write("/etc/hostname", SECOND_HOST + "\n")
    workshop.shell("rm $root/etc/grub.d/40_custom")
    # Its own menu, which nothing reads.
    workshop.write_menu()
    workshop.unmount()
    workshop.mount("sda1")
    workshop.fill()
    workshop.shell("chmod +x $root/etc/grub.d/40_custom")
    workshop.install_grub("sda")


_BY_ID = "/dev/disk/by-id/ata-QEMU_HARDDISK"


def _by_id(workshop: Workshop) -> None:
    workshop.partition("sda", (1300, ""), (100, ""))
    workshop.partition("sdb", (0, ""))
    workshop.ext4("sda1", fixed_uuid("by-id", "root"))
    workshop.swap("sda2", fixed_uuid("by-id", "swap"))
    workshop.ext4("sdb1", fixed_uuid("by-id", "data"))
    workshop.mount("sda1")
    workshop.mount("sdb1", "/srv")
    workshop.fill()
    workshop.install_grub("sda")


def _gpt(workshop: Workshop) -> None:
    """GRUB is installed for either firmware."""
    workshop.partition("sda", (1, "bios"), (64, "esp"), (0, ""), table="gpt")
    workshop.vfat("sda2", "0DDB1E57")
    workshop.ext4("sda3", fixed_uuid("gpt", "root"))
    workshop.mount("sda3")
    workshop.mount("sda2", "/boot/efi")
    workshop.fill()
    workshop.install_grub("sda", uefi=True)


VARIANTS = {
    "lvm": Variant(
        "LVM over two disks, /usr apart",
        (1100, 1000),
        _lvm,
        _lines(
            "/dev/mapper/vg0-root / ext4 errors=remount-ro 0 1",
            "/dev/sda1 /boot ext4 defaults 0 2",
            "/dev/mapper/vg0-usr /usr ext4 defaults 0 2",
            "/dev/mapper/vg0-swap none swap sw 0 0",
        ),
        mounts=("/", "/boot", "/usr"),
        swaps=1,
        root="/dev/mapper/vg0-root",
    ),
    "lvm-on-md": Variant(
        "LVM on RAID 1",
        (1700, 1700),
        _lvm_on_md,
        _lines(
            "/dev/mapper/vg0-root / ext4 errors=remount-ro 0 1",
            "/dev/md0 /boot ext4 defaults 0 2",
            "/dev/mapper/vg0-swap none swap sw 0 0",
        ),
        mounts=("/", "/boot"),
        files=_mdadm_conf("lvm-on-md", md0="1.2", md1="1.2"),
        swaps=1,
        arrays=2,
        root="/dev/mapper/vg0-root",
    ),
    "luks-lvm": Variant(
        "LVM in LUKS, key file in the initrd; LUKS data disk",
        (1700, 100),
        _luks_lvm,
        _lines(
            "/dev/mapper/web01--vg-root / ext4 errors=remount-ro 0 1",
            "/dev/sda1 /boot ext4 defaults 0 2",
            "/dev/mapper/web01--vg-swap_1 none swap sw 0 0",
            "/dev/mapper/data_crypt /srv ext4 defaults 0 2",
        ),
        mounts=("/", "/boot", "/srv"),
        files={
            "/etc/crypttab": _lines(
                f"sda2_crypt UUID={fixed_uuid('luks-lvm', 'sda2')} /etc/keys/root.key luks,initramfs,discard",
                _DATA_CRYPTTAB,
            ),
            "/etc/keys/root.key": _ROOT_KEY,
            "/etc/keys/data.key": _DATA_KEY,
            "/etc/cryptsetup-initramfs/conf-hook": "KEYFILE_PATTERN=/etc/keys/root.key\n",
            "/etc/initramfs-tools/conf.d/umask": "UMASK=0077\n",
        },
        keys=_KEYS,
        swaps=1,
        root="/dev/mapper/web01--vg-root",
    ),
    "luks": Variant(
        "LUKS, its passphrase typed; LUKS data disk",
        (1700, 100),
        _luks,
        _lines(
            "/dev/mapper/sda2_crypt / ext4 errors=remount-ro 0 1",
            "/dev/sda1 /boot ext4 defaults 0 2",
            "/dev/mapper/data_crypt /srv ext4 defaults 0 2",
        ),
        mounts=("/", "/boot", "/srv"),
        files={
            "/etc/crypttab": _lines(
                f"sda2_crypt UUID={fixed_uuid('luks', 'sda2')} none luks,initramfs", _DATA_CRYPTTAB
            ),
            "/etc/keys/data.key": _DATA_KEY,
        },
        keys=_KEYS,
        root="/dev/mapper/sda2_crypt",
        typed=_ROOT_KEY,
    ),
    "luks-on-md": Variant(
        "LVM in LUKS on RAID 1, /usr apart, key file in the initrd",
        (1900, 1900),
        _luks_on_md,
        _lines(
            "/dev/mapper/vg0-root / ext4 errors=remount-ro 0 1",
            "/dev/md0 /boot ext4 defaults 0 2",
            "/dev/mapper/vg0-usr /usr ext4 defaults 0 2",
            "/dev/mapper/vg0-swap none swap sw 0 0",
        ),
        mounts=("/", "/boot", "/usr"),
        files={
            **_mdadm_conf("luks-on-md", md0="1.0", md1="1.2"),
            "/etc/crypttab": _lines("md1_crypt /dev/md1 /etc/keys/root.key luks,initramfs,discard"),
            "/etc/keys/root.key": _ROOT_KEY,
            "/etc/cryptsetup-initramfs/conf-hook": "KEYFILE_PATTERN=/etc/keys/root.key\n",
            "/etc/initramfs-tools/conf.d/umask": "UMASK=0077\n",
        },
        keys=({"all": True, "passphrase": _ROOT_KEY},),
        swaps=1,
        arrays=2,
        root="/dev/mapper/vg0-root",
    ),
    "btrfs": Variant(
        "btrfs subvolumes with snapshots",
        (1500,),
        _btrfs,
        _lines(
            "/dev/sda1 / btrfs subvol=@ 0 0",
            "/dev/sda1 /home btrfs subvol=@home 0 0",
            "/dev/sda1 /.snapshots btrfs subvol=@snapshots 0 0",
        ),
        mounts=("/", "/.snapshots", "/home"),
        filesystem="btrfs",
    ),
    "btrfs-two-disks": Variant(
        "btrfs over two disks",
        (900, 900),
        _btrfs_two_disks,
        _lines("/dev/sda1 / btrfs subvol=@ 0 0", "/dev/sdb /home btrfs subvol=@home 0 0"),
        mounts=("/", "/home"),
        filesystem="btrfs",
        by_uuid=True,
    ),
    "two-systems": Variant(
        "MBR, two systems with one boot loader",
        (2800,),
        _two_systems,
        _lines("/dev/sda1 / ext4 errors=remount-ro 0 1", "/dev/sda3 none swap sw 0 0"),
        mounts=("/",),
        files={"/etc/grub.d/40_custom": _second_entry(fixed_uuid("two-systems", "sda2"))},
        swaps=1,
    ),
    "by-id": Variant(
        "MBR, names by-id on two disks",
        (1500, 100),
        _by_id,
        _lines(
            f"{_BY_ID}_ROOT01-part1 / ext4 errors=remount-ro 0 1",
            f"{_BY_ID}_ROOT01-part2 none swap sw 0 0",
            f"{_BY_ID}_DATA02-part1 /srv ext4 defaults 0 2",
        ),
        mounts=("/", "/srv"),
        hardware={"disks": [{"serial": "ROOT01"}, {"serial": "DATA02"}]},
        swaps=1,
        # verify's disks have no serials.
        starts=False,
    ),
    "gpt": Variant(
        "GPT with BIOS boot partition and ESP",
        (1500,),
        _gpt,
        _lines("/dev/sda3 / ext4 errors=remount-ro 0 1", "/dev/sda2 /boot/efi vfat umask=0077 0 1"),
        mounts=("/", "/boot/efi"),
    ),
}


def disks(name: str) -> list[Path]:
    """The images of the guest of VARIANTS called name, in its order. They are made first if need be.

    They are shared by all tests: work on a copy. Raises BuildError.
    """
    variant = VARIANTS[name]
    recipe = storage_guest.recipe(name, variant.fstab, variant.filesystem, variant.by_uuid, dict(variant.files))
    made = partial(storage_workshop.make, recipe, variant.sizes, variant.lay_out)
    return sorted(made_once(f"debian12-storage-{name}-{_key(variant, recipe)}", made).glob("*.qcow2"))


def _key(variant: Variant, recipe: storage_guest.Recipe) -> str:
    digest = hashlib.sha256(json.dumps([asdict(recipe), variant.sizes], sort_keys=True).encode())
    for source in ("filesystem.py", "storage_variants.py", "storage_workshop.py"):
        digest.update((_HERE / source).read_bytes())
    return digest.hexdigest()[:12]
