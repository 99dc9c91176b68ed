# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

DOCUMENTATION = r"""
name: proxmox_vm
short_description: Create the options of a Proxmox VE virtual machine for a converted guest
version_added: 0.1.0
author: The guestconv authors (@virttools)
description:
  - Creates the options of C(community.proxmox.proxmox_kvm) (formerly in C(community.general)) with the hardware that a
    guest was converted for.
  - The options have the same values as in Proxmox VE's C(qm.conf). Numbered keys (C(net0), C(net1)) are in a dictionary
    (C(net)).
  - A device that Proxmox VE does not have is an error, which names the device. Proxmox VE does not have C(virtconsole),
    and has only one model of the SCSI controller for all disks.
extends_documentation_fragment:
  - virttools.guestconv.converted
  - virttools.guestconv.definition
  - virttools.guestconv.platform
options:
  volumes:
    description:
      - The values of the disks in C(qm.conf), one for each disk of the hardware, in the same order. Examples are
        V(local-lvm:vm-100-disk-0), and V(local-lvm:0,import-from=/exports/web01.qcow2), which imports the disk.
      - A value can also be a dictionary with V(volume), and V(device), the name that the guest had for the disk.
      - Either this or O(disks) is required. With this, O(disks) is not used.
    type: list
    elements: raw
  disks:
    description:
      - The disks on the node of Proxmox VE, which are imported. A disk is its absolute path, or a dictionary with V(path),
        and V(device), the name that the guest had for the disk. The storage is O(storage), or that of O(storage_map).
    type: list
    elements: raw
  network:
    description:
      - The network of the network cards. It is the name of a bridge, which may be followed by further settings of the
        card, as in V(vmbr0,tag=7).
    type: str
    default: vmbr0
  storage:
    description: The storage for the UEFI variables, the TPM, and O(disks). It is required for a guest that boots by UEFI.
      By default it is the one that O(storage_map) has for the first disk.
    type: str
  ostype:
    description: The guest's operating system, as in C(qm.conf). V(l26) is Linux, or the version of Windows that the
      hardware has.
    type: str
    default: l26
  guest_agent:
    description: Whether the guest runs QEMU's guest agent. It does in any case if the hardware has C(guest_agent), which
      a conversion sets if it finds the agent. If it does, Proxmox VE uses the agent.
    type: bool
    default: false
seealso:
  - plugin: virttools.guestconv.libvirt_domain
    plugin_type: filter
"""

EXAMPLES = r"""
- name: Convert the guest
  virttools.guestconv.guestconv_convert:
    disks: [/exports/web01.qcow2]
  register: converted

- name: Create the virtual machine, and import its disk
  community.proxmox.proxmox_kvm:
    api_host: pve1
    api_user: root@pam
    api_token_id: ansible
    api_token_secret: "{{ token }}"
    node: pve1
  module_defaults:
    community.proxmox.proxmox_kvm: >-
      {{ converted.hardware | virttools.guestconv.proxmox_vm(
           name='web01', volumes=['local-lvm:0,import-from=' ~ converted.disks[0]],
           memory=2048, network='vmbr0,tag=7') }}
"""

RETURN = r"""
_value:
  description: The options.
  type: dict
  sample:
    agent: enabled=0
    bios: seabios
    boot: order=virtio0
    cores: 1
    cpu: host
    machine: q35
    memory: 2048
    name: web01
    net: {net0: "virtio=00:50:56:AA:BB:CC,bridge=vmbr0"}
    ostype: l26
    serial: {serial0: socket}
    vga: virtio
    virtio: {virtio0: "local-lvm:0,import-from=/exports/web01.qcow2"}
"""

from ansible_collections.virttools.guestconv.plugins.plugin_utils.filters import Filter, of_platform


class FilterModule:
    """The filter proxmox_vm."""

    def filters(self) -> dict[str, Filter]:
        """{name: function}, as Ansible asks for it."""
        return of_platform("proxmox_vm")
