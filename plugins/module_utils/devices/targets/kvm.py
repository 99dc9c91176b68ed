# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""KVM with QEMU's PCI Express machine: all that QEMU itself offers."""

from __future__ import annotations

from .. import models
from .target import Agent, Target

# Enterprise Linux 6 calls the service qemu-ga.
QEMU_AGENT = Agent("qemu-guest-agent", ("/usr/bin/qemu-ga", "/usr/sbin/qemu-ga"), ("qemu-guest-agent", "qemu-ga"))
# The latter without hardware acceleration.
DETECTED_AS = ("kvm", "qemu")

TARGET = Target(
    name="kvm",
    title="KVM",
    machine="q35",
    detected_as=DETECTED_AS,
    models={
        "network": (models.VIRTIO_NET, models.E1000E, models.E1000, models.RTL8139),
        "block": (models.VIRTIO_BLK, models.VIRTIO_SCSI, models.AHCI, models.NVME),
        "graphics": (models.VIRTIO_VGA, models.QXL_VGA, models.VGA),
        "console": (models.ISA_SERIAL, models.VIRTCONSOLE),
    },
    windows_models={"network": (models.VMXNET3,), "block": (models.MPTSAS1068, models.PVSCSI)},
    hypervisors=("kvm",),
    agent=QEMU_AGENT,
    has_subsystem_ids=True,
)
