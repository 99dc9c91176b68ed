# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""SUSE's own mkinitrd (SLES and openSUSE until 2014: SLES 11). Its modules are in /etc/sysconfig/kernel.

Source: openSUSE/mkinitrd 2.8.1, sbin/mkinitrd, scripts/setup-*.sh and boot-*.sh, man/mkinitrd.8.txt.
"""

from __future__ import annotations

import posixpath
from collections.abc import Sequence

from ...texts import assignments
from .builder import WHY, Door, always_loads, no_names, same_devices, same_network, same_place

NAME = "SUSE's mkinitrd"
# Since dracut came, this is a script that calls it.
PROGRAMS = ("/lib/mkinitrd/bin/linuxrc",)
# It is made in a temporary directory, and copied over the old one.
KEEPS_OLD = False
# setup-progs.sh writes it; init is a copy of linuxrc, which reads it.
EVIDENCE = ("run_all.sh",)
IMAGES = ()
_KERNEL = "/etc/sysconfig/kernel"
CONFIGURATION = (_KERNEL, "/etc/sysconfig/initrd")
# save_var writes names of devices there; what the kernel's command line says is taken in the place of them.
COPIES = r"config/.+\.sh"
# The network is used as the initrd was made to, which network.sh says.
NETWORK_PROGRAMS = ()

# boot-udev.sh starts udev, with the rules that load modules (80-drivers.rules).
loads_added = always_loads
places = same_place
devices = no_names
with_devices = same_devices
network_arguments = no_names
with_network = same_network
copy_with_network = same_network


def include(root: Door, modules: Sequence[str], files: Sequence[str]) -> None:
    """List the modules, which each next kernel's installation reads too. Files cannot be named."""
    if modules:
        root.write(_KERNEL, with_modules(root.read(_KERNEL) or "", modules), WHY)


def with_modules(text: str, modules: Sequence[str]) -> str:
    """text of /etc/sysconfig/kernel with the modules in INITRD_MODULES, and none of them left out (-name)."""
    there = assignments.values(text).get("INITRD_MODULES", "").split()
    kept = [word for word in there if _plain(word.removeprefix("-")) not in modules or not word.startswith("-")]
    missing = [name for name in modules if name not in map(_plain, there)]
    if kept == there and not missing:
        return text
    return assignments.with_value(text, "INITRD_MODULES", f'"{" ".join([*map(_quotable, kept), *missing])}"')


def _quotable(word: str) -> str:
    """A word between double quotes."""
    return "".join(f"\\{character}" if character in '\\"$`' else character for character in word)


def _plain(word: str) -> str:
    return word.replace("-", "_") if not word.startswith("-") else word


def command(initrd: str, version: str) -> list[str]:
    """The command that makes the initrd anew, without a new boot menu."""
    directory, name = posixpath.split(initrd)
    return ["mkinitrd", "-B", "-b", directory, "-k", f"vmlinuz-{version}", "-i", name]
