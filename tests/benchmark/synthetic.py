# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Guests as large as one likes, that can be inspected but not booted. Nothing of them comes from a distribution."""

from __future__ import annotations

import os
import struct
import subprocess
from dataclasses import dataclass
from pathlib import Path

_MIB = 1 << 20
_FILES_PER_DIRECTORY = 1000

# As many as Debian 12's kernel has; the last are those that make the target's devices usable.
_MODULES = [f"kernel/drivers/class{number % 97}/module_{number}.ko" for number in range(4200)] + [
    f"kernel/drivers/{name}.ko"
    for name in (
        "block/virtio_blk",
        "net/virtio_net",
        "virtio/virtio_pci",
        "scsi/virtio_scsi",
        "ata/ahci",
        "net/e1000",
        "tty/serial/8250/8250",
    )
]


@dataclass(frozen=True)
class Size:
    """How much of everything a guest has.

    kernels: directories of modules. menu: entries of the boot menu, each with a kernel of its own, at most `kernels`.
    files: files that no boot or hardware needs. disks: with the one that it boots from. fstab: lines of it.
    """

    kernels: int = 2
    menu: int = 2
    files: int = 1000
    disks: int = 1
    fstab: int = 5


def build(size, directory):
    """Make the disks (raw) of a guest of this size in directory, and return their paths, the boot disk's first."""
    directory = Path(directory)
    tree = directory / "tree"
    _populate(tree, size)
    disks = [directory / "disk0.raw", *(directory / f"disk{number}.raw" for number in range(1, size.disks))]
    # mke2fs counts an inode and at most a few blocks of directory per file; the rest of the guest has some MiB.
    room = 256 + size.files // 1024
    _filesystem(disks[0], room, size.files + 20000, ["-d", str(tree)])
    for disk in disks[1:]:
        _filesystem(disk, 8, 64, [])
    return [str(disk) for disk in disks]


def _populate(tree, size):
    texts = {
        "etc/os-release": 'ID=debian\nVERSION_ID="12"\nPRETTY_NAME="A synthetic Debian"\n',
        "etc/hostname": "synthetic\n",
        "etc/fstab": _fstab(size.fstab),
        "etc/network/interfaces": "auto ens192\niface ens192 inet static\n\taddress 10.0.2.15/24\n",
        "boot/grub/grub.cfg": "".join(_menu_entry(_version(number)) for number in range(size.menu)),
        "usr/lib/systemd/systemd": "",
        "var/lib/dpkg/status": "Package: base-files\nStatus: install ok installed\nVersion: 12\n\n",
    }
    for number in range(size.kernels):
        texts[f"boot/vmlinuz-{_version(number)}"] = texts[f"boot/initrd.img-{_version(number)}"] = ""
    for path, text in texts.items():
        (tree / path).parent.mkdir(parents=True, exist_ok=True)
        (tree / path).write_text(text, encoding="utf-8")
    _write_modules(tree / "lib" / "modules", size.kernels)
    for start in range(0, size.files, _FILES_PER_DIRECTORY):
        folder = tree / "srv" / str(start)
        folder.mkdir(parents=True)
        for number in range(start, min(start + _FILES_PER_DIRECTORY, size.files)):
            os.close(os.open(folder / str(number), os.O_CREAT | os.O_WRONLY, 0o644))


def _write_modules(top, kernels):
    """One set of indexes, and links to it for the further kernels: 200 sets would be half a gigabyte to write."""
    first = top / _version(0)
    first.mkdir(parents=True)
    contents = {
        "dep": "".join(f"{path}: {_MODULES[0]} {_MODULES[1]}\n" for path in _MODULES),
        "alias": "".join(f"alias pci:v{number:08X}d*sv*sd*bc*sc*i* module_{number % 4200}\n" for number in range(9999)),
        "builtin": "".join(f"kernel/fs/builtin_{number}.ko\n" for number in range(300)),
        "softdep": "",
    }
    for name, text in contents.items():
        (first / f"modules.{name}").write_text(text, encoding="ascii")
    for number in range(1, kernels):
        other = top / _version(number)
        other.mkdir()
        for name in contents:
            os.link(first / f"modules.{name}", other / f"modules.{name}")


def _version(number):
    return f"6.1.0-{number}-amd64"


def _menu_entry(version):
    return (
        f"menuentry 'Linux {version}' --id 'linux-{version}' {{\n"
        f"\tlinux\t/boot/vmlinuz-{version} root=/dev/sda1 ro quiet\n\tinitrd\t/boot/initrd.img-{version}\n}}\n"
    )


def _fstab(lines):
    shares = "".join(f"nas.example.com:/{number} /mnt/{number} nfs defaults 0 0\n" for number in range(lines - 1))
    return "/dev/sda1 / ext4 errors=remount-ro 0 1\n" + shares


def _filesystem(path, mebibytes, inodes, options):
    """A disk with one ext4 partition of the size, from its first MiB on, in an MBR that GRUB could have written."""
    with open(path, "wb") as disk:
        disk.write(_master_boot_record(mebibytes))
        disk.truncate((mebibytes + 1) * _MIB)
    subprocess.run(
        [
            "mke2fs",
            "-q",
            "-F",
            "-t",
            "ext4",
            "-N",
            str(inodes),
            "-E",
            f"offset={_MIB}",
            *options,
            str(path),
            f"{mebibytes}M",
        ],
        check=True,
        capture_output=True,
        env={**os.environ, "PATH": os.pathsep.join((os.environ.get("PATH", os.defpath), "/usr/sbin", "/sbin"))},
    )


def _master_boot_record(mebibytes):
    # One entry of the table at 446: bootable, type 0x83, start and length in sectors; the addresses by cylinder unused.
    entry = struct.pack("<B3sB3sII", 0x80, bytes(3), 0x83, bytes(3), _MIB // 512, mebibytes * _MIB // 512)
    return b"GRUB ".ljust(446, b"\0") + entry.ljust(64, b"\0") + b"\x55\xaa"
