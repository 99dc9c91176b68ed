# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""VirtualBox.

The disks on one of its NVMe controllers are namespaces of it. Its display for Linux is VMSVGA, which is VMware's.
"""

from __future__ import annotations

from .. import models
from .target import Agent, Target

TARGET = Target(
    name="virtualbox",
    title="VirtualBox",
    machine="pc",
    models={
        "network": (models.E1000, models.VIRTIO_NET),
        "block": (
            models.AHCI,
            models.LSI53C1030,
            models.MPTSAS1068,
            models.NVME,
            models.VIRTIO_SCSI,
            models.IDE,
        ),
        "graphics": (models.VMWARE_SVGA, models.VBOX_SVGA),
        "console": (models.ISA_SERIAL,),
    },
    hypervisors=("virtualbox",),
    detected_as=("oracle",),
    disks_on_nvme=255,
    agent=Agent(
        "virtualbox-guest-utils",
        ("/usr/sbin/VBoxService", "/usr/bin/VBoxService"),
        ("virtualbox-guest-utils", "vboxservice", "virtualbox-guest-additions"),
        {
            **dict.fromkeys(("dnf", "yum", "microdnf", "apk"), "virtualbox-guest-additions"),
            "zypper": "virtualbox-guest-tools",
        },
    ),
)
