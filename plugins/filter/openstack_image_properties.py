# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

DOCUMENTATION = r"""
name: openstack_image_properties
short_description: Create the properties of an OpenStack image for a converted guest
version_added: 0.1.0
author: The guestconv authors (@virttools)
description:
  - Creates the properties of an image from the hardware that a guest was converted for. OpenStack gives exactly these
    devices to the servers that are created from the image.
  - An image has one model for all disks, and one for all network cards. A guest with different models is an error.
  - A device that OpenStack does not have is an error, which names the device. OpenStack does not have C(virtconsole).
  - The flavor sets the memory and the number of processors. The ports set the MAC addresses.
extends_documentation_fragment:
  - virttools.guestconv.converted
  - virttools.guestconv.definition
options:
  os_type:
    description: The type of the guest's operating system. It is V(windows) in any case if the hardware has C(windows).
    type: str
    choices: [linux, windows]
    default: linux
  ports:
    description: Whether the ports of the server are those of P(virttools.guestconv.openstack_ports#filter). They have the
      state of the links, which the image cannot have. A card that is not connected is an error otherwise.
    type: bool
    default: false
  guest_agent:
    description: Whether the guest runs QEMU's guest agent. It does in any case if the hardware has C(guest_agent), which
      a conversion sets if it finds the agent. If it does, OpenStack uses the agent.
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

- name: Create an image of the guest
  openstack.cloud.image:
    name: web01
    filename: "{{ converted.disks[0] }}"
    disk_format: qcow2
    container_format: bare
    properties: "{{ converted.hardware | virttools.guestconv.openstack_image_properties }}"

- name: Create an image with further properties
  openstack.cloud.image:
    name: web01
    filename: "{{ converted.disks[0] }}"
    disk_format: qcow2
    container_format: bare
    properties: >-
      {{ converted.hardware | virttools.guestconv.openstack_image_properties(guest_agent=true)
         | combine({'os_distro': 'debian', 'os_version': '12'}) }}
"""

RETURN = r"""
_value:
  description: The properties.
  type: dict
  sample:
    hw_disk_bus: virtio
    hw_firmware_type: bios
    hw_machine_type: q35
    hw_qemu_guest_agent: "no"
    hw_vif_model: virtio
    hw_video_model: virtio
    os_type: linux
"""

from ansible_collections.virttools.guestconv.plugins.plugin_utils.filters import Filter, of_platform


class FilterModule:
    """The filter openstack_image_properties."""

    def filters(self) -> dict[str, Filter]:
        """{name: function}, as Ansible asks for it."""
        return of_platform("openstack_image_properties")
