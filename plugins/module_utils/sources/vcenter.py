# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What vCenter knows of a machine, as Ansible's modules return it, as the option `hardware` of our modules. Pure.

`vmware.vmware.guest_info` and `community.vmware.vmware_guest_info` return a summary (`hw_name`, `hw_eth0`; the schema
"summary", gather_vm_facts() of community.vmware), or vSphere's own objects with their names (`config`, `runtime`; the
schema "vsphere"). The summary lacks much of a machine, which is a concern; `vmware_guest_disk_info` adds its disks.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from ..devices import models
from .kinds import metadata, vmx_facts
from .kinds.facts import Absent, Cells

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
    "`config.nestedHVEnabled`, `config.cpuAllocation`, `config.memoryAllocation`, `storageIOAllocation`, `resourceAllocation`, `config.vAppConfig`",
    "clock": "`advanced_settings`; `config.extraConfig`",
    "guest id": "`hw_guest_id`; `config.guestId`",
    "annotation and tags": "`annotation`, `tags`; `config.annotation`",
    "running or suspended": "`hw_power_status`; `runtime.powerState`",
    "template": "`hw_is_template`; `config.template`",
    "architecture": "`hw_guest_id`; `config.guestId`",
    "kernel of the host": Absent("VMware always starts the firmware"),
}

# What the summary of a machine does not have.
_NOT_IN_SUMMARY = (
    "firmware",
    "models and PCI slots of network cards",
    "link state",
    "CD-ROM and floppy",
    "secure boot",
    "hot-plug",
    "passthrough devices",
    "serial ports",
    "other devices",
    "limits of processors, memory, disks and network cards",
    "properties of an OVF environment",
)

# vSphere's classes of devices, and a VMX's words for them.
_CARDS = {
    "VirtualVmxnet3": "vmxnet3",
    "VirtualVmxnet3Vrdma": "vmxnet3",
    "VirtualVmxnet2": "vmxnet",
    "VirtualE1000": "e1000",
    "VirtualE1000e": "e1000e",
    "VirtualPCNet32": "vlance",
    "VirtualSriovEthernetCard": "sriov",
}
_CONTROLLERS = {
    "ParaVirtualSCSIController": ("scsi", "pvscsi"),
    "VirtualLsiLogicController": ("scsi", "lsilogic"),
    "VirtualLsiLogicSASController": ("scsi", "lsisas1068"),
    "VirtualBusLogicController": ("scsi", "buslogic"),
    "VirtualAHCIController": ("sata", "sata"),
    "VirtualNVMEController": ("nvme", "nvme"),
    "VirtualIDEController": ("ide", "ide"),
    # controller_type of vmware_guest_disk_info
    "paravirtual": ("scsi", "pvscsi"),
    "lsilogic": ("scsi", "lsilogic"),
    "lsilogicsas": ("scsi", "lsisas1068"),
    "buslogic": ("scsi", "buslogic"),
    "sata": ("sata", "sata"),
    "nvme": ("nvme", "nvme"),
    "ide": ("ide", "ide"),
}
_STATES = {"poweredon": "running", "suspended": "suspended", "poweredoff": "off"}

Facts = Mapping[str, Any]


def hardware(info: Any, disks: Any = None) -> dict[str, Any]:
    """The option `hardware` for a machine of vCenter.

    Args: info: what guest_info returned for it: the machine, or the result with one machine (`guests`, `instance`);
    disks: what vmware_guest_disk_info returned (`guest_disk_info`), where info is a summary.
    Raises GuestconvError `source-malformed`.
    """
    machine = _machine(info)
    found = _of_objects(machine) if isinstance(machine.get("config"), Mapping) else _of_summary(machine, disks)
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


# The summary


def _of_summary(facts: Facts, disks: Any) -> metadata.Machine:
    advanced = {str(key).lower(): str(value) for key, value in _mapping(facts.get("advanced_settings")).items()}
    unknown = [*_NOT_IN_SUMMARY, *(() if disks else ("disks",))]
    snapshots, guest_id = facts.get("snapshots"), _text(facts.get("hw_guest_id"))
    return metadata.Machine(
        name=_text(facts.get("hw_name")),
        disks=[_disk_of_summary(_mapping(one), number) for number, one in enumerate(_items(disks))],
        interfaces=_cards_of_summary(facts),
        cpus=_number(facts.get("hw_processor_count")),
        memory=_number(facts.get("hw_memtotal_mb")),
        facts={
            **_of_settings(advanced, facts.get("hw_processor_count")),
            **_topology(facts.get("hw_processor_count"), facts.get("hw_cores_per_socket")),
            "snapshots": len(snapshots) if isinstance(snapshots, list) else None,
            "tpm": _mapping(facts.get("tpm_info")).get("tpm_present") is True,
            "uuid": metadata.normal_uuid(_text(facts.get("hw_product_uuid"))),
            "instance_uuid": metadata.normal_uuid(_text(facts.get("instance_uuid"))),
            "guest_id": guest_id,
            "arch": _arch(guest_id),
            "annotation": _text(facts.get("annotation")),
            "tags": _tags(facts.get("tags")),
            "state": _STATES.get(_text(facts.get("hw_power_status")).lower()),
            "template": facts.get("hw_is_template") is True,
            "unknown": unknown,
        },
    )


def _cards_of_summary(facts: Facts) -> list[metadata.Card] | None:
    """None where the summary has no list of cards, which is not the same as a machine without any."""
    names = facts.get("hw_interfaces")
    if not isinstance(names, list):
        return None
    return [_card_of_summary(_mapping(facts.get(f"hw_{name}"))) for name in names]


def _card_of_summary(card: Facts) -> metadata.Card:
    return metadata.Card(
        mac=metadata.normal_mac(_text(card.get("macaddress"))),
        # On a distributed switch the summary names the switch ("DVSwitch: ..."), which has many port groups.
        network=_text(card.get("portgroup_key")) or _text(card.get("summary")) or None,
        mac_kind=_mac_kind(card.get("addresstype")),
    )


def _disk_of_summary(disk: Facts, number: int) -> metadata.Disk:
    bus, word = _CONTROLLERS.get(_text(disk.get("controller_type")).lower(), ("scsi", ""))
    return _disk(
        bus,
        word,
        disk.get("controller_bus_number"),
        disk.get("unit_number"),
        _text(disk.get("backing_filename")) or f"disk {number}",
        {
            "diskMode": disk.get("backing_diskmode"),
            "sharing": disk.get("backing_sharing"),
            "uuid": disk.get("backing_uuid"),
            "lunUuid": disk.get("backing_lunuuid") or disk.get("backing_devicename"),
        },
        _text(disk.get("controller_bus_sharing")),
    )


# vSphere's objects


def _of_objects(facts: Facts) -> metadata.Machine:
    config = _mapping(facts.get("config"))
    parts = _mapping(config.get("hardware"))
    devices = [_mapping(each) for each in _items(parts.get("device"))]
    guest_id, cpus = _text(config.get("guestId")), parts.get("numCPU")
    options = map(_mapping, _items(config.get("extraConfig")))
    advanced = {_text(each.get("key")).lower(): _text(each.get("value")) for each in options}
    settings = _of_settings(advanced, cpus)
    runtime = _mapping(facts.get("runtime"))
    return metadata.Machine(
        name=_text(config.get("name")),
        disks=list(_disks(devices)),
        # Without the devices, nothing is known about cards; that is not the same as a machine without any.
        interfaces=[_card(each) for each in devices if "macAddress" in each] if "device" in parts else None,
        firmware={"efi": "uefi", "bios": "bios"}.get(_text(config.get("firmware"))),
        cpus=_number(cpus),
        memory=_number(parts.get("memoryMB")),
        facts={
            **settings,
            **_topology(cpus, parts.get("numCoresPerSocket")),
            "snapshots": _count_snapshots(_mapping(facts.get("snapshot")).get("rootSnapshotList")),
            "secure_boot": _mapping(config.get("bootOptions")).get("efiSecureBootEnabled") is True,
            "tpm": any(_class(each) == "VirtualTPM" for each in devices),
            "uuid": metadata.normal_uuid(_text(config.get("uuid"))),
            "instance_uuid": metadata.normal_uuid(_text(config.get("instanceUuid"))),
            "cpu_hotplug": config.get("cpuHotAddEnabled") is True,
            "memory_hotplug": config.get("memoryHotAddEnabled") is True,
            "passthrough": [_label(each) for each in devices if _class(each) in _OF_HOST],
            "serial_ports": [_label(each) for each in devices if _class(each) == "VirtualSerialPort"],
            "removable": [_label(each) for each in devices if _class(each) in ("VirtualCdrom", "VirtualFloppy")],
            "other_settings": [
                *(_label(each) for each in devices if _class(each) in _FURTHER),
                *_of_machine(config),
                *(f"limits of {_label(each)}" for each in devices if _is_limited(each)),
                *settings["other_settings"],
            ],
            "guest_id": guest_id,
            "arch": _arch(guest_id),
            "annotation": _text(config.get("annotation")),
            "tags": _tags(facts.get("tags")),
            "state": _STATES.get(_text(runtime.get("powerState")).lower()),
            "template": config.get("template") is True,
            "unknown": [name for name, asked in _asked(facts, config, parts) if not asked],
        },
    )


# An NVDIMM is memory with data, which no target has.
_OF_HOST = (
    "VirtualPCIPassthrough",
    "VirtualUSB",
    "VirtualSriovEthernetCard",
    "VirtualSCSIPassthrough",
    "VirtualNVDIMM",
)
_FURTHER = (
    "VirtualParallelPort",
    "VirtualHdAudioCard",
    "VirtualEnsoniq1371",
    "VirtualSoundBlaster16",
    "VirtualWDT",
    "VirtualPrecisionClock",
)


def _asked(facts: Facts, config: Facts, parts: Facts) -> list[tuple[str, bool]]:
    """(what it is, whether the properties that have it are there): a caller may have asked for others alone."""
    return [
        ("all devices", "device" in parts),
        ("firmware", "firmware" in config),
        ("secure boot", "bootOptions" in config),
        ("UUIDs", "uuid" in config),
        ("hot-plug", "cpuHotAddEnabled" in config),
        ("advanced settings", "extraConfig" in config),
        ("whether it runs", "runtime" in facts),
        ("snapshots", "snapshot" in facts),
    ]


def _of_machine(config: Facts) -> Iterator[str]:
    """Settings of the machine as a whole that no target gets."""
    if config.get("nestedHVEnabled") is True:
        yield "nested virtualization"
    for key, title in (("cpuAllocation", "processors"), ("memoryAllocation", "memory")):
        if _limits(config.get(key)):
            yield f"limits of {title}"
    count = len(_items(_mapping(config.get("vAppConfig")).get("property")))
    if count:
        yield f"properties of its OVF environment ({count})"


def _is_limited(device: Facts) -> bool:
    """Whether a disk or a network card has a limit or a reservation."""
    return _limits(device.get("storageIOAllocation")) or _limits(device.get("resourceAllocation"))


def _limits(allocation: Any) -> bool:
    """Whether the allocation limits or reserves anything. No limit is -1."""
    return any(_number(_mapping(allocation).get(key)) for key in ("limit", "reservation"))


def _class(device: Facts) -> str:
    return _text(device.get("_vimtype")).rpartition(".")[2]


def _label(device: Facts) -> str:
    label = _text(_mapping(device.get("deviceInfo")).get("label")) or _class(device)
    medium = _text(_mapping(device.get("backing")).get("fileName"))
    return f"{label} with {medium}" if medium else label


def _card(device: Facts) -> metadata.Card:
    backing = _mapping(device.get("backing"))
    model = models.named("vmx", "network", _CARDS.get(_class(device), "unknown"))
    connected = _mapping(device.get("connectable")).get("startConnected")
    return metadata.Card(
        mac=metadata.normal_mac(_text(device.get("macAddress"))),
        driver=model.driver if model else None,
        network=_text(backing.get("deviceName"))
        or _text(_mapping(backing.get("port")).get("portgroupKey"))
        or _text(backing.get("opaqueNetworkId"))
        or None,
        connected=False if connected is False else None,
        pci_slot=_number(_mapping(device.get("slotInfo")).get("pciSlotNumber")),
        mac_kind=_mac_kind(device.get("addressType")),
    )


def _disks(devices: list[Facts]) -> Iterator[metadata.Disk]:
    controllers = {each.get("key"): each for each in devices if _class(each) in _CONTROLLERS}
    for number, device in enumerate(devices):
        if _class(device) == "VirtualDisk":
            above = controllers.get(device.get("controllerKey"), {})
            bus, word = _CONTROLLERS.get(_class(above), ("scsi", ""))
            backing = _mapping(device.get("backing"))
            path = _text(backing.get("fileName")) or f"device {number}"
            shared = _text(above.get("sharedBus"))
            yield _disk(bus, word, above.get("busNumber"), device.get("unitNumber"), path, backing, shared)


def _disk(bus: str, word: str, number: Any, unit: Any, path: str, backing: Facts, shared: str) -> metadata.Disk:
    """backing: with vSphere's names. shared: vSphere's word for the sharing of the bus."""
    sharing = _text(backing.get("sharing")).lower()
    if sharing in ("", "sharingnone"):
        sharing = "" if shared.lower() in ("", "nosharing") else shared
    known_unit, known_number = _number(unit, zero=True), _number(number, zero=True)
    model = models.named("vmx", "block", word)
    return metadata.Disk(
        path,
        bus,
        (known_number or 0, known_unit or 0),
        controller=model.driver if model and model.bus == bus else None,
        number=known_number,
        unit=known_unit,
        wwn=re.sub("[^0-9a-f]", "", _text(backing.get("uuid")).lower()) or None,
        mode=vmx_facts.mode_of(_text(backing.get("diskMode"))),
        sharing=sharing or None,
        raw_device=bool(backing.get("lunUuid")),
        storage=metadata.datastore(path),
    )


# Both


def _of_settings(advanced: Mapping[str, str], cpus: Any) -> dict[str, Any]:
    """The facts that vCenter keeps as settings of the VMX. advanced: by their keys in small letters."""
    found = vmx_facts.of_machine({**advanced, "numvcpus": str(cpus or 1)})
    return {key: found[key] for key in ("numa_nodes", "clock", "other_settings")}


def _topology(cpus: Any, cores: Any) -> dict[str, Any]:
    number, each = _number(cpus), _number(cores)
    if not number or not each:
        return {}
    return {"sockets": (number + each - 1) // each, "cores": each}


def _count_snapshots(trees: Any) -> int:
    count, left = 0, _items(trees)
    while left:
        count += len(left)
        left = [child for tree in left for child in _items(_mapping(tree).get("childSnapshotList"))]
    return count


def _mac_kind(word: Any) -> str | None:
    return {"manual": "assigned", "generated": "generated", "assigned": "generated"}.get(_text(word).lower())


def _arch(guest_id: str) -> str | None:
    return "aarch64" if guest_id.lower().startswith("arm") else None


def _tags(tags: Any) -> list[str]:
    names = [_text(each.get("name")) if isinstance(each, Mapping) else _text(each) for each in _items(tags)]
    return [name for name in names if name]


def _mapping(value: Any) -> Facts:
    return value if isinstance(value, Mapping) else {}


def _items(value: Any) -> list[Any]:
    """A list, or the values of a dictionary, as vmware_guest_disk_info has them."""
    if isinstance(value, Mapping):
        return [value[key] for key in sorted(value, key=str)]
    return list(value) if isinstance(value, (list, tuple)) else []


def _text(value: Any) -> str:
    return "" if value is None else str(value).strip()


def _number(value: Any, zero: bool = False) -> int | None:
    found = metadata.number(_text(value), 1 << 40)
    return found if found or zero else None
