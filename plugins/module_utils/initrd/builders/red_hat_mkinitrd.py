# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Red Hat's own mkinitrd (Enterprise Linux 5 and before). Its init is a script for nash, which loads a list of modules.

Sources: mkinitrd(8) of mkinitrd 5.1.19; /etc/modprobe.conf, whose aliases scsi_hostadapter it takes in their order.
"""

from __future__ import annotations

import re
from collections.abc import Container, Sequence

from .builder import WHY, Door, no_names, same_devices, same_network, same_place

NAME = "Red Hat's mkinitrd"
PROGRAMS = ("/sbin/nash",)
KEEPS_OLD = False
EVIDENCE = ("bin/nash",)
IMAGES = ()
_MODPROBE = "/etc/modprobe.conf"
CONFIGURATION = (_MODPROBE,)
COPIES = r"etc/modprobe\.conf"
NETWORK_PROGRAMS = ()

_ADAPTER = re.compile(r"(?m)^[ \t]*alias[ \t]+scsi_hostadapter(?P<number>\d*)[ \t]+(?P<module>\S+)")

places = same_place
devices = no_names
with_devices = same_devices
network_arguments = no_names
with_network = same_network
copy_with_network = same_network


def loads_added(members: Container[str]) -> bool:
    """Its init has a line for each module."""
    return False


def include(root: Door, modules: Sequence[str], files: Sequence[str]) -> None:
    """Have the modules as adapters. Files cannot be named."""
    if modules:
        root.write(_MODPROBE, with_adapters(root.read(_MODPROBE) or "", modules), WHY)


def with_adapters(text: str, modules: Sequence[str]) -> str:
    """text of a modprobe.conf with the modules as adapters, after those that it has."""
    found = list(_ADAPTER.finditer(text))
    there = {each["module"].replace("-", "_") for each in found}
    missing = [name for name in modules if name not in there]
    # The first has no number.
    highest = max((int(each["number"][:6] or 0) for each in found), default=-1)
    if text and not text.endswith("\n"):
        text += "\n"
    return text + "".join(
        f"alias scsi_hostadapter{number or ''} {name}\n" for number, name in enumerate(missing, highest + 1)
    )


def command(initrd: str, version: str) -> list[str]:
    """The command that makes the initrd anew."""
    return ["mkinitrd", "-f", initrd, version]
