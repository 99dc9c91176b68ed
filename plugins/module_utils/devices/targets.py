# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The catalogue of targets: the device models that each hypervisor offers, and what a guest needs to use them.

A target is data. Nothing elsewhere knows a model by name: a new hypervisor is a new row here.
"""

from __future__ import annotations

import string
from dataclasses import dataclass

KINDS = ("network", "block", "graphics", "console")


@dataclass(frozen=True)
class Model:
    """A device model that a target offers.

    driver: its name, QEMU's where there is one.
    modules: the kernel modules that a Linux guest needs, all of them. The transport is named too: virtio_blk does not
        depend on virtio_pci in modules.dep, yet finds no disk without it.
    disk_prefix: how the Linux kernel names a disk of this model, less the letter ("vd", "sd").
    bus: the disk's bus in libvirt's words (virtio, scsi, sata).
    kernel_driver: the name that the guest's kernel gives the NIC's driver (ethtool -i, udev's DRIVERS, Driver=).
    tty: the console as the kernel's console= argument names it, with its options.
    """

    driver: str
    modules: tuple[str, ...] = ()
    disk_prefix: str = ""
    bus: str = ""
    kernel_driver: str = ""
    tty: str = ""


@dataclass(frozen=True)
class Target:
    """A hypervisor: its QEMU machine type, and per kind its models, the one to recommend first."""

    name: str
    machine: str
    models: dict[str, tuple[Model, ...]]

    def model(self, kind: str, driver: str) -> Model:
        """The model called driver. Raises KeyError for one that this target does not have."""
        for model in self.models[kind]:
            if model.driver == driver:
                return model
        raise KeyError(driver)


def _pci_nic(driver: str, *modules: str) -> Model:
    return Model(driver, modules, kernel_driver=modules[-1])


E1000E = _pci_nic("e1000e", "e1000e")
E1000 = _pci_nic("e1000", "e1000")
AHCI = Model("ahci", ("ahci", "sd_mod"), disk_prefix="sd", bus="sata")
# The 8250 driver is `8250` in modules.builtin of every distribution; its base part carries the console.
ISA_SERIAL = Model("isa-serial", ("8250",), tty="ttyS0,115200")

KVM = Target(
    name="kvm",
    machine="q35",
    models={
        "network": (
            _pci_nic("virtio-net-pci", "virtio_pci", "virtio_net"),
            E1000E,
            E1000,
            _pci_nic("rtl8139", "8139cp"),
        ),
        "block": (
            Model("virtio-blk-pci", ("virtio_pci", "virtio_blk"), disk_prefix="vd", bus="virtio"),
            Model("virtio-scsi-pci", ("virtio_pci", "virtio_scsi", "sd_mod"), disk_prefix="sd", bus="scsi"),
            AHCI,
        ),
        "graphics": (
            Model("virtio-vga", ("virtio_gpu",)),
            Model("qxl-vga", ("qxl",)),
            # Text mode and VESA need no driver of the guest's.
            Model("VGA"),
        ),
        "console": (
            ISA_SERIAL,
            Model("virtconsole", ("virtio_pci", "virtio_console"), tty="hvc0"),
        ),
    },
)

VMWARE = Target(
    name="vmware",
    machine="pc",
    models={
        "network": (_pci_nic("vmxnet3", "vmxnet3"), E1000E, E1000),
        "block": (
            Model("pvscsi", ("vmw_pvscsi", "sd_mod"), disk_prefix="sd", bus="scsi"),
            Model("mptsas1068", ("mptsas", "sd_mod"), disk_prefix="sd", bus="scsi"),
            AHCI,
        ),
        "graphics": (Model("vmware-svga", ("vmwgfx",)), Model("VGA")),
        "console": (ISA_SERIAL,),
    },
)

TARGETS = {target.name: target for target in (KVM, VMWARE)}


def letters(index: int) -> str:
    """The letters that the Linux kernel gives the disk number index (0: "a", 25: "z", 26: "aa"; drivers/scsi/sd.c)."""
    name = ""
    index += 1
    while index:
        index, digit = divmod(index - 1, 26)
        name = string.ascii_lowercase[digit] + name
    return name
