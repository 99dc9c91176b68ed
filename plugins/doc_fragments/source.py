# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The option hardware of inspect and convert."""

from __future__ import annotations


class ModuleDocFragment:
    """What is known of the virtual machine on the hypervisor that it comes from."""

    DOCUMENTATION = r"""
options:
  hardware:
    description: What the source hypervisor knows of the guest, and its disks cannot say.
    type: dict
    suboptions:
      firmware:
        description: What the guest boots with. By default it is told by the disks.
        type: str
        choices: [bios, uefi]
      interfaces:
        description: The network cards, in the order of the hypervisor.
        type: list
        elements: dict
        suboptions:
          mac:
            description: The card's MAC address.
            type: str
          addresses:
            description: IP addresses that were seen on it.
            type: list
            elements: str
      target_interfaces:
        description: The network cards that have another MAC address on the target.
        type: list
        elements: dict
        suboptions:
          from:
            description: The MAC address on the source.
            type: str
            required: true
          mac:
            description: The MAC address on the target.
            type: str
            required: true
"""
