# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The option for the tools of hypervisors."""

from __future__ import annotations


class ModuleDocFragment:
    """What is to become of the tools of hypervisors, and of the agents of clouds."""

    DOCUMENTATION = r"""
options:
  tools:
    description:
      - What conversion does about the tools of hypervisors and the agents of clouds in the guest. Those of the target stay
        as they are.
      - V(remove) removes exactly the packages of the tools, with the guest's package manager and without network access.
        Packages that others need, that are on hold, or that have diverted files stay, are named in a concern, and are
        disabled. Tools that were installed without a package are removed by their own record.
      - V(disable) keeps the packages, and turns their services off.
      - V(keep) changes nothing.
    type: dict
    suboptions:
      vmware:
        description: What to do about VMware Tools (open-vm-tools). The default is V(remove).
        type: str
        choices: [remove, disable, keep]
      virtualbox:
        description: What to do about the VirtualBox Guest Additions. The default is V(remove).
        type: str
        choices: [remove, disable, keep]
      xen:
        description: What to do about the guest tools of Xen, XenServer and XCP-ng. The default is V(remove).
        type: str
        choices: [remove, disable, keep]
      hyperv:
        description: What to do about the daemons of Hyper-V. The default is V(remove).
        type: str
        choices: [remove, disable, keep]
      parallels:
        description: What to do about Parallels Tools. The default is V(remove).
        type: str
        choices: [remove, disable, keep]
      nutanix:
        description: What to do about Nutanix Guest Tools. The default is V(remove).
        type: str
        choices: [remove, disable, keep]
      virtuozzo:
        description: What to do about the guest tools of Virtuozzo. The default is V(remove).
        type: str
        choices: [remove, disable, keep]
      kvm:
        description: What to do about the QEMU guest agent and SPICE's agent. The default is V(remove).
        type: str
        choices: [remove, disable, keep]
      azure:
        description: What to do about the Azure Linux Agent. The default is V(disable).
        type: str
        choices: [remove, disable, keep]
      aws:
        description: What to do about the Amazon SSM Agent. The default is V(disable).
        type: str
        choices: [remove, disable, keep]
      gcp:
        description: What to do about the Google guest agent. The default is V(disable).
        type: str
        choices: [remove, disable, keep]
      oracle:
        description: What to do about the Oracle Cloud Agent. The default is V(disable).
        type: str
        choices: [remove, disable, keep]

      remove_dependencies:
        description: Whether the packages are also removed that were installed automatically and that only removed packages
          needed. By default they stay, and a concern lists them.
        type: bool
        default: false
"""
