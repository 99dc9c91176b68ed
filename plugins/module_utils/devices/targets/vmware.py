# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""VMware's hypervisors.

NVMe needs hardware version 13 (vSphere 6.5), and its disks are namespaces of one controller, 15 at most
(vSphere Virtual Machine Administration, "SCSI, SATA, and NVMe Storage Controller Conditions"). The number of a slot has 13
bits: those of the function, the bus, and the device (Broadcom's article 2047927, "Mapping PCI slot numbers").
"""

from __future__ import annotations

from .. import models
from .target import Agent, Target

TARGET = Target(
    name="vmware",
    title="VMware",
    machine="pc",
    detected_as=("vmware",),
    highest_slot=(1 << 13) - 1,
    models={
        "network": (models.VMXNET3, models.E1000E, models.E1000),
        "block": (models.PVSCSI, models.NVME, models.MPTSAS1068, models.AHCI),
        "graphics": (models.VMWARE_SVGA, models.VGA),
        "console": (models.ISA_SERIAL,),
    },
    hypervisors=("vmware",),
    disks_on_nvme=15,
    # vmtoolsd is the service of Fedora's, SUSE's and Arch's package.
    agent=Agent("open-vm-tools", ("/usr/bin/vmtoolsd",), ("open-vm-tools", "vmtoolsd")),
)
