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
    description: What the source hypervisor knows about the guest and its disks do not contain.
    type: dict
    suboptions:
      firmware:
        description: The firmware that the guest boots with. By default it is detected from the disks.
        type: str
        choices: [bios, uefi]
      interfaces:
        description:
          - All network cards, in the order of the hypervisor; an empty list for a virtual machine without network
            cards.
          - Any other network card that the guest configures is considered absent.
        type: list
        elements: dict
        suboptions:
          mac:
            description: The card's MAC address.
            type: str
          addresses:
            description: IP addresses that were seen on the card.
            type: list
            elements: str
          driver:
            description: Its model, by QEMU's name. The description of the guest contains it.
            type: str
            choices: [virtio-net-pci, vmxnet3, e1000e, e1000, rtl8139, pcnet]
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
      generate_macs:
        description:
          - Whether to generate MAC addresses for a guest with several network cards whose MAC addresses are not known.
            By default such a guest cannot be converted, because its cards could not be distinguished on the target.
          - The generated addresses are the same each time. The guest identifies its cards by them, and the target must
            assign them as in the hardware that the conversion returns.
        type: bool
      cpus:
        description: The number of processors. The result of a conversion contains it, for the definition of the new
          machine.
        type: int
      memory:
        description: The memory in MiB. The result of a conversion contains it, for the definition of the new machine.
        type: int
      disks:
        description:
          - How the disks are attached, in the order of O(disks). The description of the guest contains it as the
            current hardware.
        type: list
        elements: dict
        suboptions:
          controller:
            description: The model of the controller, by QEMU's name.
            type: str
            choices: [virtio-blk-pci, nvme, virtio-scsi-pci, pvscsi, mptsas1068, lsi53c895a, ahci, piix3-ide, ide]
          boot_order:
            description: The disk with the lowest number is booted from first, on the target as well.
            type: int
"""
