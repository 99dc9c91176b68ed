# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The guest debian12-selinux with the labels of its policy: setfiles(8) of the guest gives them, as the last that writes.

It needs no SELinux in the kernel that it runs on.
"""

from __future__ import annotations

import hashlib
from functools import partial
from pathlib import Path

from ansible_collections.virttools.guestconv.plugins.module_utils.disks.images import disks_from_option
from ansible_collections.virttools.guestconv.tests.any_call import Appliance
from tests.guests.build import guest, made_once, scratch_beside
from tests.guests.errors import run

BASE = "debian12-selinux"
FILE_CONTEXTS = "/etc/selinux/default/contexts/files/file_contexts"
# What is mounted there in the guest hides what is on its disk.
_NOT_ON_DISK = ("/dev", "/proc", "/sys")


def disk():
    """The guest, as an item of the modules' option disks. It is made first if need be.

    The image is shared by all tests: work on a copy of it, which is small. Raises BuildError.
    """
    base = guest(BASE)
    key = hashlib.sha256(Path(__file__).read_bytes()).hexdigest()[:12]
    image = made_once(f"{base.stem}-labelled-{key}.qcow2", partial(_make, base))
    return {"path": str(image), "backing": [str(base)]}


def _make(base, image):
    with scratch_beside(image) as scratch:
        made = Path(scratch, "disk.qcow2")
        run(["qemu-img", "create", "-q", "-f", "qcow2", "-F", "qcow2", "-b", base, made])
        disks = disks_from_option([{"path": str(made), "backing": [str(base)]}])
        with Appliance(disks, read_only=False) as appliance:
            appliance.mount(f"{appliance.device(0)}1", "/")
            excluded = [word for path in _NOT_ON_DISK for word in ("-e", path)]
            appliance.command(["setfiles", "-F", *excluded, FILE_CONTEXTS, "/"])
            appliance.close()
        made.rename(image)
