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
        description:
          - All network cards, in the order of the hypervisor; an empty list for a virtual machine without any.
          - A network card that the guest configures beyond them is taken to be gone.
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
          driver:
            description: Its model, by QEMU's name. It is told to whoever reads the description.
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
          - What to do with a guest of several network cards of which nobody knows the MAC addresses. By default it
            cannot be converted, as its cards could not be told apart on the target.
          - With V(true) new addresses are made up, the same ones each time. The guest knows its cards by them, and the
            target must give them to the cards as the hardware says that conversion returns.
        type: bool
      cpus:
        description: The number of processors. The result of a conversion has it, for the definition of the new machine.
        type: int
      memory:
        description: The memory in MiB. The result of a conversion has it, for the definition of the new machine.
        type: int
      disks:
        description:
          - What the disks are attached to, in the order of O(disks). The description of the guest has it as its current
            hardware.
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
