# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""vSphere's own objects, by which vCenter describes a machine: `config`, `runtime` and `snapshot`. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from ..devices import models
from . import vcenter_values as values
from .kinds import metadata, vmx_others
from .vcenter_values import Facts

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


def of_objects(facts: Facts) -> metadata.Machine:
    """The machine of vSphere's objects."""
    config = values.as_mapping(facts.get("config"))
    parts = values.as_mapping(config.get("hardware"))
    devices = [values.as_mapping(each) for each in values.as_items(parts.get("device"))]
    guest_id, cpus = values.as_text(config.get("guestId")), parts.get("numCPU")
    options = map(values.as_mapping, values.as_items(config.get("extraConfig")))
    advanced = {values.as_text(each.get("key")).lower(): values.as_text(each.get("value")) for each in options}
    settings = values.of_settings(advanced, cpus)
    runtime = values.as_mapping(facts.get("runtime"))
    return metadata.Machine(
        name=values.as_text(config.get("name")),
        disks=list(_disks(devices)),
        # Without the devices, nothing is known about cards; that is not the same as a machine without any.
        interfaces=[_card(each) for each in devices if "macAddress" in each] if "device" in parts else None,
        firmware={"efi": "uefi", "bios": "bios"}.get(values.as_text(config.get("firmware"))),
        cpus=values.as_number(cpus),
        memory=values.as_number(parts.get("memoryMB")),
        facts={
            **settings,
            **values.topology(cpus, parts.get("numCoresPerSocket")),
            "snapshots": _count_snapshots(values.as_mapping(facts.get("snapshot")).get("rootSnapshotList")),
            "secure_boot": values.as_mapping(config.get("bootOptions")).get("efiSecureBootEnabled") is True,
            "tpm": any(_class(each) == "VirtualTPM" for each in devices),
            "uuid": metadata.normal_uuid(values.as_text(config.get("uuid"))),
            "instance_uuid": metadata.normal_uuid(values.as_text(config.get("instanceUuid"))),
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
            "arch": metadata.arch_of_guest_id(guest_id),
            "annotation": values.as_text(config.get("annotation")),
            "tags": values.tags_of(facts.get("tags")),
            "state": values.STATES.get(values.as_text(runtime.get("powerState")).lower()),
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
    if values.as_mapping(config.get("tools")).get("syncTimeWithHost") is True:
        yield vmx_others.TIME
    for key, title in (("cpuAllocation", "processors"), ("memoryAllocation", "memory")):
        if _limits(config.get(key)):
            yield f"limits of {title}"
    count = len(values.as_items(values.as_mapping(config.get("vAppConfig")).get("property")))
    if count:
        yield f"properties of its OVF environment ({count})"


def _is_limited(device: Facts) -> bool:
    """Whether a disk or a network card has a limit or a reservation."""
    return _limits(device.get("storageIOAllocation")) or _limits(device.get("resourceAllocation"))


def _limits(allocation: Any) -> bool:
    """Whether the allocation limits or reserves anything. No limit is -1."""
    return any(values.as_number(values.as_mapping(allocation).get(key)) for key in ("limit", "reservation"))


def _class(device: Facts) -> str:
    return values.as_text(device.get("_vimtype")).rpartition(".")[2]


def _label(device: Facts) -> str:
    label = values.as_text(values.as_mapping(device.get("deviceInfo")).get("label")) or _class(device)
    medium = values.as_text(values.as_mapping(device.get("backing")).get("fileName"))
    return f"{label} with {medium}" if medium else label


def _card(device: Facts) -> metadata.Card:
    backing = values.as_mapping(device.get("backing"))
    model = models.named("vmx", "network", _CARDS.get(_class(device), "unknown"))
    connected = values.as_mapping(device.get("connectable")).get("startConnected")
    return metadata.Card(
        mac=metadata.normal_mac(values.as_text(device.get("macAddress"))),
        driver=model.driver if model else None,
        network=values.as_text(backing.get("deviceName"))
        or values.as_text(values.as_mapping(backing.get("port")).get("portgroupKey"))
        or values.as_text(backing.get("opaqueNetworkId"))
        or None,
        connected=False if connected is False else None,
        pci_slot=values.as_number(values.as_mapping(device.get("slotInfo")).get("pciSlotNumber")),
        mac_kind=values.mac_kind_of(device.get("addressType")),
    )


def _disks(devices: list[Facts]) -> Iterator[metadata.Disk]:
    controllers = {each.get("key"): each for each in devices if _class(each) in values.CONTROLLERS}
    for number, device in enumerate(devices):
        if _class(device) == "VirtualDisk":
            above = controllers.get(device.get("controllerKey"), {})
            bus, word = values.CONTROLLERS.get(_class(above), ("scsi", ""))
            backing = values.as_mapping(device.get("backing"))
            path = values.as_text(backing.get("fileName")) or f"device {number}"
            shared = values.as_text(above.get("sharedBus"))
            yield values.disk_of(bus, word, above.get("busNumber"), device.get("unitNumber"), path, backing, shared)


def _count_snapshots(trees: Any) -> int:
    count, left = 0, values.as_items(trees)
    while left:
        count += len(left)
        left = [child for tree in left for child in values.as_items(values.as_mapping(tree).get("childSnapshotList"))]
    return count
