# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a guest's files hold, where a case does not write it out: a system, kernels, initrds."""

from __future__ import annotations

import gzip
import lzma
import re
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
# What a system has by its family: its init, its packages and what makes its initrds.
_OF_FAMILY = {
    "deb": ("/lib/systemd/systemd", "/var/lib/dpkg/status", "/usr/sbin/mkinitramfs"),
    "rpm": ("/lib/systemd/systemd", "/var/lib/rpm/Packages", "/usr/bin/dracut"),
    "arch": ("/usr/lib/systemd/systemd", "/var/lib/pacman/local/ALPM_DB_VERSION", "/usr/bin/mkinitcpio"),
    "alpine": ("/etc/inittab", "/lib/apk/db/installed", "/sbin/mkinitfs", "/sbin/openrc"),
    "gentoo": ("/sbin/openrc", "/etc/inittab", "/var/db/pkg/sys-apps/portage-3/CONTENTS", "/usr/bin/emerge"),
    # Nothing but what is written.
    "none": (),
}
_FAMILIES = {**{word: word for word in _OF_FAMILY}, "debian": "deb", "ubuntu": "deb"}
# The beginning of a program for x86-64.
_ELF = b"\x7fELF\x02\x01\x01" + bytes(9) + (3).to_bytes(2, "little") + (62).to_bytes(2, "little")

# Kernel modules that every kernel has, those that are modules or built in, and those that are always built in.
_ALWAYS_MODULES = ("ext4",)
_MODULES = (
    "virtio_pci virtio_blk virtio_net virtio_scsi virtio_console virtio_gpu ahci e1000 e1000e 8139cp qxl vmxnet3 "
    "vmw_pvscsi nvme mptsas mptspi ata_piix vmwgfx xen_blkfront xen_netfront hv_storvsc hv_netvsc ena gve"
).split()
_ALWAYS_BUILT_IN = ("8250", "sd_mod")

KERNEL_OPTIONS = (
    "path",
    "initrd",
    "builder",
    "builtin",
    "bzimage",
    "xen",
    "lack",
    "tree",
    "only",
    "built",
    "within",
    "packed",
    "oldvirtio",
    "xenonly",
)
# What a module has of virtio 1.0, and the same as zstd(1) compresses it: a frame with one raw block (RFC 8878).
_MODULE = b"parm=force_legacy"
_ZSTD = b"\x28\xb5\x2f\xfd\x20" + bytes((len(_MODULE), 8 * len(_MODULE) + 1, 0, 0)) + _MODULE
_DEFAULT_BUILDER = "initramfs-tools"


def system(os: str) -> dict[str, Content]:
    """The files by which a system is known. os: "deb", "rpm", or an os-release with semicolons for the ends of lines."""
    release = _OS_RELEASE.get(os, os.replace(";", "\n") + "\n")
    files: dict[str, Content] = {
        "/etc/os-release": release.encode("utf-8", "surrogateescape"),
        "/etc/hostname": b"guest\n",
        "/bin/sh": _ELF,
    }
    # Databases are empty.
    return {
        **files,
        **{path: b"" if "/lib/" in path and path.startswith("/var") else b"x" for path in _OF_FAMILY[_family(os)]},
    }


def _family(os: str) -> str:
    """The word of _OF_FAMILY for an os-release; that of rpm for one that is not known."""
    words = re.findall(r"[a-z]+", " ".join(re.findall(r"(?:^|[;\n])ID(?:_LIKE)?=([^;\n]*)", os))) or [os]
    return next((_FAMILIES[word] for word in words if word in _FAMILIES), "rpm")


def kernel(version: str, options: Mapping[str, str]) -> dict[str, Content]:
    """A kernel with its modules and, with the option initrd, that of it. options: see README.md, @kernel."""
    lack, built = _words(options, "lack"), _words(options, "built")
    known = _words(options, "only") if "only" in options else [each for each in _MODULES if each not in lack]
    is_built_in = "builtin" in options
    modules = [*_ALWAYS_MODULES, *([] if is_built_in else [each for each in known if each not in built])]
    built_in = [*_ALWAYS_BUILT_IN, *(known if is_built_in else []), *built]
    top = f"{options.get('tree', '')}/lib/modules/{version}"
    suffix, content = _packed(options.get("packed", ""))
    files: dict[str, Content] = {
        f"{top}/modules.dep": "".join(f"kernel/{each}.ko{suffix}:\n" for each in modules).encode(),
        f"{top}/modules.builtin": "".join(f"kernel/{each}.ko\n" for each in built_in).encode(),
        **{f"{top}/kernel/{each}.ko{suffix}": content for each in modules},
    }
    if "oldvirtio" in options and f"{top}/kernel/virtio_pci.ko" in files:
        files[f"{top}/kernel/virtio_pci.ko"] = b"a module from before virtio 1.0"
    path = options.get("path") or f"/boot/vmlinuz-{version}"
    if path != "none":
        files[path] = programs.bzimage(version) if "bzimage" in options else b"kernel"
        if "xen" in options:
            files[path] = programs.xen_kernel(version)
        if "xenonly" in options:
            files[path] = gzip.compress(f"\x7fELF Linux version {version} (builder@host)".encode(), mtime=0)
    if options.get("initrd"):
        builder = options.get("builder", _DEFAULT_BUILDER)
        initrds.check_builder(builder)
        files[options["initrd"]] = initrds.initrd(version, builder, tuple(_words(options, "within")))
    return files


def _words(options: Mapping[str, str], name: str) -> list[str]:
    return [word for word in options.get(name, "").split(",") if word]


def _packed(kind: str) -> tuple[str, bytes]:
    """The ending of a module's file that is compressed so, and its content. Raises ValueError."""
    packed = {"": _MODULE, "gz": gzip.compress(_MODULE, mtime=0), "xz": lzma.compress(_MODULE), "zst": _ZSTD}
    if kind not in packed:
        raise ValueError(f"{kind} is no compression of modules. Known are: {', '.join(filter(None, packed))}.")
    return f".{kind}" if kind else "", packed[kind]


def grub(platform: str = "i386-pc") -> dict[str, Content]:
    """What the packages of GRUB 2 have for a BIOS (Debian's grub-common and grub-pc-bin)."""
    directory = f"/usr/lib/grub/{platform}"
    names = ("diskboot.img", "kernel.img", "biosdisk.mod", "part_msdos.mod", "ext2.mod", "normal.mod", "linux.mod")
    files: dict[str, Content] = {f"{directory}/{name}": b"x" for name in names}
    # Where grub-mkimage writes.
    files["/tmp"] = Directory()
    return {**files, f"{directory}/boot.img": sectors.BOOT_IMG, "/usr/bin/grub-mkimage": b"\x7fELF"}
