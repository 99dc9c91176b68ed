# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""OpenStack's Nova with its libvirt driver.

The properties of an image, hw_disk_bus, hw_scsi_model and hw_vif_model, hold for all disks, and for all NICs, of a
machine.
"""

from __future__ import annotations

from .. import models
from .kvm import DETECTED_AS, QEMU_AGENT
from .target import Target

TARGET = Target(
    name="openstack",
    title="OpenStack",
    machine="q35",
    models={
        "network": (models.VIRTIO_NET, models.E1000E, models.E1000, models.RTL8139),
        "block": (models.VIRTIO_BLK, models.VIRTIO_SCSI, models.AHCI),
        "graphics": (models.VIRTIO_VGA, models.QXL_VGA, models.VGA, models.BOCHS_DISPLAY),
        "console": (models.ISA_SERIAL,),
    },
    windows_models={"block": (models.MPTSAS1068,)},
    hypervisors=("kvm",),
    agent=QEMU_AGENT,
    detected_as=DETECTED_AS,
    same=("block", "network"),
)
