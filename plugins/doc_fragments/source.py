# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The option hardware of inspect and convert."""

from __future__ import annotations


class ModuleDocFragment:
    """What is known about the virtual machine on the hypervisor that it comes from."""

    DOCUMENTATION = r"""
options:
  hardware:
    description: What the source hypervisor knows about the guest, and what cannot be read from its disks.
    type: dict
    suboptions:
      firmware:
        description: The firmware that boots the guest. By default it is detected from the disks.
        type: str
        choices: [bios, uefi]
      interfaces:
        description:
          - All network cards, in the order of the hypervisor. For a virtual machine without network cards, an empty
            list.
          - Any other network card that the guest configures is considered removed.
        type: list
        elements: dict
        suboptions:
          mac:
            description: The card's MAC address.
            type: str
          addresses:
            description: The IP addresses that were seen on the card.
            type: list
            elements: str
          driver:
            description: The model of the card, by QEMU's name. It is shown in the description of the guest, for
              information only.
            type: str
            choices: [virtio-net-pci, vmxnet3, e1000e, e1000, rtl8139, pcnet]
      target_interfaces:
        description: The network cards that get another MAC address on the target.
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
          - Whether to generate MAC addresses for a guest with several network cards, if their MAC addresses are not
            known. By default, such a guest cannot be converted, because its cards cannot be distinguished on the
            target.
          - With V(true), addresses are generated, the same ones in each run. The guest identifies its cards by them.
            The target must assign them to the cards as in the hardware that conversion returns.
        type: bool
      cpus:
        description: The number of processors. It is returned by a conversion, for the definition of the new virtual
          machine.
        type: int
      memory:
        description: The memory in MiB. It is returned by a conversion, for the definition of the new virtual machine.
        type: int
      disks:
        description:
          - The controllers of the disks, and how the guest identifies them, in the order of O(disks). The description of
            the guest shows the controllers as its current hardware.
          - With serial numbers, world wide names, or controllers and units, names such as C(/dev/disk/by-id/scsi-...)
            and C(/dev/disk/by-path/...) are resolved in a guest with several disks, too.
        type: list
        elements: dict
        suboptions:
          controller:
            description: The model of the controller, by QEMU's name.
            type: str
            choices: [virtio-blk-pci, nvme, virtio-scsi-pci, pvscsi, mptsas1068, lsi53c895a, ahci, piix3-ide, ide]
          boot_order:
            description: The guest boots from the disk with the lowest number first, also on the target.
            type: int
          serial:
            description: The serial number of the disk, as the hypervisor presents it to the guest.
            type: str
          wwn:
            description: The world wide name of the disk (16 or 32 hexadecimal digits), as the hypervisor presents it to
              the guest. For VMware this is the UUID of the disk (C(6000C29...)), with or without hyphens.
            type: str
          bus:
            description: The bus that the disk is on. By default that of its C(controller).
            type: str
            choices: [ide, nvme, sata, scsi, usb, virtio, xen]
          controller_number:
            description: The number of the controller among those of its bus, from 0. For C(ide), that of the channel.
            type: int
          unit:
            description: The unit of the disk on its controller, from 0. It is the target of a SCSI disk (or its logical
              unit, if the target is 0), the port of a SATA disk, the device on an IDE channel, and the namespace of an
              NVMe disk, less one.
            type: int
"""
