# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

DOCUMENTATION = r"""
name: openstack_ports
short_description: Create the ports of an OpenStack server for a converted guest
version_added: 0.1.0
author: The guestconv authors (@virttools)
description:
  - Creates the options of C(openstack.cloud.port) for each network card that a guest was converted for. A port keeps the MAC
    address and the static addresses of the card, and whether the card is connected.
  - A server that has these ports, in this order, has the cards of the guest.
extends_documentation_fragment:
  - virttools.guestconv.converted
options:
  name:
    description: The name of the server. The names of the ports begin with it.
    type: str
    required: true
  network:
    description: The name of the network of the network cards. It is required for cards that the maps do not have.
    type: str
  networks:
    description: The networks of single cards. A key is the name that the guest has for a card, or its MAC address.
    type: dict
  network_map:
    description:
      - The networks by the name that the source has for them. A key is such a name, or a pattern of it, or V(default). A
        value is the name of a network, or a dictionary with the key V(network).
    type: dict
seealso:
  - plugin: virttools.guestconv.openstack_image_properties
    plugin_type: filter
"""

EXAMPLES = r"""
- name: Create the ports
  openstack.cloud.port: "{{ item }}"
  loop: "{{ converted.hardware | virttools.guestconv.openstack_ports(name='web01', network='vlan7') }}"
"""

RETURN = r"""
_value:
  description: The options of each port.
  type: list
  elements: dict
  sample:
    - name: web01-ens192
      network: vlan7
      mac_address: "00:50:56:aa:bb:cc"
      fixed_ips: [{ip_address: 10.0.2.15}]
"""

from ansible_collections.virttools.guestconv.plugins.module_utils.platforms.openstack import server_ports
from ansible_collections.virttools.guestconv.plugins.plugin_utils.filters import Filter, as_filter


class FilterModule:
    """The filter openstack_ports."""

    def filters(self) -> dict[str, Filter]:
        """{name: function}, as Ansible asks for it."""
        return {"openstack_ports": as_filter("openstack_ports", server_ports)}
