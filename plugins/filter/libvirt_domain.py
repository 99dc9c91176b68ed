# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

DOCUMENTATION = r"""
name: libvirt_domain
short_description: Create the XML of a libvirt domain for a converted guest
version_added: 0.1.0
author: The guestconv authors (@virttools)
description:
  - Creates the XML of a libvirt domain with the hardware that a guest was converted for.
  - The XML is for libvirt 9.0 and later, with QEMU on x86-64.
  - The display is available by VNC, on the host itself.
  - A guest with a virtio device also gets the channel of the guest agent, a random number generator, and a balloon. A guest
    that has the guest agent, or installs it at its first boot, gets the channel in any case.
requirements:
  - lxml, in the Python that runs Ansible
extends_documentation_fragment:
  - virttools.guestconv.converted
  - virttools.guestconv.definition
  - virttools.guestconv.platform
options:
  disks:
    description:
      - The disks on the host that will run the guest, one for each disk of the hardware, in the same order.
      - A disk is its absolute path, or a dictionary of V(path), V(format) (V(qcow2), V(raw), V(vmdk), V(vdi), V(vhdx)
        or V(vpc); the default is detected from the extension of the path), and V(device), the name that the guest had
        for the disk.
      - Instead of a path, it may be the URL of an NBD export, C(nbd://HOST:PORT/EXPORT) or
        C(nbd+unix:///EXPORT?socket=PATH), which the host that will run the guest must reach by it. Its default format is
        V(raw), and O(storage_map) does not apply to it. TLS (C(nbds)) is not supported.
    type: list
    elements: raw
    required: true
  network:
    description:
      - The network of the network cards. It is the name of a libvirt network, or a dictionary with the key V(network)
        or V(bridge).
      - The dictionary may have V(vlan), too, the number of a VLAN, for a bridge or network of Open vSwitch. libvirt 11.0
        and later also supports this for a Linux bridge that filters VLANs.
    type: raw
    default: default
  domain_type:
    description: The type of the domain. V(qemu) is emulation.
    type: str
    choices: [kvm, qemu]
    default: kvm
seealso:
  - plugin: virttools.guestconv.kubevirt_vm
    plugin_type: filter
  - plugin: virttools.guestconv.openstack_image_properties
    plugin_type: filter
  - plugin: virttools.guestconv.proxmox_vm
    plugin_type: filter
"""

EXAMPLES = r"""
- name: Convert the guest
  virttools.guestconv.guestconv_convert:
    disks: [/var/lib/libvirt/images/web01.qcow2]
  register: converted

- name: Define the domain
  community.libvirt.virt:
    command: define
    xml: "{{ converted.hardware | virttools.guestconv.libvirt_domain(name='web01', disks=converted.disks) }}"

- name: Define the domain on a bridge
  community.libvirt.virt:
    command: define
    xml: >-
      {{ converted.hardware | virttools.guestconv.libvirt_domain(
           name='web01', disks=converted.disks, cpus=2, memory=4096,
           network={'bridge': 'br0'}, networks={'ens224': {'network': 'storage'}}) }}
"""

RETURN = r"""
_value:
  description: The XML of the domain.
  type: str
"""

from ansible_collections.virttools.guestconv.plugins.plugin_utils.filters import Filter, of_platform


class FilterModule:
    """The filter libvirt_domain."""

    def filters(self) -> dict[str, Filter]:
        """{name: function}, as Ansible asks for it."""
        return of_platform("libvirt_domain")
