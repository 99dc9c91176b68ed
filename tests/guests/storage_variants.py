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

from tests.guests import storage_guest, storage_layouts, storage_workshop
from tests.guests.boot_loaders import CONSOLE
from tests.guests.build import made_once
from tests.guests.recipes import fixed_uuid
from tests.guests.storage_guest import HOST
from tests.guests.storage_layouts import DATA_KEY, ROOT_KEY, SECOND_ENTRY, array_uuid
from tests.guests.storage_workshop import Workshop

_HERE = Path(__file__).resolve().parent


@dataclass(frozen=True)
class Variant:
    """A guest as its source had it, and what it announces when all is well.

    layout: what docs/support.md calls it. sizes: of its disks, in MiB. lay_out: makes all that is on them. fstab: its text.
    filesystem: the root's type. by_uuid: whether the boot menu names the root so. files: {path: text} of others.
    keys, hardware: options of the modules.
    mounts: where a filesystem of a disk must be mounted. swaps, arrays: how many there must be. roots: what the systems
    are called.
    root: the device of the root while it runs, where that is the same on any hardware.
    typed: the passphrase that it asks for when it boots, or "". starts: whether the source boots here as it is.
    """

    layout: str
    sizes: tuple[int, ...]
    lay_out: Callable[[Workshop], None]
    fstab: str
    mounts: tuple[str, ...]
    roots: tuple[str, ...]
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


def _fstab(root: str, *more: tuple[str, str]) -> str:
    """That of a guest whose filesystems are all ext4. more: (device, path); the path is "none" for swap."""
    lines = [
        f"{device} none swap sw 0 0" if path == "none" else f"{device} {path} ext4 defaults 0 2"
        for device, path in more
    ]
    return _lines(f"{root} / ext4 errors=remount-ro 0 1", *lines)


def _mdadm_conf(guest: str, **arrays: str) -> dict[str, str]:
    """arrays: {name: version of the superblock}."""
    lines = [
        f"ARRAY /dev/{array} metadata={metadata} UUID={array_uuid(guest, array)} name={HOST}:{array[2:]}"
        for array, metadata in arrays.items()
    ]
    return {"/etc/mdadm/mdadm.conf": _lines("HOMEHOST <system>", "MAILADDR root", *lines)}


def _second_entry(uuid: str) -> str:
    """The script of the menu's entry for the second system, as an administrator writes it."""
    return f"""\
#!/bin/sh
exec tail -n +3 $0
menuentry '{SECOND_ENTRY}' {{
\tinsmod part_msdos
\tinsmod ext2
\tsearch --no-floppy --fs-uuid --set=root {uuid}
\tlinux /vmlinuz root=/dev/sda2 ro {CONSOLE}
\tinitrd /initrd.img
}}
"""


_KEYS = ({"device": "/dev/sda2", "passphrase": ROOT_KEY},)
_KEY_IN_INITRD = {
    "/etc/keys/root.key": ROOT_KEY,
    "/etc/cryptsetup-initramfs/conf-hook": "KEYFILE_PATTERN=/etc/keys/root.key\n",
    "/etc/initramfs-tools/conf.d/umask": "UMASK=0077\n",
}
_DATA_CRYPTTAB = "data_crypt /dev/sdb1 /etc/keys/data.key luks"
_BY_ID = "/dev/disk/by-id/ata-QEMU_HARDDISK"

VARIANTS = {
    "lvm": Variant(
        "LVM over two disks, /usr apart",
        (1100, 1000),
        storage_layouts.lvm,
        _fstab(
            "/dev/mapper/vg0-root",
            ("/dev/sda1", "/boot"),
            ("/dev/mapper/vg0-usr", "/usr"),
            ("/dev/mapper/vg0-swap", "none"),
        ),
        mounts=("/", "/boot", "/usr"),
        roots=("/dev/vg0/root",),
        swaps=1,
        root="/dev/mapper/vg0-root",
    ),
    "lvm-on-md": Variant(
        "LVM on RAID 1",
        (1700, 1700),
        storage_layouts.lvm_on_md,
        _fstab("/dev/mapper/vg0-root", ("/dev/md0", "/boot"), ("/dev/mapper/vg0-swap", "none")),
        mounts=("/", "/boot"),
        roots=("/dev/vg0/root",),
        files=_mdadm_conf("lvm-on-md", md0="1.2", md1="1.2"),
        swaps=1,
        arrays=2,
        root="/dev/mapper/vg0-root",
    ),
    "luks-lvm": Variant(
        "LVM in LUKS, key file in the initrd; LUKS data disk",
        (1700, 100),
        storage_layouts.luks_lvm,
        _fstab(
            "/dev/mapper/web01--vg-root",
            ("/dev/sda1", "/boot"),
            ("/dev/mapper/web01--vg-swap_1", "none"),
            ("/dev/mapper/data_crypt", "/srv"),
        ),
        mounts=("/", "/boot", "/srv"),
        roots=("/dev/web01-vg/root",),
        files={
            "/etc/crypttab": _lines(
                f"sda2_crypt UUID={fixed_uuid('luks-lvm', 'sda2')} /etc/keys/root.key luks,initramfs,discard",
                _DATA_CRYPTTAB,
            ),
            **_KEY_IN_INITRD,
            "/etc/keys/data.key": DATA_KEY,
        },
        keys=_KEYS,
        swaps=1,
        root="/dev/mapper/web01--vg-root",
    ),
    "luks": Variant(
        "LUKS, its passphrase typed; LUKS data disk",
        (1700, 100),
        storage_layouts.luks,
        _fstab("/dev/mapper/sda2_crypt", ("/dev/sda1", "/boot"), ("/dev/mapper/data_crypt", "/srv")),
        mounts=("/", "/boot", "/srv"),
        roots=("/dev/mapper/sda2_crypt",),
        files={
            "/etc/crypttab": _lines(
                f"sda2_crypt UUID={fixed_uuid('luks', 'sda2')} none luks,initramfs", _DATA_CRYPTTAB
            ),
            "/etc/keys/data.key": DATA_KEY,
        },
        keys=_KEYS,
        root="/dev/mapper/sda2_crypt",
        typed=ROOT_KEY,
    ),
    "luks-on-md": Variant(
        "LVM in LUKS on RAID 1, /usr apart, key file in the initrd",
        (1900, 1900),
        storage_layouts.luks_on_md,
        _fstab(
            "/dev/mapper/vg0-root",
            ("/dev/md0", "/boot"),
            ("/dev/mapper/vg0-usr", "/usr"),
            ("/dev/mapper/vg0-swap", "none"),
        ),
        mounts=("/", "/boot", "/usr"),
        roots=("/dev/vg0/root",),
        files={
            **_mdadm_conf("luks-on-md", md0="1.0", md1="1.2"),
            "/etc/crypttab": _lines("md1_crypt /dev/md1 /etc/keys/root.key luks,initramfs,discard"),
            **_KEY_IN_INITRD,
        },
        keys=({"all": True, "passphrase": ROOT_KEY},),
        swaps=1,
        arrays=2,
        root="/dev/mapper/vg0-root",
    ),
    "btrfs": Variant(
        "btrfs subvolumes with snapshots",
        (1500,),
        storage_layouts.btrfs,
        _lines(
            "/dev/sda1 / btrfs subvol=@ 0 0",
            "/dev/sda1 /home btrfs subvol=@home 0 0",
            "/dev/sda1 /.snapshots btrfs subvol=@snapshots 0 0",
        ),
        mounts=("/", "/.snapshots", "/home"),
        roots=("/dev/sda1[/@]",),
        filesystem="btrfs",
    ),
    "btrfs-two-disks": Variant(
        "btrfs over two disks",
        (900, 900),
        storage_layouts.btrfs_two_disks,
        _lines("/dev/sda1 / btrfs subvol=@ 0 0", "/dev/sdb /home btrfs subvol=@home 0 0"),
        mounts=("/", "/home"),
        roots=("/dev/sda1[/@]",),
        filesystem="btrfs",
        by_uuid=True,
    ),
    "two-systems": Variant(
        "MBR, two systems with one boot loader",
        (2800,),
        storage_layouts.two_systems,
        _fstab("/dev/sda1", ("/dev/sda3", "none")),
        mounts=("/",),
        roots=("/dev/sda1", "/dev/sda2"),
        files={"/etc/grub.d/40_custom": _second_entry(fixed_uuid("two-systems", "sda2"))},
        swaps=1,
    ),
    "by-id": Variant(
        "MBR, names by-id on two disks",
        (1500, 100),
        storage_layouts.by_id,
        _fstab(f"{_BY_ID}_ROOT01-part1", (f"{_BY_ID}_ROOT01-part2", "none"), (f"{_BY_ID}_DATA02-part1", "/srv")),
        mounts=("/", "/srv"),
        roots=("/dev/sda1",),
        hardware={"disks": [{"serial": "ROOT01"}, {"serial": "DATA02"}]},
        swaps=1,
        # verify's disks have no serials.
        starts=False,
    ),
    "gpt": Variant(
        "GPT with BIOS boot partition and ESP",
        (1500,),
        storage_layouts.gpt,
        _lines("/dev/sda3 / ext4 errors=remount-ro 0 1", "/dev/sda2 /boot/efi vfat umask=0077 0 1"),
        mounts=("/", "/boot/efi"),
        roots=("/dev/sda3",),
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
    for source in ("filesystem.py", "storage_layouts.py", "storage_workshop.py", "workshop.py"):
        digest.update((_HERE / source).read_bytes())
    return digest.hexdigest()[:12]
