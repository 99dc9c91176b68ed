# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The targets: the hypervisors that a guest is converted for. A target is one file here, and one line below."""

from __future__ import annotations

from ..letters import letters
from ..model import KINDS, Model
from . import (
    azure,
    ec2,
    ec2_xen,
    gcp,
    hyperv,
    kubevirt,
    kvm,
    libvirt,
    openstack,
    ovirt,
    proxmox,
    virtualbox,
    vmware,
    xen,
    xen_pv,
)
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
        xen.TARGET,
        xen_pv.TARGET,
        virtualbox.TARGET,
        hyperv.TARGET,
        ec2.TARGET,
        ec2_xen.TARGET,
        gcp.TARGET,
        azure.TARGET,
    )
}

# All machine types, of any firmware.
MACHINES = tuple(
    dict.fromkeys(target.machine_for(firmware) for target in TARGETS.values() for firmware in target.firmwares)
)

__all__ = ["KINDS", "KVM", "MACHINES", "Model", "TARGETS", "Target", "VMWARE", "letters"]
