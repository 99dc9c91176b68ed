# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The tools that each hypervisor has for its guests, as data."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Tools:
    """The tools of one hypervisor.

    hypervisor: its name, a target's where it is one.
    title: what people call the tools.
    packages: {package format: shell patterns of the packages' names}.
    unpackaged: files that are there when the tools were installed without a package.
    remedy: what a person can do about unpackaged tools, which conversion leaves alone.
    """

    hypervisor: str
    title: str
    packages: dict[str, tuple[str, ...]]
    unpackaged: tuple[str, ...]
    remedy: str


TOOLS = (
    Tools(
        hypervisor="vmware",
        title="VMware Tools",
        # Debian's and Ubuntu's open-vm-tools with all that is called after it (-desktop, -dev, -dkms, -sdmp,
        # -salt-minion, -containerinfo) and the older open-vm-toolbox; and the packages that VMware itself offered.
        # xserver-xorg-video-vmware and xserver-xorg-input-vmmouse are no tools: X's metapackages bring them everywhere.
        packages={"deb": ("open-vm-tool*", "vmware-tools-*")},
        # The tarball's installer keeps what it did in `locations`; open-vm-tools has a /etc/vmware-tools, but not that.
        unpackaged=("/etc/vmware-tools/locations", "/usr/bin/vmware-uninstall-tools.pl"),
        remedy="Run vmware-uninstall-tools.pl in the guest, best before it moves.",
    ),
)
