# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Xen, with machines that have hardware (HVM): XenServer, XCP-ng, and xl's type="hvm".

The guest takes Xen's own devices instead of the emulated ones: its kernel unplugs those (arch/x86/xen/platform-pci-unplug.c).
A kernel without Xen's drivers keeps IDE and the emulated card, of which each machine has at most four disks.
"""

from __future__ import annotations

from .. import models
from .target import Target

TARGET = Target(
    name="xen",
    title="Xen (HVM)",
    machine="xenfv",
    models={
        "network": (models.XEN_NET, models.E1000, models.RTL8139),
        "block": (models.XEN_DISK, models.IDE),
        "graphics": (models.VGA, models.CIRRUS_VGA),
        "console": (models.ISA_SERIAL, models.XEN_CONSOLE),
    },
    hypervisors=("xen",),
    detected_as=("xen",),
)
