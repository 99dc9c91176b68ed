# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Xen, with machines that have no hardware (PV): xl's type="pv", whose boot loader is pvgrub or pygrub.

Either reads the boot menu on the guest's disk, GRUB's or GRUB legacy's. There is no firmware, so a guest that boots by
UEFI has no menu where they search.
"""

from __future__ import annotations

from .. import models
from .target import Target

TARGET = Target(
    name="xen-pv",
    title="Xen (PV)",
    machine="xenpv",
    models={
        "network": (models.XEN_NET,),
        "block": (models.XEN_DISK,),
        "graphics": (models.XEN_FB,),
        "console": (models.XEN_CONSOLE,),
    },
    hypervisors=("xen",),
    detected_as=("xen",),
    firmwares=("bios",),
    is_paravirtual=True,
)
