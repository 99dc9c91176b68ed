# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""kdump: the kernel that saves the dump after a crash has an initrd of its own, which conversion does not change.

It is made for the hardware that was there, to be small. Sources: kdumpctl of rhkdump/kdump-utils (before: kexec-tools);
init/mkdumprd of openSUSE/kdump; kdump-config(8) and the kernel hook of Debian's kdump-tools.
"""

from __future__ import annotations

import re

from ...guest.root import GuestRoot
from ...model.concerns import Concern

# The argument that reserves the memory for that kernel: without it, kdump cannot work.
_RESERVED = "crashkernel"
_INITRDS = (
    "/boot/initramfs-*kdump.img",
    "/var/lib/kdump/initramfs-*kdump.img",
    "/var/lib/kdump/initrd.img-*",
    "/boot/initrd-*-kdump",
    "/var/lib/kdump/initrd",
)
# Enterprise Linux's service makes it again when the dump's disk has another driver, where it has this function, and
# unless its configuration forbids it (kdump.conf(5)).
_SERVICE, _CONFIGURATION = "/usr/bin/kdumpctl", "/etc/kdump.conf"
_CHECKS_DRIVERS = "check_drivers_modified"
_FORBIDS = re.compile(r"^[ \t]*force_no_rebuild[ \t]+1\b", re.MULTILINE)
_MOST_FILES = 10


def concerns(root: GuestRoot) -> list[Concern]:
    """The concern that kdump's initrd may lack the target's drivers; in a list, which may be empty."""
    if not any(argument.partition("=")[0] == _RESERVED for argument in root.boot_menu.arguments):
        return []
    initrds = root.glob(*_INITRDS)
    if not initrds or _is_made_again(root):
        return []
    more = len(initrds) - _MOST_FILES
    return [
        Concern(
            "kdump-not-prepared",
            "warning",
            f"The initrd that kdump saves a crashed kernel's memory with is not changed: {', '.join(initrds[:_MOST_FILES])}"
            + (f", and {more} more" if more > 0 else "")
            + ". It may lack drivers for the target, and a crash there would leave no dump.",
            "Rebuild it on the target: `touch /etc/kdump.conf` and `kdumpctl restart` on Enterprise Linux, `mkdumprd -f` on "
            "SUSE, `/etc/kernel/postinst.d/kdump-tools VERSION` and `kdump-config load` on Debian and Ubuntu.",
        )
    ]


def _is_made_again(root: GuestRoot) -> bool:
    if _CHECKS_DRIVERS not in (root.read(_SERVICE) or ""):
        return False
    return not _FORBIDS.search(root.read(_CONFIGURATION) or "")
