# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The options of the filters that define a virtual machine, for every platform."""

from __future__ import annotations


class ModuleDocFragment:
    """The machine, and its networks."""

    DOCUMENTATION = r"""
options:
  name:
    description: The name of the virtual machine.
    type: str
    required: true
  memory:
    description:
      - The memory in MiB. The default is C(memory) of the hardware. If the hardware does not contain it, the default is
        1024, as in M(virttools.guestconv.guestconv_verify).
    type: int
  cpus:
    description:
      - The number of processors. The default is C(cpus) of the hardware. If the hardware does not contain it, the
        default is 1, as in M(virttools.guestconv.guestconv_verify).
    type: int
  guest:
    description:
      - The description of the guest, which is the result RV(virttools.guestconv.guestconv_inspect#module:guest). With it,
        O(cpu_model) is compared with what the operating system of the guest needs, and libvirt's definition names the
        operating system.
    type: dict
  cpu_model:
    description:
      - The model of the processor. For libvirt it is V(host-passthrough) (the default), V(host-model), V(maximum) (the
        default for emulation), or the name of a model; for KubeVirt V(host-model), V(host-passthrough) or a name, and by
        default it is that of the cluster; for Proxmox VE V(host) (the default) or a name.
      - EL 9 and SLES 16 need a model of the level x86-64-v2, and EL 10 of x86-64-v3. A model that is older is an error, if
        O(guest) is given.
    type: str
  networks:
    description:
      - The networks of cards that are not connected to O(network). A key is the name that the guest has for a card
        (V(ens192)), or its MAC address. A value has the form of O(network).
    type: dict
  network_map:
    description:
      - The networks by the name that the source has for them, which is in C(interfaces[].network) of the hardware. It is
        used instead of O(network) for all cards that O(networks) does not contain.
      - A key is such a name, or a pattern of it (V(VLAN 7*)), or V(default). The name itself takes precedence, then the
        pattern with the most letters, then V(default). A name without an entry is an error.
      - The values are documented with the platform's O(network); as dictionaries they are V(network) or V(bridge), and
        V(vlan), for libvirt, V(network) for KubeVirt, and V(bridge) and V(vlan) for Proxmox VE.
    type: dict
"""
