# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""KubeVirt.

Its admission webhooks let through four buses of disks (virtio, sata, scsi, usb) and the models of NICs below
(validating-webhook/admitters/vmi-create-admitter.go). Its one console is the first serial port.
"""

from __future__ import annotations

from .. import models
from .kvm import DETECTED_AS, QEMU_AGENT
from .target import Target

TARGET = Target(
    name="kubevirt",
    title="KubeVirt",
    machine="q35",
    models={
        "network": (models.VIRTIO_NET, models.E1000E, models.E1000, models.RTL8139),
        "block": (models.VIRTIO_BLK, models.VIRTIO_SCSI, models.AHCI),
        "graphics": (models.VIRTIO_VGA, models.VGA, models.BOCHS_DISPLAY),
        "console": (models.ISA_SERIAL,),
    },
    hypervisors=("kvm",),
    agent=QEMU_AGENT,
    detected_as=DETECTED_AS,
    has_local_time=False,
)
