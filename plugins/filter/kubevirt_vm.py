# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

DOCUMENTATION = r"""
name: kubevirt_vm
short_description: Create the manifest of a KubeVirt virtual machine for a converted guest
version_added: 0.1.0
author: The guestconv authors (@virttools)
description:
  - Creates the manifest of a KubeVirt C(VirtualMachine) (C(kubevirt.io/v1)) with the hardware that a guest was
    converted for.
  - A device that KubeVirt does not have is an error, which names the device. KubeVirt does not have C(vmxnet3),
    C(qxl-vga) or C(virtconsole), and by default only the machine type C(q35).
extends_documentation_fragment:
  - virttools.guestconv.converted
  - virttools.guestconv.definition
  - virttools.guestconv.platform
options:
  name:
    description:
      - The name of the virtual machine. It consists of lower-case letters, digits and dashes.
  volumes:
    description:
      - The volumes in the cluster, one for each disk of the hardware, in the same order.
      - A volume is the name of a C(PersistentVolumeClaim), or a dictionary with V(claim) or V(data_volume), and
        V(device), the name that the guest had for the disk.
      - The V(size) of a V(data_volume), such as V(20Gi), is needed with O(storage_map). The manifest then creates the data
        volume, and waits for the upload of the disk.
    type: list
    elements: raw
    required: true
  namespace:
    description: The namespace of the virtual machine. By default the manifest does not specify one.
    type: str
  network:
    description:
      - The network of the network cards. V(pod) is the pod network, with NAT, and an address by DHCP. Only one card can
        be connected to it. Any other value is the name of a C(NetworkAttachmentDefinition), which guests with static
        addresses need.
    type: str
    default: pod
  run_strategy:
    description: Whether KubeVirt starts the virtual machine.
    type: str
    choices: [Halted, Always, RerunOnFailure, Manual, Once]
    default: Halted
  video_config:
    description:
      - Whether to specify the model of the display. Clusters accept it only with the feature gate C(VideoConfig), in
        KubeVirt 1.6 and later.
      - If it is not specified, the guest has a VGA (with UEFI a bochs-display), which every guest can use.
    type: bool
    default: false
seealso:
  - plugin: virttools.guestconv.libvirt_domain
    plugin_type: filter
"""

EXAMPLES = r"""
- name: Convert the guest on a volume of the cluster
  virttools.guestconv.guestconv_convert:
    disks: [/dev/web01]
  register: converted

- name: Define the virtual machine
  kubernetes.core.k8s:
    definition: >-
      {{ converted.hardware | virttools.guestconv.kubevirt_vm(
           name='web01', namespace='vms', volumes=['web01-root'], memory=2048, network='vms/vlan7') }}

- name: Define and start the virtual machine
  kubevirt.core.kubevirt_vm:
    name: web01
    namespace: vms
    run_strategy: Always
    spec: >-
      {{ (converted.hardware | virttools.guestconv.kubevirt_vm(
           name='web01', volumes=[{'data_volume': 'web01-root'}], memory=2048)).spec.template.spec }}
"""

RETURN = r"""
_value:
  description: The manifest.
  type: dict
"""

from ansible_collections.virttools.guestconv.plugins.plugin_utils.filters import Filter, of_platform


class FilterModule:
    """The filter kubevirt_vm."""

    def filters(self) -> dict[str, Filter]:
        """{name: function}, as Ansible asks for it."""
        return of_platform("kubevirt_vm")
