# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Azure, whose machines are Hyper-V's.

The kernel finds their controllers in any order, and most sizes have a temporary disk among the others. The newer sizes
have their disks on NVMe; of those all are namespaces of one controller. Azure asks for the first serial port as console,
and for patience with the root disk ("Prepare Linux for imaging in Azure").
"""

from __future__ import annotations

from .. import models
from .target import Agent, Target

TARGET = Target(
    name="azure",
    title="Azure",
    machine="hyperv-gen1",
    uefi_machine="hyperv-gen2",
    models={
        "network": (models.HV_NETVSC,),
        "block": (models.HV_STORVSC, models.NVME),
        "graphics": (models.HYPERV_VIDEO,),
        "console": (models.ISA_SERIAL,),
    },
    hypervisors=("azure", "hyperv"),
    detected_as=("microsoft",),
    boot_bus={"bios": "ide"},
    has_certain_order=False,
    disks_on_nvme=255,
    arguments=("rootdelay=300",),
    agent=Agent(
        "walinuxagent",
        ("/usr/sbin/waagent", "/usr/bin/waagent"),
        ("walinuxagent", "waagent"),
        {**dict.fromkeys(("dnf", "yum", "tdnf", "microdnf"), "WALinuxAgent"), "zypper": "python-azure-agent"},
    ),
)
