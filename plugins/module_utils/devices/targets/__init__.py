# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The targets: the hypervisors that a guest is converted for. A target is one file here, and one line below."""

from __future__ import annotations

from ..letters import letters
from ..model import KINDS, Model
from . import kubevirt, kvm, libvirt, openstack, ovirt, proxmox, vmware
from .target import Target

KVM = kvm.TARGET
VMWARE = vmware.TARGET

TARGETS = {
    target.name: target
    for target in (
        KVM,
        libvirt.TARGET,
        proxmox.TARGET,
        openstack.TARGET,
        kubevirt.TARGET,
        ovirt.TARGET,
        VMWARE,
    )
}

__all__ = ["KINDS", "KVM", "Model", "TARGETS", "Target", "VMWARE", "letters"]
