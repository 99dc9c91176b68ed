# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The disks of an OVF: which file each is, and what it is attached to."""

from __future__ import annotations

import re
from typing import Any

from ...devices import models
from ...devices.letters import letters
from ...errors import GuestconvError
from . import metadata, ovf_facts
from .metadata import malformed
from .ovf_elements import attribute, named
from .ovf_items import Item, unit_of

# CIM_ResourceAllocationSettingData.ResourceType. 20, "other storage device", is SATA and NVMe.
_IDE, _SCSI, _OTHER_STORAGE = "5", "6", "20"
# The last is XenServer's, whose disks are on no controller, but have numbers.
_STORAGE_EXTENT = "19"
_DISKS = ("17", "31", _STORAGE_EXTENT)

# Xen gives disks whose numbers are below this names of one letter.
_XEN_DISKS = 26

_CONTROLLERS = (_IDE, _SCSI, _OTHER_STORAGE)

# By ResourceSubType, the bus of controllers that QEMU has no model of.
_BUSES_WITHOUT_MODEL = {"buslogic": "scsi"}

# What ovf:format of a disk contains.
_FORMATS = (
    ("vmdk", "vmdk"),
    ("qcow", "qcow2"),
    ("linkid=137171", "vpc"),
    ("vhdspec", "vpc"),
    ("vhdx", "vhdx"),
    ("vdi", "vdi"),
)

_HOST_RESOURCE = re.compile(r"(?:ovf:)?/+(disk|file)/(.+)")


def disks_of(
    envelope: Any, system: Any, items: list[Item], box: Any, warnings: list[str], path: str
) -> list[metadata.Disk]:
    """metadata.Disk for each disk that has a file; path is what the envelope calls it."""
    files = {attribute(file, "id"): file for file in named(envelope, "File")}
    disks = {attribute(disk, "diskId"): disk for disk in named(envelope, "Disk", "SharedDisk")}
    controllers = _controllers(items)
    order = [attribute(section, "instanceId") for section in named(system, "BootOrderSection")]
    media = ovf_facts.kinds_of_media(box)
    found = []
    for position, item in enumerate(items):
        if item.type not in _DISKS:
            continue
        unit = metadata.number(item["AddressOnParent"], 1 << 20)
        disk, file = _resource(item, disks, files, path)
        _refuse_delta(disk, path)
        if file is None:
            warnings.append(f"{item['ElementName'] or 'A disk'} was left out: it is empty and has no file.")
            continue
        bus, model, controller = controllers.get(item["Parent"]) or (*_interface_of(disk, item.type), 0)
        found.append(
            metadata.Disk(
                attribute(file, "href"),
                bus,
                (controller, position if unit is None else unit),
                format=_format(disk),
                size=_capacity(disk),
                controller=model,
                boot_order=_boot_order(disk, item["InstanceID"], order),
                device=f"xvd{letters(unit)}" if bus == "xen" and unit is not None and unit < _XEN_DISKS else None,
                number=controller if item["Parent"] in controllers else None,
                unit=unit,
                serial=_serial(disk, box),
                more=_compression(file, path),
                **ovf_facts.of_disk(disk, media),
            )
        )
    return found


def _refuse_delta(disk: Any, path: str) -> None:
    """A disk with a parent has only what differs from it (DSP0243, 9.1). Its file does not say which disk that is."""
    if disk is not None and attribute(disk, "parentRef"):
        raise GuestconvError(
            "source-not-supported",
            f"{path}: the disk {attribute(disk, 'diskId')} is a delta of the disk {attribute(disk, 'parentRef')}.",
            hint="Export the guest with complete disks: consolidate its snapshots, or clone it first.",
            path=path,
        )


def _serial(disk: Any, box: Any) -> str | None:
    """VirtualBox's serial number of a disk, which it makes of the UUID (src/VBox/Devices/Storage/DevATA.cpp, DevAHCI.cpp)."""
    uuid = "" if disk is None or box is None else attribute(disk, "uuid").replace("-", "").strip("{}")
    if not re.fullmatch(r"[0-9a-fA-F]{32}", uuid):
        return None
    # The first and the last 32 bits, as numbers: of the last, the bytes stand in the order of the machine.
    last = int.from_bytes(bytes.fromhex(uuid[24:]), "little")
    return f"VB{int(uuid[:8], 16):x}-{last:x}"


def _interface_of(disk: Any, kind: str) -> tuple[str, str | None]:
    """(bus, model) of a disk that hangs on no controller that is described. kind: the type of its item."""
    if kind == _STORAGE_EXTENT:
        return "xen", None
    model = None if disk is None else models.named("ovirt", "block", attribute(disk, "disk-interface"))
    return (model.bus, model.driver) if model else ("scsi", None)


def _boot_order(disk: Any, instance: str, order: list[str]) -> int | None:
    """order: the instances of VMware's boot order."""
    if instance in order:
        return order.index(instance)
    # Words of oVirt and of XenServer.
    return 0 if disk is not None and "true" in (attribute(disk, "boot"), attribute(disk, "isBootable")) else None


def _controllers(items: list[Item]) -> dict[str, tuple[str, str | None, int]]:
    """{InstanceID: (bus, model, number among those of its bus)}."""
    controllers: dict[str, tuple[str, str | None, int]] = {}
    counts: dict[str, int] = {}
    # Address is VMware's number of the controller.
    for item in sorted(items, key=lambda item: metadata.number(item["Address"], 1 << 20) or 0):
        if item.type in _CONTROLLERS:
            bus, model = _controller(item)
            controllers[item["InstanceID"]] = bus, model, counts.get(bus, 0)
            counts[bus] = counts.get(bus, 0) + 1
    return controllers


def _controller(item: Item) -> tuple[str, str | None]:
    """(bus, model) of a controller: by the first subtype that is known, else by its resource type."""
    for subtype in item.subtypes():
        if subtype in _BUSES_WITHOUT_MODEL:
            return _BUSES_WITHOUT_MODEL[subtype], None
        model = models.named("ovf", "block", subtype)
        if model:
            return model.bus, model.driver
    model = models.named("ovf-type", "block", item.type)
    return (model.bus, model.driver) if model else ("scsi", None)


def _resource(item: Item, disks: dict[str, Any], files: dict[str, Any], path: str) -> tuple[Any, Any]:
    """(element of the disk or None, element of its file or None) that an item names."""
    match = _HOST_RESOURCE.fullmatch(item["HostResource"])
    if not match:
        return None, None
    kind, name = match.groups()
    disk = disks.get(name) if kind == "disk" else None
    reference = name if kind == "file" else attribute(disk, "fileRef") if disk is not None else name
    if kind == "disk" and disk is not None and not reference:
        return disk, None
    if reference not in files or (kind == "disk" and disk is None):
        raise malformed(path, f"{item['HostResource']!r} is referred to, but not described.")
    return disk, files[reference]


def _format(disk: Any) -> str | None:
    if disk is None:
        return None
    # oVirt says VMDK of raw disks, and means this attribute of its own.
    if attribute(disk, "volume-format"):
        return {"RAW": "raw", "COW": "qcow2"}.get(attribute(disk, "volume-format"))
    uri = attribute(disk, "format").lower()
    return next((name for part, name in _FORMATS if part in uri), None)


def _capacity(disk: Any) -> int | None:
    """Bytes, None when that is not known: it may be a variable's name, too ("${disk}")."""
    if disk is None:
        return None
    capacity = metadata.number(attribute(disk, "capacity"))
    unit = unit_of(attribute(disk, "capacityAllocationUnits") or "byte")
    return capacity * unit if capacity and unit else None


def _compression(file: Any, path: str) -> dict[str, str]:
    if attribute(file, "chunkSize"):
        raise GuestconvError(
            "source-not-supported",
            f"{path}: the disk {attribute(file, 'href')} is cut into chunks.",
            hint="Join the chunks, or export it without --chunkSize.",
            path=path,
        )
    kind = attribute(file, "compression").lower()
    if kind not in ("", "identity", "gzip"):
        raise GuestconvError(
            "source-not-supported",
            f"{path}: the compression {kind!r} is not known.",
            path=path,
            hint="Export it without compression.",
        )
    return {"compression": kind} if kind == "gzip" else {}
