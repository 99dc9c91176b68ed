# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What vCenter knows of a machine, as Ansible's modules return it, as the option `hardware` of our modules. Pure.

`vmware.vmware.guest_info` and `community.vmware.vmware_guest_info` return a summary (`hw_name`, `hw_eth0`; the schema
"summary", gather_vm_facts() of community.vmware), or vSphere's own objects with their names (`config`, `runtime`; the
schema "vsphere"). The summary lacks much of a machine, which is a concern; `vmware_guest_disk_info` adds its disks.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from .kinds import metadata
from .kinds.facts import Absent, Cells
from .vcenter_objects import of_objects
from .vcenter_summary import of_summary
from .vcenter_values import Facts

# Where each fact is, for docs/sources.md. What the summary lacks is in `unknown`.
FACTS: Cells = {
    "network or port group": "`hw_ethN.portgroup_key`, `hw_ethN.summary`; `backing.deviceName`, `backing.port.portgroupKey`, `backing.opaqueNetworkId`",
    "link state": "`connectable.startConnected`",
    "PCI slot of a card": "`slotInfo.pciSlotNumber`",
    "kind of MAC address": "`hw_ethN.addresstype`; `addressType`",
    "disk mode": "`backing_diskmode`; `backing.diskMode`",
    "sharing and bus sharing": "`backing_sharing`, `controller_bus_sharing`; `backing.sharing`, `sharedBus`",
    "raw device mapping": "`backing_type`; `backing.lunUuid`",
    "serial number and WWN": "`backing_uuid`; `backing.uuid`",
    "storage": "the datastore in `backing_filename`; `backing.fileName`",
    "controller and unit": "`controller_type`, `unit_number`; `controllerKey`, `unitNumber`",
    "snapshots": "`snapshots`; `snapshot.rootSnapshotList`",
    "CD-ROM and floppy": "`VirtualCdrom`, `VirtualFloppy`",
    "secure boot": "`config.bootOptions.efiSecureBootEnabled`",
    "TPM": "`tpm_info.tpm_present`; `VirtualTPM`",
    "BIOS UUID": "`hw_product_uuid`; `config.uuid`",
    "instance UUID": "`instance_uuid`; `config.instanceUuid`",
    "sockets, cores and threads": "`hw_processor_count`, `hw_cores_per_socket`; `config.hardware`",
    "hot-plug of CPUs and memory": "`config.cpuHotAddEnabled`, `config.memoryHotAddEnabled`",
    "NUMA nodes": "`advanced_settings`; `config.extraConfig`",
    "passthrough and USB devices": "`VirtualPCIPassthrough`, `VirtualUSB`, `VirtualNVDIMM`",
    "serial ports": "`VirtualSerialPort`",
    "other devices and settings": "`advanced_settings`; `VirtualParallelPort`, `VirtualHdAudioCard`, `VirtualWDT`, `config.extraConfig`, "
    "`config.nestedHVEnabled`, `config.tools.syncTimeWithHost`, "
    "`config.cpuAllocation`, `config.memoryAllocation`, `storageIOAllocation`, `resourceAllocation`, `config.vAppConfig`",
    "clock": "`advanced_settings`; `config.extraConfig`",
    "guest id": "`hw_guest_id`; `config.guestId`",
    "annotation and tags": "`annotation`, `tags`; `config.annotation`",
    "running or suspended": "`hw_power_status`; `runtime.powerState`",
    "template": "`hw_is_template`; `config.template`",
    "architecture": "`hw_guest_id`; `config.guestId`",
    "kernel of the host": Absent("VMware always starts the firmware"),
}


def hardware(info: Any, disks: Any = None) -> dict[str, Any]:
    """The option `hardware` for a machine of vCenter.

    Args: info: what guest_info returned for it: the machine, or the result with one machine (`guests`, `instance`);
    disks: what vmware_guest_disk_info returned (`guest_disk_info`), where info is a summary.
    Raises GuestconvError `source-malformed`.
    """
    machine = _machine(info)
    found = of_objects(machine) if isinstance(machine.get("config"), Mapping) else of_summary(machine, disks)
    found.disks = found.disks or [_NO_DISK]
    known = metadata.describe(found, "vCenter")["hardware"]
    if found.disks == [_NO_DISK]:
        del known["disks"]
    return known


# describe() wants one. It is taken out of the result.
_NO_DISK = metadata.Disk("", "scsi", (0, 0), number=0)


def _machine(info: Any) -> Facts:
    found = info
    if isinstance(info, Mapping):
        several = info.get("guests", info.get("virtual_machines"))
        found = info.get("instance", several if several is not None else info)
    if isinstance(found, list) and len(found) == 1:
        (found,) = found
    if not isinstance(found, Mapping) or not ("hw_name" in found or "config" in found):
        raise metadata.malformed(
            "vcenter_hardware",
            "it is not one machine, as guest_info returns it.",
            "Give one item of `guests`: `result.guests | first | virttools.guestconv.vcenter_hardware`.",
        )
    return found
