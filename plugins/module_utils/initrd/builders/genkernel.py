# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""genkernel (Gentoo). It builds the programs of the initrd from source, so it is not run here.

Source: genkernel 4.3, genkernel.conf, gen_initramfs.sh, defaults/linuxrc.
"""

from __future__ import annotations

from collections.abc import Container, Sequence

from ...texts import assignments
from .builder import WHY, Door, no_names, same_devices, same_network, same_place

NAME = "genkernel"
PROGRAMS = ()
KEEPS_OLD = False
EVIDENCE = ("etc/initrd.scripts",)
IMAGES = ()
_CONFIGURATION = "/etc/genkernel.conf"
CONFIGURATION = (_CONFIGURATION,)
COPIES = r"etc/initrd\.defaults"
NETWORK_PROGRAMS = ()

# The modules that are added to a group of those that go into every initrd.
_ADDED = "AMODULES_BLOCK"
# Since version 4 udev runs in it; before, lists of modules are loaded.
_UDEV = ("sbin/udevd", "bin/udevadm", "usr/bin/udevadm", "sbin/udevadm")

places = same_place
devices = no_names
with_devices = same_devices
network_arguments = no_names
with_network = same_network
copy_with_network = same_network


def loads_added(members: Container[str]) -> bool:
    """Where udev runs in it."""
    return any(name in members for name in _UDEV)


def include(root: Door, modules: Sequence[str], files: Sequence[str]) -> None:
    """Add the modules to a group. Files cannot be named."""
    if modules:
        root.write(_CONFIGURATION, with_modules(root.read(_CONFIGURATION) or "", modules), WHY)


def with_modules(text: str, modules: Sequence[str]) -> str:
    """text of a genkernel.conf with the modules in a group."""
    there = assignments.values(text).get(_ADDED, "").split()
    missing = [name for name in modules if name not in there]
    if not missing:
        return text
    # What was there may refer to variables, so it stays as it is written.
    return assignments.with_line(text, _ADDED, f'"${{{_ADDED}}} {" ".join(missing)}"')


def command(initrd: str, version: str) -> list[str]:
    """The command that makes the initrd anew, which is not run."""
    return ["genkernel", f"--kernel-version={version}", "initramfs"]
