# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The device models that a machine can be given, and how QEMU is told of each: data.

There are more than a target offers, so that a guest can be proven on the hardware that it comes from, too.
"""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True)
class DiskModel:
    """How disks of one model are attached.

    device: QEMU's device of the disk itself.
    controller: QEMU's device that the disks hang on; empty when the disk is a PCI device of its own, or when only the
        machine's built-in controller will do.
    capacity: how many disks one controller takes.
    address: the properties that put a disk at a place of its controller, a format string over controller (its id),
        unit (0 to capacity - 1), channel and place (unit // 2 and unit % 2, which is IDE's way).
    built_in: per family of machines, the id of the controller that these have anyway.
    """

    device: str
    controller: str = ""
    capacity: int = 0
    address: str = ""
    built_in: dict[str, str] = field(default_factory=dict)


def _scsi(controller, capacity):
    return DiskModel("scsi-hd", controller, capacity, "bus={controller}.0,channel=0,scsi-id={unit},lun=0")


_IDE = DiskModel("ide-hd", capacity=4, address="bus={controller}.{channel},unit={place}", built_in={"pc": "ide"})

# The capacities are those of QEMU's hw/scsi: LSI_MAX_DEVS, MPTSAS_NUM_PORTS, PVSCSI_MAX_DEVS; AHCI has six ports.
DISKS = {
    "virtio-blk-pci": DiskModel("virtio-blk-pci"),
    "nvme": DiskModel("nvme"),
    "virtio-scsi-pci": _scsi("virtio-scsi-pci", 64),
    "pvscsi": _scsi("pvscsi", 64),
    "mptsas1068": _scsi("mptsas1068", 8),
    "lsi53c895a": _scsi("lsi53c895a", 7),
    "ahci": DiskModel("ide-hd", "ahci", 6, "bus={controller}.{unit}", {"q35": "ide"}),
    "piix3-ide": _IDE,
    "ide": _IDE,
}

INTERFACES = ("virtio-net-pci", "vmxnet3", "e1000e", "e1000", "rtl8139", "pcnet")

VIDEO = ("virtio-vga", "qxl-vga", "VGA", "cirrus-vga", "vmware-svga", "bochs-display")

CONSOLES = ("isa-serial", "virtconsole")
