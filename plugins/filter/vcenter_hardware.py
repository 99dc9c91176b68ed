# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

DOCUMENTATION = r"""
name: vcenter_hardware
short_description: Convert what vCenter knows about a virtual machine to hardware
version_added: 0.1.0
author: The guestconv authors (@virttools)
description:
  - Converts what C(vmware.vmware.guest_info) or C(community.vmware.vmware_guest_info) returns for a virtual machine to
    the option C(hardware) of M(virttools.guestconv.guestconv_inspect) and M(virttools.guestconv.guestconv_convert).
  - With C(schema=vsphere) and the properties C(config), C(runtime) and C(snapshot), all facts are known. The summary
    does not contain some of them. Inspection then names them in the concern V(machine-not-known).
  - The disks are in the order of their controllers and units. The disks that are inspected must have the same order.
positional: disks
options:
  _input:
    description: A virtual machine, as one of the modules returns it, or the result for one virtual machine.
    type: dict
    required: true
  disks:
    description: The disks, as C(community.vmware.vmware_guest_disk_info) returns them in C(guest_disk_info). They are
      used with the summary only.
    type: dict
seealso:
  - module: virttools.guestconv.guestconv_inspect
"""

EXAMPLES = r"""
- name: Gather what vCenter knows about the guest, which is switched off
  community.vmware.vmware_guest_info:
    hostname: vcenter.example.com
    username: "{{ user }}"
    password: "{{ password }}"
    datacenter: DC1
    name: web01
    schema: vsphere
    properties: [config, runtime, snapshot]
  register: info

- name: Inspect it
  virttools.guestconv.guestconv_inspect:
    disks: [/exports/web01.vmdk]
    hardware: "{{ info.instance | virttools.guestconv.vcenter_hardware }}"
"""

RETURN = r"""
_value:
  description: The hardware.
  type: dict
"""

from ansible_collections.virttools.guestconv.plugins.module_utils.sources import vcenter
from ansible_collections.virttools.guestconv.plugins.plugin_utils.filters import Filter, as_filter


class FilterModule:
    """The filter vcenter_hardware."""

    def filters(self) -> dict[str, Filter]:
        """{name: function}, as Ansible asks for it."""
        return {"vcenter_hardware": as_filter("vcenter_hardware", vcenter.hardware)}
