# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Proxmox VE.

It recommends virtio-scsi for disks (Qemu/KVM Virtual Machines, "Hard Disk"). A machine has one model of SCSI controller
(scsihw in qm.conf), so only one of those is offered.
"""

from __future__ import annotations

from .. import models
from .kvm import DETECTED_AS, QEMU_AGENT
from .target import Target

TARGET = Target(
    name="proxmox",
    title="Proxmox VE",
    machine="q35",
    models={
        "network": (models.VIRTIO_NET, models.E1000E, models.E1000, models.RTL8139),
        "block": (models.VIRTIO_SCSI, models.VIRTIO_BLK, models.AHCI),
        "graphics": (models.VIRTIO_VGA, models.QXL_VGA, models.VGA, models.VMWARE_SVGA),
        "console": (models.ISA_SERIAL,),
    },
    windows_models={"network": (models.VMXNET3,), "block": (models.PVSCSI,)},
    hypervisors=("kvm",),
    agent=QEMU_AGENT,
    detected_as=DETECTED_AS,
    has_subsystem_ids=True,
)
