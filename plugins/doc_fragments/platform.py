# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The options of the filters that define a virtual machine, for every platform."""

from __future__ import annotations


class ModuleDocFragment:
    """The hardware, and its size."""

    DOCUMENTATION = r"""
options:
  _input:
    description:
      - The hardware that the guest was converted for, which is the result
        RV(virttools.guestconv.guestconv_convert#module:hardware).
    type: dict
    required: true
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
