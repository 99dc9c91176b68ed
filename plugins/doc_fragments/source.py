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
            choices:
              - virtio-net-pci
              - vmxnet3
              - e1000e
              - e1000
              - rtl8139
              - pcnet
              - xen-net-device
              - hv_netvsc
              - ena
              - gve
          network:
            description: The network, bridge or port group that the card is connected to. It is returned by a conversion.
            type: str
          connected:
            description: Whether the card is connected when the machine starts. It is returned by a conversion.
            type: bool
          pci_slot:
            description: >-
              The PCI slot of the card, as the source hypervisor has it. It tells cards apart which neither a MAC address nor an
              IP address does: those of Windows, and those that Linux calls by the slot, such as ens192.
            type: int
          mac_kind:
            description: Whether a person assigned the MAC address, or the hypervisor generated it. For information only.
            type: str
            choices: [generated, assigned]
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
            choices:
              - virtio-blk-pci
              - nvme
              - virtio-scsi-pci
              - pvscsi
              - mptsas1068
              - lsi53c895a
              - ahci
              - piix3-ide
              - ide
              - lsi53c1030
              - xen-disk
              - hv_storvsc
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
          mode:
            description: That the disk is not part of snapshots (V(independent)), that it loses what is written to it
              when the machine is switched off (V(nonpersistent)), or that the guest cannot write to it (V(readonly)).
            type: str
            choices: [independent, nonpersistent, readonly]
          sharing:
            description: How the disk is shared with other machines, in the words of the source. Such a guest cannot be
              converted.
            type: str
          raw_device:
            description: Whether the disk is a LUN or another device that is passed through to the guest. Such a guest
              cannot be converted.
            type: bool
          storage:
            description: What the source calls the storage that the disk is on, such as a datastore or a pool. It is
              returned by a conversion, for the map of storages of a fleet.
            type: str
      arch:
        description: The architecture of the machine. Only x86-64 can be converted.
        type: str
      uuid:
        description: The UUID of the machine, as its firmware (SMBIOS) shows it. Licences may depend on it. It is
          returned by a conversion.
        type: str
      instance_uuid:
        description: The UUID by which the source manages the machine. It is returned by a conversion.
        type: str
      clock:
        description: What the real-time clock shows, V(utc), V(localtime), or a number of seconds before or after UTC. It
          is returned by a conversion.
        type: str
      guest_id:
        description: What the source calls the operating system. It is returned by a conversion.
        type: str
      annotation:
        description: The notes about the machine. They are returned by a conversion.
        type: str
      tags:
        description: The tags of the machine. They are returned by a conversion.
        type: list
        elements: str
      host_kernel:
        description: The kernel of the host that the source starts instead of the boot loader of the guest. It is a
          concern.
        type: str
      secure_boot:
        description: Whether the firmware has secure boot. It is a concern.
        type: bool
      tpm:
        description: Whether the machine has a TPM. It is a concern.
        type: bool
      cpu_hotplug:
        description: Whether processors can be added while the machine runs. It is a concern.
        type: bool
      memory_hotplug:
        description: Whether memory can be added while the machine runs. It is a concern.
        type: bool
      template:
        description: Whether it is a template. It is a concern.
        type: bool
      sockets:
        description: The number of processor sockets. It is returned by a conversion.
        type: int
      cores:
        description: The number of cores of each socket. It is returned by a conversion.
        type: int
      threads:
        description: The number of threads of each core. It is returned by a conversion.
        type: int
      numa_nodes:
        description: The number of NUMA nodes. It is a concern.
        type: int
      snapshots:
        description: The number of snapshots, which are not moved. It is a concern.
        type: int
      passthrough:
        description: Devices of the host that the guest uses, such as PCI and USB devices. They are a concern.
        type: list
        elements: str
      serial_ports:
        description: What the serial ports are connected to. They are a concern.
        type: list
        elements: str
      removable:
        description: Drives for removable media, and what is in them. They are a concern.
        type: list
        elements: str
      other_settings:
        description: Further devices and settings that are not moved, such as parallel ports and limits. They are a concern.
        type: list
        elements: str
      unknown:
        description: What the source does not tell, such as a summary of vCenter. It is a concern.
        type: list
        elements: str
      state:
        description: Whether the machine is switched off. If it is not, it cannot be converted.
        type: str
        choices: ["off", running, suspended]
"""
