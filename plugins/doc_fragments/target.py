# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The option `target` of the modules. Each describes it itself."""

from __future__ import annotations


class ModuleDocFragment:
    """The targets."""

    DOCUMENTATION = r"""
options:
  target:
    type: str
    choices:
      - kvm
      - libvirt
      - proxmox
      - openstack
      - kubevirt
      - ovirt
      - vmware
      - xen
      - xen-pv
      - virtualbox
      - hyperv
      - ec2
      - ec2-xen
      - gcp
      - azure
    default: kvm
"""
