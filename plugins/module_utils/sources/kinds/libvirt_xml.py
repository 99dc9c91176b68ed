# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""libvirt's domain XML, for the domains of QEMU and Xen (https://libvirt.org/formatdomain.html)."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import quote

from ...devices import letters, models
from ...disks import disk_files
from ...disks.formats import probe
from ...errors import GuestconvError
from . import metadata, placed
from .kind import Description
from .metadata import malformed

# Tells the path of the volume (pool, name).
VolumePath = Callable[[str, str], str]


class NotADomain(GuestconvError):
    """The XML document describes something else than a domain."""


# Bytes; libvirt's virScaleInteger: "KB" is a thousand, "KiB" and "k" are 1024.
_POWERS = {letter: exponent for exponent, letter in enumerate("KMGTPE", 1)}
_UNIT = re.compile(r"([kmgtpe])(b|ib)?|b|bytes?", re.IGNORECASE)
_MIB = 1 << 20

# sda, vdb, hdc, xvdd: the letters of a target give its place where no address does.
_TARGET = re.compile(r"(?:xv|s|v|h|f|ub)d([a-z]{1,3})\Z")

# How many disks libvirt puts on a controller (on IDE: on a channel) where no address says so.
_UNITS = {"ide": 2, "sata": 6, "scsi": 7}

# The protocols of network disks that a URL is known for: nbdkit and QEMU read them.
_URLS = ("nbd", "ssh", "http", "https")


def read(path: str) -> Description:
    """The description of the guest of the domain XML path.

    Its disks may be files of another machine. Where they are here, their headers are read. Raises GuestconvError
    `source-...`.
    """
    description = parse(metadata.read_file(path), path)
    files = [disk for disk in description["disks"] if not probe.has_protocol(disk["path"])]
    for disk, found in zip(files, placed.located([disk["path"] for disk in files], path)):
        disk["path"] = found
        if found.startswith("["):
            raise GuestconvError(
                "source-disk-missing",
                f"{path} names {found}, and there is no file of this name next to it.",
                path=path,
                hint="Copy the disk from the datastore into the directory of the XML file.",
            )
    with_headers(description)
    return description


def with_headers(description: Description) -> None:
    """Fill in what the headers say about those disks of description (as of parse()) that this process can read."""
    for disk in description["disks"]:
        if probe.has_protocol(disk["path"]) or not os.access(disk["path"], os.R_OK):
            continue
        # The domain says the format, which the guest cannot change; and libvirt opens its backing files, too.
        disk.update(metadata.disk_entry(disk_files.examine(disk["path"], disk.get("format"), elsewhere=True)))


def parse(text: str | bytes, path: str, volume_path: VolumePath | None = None) -> Description:
    """The description in the domain XML text, as of read(), without a look at its disks.

    path: where it comes from, for errors. volume_path: a function from (pool, name) to the path of the volume, None where
    there is no libvirt to ask. Pure but for volume_path. Raises GuestconvError `source-...`.
    """
    domain = metadata.parse_xml(text, path)
    if domain.tag != "domain":
        raise NotADomain(
            "source-not-a-domain",
            f"{path} is not a libvirt domain: its root element is <{domain.tag}>.",
            path=path,
            hint="Write it with `virsh dumpxml --inactive DOMAIN`.",
        )
    machine = metadata.Machine(
        name=(domain.findtext("name") or "").strip(),
        disks=[],
        interfaces=[
            (
                metadata.normal_mac(_attribute(card, "mac", "address")),
                _model("libvirt", "network", _attribute(card, "model", "type")),
            )
            for card in domain.iterfind("devices/interface")
        ],
        firmware=_firmware(domain),
        cpus=_cpus(domain),
        memory=_memory(domain),
    )
    controllers = {
        metadata.number(controller.get("index")) or 0: _model("libvirt-scsi", "block", controller.get("model", ""))
        for controller in domain.iterfind("devices/controller[@type='scsi']")
    }
    for position, element in enumerate(domain.iterfind("devices/disk")):
        if element.get("device", "disk") in ("disk", "lun"):
            machine.disks.append(_disk(element, position, controllers, path, volume_path))
            if domain.get("type") == "vmware":
                machine.disks[-1].format = "vmdk"
    if machine.disks and all(disk.boot_order is None for disk in machine.disks):
        # <boot dev="hd"/>, which is the default, is the first in the domain, whatever bus it is on.
        machine.disks[0].boot_order = 1
    return metadata.describe(machine, path)


def _model(dialect: str, kind: str, word: str) -> str | None:
    model = models.named(dialect, kind, word)
    return model.driver if model else None


def _firmware(domain: Any) -> str | None:
    """libvirt's BIOS is what is left unsaid; and its UEFI is always on flash memory."""
    os_element = domain.find("os")
    if os_element is None or os_element.findtext("type") != "hvm":
        return None
    loader = os_element.find("loader")
    # type="rom" is how UEFI was given before 1.2.9, and how Xen still has it.
    on_flash = loader is not None and (
        loader.get("type") == "pflash" or re.search("OVMF|AAVMF|edk2|efi", loader.text or "", re.IGNORECASE)
    )
    return "uefi" if os_element.get("firmware") == "efi" or on_flash else "bios"


def _cpus(domain: Any) -> int | None:
    element = domain.find("vcpu")
    if element is None:
        return None
    # `current` is how many are there when it starts, of at most as many as the text says.
    return metadata.number(element.get("current") or element.text, 1 << 20) or None


def _memory(domain: Any) -> int | None:
    """MiB."""
    element = domain.find("memory")
    if element is None:
        return None
    amount, unit = metadata.number(element.text, 1 << 60), _UNIT.fullmatch(element.get("unit", "KiB"))
    if not amount or not unit:
        return None
    base = 1000 if (unit.group(2) or "").lower() == "b" else 1024
    scale = base ** _POWERS[unit.group(1).upper()] if unit.group(1) else 1
    return -(-amount * scale // _MIB)


# Disks


def _disk(
    element: Any, position: int, controllers: Mapping[int, str | None], path: str, volume_path: VolumePath | None
) -> metadata.Disk:
    target, bus = _attribute(element, "target", "dev"), _attribute(element, "target", "bus")
    if bus not in metadata.BUSES:
        # Older libvirt leaves the bus to the target's name.
        bus = {"vd": "virtio", "xv": "xen", "hd": "ide"}.get(target[:2], "scsi")
    place = _place(element, bus, target, position)
    number, unit = _address(element, bus, target)
    order = metadata.number(_attribute(element, "boot", "order"), 1 << 20)
    image_format = _attribute(element, "driver", "type") or None
    return metadata.Disk(
        _path(element, path, volume_path),
        bus,
        place,
        # For any other word ("aio", Xen's) the header knows better.
        format=image_format if image_format in probe.SUPPORTED else None,
        controller=controllers.get(place[0]) if bus == "scsi" else _model("libvirt-bus", "block", bus),
        boot_order=order,
        # Only for these is the guest's name libvirt's: the backend passes it to the guest.
        device=target if bus == "xen" and re.fullmatch("xvd[a-z]{1,3}", target) else None,
        number=number,
        unit=unit,
        serial=(element.findtext("serial") or "").strip(),
        wwn=(element.findtext("wwn") or "").strip(),
    )


def _address(element: Any, bus: str, target_name: str) -> tuple[int | None, int | None]:
    """(number of the controller or, on IDE, channel; unit there, as the guest sees them), None where that is not known.

    Without an address libvirt makes one of the target's name (virDomainDiskDefAssignAddress() in domain_conf.c).
    """
    if bus not in _UNITS:
        return None, None
    address, named = element.find("address"), _TARGET.match(target_name)
    if address is None and named:
        return divmod(letters.index_of(named.group(1)), _UNITS[bus])
    if address is None or address.get("type") != "drive":
        return None, None
    controller, channel, target, unit = (
        metadata.number(address.get(name), 1 << 16) or 0 for name in ("controller", "bus", "target", "unit")
    )
    if bus == "ide":
        # An IDE controller has two channels.
        return 2 * controller + channel, unit
    # virtio-scsi has units below targets; elsewhere one of them is always 0.
    return controller, None if channel or (target and unit) else target or unit


def _place(element: Any, bus: str, target: str, position: int) -> tuple[int, int]:
    """(controller, unit), by the address if there is one, else by the target's name."""
    address = element.find("address")
    if address is not None and bus in ("scsi", "sata", "ide", "nvme") and address.get("type") == "drive":
        fields = [metadata.number(address.get(name), 1 << 16) or 0 for name in ("controller", "bus", "target", "unit")]
        return fields[0], (fields[1] << 32) + (fields[2] << 16) + fields[3]
    if address is not None and bus == "virtio" and address.get("type") == "pci":
        fields = [_hexadecimal(address.get(name)) for name in ("domain", "bus", "slot", "function")]
        return fields[0], (fields[1] << 32) + (fields[2] << 16) + fields[3]
    match = _TARGET.match(target)
    if not match:
        return 0, position
    return 0, letters.index_of(match.group(1))


def _hexadecimal(text: str | None) -> int:
    """libvirt writes the parts of a PCI address so ("0x0000"), and reads decimal ones, too."""
    try:
        return min(abs(int(text or "0", 0)), 1 << 31)
    except ValueError:
        return 0


def _path(element: Any, path: str, volume_path: VolumePath | None) -> str:
    """The file, the block device, or the URL of a disk."""
    kind = element.get("type", "")
    source = element.find("source")
    if source is None:
        raise malformed(
            path,
            f"the disk {_attribute(element, 'target', 'dev')!r} has no source.",
            "Give the disk a source, or remove it from the domain.",
        )
    found = None
    if kind in ("file", "block"):
        found = source.get("file" if kind == "file" else "dev")
    elif kind == "volume" and volume_path and source.get("pool") and source.get("volume"):
        found = volume_path(source.get("pool"), source.get("volume"))
    elif kind == "network":
        found = _url(source)
    # A datastore of VMware has no path here. A file of the disk's name may be next to the XML file, which read() sees.
    is_path = found is not None and (found.startswith("/") or (found.startswith("[") and volume_path is None))
    if not found or (kind in ("file", "block") and not is_path):
        raise GuestconvError(
            "source-disk-not-supported",
            f"{path}: the disk {_attribute(element, 'target', 'dev')!r} is of the type {kind!r}"
            + (f" ({source.get('protocol')})" if source.get("protocol") else "")
            + ", which cannot be read here.",
            path=path,
            hint="Copy it into a file (`qemu-img convert`, `virsh vol-download`), and name that.",
        )
    return str(found)


def _url(source: Any) -> str | None:
    """The URL of a network disk, None when there is none for it."""
    scheme, host = source.get("protocol"), source.find("host")
    if scheme not in _URLS or host is None:
        return None
    name = quote(source.get("name", "").lstrip("/"))
    if host.get("transport") == "unix":
        return f"nbd+unix:///{name}?socket={quote(host.get('socket', ''))}" if scheme == "nbd" else None
    address = host.get("name", "")
    if not re.fullmatch(r"[A-Za-z0-9_.:-]+", address):
        return None
    if ":" in address:
        address = f"[{address}]"
    port = metadata.number(host.get("port"), 65535)
    return f"{scheme}://{address}" + (f":{port}" if port else "") + f"/{name}"


def _attribute(element: Any, child: str, name: str) -> str:
    """The attribute of a child element; "" when there is none."""
    found = element.find(child)
    return "" if found is None else str(found.get(name, ""))
