# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What an OVF says of a machine beyond its disks, as facts of model/source_facts.py. Pure.

VMware's settings are in <vmw:Config>. VirtualBox has a description of its own (<vbox:Machine>) next to the standard's.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from . import metadata, ovf_others
from .facts import Absent, Cells
from .metadata import local_name
from .ovf_elements import attribute, named

# Where each fact is, for docs/sources.md.
FACTS: Cells = {
    "network or port group": "`rasd:Connection`; VirtualBox: the name in `<Adapter>`",
    "link state": "`rasd:AutomaticAllocation`; VirtualBox: `cable=`",
    "PCI slot of a card": "`slotInfo.pciSlotNumber`; VirtualBox: `slot=`",
    "kind of MAC address": Absent("OVF has the address alone"),
    "disk mode": "VirtualBox: `<HardDisk type=`. vSphere does not export independent disks",
    "sharing and bus sharing": "`SharedDiskSection`; VirtualBox: `<HardDisk type='Shareable'>`",
    "raw device mapping": Absent("an export has the data of the LUN, as a disk"),
    "serial number and WWN": "VirtualBox: made of `vbox:uuid`; VMware: `ddb.uuid` in the VMDK",
    "storage": Absent("an export is apart from its storage"),
    "controller and unit": "`rasd:Parent`, `rasd:AddressOnParent`",
    "snapshots": "VirtualBox: `<Snapshot>`. Other exports have the current state alone",
    "CD-ROM and floppy": "resource types 14, 15 and 16",
    "secure boot": "`bootOptions.efiSecureBootEnabled`; VirtualBox: `<SecureBoot enabled=`",
    "TPM": "`vmware.vtpm`; VirtualBox: `<TrustedPlatformModule type=`",
    "BIOS UUID": "`uuid`, which VMware exports when asked; VirtualBox: `<Hardware uuid=`, `<Machine uuid=`",
    "instance UUID": Absent("it is the identity in vCenter, which is not exported"),
    "sockets, cores and threads": "`vmw:CoresPerSocket`; XenServer: `cores-per-socket`",
    "hot-plug of CPUs and memory": "`cpuHotAddEnabled`, `memoryHotAddEnabled`",
    "NUMA nodes": "`numaInfo.coresPerNumaNode`",
    "passthrough and USB devices": "`vmware.pci.passthrough`, `vmware.nvdimm.device`, `sevEnabled`; VirtualBox: `<SharedFolder>`, `<USB><DeviceFilter>`",
    "serial ports": "resource type 21; VirtualBox: `<UART><Port enabled=`",
    "other devices and settings": "resource types 22 and 35; `<ProductSection><Property>`; `rasd:Limit`, `rasd:Reservation`; `nestedHVEnabled`, "
    "`tools.syncTimeWithHost`, "
    "`vmw:ExtraConfig`; VirtualBox: `<AudioAdapter>`, `<LPT>`, `<NestedHWVirt>`, `<Forwarding>`, `<Order>`",
    "clock": "VirtualBox: `<RTC localOrUTC=`; XenServer: `timeoffset`",
    "guest id": "`vmw:osType`, or the description of OperatingSystemSection",
    "annotation and tags": "`AnnotationSection`. There are no tags",
    "running or suspended": "VirtualBox: `stateFile=`. Others export a machine that is off",
    "template": Absent("an export is a copy, of a template as well"),
    "architecture": "`vmw:osType`; VirtualBox: `<Platform architecture=`",
    "kernel of the host": "XenServer: `PV_kernel`. Others export no such kernel",
}

_FLOPPY, _CDS, _OTHER, _SERIAL, _PROCESSOR = "14", ("15", "16"), "1", "21", "3"
_FURTHER = {"22": "parallel port", "35": "sound card"}

# Parts of the subtypes of what is of the host, without dots: "vmware.pci.passthrough-vmiop", "vmware.usb.remotehost". Persistent
# memory is data that an export has as a disk, and no target has as memory.
_OF_HOST = ("pcipassthrough", "vgpu", "usbremote", "usbhost", "sriov", "nvdimmdevice")
_ENCRYPTIONS = ("sevEnabled", "sevSnpEnabled", "tdxEnabled")

# (type, {name: value}) of each item.
Items = list[tuple[str, dict[str, str]]]


def of_machine(system: Any, hardware: Any, items: Items, box: Any) -> dict[str, Any]:
    """The facts of a VirtualSystem. hardware: its section; box: VirtualBox's description, or None."""
    configs = {
        attribute(child, "key"): attribute(child, "value").lower()
        for child in hardware
        if isinstance(child.tag, str) and local_name(child) in ("Config", "ExtraConfig")
    }
    processor = next((values for kind, values in items if kind == _PROCESSOR), {})
    cpus = metadata.number(processor.get("VirtualQuantity"), 1 << 20)
    cores = metadata.number(processor.get("CoresPerSocket"), 1 << 20)
    per_node = metadata.number(configs.get("numaInfo.coresPerNumaNode"), 1 << 20)
    guest_id = _guest_id(system)
    of_box = _of_box(box)
    facts: dict[str, Any] = {
        "secure_boot": configs.get("bootOptions.efiSecureBootEnabled") == "true",
        "tpm": any("vtpm" in values.get("ResourceSubType", "").lower() for _kind, values in items),
        "uuid": metadata.normal_uuid(configs.get("uuid")),
        "sockets": -(-cpus // cores) if cpus and cores else None,
        "cores": cores,
        "cpu_hotplug": configs.get("cpuHotAddEnabled") == "true",
        "memory_hotplug": configs.get("memoryHotAddEnabled") == "true",
        "numa_nodes": -(-cpus // per_node) if cpus and per_node else None,
        "passthrough": [
            *(_device(values) for _kind, values in items if _is_of_host(values)),
            *(f"memory encryption ({key})" for key in _ENCRYPTIONS if configs.get(key) == "true"),
        ],
        "serial_ports": [values.get("ElementName") or "serial port" for kind, values in items if kind == _SERIAL],
        "removable": [_drive(kind, values) for kind, values in items if kind in (_FLOPPY, *_CDS)],
        "other_settings": [
            *(f"{_FURTHER[kind]} {_device(values)}".strip() for kind, values in items if kind in _FURTHER),
            *ovf_others.settings_of(system, configs, items),
        ],
        "guest_id": guest_id,
        "annotation": next((text for text in map(_text, named(system, "Annotation")) if text), None),
        "arch": metadata.arch_of_guest_id(guest_id),
    }
    if box is not None:
        facts["other_settings"] = [*facts["other_settings"], *ovf_others.settings_of_box(box)]
    # What VirtualBox knows itself goes before; what it does not have hides nothing.
    return {**facts, **{key: value for key, value in of_box.items() if value}}


def kinds_of_media(box: Any) -> dict[str, str]:
    """{UUID: type} of the media in VirtualBox's description, or None."""
    media = () if box is None else named(box, "HardDisk")
    # Where there are several of one UUID, the first.
    found: dict[str, str] = {}
    for medium in media:
        found.setdefault(attribute(medium, "uuid").strip("{}"), attribute(medium, "type").lower())
    return found


def of_disk(disk: Any, media: Mapping[str, str]) -> dict[str, Any]:
    """mode and sharing of a Disk element (or None), which VirtualBox's media (as of kinds_of_media()) have."""
    uuid = "" if disk is None else attribute(disk, "uuid").strip("{}")
    kind = media.get(uuid, "") if uuid else ""
    return {
        "mode": {"immutable": "nonpersistent", "writethrough": "independent"}.get(kind),
        "sharing": kind if kind in ("shareable", "multiattach") else "shared" if _is_shared(disk) else None,
    }


def of_card(values: Mapping[str, str], configs: Mapping[str, str]) -> dict[str, Any]:
    """What is known of a card beyond its model and MAC address."""
    network = values.get("Connection", "")
    if metadata.normal_uuid(network):
        # XenServer has its name elsewhere (OVF.AddNetwork() in XenOvfApi/OVF.cs).
        network = values.get("ElementName") or network
    return {
        "network": network or None,
        "connected": False if values.get("AutomaticAllocation", "").lower() == "false" else None,
        "pci_slot": metadata.number(configs.get("slotInfo.pciSlotNumber"), 1 << 16),
    }


def of_adapter(adapter: Any) -> dict[str, Any]:
    """The same of one of VirtualBox's adapters."""
    kinds = ("BridgedInterface", "NATNetwork", "InternalNetwork", "HostOnlyInterface", "NAT")
    source = next((child for child in adapter if local_name(child) in kinds), None)
    network = None if source is None else attribute(source, "name") or local_name(source)
    return {
        "network": network,
        "connected": False if attribute(adapter, "cable") in ("false", "0") else None,
        "pci_slot": None,
    }


def _of_box(box: Any) -> dict[str, Any]:
    if box is None:
        return {}
    clock = next((attribute(each, "localOrUTC").lower() for each in named(box, "RTC")), "")
    uuid = next((attribute(each, "uuid") for each in named(box, "Hardware")), "") or attribute(box, "uuid")
    folders = [f"shared folder {attribute(each, 'hostPath')}" for each in named(box, "SharedFolder")]
    filters = [f"USB device {attribute(each, 'name')}" for each in named(box, "DeviceFilter")]
    return {
        "snapshots": sum(1 for _each in named(box, "Snapshot")),
        "secure_boot": any(attribute(each, "enabled") == "true" for each in named(box, "SecureBoot")),
        "tpm": any(attribute(each, "type") not in ("", "None") for each in named(box, "TrustedPlatformModule")),
        "uuid": metadata.normal_uuid(uuid),
        "passthrough": folders + filters,
        "serial_ports": [
            f"{attribute(port, 'hostMode')} {attribute(port, 'path')}".strip()
            for section in named(box, "UART")
            for port in named(section, "Port")
            if attribute(port, "enabled") == "true"
        ],
        "clock": {"utc": "utc", "local": "localtime"}.get(clock),
        "state": "suspended" if attribute(box, "stateFile") else None,
        "arch": next((_arch(attribute(each, "architecture")) for each in named(box, "Platform")), None),
    }


def _arch(word: str) -> str | None:
    return {"arm": "aarch64", "x86": "x86_64"}.get(word.lower())


def _guest_id(system: Any) -> str:
    section = next(named(system, "OperatingSystemSection"), None)
    if section is None:
        return ""
    return attribute(section, "osType") or next(
        (text for text in map(_text, named(section, "Description")) if text), ""
    )


def _is_of_host(values: Mapping[str, str]) -> bool:
    subtype = values.get("ResourceSubType", "").lower().replace(".", "")
    return any(word in subtype for word in _OF_HOST)


def _device(values: Mapping[str, str]) -> str:
    return values.get("ElementName") or values.get("ResourceSubType", "")


def _drive(kind: str, values: Mapping[str, str]) -> str:
    title = "floppy drive" if kind == _FLOPPY else "CD-ROM drive"
    medium = values.get("HostResource", "")
    return f"{title} with {medium}" if medium else title


def _is_shared(disk: Any) -> bool:
    return disk is not None and local_name(disk.getparent()) == "SharedDiskSection"


def _text(element: Any) -> str:
    return (element.text or "").strip()
