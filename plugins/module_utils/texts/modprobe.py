# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What keeps a kernel's module from being loaded: lines of modprobe.d(5), and arguments of the kernel. Pure.

Sources: kmod, libkmod-config.c; kernel-parameters.txt (module_blacklist, initcall_blacklist); dracut's parse-kernel.sh;
initramfs-tools(7).
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable
from typing import NamedTuple

# A line that ends with a backslash goes on on the next one.
_LINE = re.compile(r"(?:[^\\\n]|\\\n|\\)+")
_BLANKS = re.compile(r"(?:[ \t]|\\\n)+")
# What an `install` line runs in the place of loading the module; these load it after all.
_LOADS = ("modprobe", "insmod")

# All of these take several names, with commas. The kernel itself heeds the first, whoever loads the module.
_OF_KERNEL = "module_blacklist"
_ARGUMENTS = (_OF_KERNEL, "modprobe.blacklist", "rd.driver.blacklist", "rdblacklist", "blacklist")

# Functions by which drivers start, which the kernel leaves out: those of modules too (init/main.c, do_one_initcall).
_OF_FUNCTIONS = "initcall_blacklist"
_VIRTIO = ("virtio_blk", "virtio_console", "virtio_gpu", "virtio_net", "virtio_pci", "virtio_scsi")
_SCSI = ("hv_storvsc", "mptsas", "mptspi", "sd_mod", "virtio_scsi", "vmw_pvscsi")
# {function: the modules that do not work without it}: module_init() of each, and of what it needs (Linux 2.6.39 to 6.12).
_FUNCTIONS = {
    "ahci_init": ("ahci",),
    "ahci_pci_driver_init": ("ahci",),
    "ata_init": ("ahci", "ata_piix"),
    "cp_driver_init": ("8139cp",),
    "cp_init": ("8139cp",),
    "e1000_init_module": ("e1000", "e1000e"),
    "ena_init": ("ena",),
    "fusion_init": ("mptsas", "mptspi"),
    "gve_driver_init": ("gve",),
    "hv_acpi_init": ("hv_netvsc", "hv_storvsc"),
    # Until Linux 5.17 it was the name in all of these.
    "init": ("virtio_blk", "virtio_console", "virtio_net", "virtio_scsi"),
    "init_scsi": _SCSI,
    "init_sd": ("sd_mod",),
    "mptsas_init": ("mptsas",),
    "mptspi_init": ("mptspi",),
    "netif_init": ("xen_netfront",),
    "netvsc_drv_init": ("hv_netvsc",),
    "nvme_core_init": ("nvme",),
    "nvme_init": ("nvme",),
    "pcnet32_init_module": ("pcnet32",),
    "piix_init": ("ata_piix",),
    "pvscsi_init": ("vmw_pvscsi",),
    "pvscsi_pci_driver_init": ("vmw_pvscsi",),
    "serial8250_init": ("8250",),
    "storvsc_drv_init": ("hv_storvsc",),
    "virtio_blk_init": ("virtio_blk",),
    "virtio_console_init": ("virtio_console",),
    "virtio_gpu_driver_init": ("virtio_gpu",),
    "virtio_init": _VIRTIO,
    "virtio_net_driver_init": ("virtio_net",),
    "virtio_pci_driver_init": _VIRTIO,
    "virtio_pci_init": _VIRTIO,
    "virtio_scsi_init": ("virtio_scsi",),
    "vmxnet3_init_module": ("vmxnet3",),
    "xlblk_init": ("xen_blkfront",),
}


class Block(NamedTuple):
    """What keeps a module from being loaded, or from working.

    module: its name, with underscores. place: the argument of the kernel; "" for a line. is_always: whether it also counts
    where another module needs this one. `blacklist` does not: kmod asks it of the module alone that a device is for
    (libkmod-module.c, KMOD_PROBE_APPLY_BLACKLIST), and of an `install` line for each that is to be loaded.
    is_of_function: whether it keeps the module from starting, be it loaded or built in.
    """

    module: str
    place: str
    is_always: bool
    is_of_function: bool = False


def blocked(text: str) -> list[Block]:
    """What a file of modprobe.d (text) keeps from being loaded."""
    return [block for line in _LINE.findall(text) for block in [_blocked_by(line)] if block]


def without_blocks(text: str, modules: Collection[str]) -> str:
    """text of a file of modprobe.d, of which no line keeps one of these modules (with underscores) from being loaded."""

    def left(line: re.Match[str]) -> str:
        block = _blocked_by(line[0])
        return "" if block and block.module in modules else line[0]

    return _LINE.sub(left, text)


def blocked_by_arguments(arguments: Iterable[str]) -> list[Block]:
    """What arguments of the kernel keep from being loaded, or from starting."""
    found = []
    for argument in arguments:
        key, _equals, value = argument.partition("=")
        names = [name for name in value.split(",") if name]
        if key in _ARGUMENTS:
            found += [Block(_name(name), argument, key == _OF_KERNEL) for name in names]
        elif key == _OF_FUNCTIONS:
            found += [Block(module, argument, True, True) for name in names for module in _FUNCTIONS.get(name, ())]
    return found


def expression(modules: Collection[str]) -> str:
    """The regular expression (of grep -E) for lines that may keep one of these modules (with underscores) from being loaded.

    It finds all lines with `install`, as these modules need others. With an option it is the program of that name.
    """
    names = "|".join(re.escape(name).replace("_", "[_-]") for name in sorted(modules))
    return f"^[ \t]*(blacklist[ \t]+({names})|install[ \t]+[A-Za-z0-9_]|(blacklist|install)[ \t]*\\\\$)"


def _blocked_by(line: str) -> Block | None:
    """What a line keeps from being loaded; None where it keeps nothing."""
    words = [word for word in _BLANKS.split(line) if word]
    command = words[0] if len(words) > 1 else ""
    if command == "blacklist" or (command == "install" and not _loads(words[2:])):
        return Block(_name(words[1]), "", command == "install")
    return None


def _loads(words: Iterable[str]) -> bool:
    return any(word.rpartition("/")[2] in _LOADS for word in re.split(r"[ ;&|(){}]+", " ".join(words)))


def _name(module: str) -> str:
    return module.replace("-", "_")
