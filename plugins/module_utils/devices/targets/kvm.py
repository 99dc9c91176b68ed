# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""KVM with QEMU's PCI Express machine: all that QEMU itself offers."""

from __future__ import annotations

from .. import models
from .target import Target

TARGET = Target(
    name="kvm",
    title="KVM",
    machine="q35",
    models={
        "network": (models.VIRTIO_NET, models.E1000E, models.E1000, models.RTL8139),
        "block": (models.VIRTIO_BLK, models.VIRTIO_SCSI, models.AHCI, models.NVME),
        "graphics": (models.VIRTIO_VGA, models.QXL_VGA, models.VGA),
        "console": (models.ISA_SERIAL, models.VIRTCONSOLE),
    },
    hypervisors=("kvm",),
)
