# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""oVirt, and its descendants.

Its disks' interfaces are VirtIO-SCSI (the default), VirtIO and SATA; the hosts of today have no QXL any more (QEMU of
Enterprise Linux 9), so it is not the first.
"""

from __future__ import annotations

from .. import models
from .kvm import DETECTED_AS, QEMU_AGENT
from .target import Target

TARGET = Target(
    name="ovirt",
    title="oVirt",
    machine="q35",
    models={
        "network": (models.VIRTIO_NET, models.E1000E, models.E1000, models.RTL8139),
        "block": (models.VIRTIO_SCSI, models.VIRTIO_BLK, models.AHCI),
        "graphics": (models.VGA, models.QXL_VGA, models.BOCHS_DISPLAY),
        "console": (models.VIRTCONSOLE, models.ISA_SERIAL),
    },
    hypervisors=("kvm",),
    agent=QEMU_AGENT,
    detected_as=DETECTED_AS,
)
