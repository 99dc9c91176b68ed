# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""NICs on the kernel's command line: ifname= binds names, others use them in the initrd (dracut.cmdline(7)). Pure."""

from __future__ import annotations

import re

from ansible_collections.virttools.guestconv.plugins.module_utils.aspects.network import values

SOURCE = "the kernel's command line"

# Arguments that name NICs: dracut's; ip= is the kernel's and initramfs-tools's too (nfsroot.rst).
_NAMING = re.compile(r"(?:ip|ifname|bond|bridge|team|vlan|nameserver|rd\.route|bootdev|rd\.znet_ifname)=(.*)")
_KNOWING = re.compile(r"(?:ifname|BOOTIF)=.*")


def macs(arguments):
    """{name: (MAC address, SOURCE)} of the names that ifname= binds."""
    found = {}
    for argument in arguments:
        bound = re.fullmatch(r"ifname=([^:\s]{1,15}):(.{17})", argument)
        if bound and values.normal_mac(bound[2]):
            found[bound[1]] = (values.normal_mac(bound[2]), SOURCE)
    return found


def used_names(arguments, names):
    """Those of names that arguments for the initrd's network use."""
    words = {word for argument in arguments for word in _words(argument)}
    return [name for name in names if name in words]


def with_new_macs(argument, new):
    """argument, knowing a NIC by the new MAC address where it knew it by the old: {old: new}."""
    if not _KNOWING.fullmatch(argument):
        return argument
    # ifname=ens192:00:50:56:aa:bb:cc, and PXELINUX's BOOTIF=01-00-50-56-aa-bb-cc with the type of hardware before it.
    parts = re.fullmatch(r"(ifname=[^:]*:|BOOTIF=01-)(.*)", argument)
    return parts[1] + values.with_macs_replaced(parts[2], new) if parts else argument


def with_new_names(argument, new):
    """argument, using the new names of NICs for the old: {old: new}."""
    found = _NAMING.fullmatch(argument)
    if not found:
        return argument
    return argument[:found.start(1)] + values.with_names_replaced(found[1], new)


def _words(argument):
    found = _NAMING.fullmatch(argument)
    return re.split(r"[:,]", found[1]) if found else []
