# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""NICs in the initrd: whether it brings any up, and what its builder's configuration says of them.

A NIC that is up cannot be renamed before Linux 6.2 (dev_change_name() of net/core/dev.c: EBUSY), and systemd 250 to 252
do not even try. So where the initrd brings NICs up, what gives them their names in the guest must be in it too.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Callable, Optional

from ....guest.root import GuestRoot
from ....initrd import initramfs_tools
from ....texts import assignments
from ...conversion import Conversion
from .. import values
from ..formats import kernel_arguments

# From an argument of the kernel's command line to the argument on the target, or None.
Edit = Callable[[str], Optional[str]]

# dracut writes kernel_cmdline, and what its modules add for this host, into files of etc/cmdline.d in the initrd.
_DRACUT = ("/etc/dracut.conf", "/etc/dracut.conf.d/*.conf")
_DRACUT_COPIES = r"etc/cmdline\.d/.+"
_KERNEL_CMDLINE = re.compile(r"^[ \t]*kernel_cmdline\+?=.*", re.MULTILINE)

# What unlocks disks over the network; it brings NICs up without being asked to on the command line.
_UNLOCKING = (
    "/usr/share/initramfs-tools/scripts/*/dropbear",
    "/usr/share/initramfs-tools/scripts/*/clevis",
    "/usr/lib/dracut/modules.d/*clevis-pin-tang",
)


def uses_network(root: GuestRoot) -> bool:
    """Whether an initrd of the guest brings NICs up."""
    arguments = kernel_arguments.arguments_of(root)
    for text in root.texts(_DRACUT).values():
        arguments += [word for line in _KERNEL_CMDLINE.findall(text) for word in re.split(r"[\s\"']+", line)]
    if kernel_arguments.use_network(arguments):
        return True
    for text in root.texts(initramfs_tools.CONFIGURATION).values():
        assigned = assignments.values(text)
        if (
            assigned.get("DEVICE")
            or assigned.get("IP", "off") not in ("", "off", "none")
            or (assigned.get("BOOT") == "nfs")
        ):
            return True
    return any(root.glob(pattern) for pattern in _UNLOCKING)


def edit_configuration(root: GuestRoot, conversion: Conversion, change: Edit, names: Mapping[str, str]) -> None:
    """Edit the configuration of the initrd's builder, in the guest and in the initrd.

    change(argument of the kernel's command line) -> the argument on the target, or None. names: {old: new}, of NICs.
    """
    detail = "the initrd uses the network card as it is on the target"
    for path, text in root.texts(initramfs_tools.CONFIGURATION).items():
        root.write(path, _initramfs_tools(text, change, names), detail)
    for path, text in root.texts(_DRACUT).items():
        root.write(path, _KERNEL_CMDLINE.sub(lambda line: _words(line[0], change), text), detail)
    conversion.initrd_edits += [
        (initramfs_tools.COPIES, lambda text: _initramfs_tools(text, change, names)),
        (_DRACUT_COPIES, lambda text: _words(text, change)),
    ]


def _initramfs_tools(text: str, change: Edit, names: Mapping[str, str]) -> str:
    """text of initramfs-tools' configuration, from which the initrd's init has IP and DEVICE, edited."""

    def with_ip(value: str) -> str:
        quote, setting = assignments.quoting(value)
        return quote + (change(f"ip={setting}") or "ip=")[len("ip=") :] + quote

    text = assignments.edited(text, ("DEVICE",), lambda value: values.with_names_replaced(value, names))
    return assignments.edited(text, ("IP",), with_ip)


def _words(text: str, change: Edit) -> str:
    """text with each argument in it edited."""
    return re.sub(r"[^\s\"']+", lambda word: change(word[0]) or "", text)
