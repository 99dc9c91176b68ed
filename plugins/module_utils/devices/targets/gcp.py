# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Google Compute Engine.

The older machine series have virtio-scsi and virtio-net, the newer ones (from the third generation on) NVMe, whose disks
are namespaces of one controller, and gVNIC. The serial console is the first serial port.
"""

from __future__ import annotations

from .. import models
from .target import Agent, Target

TARGET = Target(
    name="gcp",
    title="Google Compute Engine",
    machine="pc",
    models={
        "network": (models.VIRTIO_NET, models.GVE),
        "block": (models.VIRTIO_SCSI, models.NVME),
        "graphics": (models.VGA,),
        "console": (models.ISA_SERIAL,),
    },
    hypervisors=("gcp",),
    # The latter by versions of systemd before 253.
    detected_as=("google", "kvm"),
    disks_on_nvme=255,
    agent=Agent("google-guest-agent", ("/usr/bin/google_guest_agent",), ("google-guest-agent",)),
)
