# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""EC2, on instance types of the Nitro system: NVMe disks and the Elastic Network Adapter, and nothing else.

Each volume is an NVMe controller of its own. The serial console is the first serial port.
"""

from __future__ import annotations

from .. import models
from .target import Target

TARGET = Target(
    name="ec2",
    title="EC2 (Nitro)",
    machine="nitro",
    models={
        "network": (models.ENA,),
        "block": (models.NVME,),
        "graphics": (models.VGA,),
        "console": (models.ISA_SERIAL,),
    },
    hypervisors=("aws",),
    # The latter by versions of systemd before 251.
    detected_as=("amazon", "kvm"),
)
