# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is built into a kernel, by its configuration. Pure.

modules.builtin says so since Linux 2.6.33. Kernels before that (Enterprise Linux 5 and 6), and those that can load no
modules and have no directory of them, have only their configuration. Its symbols are not called as modules are.
Source: the Kconfig files and Makefiles of Linux.
"""

from __future__ import annotations

# {module: the symbol of the configuration that builds it}.
_SYMBOLS = {
    "8250": "SERIAL_8250",
    "8139cp": "8139CP",
    "ahci": "SATA_AHCI",
    "ata_piix": "ATA_PIIX",
    "e1000": "E1000",
    "e1000e": "E1000E",
    "ena": "ENA_ETHERNET",
    "gve": "GVE",
    "hv_netvsc": "HYPERV_NET",
    "hv_storvsc": "HYPERV_STORAGE",
    "mptsas": "FUSION_SAS",
    "mptspi": "FUSION_SPI",
    "nvme": "BLK_DEV_NVME",
    "pcnet32": "PCNET32",
    "qxl": "DRM_QXL",
    "sd_mod": "BLK_DEV_SD",
    "virtio_blk": "VIRTIO_BLK",
    "virtio_console": "VIRTIO_CONSOLE",
    "virtio_gpu": "DRM_VIRTIO_GPU",
    "virtio_net": "VIRTIO_NET",
    "virtio_pci": "VIRTIO_PCI",
    "virtio_scsi": "SCSI_VIRTIO",
    "vmw_pvscsi": "VMWARE_PVSCSI",
    "vmwgfx": "DRM_VMWGFX",
    "vmxnet3": "VMXNET3",
    "xen_blkfront": "XEN_BLKDEV_FRONTEND",
    "xen_netfront": "XEN_NETDEV_FRONTEND",
}


_WITHOUT_MODULES = "# CONFIG_MODULES is not set"


def has_no_modules(text: str) -> bool:
    """Whether text of a configuration is of a kernel that can load none."""
    return _WITHOUT_MODULES in text.split("\n")


def built_in(text: str) -> frozenset[str]:
    """The names of those modules that text of a configuration (/boot/config-VERSION) has built in."""
    lines = set(text.split("\n"))
    return frozenset(name for name, symbol in _SYMBOLS.items() if f"CONFIG_{symbol}=y" in lines)
