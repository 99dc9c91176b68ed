# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a VMX says of a machine beyond its disks, as facts of model/source_facts.py. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from . import metadata, vmx_others
from .facts import Absent, Cells
from .vmx_others import is_true

Settings = Mapping[str, str]

# Where each fact is, for docs/sources.md.
FACTS: Cells = {
    "network or port group": "`ethernetN.networkName`, `ethernetN.vnet`, `ethernetN.dvs.portgroupId`, `ethernetN.opaqueNetwork.id`, `ethernetN.connectionType`",
    "link state": "`ethernetN.startConnected`",
    "PCI slot of a card": "`ethernetN.pciSlotNumber`",
    "kind of MAC address": "`ethernetN.addressType`",
    "disk mode": "`scsiN:M.mode`",
    "sharing and bus sharing": "`scsiN:M.sharing`, `scsiN:M.shared`, `scsiN.sharedBus`",
    "raw device mapping": "`scsiN:M.deviceType`; the descriptor of the VMDK, which is refused",
    "serial number and WWN": "`ddb.uuid` in the descriptor of the VMDK",
    "storage": "the datastore in the path `/vmfs/volumes/NAME/`",
    "controller and unit": "`scsiN:M`, `scsiN.virtualDev`",
    "snapshots": "`snapshot.numSnapshots` in the .vmsd file",
    "CD-ROM and floppy": "`ideN:M.deviceType`, `floppyN.present`",
    "secure boot": "`uefi.secureBoot.enabled`",
    "TPM": "`vtpm.present`",
    "BIOS UUID": "`uuid.bios`",
    "instance UUID": "`vc.uuid`",
    "sockets, cores and threads": "`numvcpus`, `cpuid.coresPerSocket`",
    "hot-plug of CPUs and memory": "`vcpu.hotadd`, `mem.hotadd`",
    "NUMA nodes": "`numa.vcpu.maxPerVirtualNode`",
    "passthrough and USB devices": "`pciPassthruN`, `nvdimmN:M`, `usb.autoConnect.deviceN`, `sharedFolderN`",
    "serial ports": "`serialN`",
    "other devices and settings": "`parallelN`, `sound`, `smbios.reflectHost`, `guestinfo.*`, `sched.scsiN:M.throughputCap`, `sched.cpu.max` and the "
    "like, `cpuid.*`, `vhv.enable`, `vvtd.enable`, `hypervisor.cpuid.v0`, `mks.enable3d`, `tools.syncTime`, `bios.bootOrder`, `ethernetN.filterN`",
    "clock": "`rtc.diffFromUTC`",
    "guest id": "`guestOS`",
    "annotation and tags": "`annotation`. Tags are in vCenter only",
    "running or suspended": "`checkpoint.vmState`, the lock `NAME.vmx.lck`",
    "template": "the suffix `.vmtx`",
    "architecture": "`guestOS`",
    "kernel of the host": Absent("VMware always starts the firmware"),
}

_REMOVABLE = re.compile(r"(?:ide|scsi|sata)\d{1,3}:\d{1,3}|floppy\d")
_NETWORKS = ("networkname", "dvs.portgroupid", "opaquenetwork.id", "connectiontype")
# What a drive without a medium names as its file.
_NO_MEDIUM = ("", "emptybackingstring", "auto detect")
_RAW = ("rawdisk", "scsi-passthru", "scsi-passthru-rdm", "scsi-nonpassthru-rdm", "plaindisk")


def of_machine(settings: Settings) -> dict[str, Any]:
    """The facts of the machine with settings (as of vmx.parse()), less those that files next to it say."""
    cpus = metadata.number(settings.get("numvcpus"), 1 << 20) or 1
    cores = metadata.number(settings.get("cpuid.corespersocket"), 1 << 20) or 1
    per_node = metadata.number(settings.get("numa.vcpu.maxpervirtualnode"), 1 << 20)
    guest_id = settings.get("guestos", "").strip()
    return {
        "snapshots": None,
        "secure_boot": is_true(settings, "uefi.secureboot.enabled"),
        "tpm": is_true(settings, "vtpm.present"),
        "uuid": metadata.normal_uuid(settings.get("uuid.bios")),
        "instance_uuid": metadata.normal_uuid(settings.get("vc.uuid")),
        "sockets": -(-cpus // cores) if "cpuid.corespersocket" in settings else None,
        "cores": cores if "cpuid.corespersocket" in settings else None,
        "cpu_hotplug": is_true(settings, "vcpu.hotadd"),
        "memory_hotplug": is_true(settings, "mem.hotadd"),
        "numa_nodes": -(-cpus // per_node) if per_node else None,
        "passthrough": _passthrough(settings),
        "serial_ports": _serial_ports(settings),
        "removable": _removable(settings),
        "other_settings": vmx_others.settings_of(settings),
        "clock": _clock(settings.get("rtc.difffromutc", "")),
        "guest_id": guest_id,
        "annotation": settings.get("annotation", "").strip(),
        "state": "suspended" if settings.get("checkpoint.vmstate", "").strip() else None,
        "arch": metadata.arch_of_guest_id(guest_id),
    }


def of_disk(settings: Settings, bus: str, controller: str, unit: str, path: str) -> dict[str, Any]:
    """mode, sharing, raw_device and storage of the disk at that address, in the VMX path."""
    device = f"{bus}{controller}:{unit}"
    shared = settings.get(f"{bus}{controller}.sharedbus", "").strip().lower()
    sharing = settings.get(f"{device}.sharing", "").strip().lower()
    if sharing in ("", "none", "nosharing", "sharingnone") and shared not in ("", "none"):
        sharing = f"{shared} bus"
    if is_true(settings, f"{device}.shared"):
        sharing = sharing or "shared"
    return {
        "mode": mode_of(settings.get(f"{device}.mode", "")),
        "sharing": None if sharing in ("none", "nosharing", "sharingnone") else sharing,
        "raw_device": settings.get(f"{device}.devicetype", "").strip().lower() in _RAW,
        # A file that is not elsewhere is next to the VMX.
        "storage": metadata.datastore(settings.get(f"{device}.filename", "")) or metadata.datastore(path),
    }


def mode_of(word: str) -> str | None:
    """What a disk with this mode of VMware's is: "nonpersistent", "independent", or None for a usual one."""
    word = word.strip().lower()
    # "undoable" and "append" keep what the guest writes in a redo log, which is not the disk.
    if word.endswith("nonpersistent") or word in ("undoable", "append"):
        return "nonpersistent"
    return "independent" if word.startswith("independent") else None


def of_card(settings: Settings, card: str) -> dict[str, Any]:
    """What is known of a card beyond its model and MAC address. card: the beginning of its keys ("ethernet0.")."""
    network = next(filter(None, (settings.get(card + key) for key in _NETWORKS)), None)
    if settings.get(card + "connectiontype", "").lower() == "custom" and not settings.get(card + "networkname"):
        # Desktops have several custom networks, which vnet tells apart: "VMnet2", on Linux "/dev/vmnet2".
        network = settings.get(card + "vnet", "").removeprefix("/dev/") or network
    kind = settings.get(card + "addresstype", "").lower()
    return {
        "network": network,
        "connected": False if settings.get(card + "startconnected", "").lower() == "false" else None,
        "pci_slot": metadata.number(settings.get(card + "pcislotnumber"), 1 << 16),
        "mac_kind": {"static": "assigned", "generated": "generated", "vpx": "generated"}.get(kind),
    }


def _passthrough(settings: Settings) -> list[str]:
    found = []
    for key in sorted(settings):
        if re.fullmatch(r"pcipassthru\d+\.present", key) and is_true(settings, key):
            device = key.partition(".")[0]
            name = settings.get(device + ".id") or settings.get(device + ".deviceid") or settings.get(device + ".vgpu")
            found.append(f"PCI device {name or device}")
        if re.fullmatch(r"nvdimm\d+:\d+\.present", key) and is_true(settings, key):
            device = key.partition(".present")[0]
            found.append(f"NVDIMM {settings.get(device + '.filename', '')}".strip())
        if re.fullmatch(r"usb\.autoconnect\.device\d+", key) and settings[key].strip():
            found.append(f"USB device {settings[key].strip()}")
        if re.fullmatch(r"sharedfolder\d+\.present", key) and is_true(settings, key):
            found.append(f"shared folder {settings.get(key.partition('.')[0] + '.hostpath', '')}".strip())
    return found


def _serial_ports(settings: Settings) -> list[str]:
    found = []
    for key in sorted(settings):
        if re.fullmatch(r"serial\d\.present", key) and is_true(settings, key):
            port = key.partition(".")[0]
            words = (settings.get(f"{port}.filetype", "device"), settings.get(f"{port}.filename", ""))
            found.append(" ".join(filter(None, words)))
    return found


def _removable(settings: Settings) -> list[str]:
    found = []
    for device in sorted({key.rpartition(".")[0] for key in settings}):
        if not _REMOVABLE.fullmatch(device) or not is_true(settings, device + ".present"):
            continue
        kind, name = settings.get(device + ".devicetype", "").lower(), settings.get(device + ".filename", "")
        is_floppy = device.startswith("floppy")
        if is_floppy or "cdrom" in kind or "/devices/cdrom/" in name or name.lower().endswith(".iso"):
            title = "floppy drive" if is_floppy else "CD-ROM drive"
            is_image = "image" in kind or name.lower().endswith((".iso", ".flp"))
            found.append(f"{title} with {name}" if is_image and name.lower() not in _NO_MEDIUM else title)
    return found


def _clock(seconds: str) -> str | None:
    return seconds.strip() if re.fullmatch(r"[+-]?\d{1,9}", seconds.strip()) and int(seconds) else None
