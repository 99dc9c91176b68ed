# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""EC2, on instance types from before the Nitro system (T2, M4, C4, ...), which are machines of Xen (HVM) with a BIOS."""

from __future__ import annotations

from .. import models
from .target import Target

TARGET = Target(
    name="ec2-xen",
    title="EC2 (Xen)",
    machine="xenfv",
    models={
        "network": (models.XEN_NET,),
        "block": (models.XEN_DISK,),
        "graphics": (models.VGA,),
        "console": (models.ISA_SERIAL,),
    },
    hypervisors=("aws", "xen"),
    detected_as=("xen", "amazon"),
    firmwares=("bios",),
)
