# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""libvirt's QEMU driver.

An NVMe disk is not among its models: QEMU's own is a disk's bus only in recent versions of libvirt.
"""

from __future__ import annotations

from .. import models
from .kvm import DETECTED_AS, QEMU_AGENT
from .target import Target

TARGET = Target(
    name="libvirt",
    title="libvirt",
    machine="q35",
    models={
        "network": (models.VIRTIO_NET, models.E1000E, models.E1000, models.RTL8139),
        "block": (models.VIRTIO_BLK, models.VIRTIO_SCSI, models.AHCI),
        "graphics": (models.VIRTIO_VGA, models.QXL_VGA, models.VGA, models.BOCHS_DISPLAY),
        "console": (models.ISA_SERIAL, models.VIRTCONSOLE),
    },
    windows_models={"network": (models.VMXNET3,), "block": (models.MPTSAS1068,)},
    hypervisors=("kvm",),
    agent=QEMU_AGENT,
    detected_as=DETECTED_AS,
    has_subsystem_ids=True,
)
