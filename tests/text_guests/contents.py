# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a guest's files hold, where a case does not write it out: a system, kernels, initrds."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Union

from tests.text_guests import initrds, programs, sectors


@dataclass(frozen=True)
class Link:
    """A symbolic link."""

    target: str


@dataclass(frozen=True)
class Directory:
    """A directory, which may stay empty."""


@dataclass(frozen=True)
class Fifo:
    """A FIFO, at which who reads or writes waits for ever."""


Content = Union[bytes, Link, Directory, Fifo]

_OS_RELEASE = {
    "deb": 'ID=debian\nVERSION_ID="12"\nPRETTY_NAME="Debian 12"\n',
    "rpm": 'ID="rhel"\nVERSION_ID="8.9"\nPRETTY_NAME="RHEL 8.9"\n',
}
# The beginning of a program for x86-64.
_ELF = b"\x7fELF\x02\x01\x01" + bytes(9) + (3).to_bytes(2, "little") + (62).to_bytes(2, "little")

# Kernel modules that every kernel has, those that are modules or built in, and those that are always built in.
_ALWAYS_MODULES = ("ext4",)
_MODULES = (
    "virtio_pci virtio_blk virtio_net virtio_scsi virtio_console virtio_gpu ahci e1000 e1000e 8139cp qxl vmxnet3 "
    "vmw_pvscsi nvme"
).split()
_ALWAYS_BUILT_IN = ("8250", "sd_mod")

KERNEL_OPTIONS = ("path", "initrd", "builder", "builtin", "bzimage", "lack", "tree")
_DEFAULT_BUILDER = "initramfs-tools"


def system(os: str) -> dict[str, Content]:
    """The files by which a system is known. os: "deb", "rpm", or an os-release with semicolons for the ends of lines."""
    release = _OS_RELEASE.get(os, os.replace(";", "\n") + "\n")
    is_debian = os == "deb" or "debian" in os or "ubuntu" in os
    return {
        "/etc/os-release": release.encode("utf-8", "surrogateescape"),
        "/etc/hostname": b"guest\n",
        "/bin/sh": _ELF,
        "/lib/systemd/systemd": b"x",
        "/var/lib/dpkg/status" if is_debian else "/var/lib/rpm/Packages": b"",
        "/usr/sbin/update-initramfs" if is_debian else "/usr/bin/dracut": b"x",
    }


def kernel(version: str, options: Mapping[str, str]) -> dict[str, Content]:
    """A kernel with its modules and, with the option initrd, that of it. options: see README.md, @kernel."""
    lack = options.get("lack", "").split(",")
    is_built_in = "builtin" in options
    modules = [*_ALWAYS_MODULES, *([] if is_built_in else [each for each in _MODULES if each not in lack])]
    built_in = [*_ALWAYS_BUILT_IN, *(_MODULES if is_built_in else [])]
    top = f"{options.get('tree', '')}/lib/modules/{version}"
    files: dict[str, Content] = {
        f"{top}/modules.dep": "".join(f"kernel/{each}.ko:\n" for each in modules).encode(),
        f"{top}/modules.builtin": "".join(f"kernel/{each}.ko\n" for each in built_in).encode(),
        **{f"{top}/kernel/{each}.ko": b"module" for each in modules},
    }
    path = options.get("path") or f"/boot/vmlinuz-{version}"
    if path != "none":
        files[path] = programs.bzimage(version) if "bzimage" in options else b"kernel"
    if options.get("initrd"):
        builder = options.get("builder", _DEFAULT_BUILDER)
        initrds.check_builder(builder)
        files[options["initrd"]] = initrds.initrd(version, builder)
    return files


def grub(platform: str = "i386-pc") -> dict[str, Content]:
    """What the packages of GRUB 2 have for a BIOS (Debian's grub-common and grub-pc-bin)."""
    directory = f"/usr/lib/grub/{platform}"
    names = ("diskboot.img", "kernel.img", "biosdisk.mod", "part_msdos.mod", "ext2.mod", "normal.mod", "linux.mod")
    files: dict[str, Content] = {f"{directory}/{name}": b"x" for name in names}
    # Where grub-mkimage writes.
    files["/tmp"] = Directory()
    return {**files, f"{directory}/boot.img": sectors.BOOT_IMG, "/usr/bin/grub-mkimage": b"\x7fELF"}
