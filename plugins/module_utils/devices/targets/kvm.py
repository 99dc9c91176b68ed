# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""KVM with QEMU's PCI Express machine."""

from __future__ import annotations

from .. import models
from .target import Agent, Target

TARGET = Target(
    name="kvm",
    machine="q35",
    # The latter without hardware acceleration.
    detected_as=("kvm", "qemu"),
    models={
        "network": (models.VIRTIO_NET, models.E1000E, models.E1000, models.RTL8139),
        "block": (models.VIRTIO_BLK, models.VIRTIO_SCSI, models.AHCI),
        "graphics": (models.VIRTIO_VGA, models.QXL_VGA, models.VGA),
        "console": (models.ISA_SERIAL, models.VIRTCONSOLE),
    },
    # Enterprise Linux 6 calls the service qemu-ga.
    agent=Agent("qemu-guest-agent", ("/usr/bin/qemu-ga", "/usr/sbin/qemu-ga"), ("qemu-guest-agent", "qemu-ga")),
)
