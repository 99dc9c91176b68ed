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
    packages: {package format: shell patterns of the packages' names}, for the formats that conversion removes.
    programs: files that are there when the tools were installed, whatever with.
    leftover_remedy: what a person can do about tools of another format's package, which conversion leaves alone.
    unpackaged: files that are there when the tools were installed without a package.
    remedy: what a person can do about unpackaged tools, which conversion leaves alone.
    """

    hypervisor: str
    title: str
    packages: dict[str, tuple[str, ...]]
    programs: tuple[str, ...]
    leftover_remedy: str
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
        programs=("/usr/bin/vmtoolsd",),
        # vmtoolsd.service has ConditionVirtualization=vmware in Fedora, Enterprise Linux and SUSE.
        leftover_remedy="systemd does not start them outside VMware. To be rid of them, remove open-vm-tools with the "
        "guest's package manager.",
        # The tarball's installer keeps what it did in `locations`; open-vm-tools has a /etc/vmware-tools, but not that.
        unpackaged=("/etc/vmware-tools/locations", "/usr/bin/vmware-uninstall-tools.pl"),
        remedy="Run vmware-uninstall-tools.pl in the guest, best before it moves.",
    ),
)
