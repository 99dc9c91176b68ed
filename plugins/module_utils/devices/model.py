# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a row of the catalogue of device models says."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from .letters import letters

KINDS = ("network", "block", "graphics", "console")


@dataclass(frozen=True)
class Attachment:
    """How QEMU attaches a disk of one model.

    device: QEMU's device for the disk itself.
    controller: QEMU's device for the disk's controller; empty when the disk is a PCI device of its own, or when only
        the machine's built-in controller will do.
    capacity: how many disks one controller takes; 0 for a disk without a controller.
    address: the properties that give a disk its place on the controller, a format string over controller (its id),
        unit (0 to capacity - 1), channel and place (unit // 2 and unit % 2, as IDE counts).
    built_in: per family of machines, the id of the controller that such a machine always has.
    needs_serial: whether the device does not start without a serial number.
    """

    device: str
    controller: str = ""
    capacity: int = 0
    address: str = ""
    built_in: Mapping[str, str] = field(default_factory=dict)
    needs_serial: bool = False


@dataclass(frozen=True)
class WindowsNeeds:
    """What Windows needs for a device of one model; for one without services and ids, no more than what it always has.

    services: sets of services, of which it needs all of one set. The names are those that the drivers of Windows, of the
        hypervisor's tools, and of virtio-win have.
    driver: the driver in virtio-win, by the name of its INF without its ending; "" where it has none.
    ids: of the device on PCI, as Windows spells them, less "PCI\\": all by which a driver may know it.
    """

    services: tuple[tuple[str, ...], ...] = ()
    driver: str = ""
    ids: tuple[str, ...] = ()


@dataclass(frozen=True)
class Model:
    """A device model, with every program's word for it.

    driver: its name, QEMU's where there is one.
    modules: the kernel modules that a Linux guest needs, all of them. The transport is named too: virtio_blk does not
        depend on virtio_pci in modules.dep, yet finds no disk without it.
    disk_prefix: how the Linux kernel names a disk of this model, less the letter ("vd", "sd") or the numbers ("nvme").
    bus: the disk's bus in libvirt's words (virtio, scsi, sata, ide, nvme).
    kernel_driver: the name that the guest's kernel gives the NIC's driver (ethtool -i, udev's DRIVERS, Driver=): mostly,
        but not always, that of its module.
    tty: the console as the kernel's console= argument names it, with its options.
    attachment: how QEMU attaches it; for disks that QEMU has only.
    is_virtio: whether the guest drives it by virtio.
    in_qemu: whether QEMU has it, by this name, on KVM and in emulation, so that guestconv_verify can boot a guest on it.
    words: {platform: its word}, for the platforms that offer the model; of a disk it is the bus.
    controllers: {platform: its word for the model of a SCSI controller}.
    windows: what Windows needs; None where it has no driver for the model.
    read_as: {dialect: words}, by which descriptions of virtual machines name the model. A dialect is a source's set of
        words: libvirt, libvirt-bus, libvirt-scsi, ovf, ovf-type, ovirt, vmx.
    """

    driver: str
    modules: tuple[str, ...] = ()
    disk_prefix: str = ""
    bus: str = ""
    kernel_driver: str = ""
    tty: str = ""
    attachment: Attachment | None = None
    is_virtio: bool = False
    in_qemu: bool = True
    words: Mapping[str, str] = field(default_factory=dict)
    controllers: Mapping[str, str] = field(default_factory=dict)
    read_as: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    windows: WindowsNeeds | None = None

    def disk_name(self, index: int, on_controller: int = 1) -> str:
        """The Linux kernel's name of the disk number index among those with the same prefix: "vda", "nvme0n1".

        on_controller: how many disks an NVMe controller has, each a namespace of it. The kernel counts controllers from
        0, and namespaces from 1 (drivers/nvme/host/core.c).
        """
        if self.disk_prefix == "nvme":
            controller, namespace = divmod(index, on_controller)
            return f"nvme{controller}n{namespace + 1}"
        return self.disk_prefix + letters(index)

    def fits(self, family: str) -> bool:
        """Whether a machine of this family ("q35", "pc") can have a disk of this model."""
        how = self.attachment
        return how is None or not how.capacity or bool(how.controller) or family in how.built_in
