# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The disks of a libvirt domain (https://libvirt.org/formatdomain.html#hard-drives-floppy-disks-cdroms)."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from typing import Any
from urllib.parse import quote

from ...devices import letters, models
from ...disks.formats import probe
from ...errors import GuestconvError
from . import metadata
from .metadata import malformed

# Tells the path of the volume (pool, name).
VolumePath = Callable[[str, str], str]

# sda, vdb, hdc, xvdd: the letters of a target give its place where no address does.
_TARGET = re.compile(r"(?:xv|s|v|h|f|ub)d([a-z]{1,3})\Z")
# What a paravirtualised guest of Xen calls a disk: by xvd alone, or as it calls partitions ("xvda2" is a disk then).
_XEN_NAME = re.compile(r"xvd[a-z]{1,3}\d{0,2}|[sh]d[a-z]{1,3}\d{1,2}")

# How many disks libvirt puts on a controller (on IDE: on a channel) where no address says so.
_UNITS = {"ide": 2, "sata": 6, "scsi": 7}

# Other words for formats: Xen's, and that of a CD-ROM's image.
_FORMATS = {"aio": "raw", "vhd": "vpc", "iso": "raw"}

# The protocols of network disks that a URL is known for: nbdkit and QEMU read them.
_URLS = ("nbd", "ssh", "http", "https")


def kind_of(element: Any, domain: Any) -> str:
    """ "disk", "lun", "cdrom" or "floppy", what a <disk> of the domain is."""
    kind = str(element.get("device", "disk"))
    # For VMware's driver that is a CD-ROM drive of the host (virVMXParseDisk() in vmx.c).
    return "cdrom" if kind == "lun" and domain.get("type") == "vmware" else kind


def in_order(elements: Iterable[Any]) -> list[Any]:
    """<disk> elements as libvirt has them once the domain is defined: those of a bus together, by the letters of their
    targets (virDomainDiskInsert() in domain_conf.c)."""
    listed = list(elements)
    buses = list(dict.fromkeys(map(_bus_of, listed)))

    def place(element: Any) -> tuple[int, int]:
        name = _TARGET.match(attribute(element, "target", "dev").rstrip("0123456789"))
        return buses.index(_bus_of(element)), letters.index_of(name.group(1)) if name else -1

    return sorted(listed, key=place)


def _bus_of(element: Any) -> str:
    target, bus = attribute(element, "target", "dev"), attribute(element, "target", "bus")
    if bus in metadata.BUSES:
        return bus
    # Older libvirt leaves the bus to the target's name.
    return {"vd": "virtio", "xv": "xen", "hd": "ide"}.get(target[:2], "scsi")


def disk_of(
    element: Any, position: int, controllers: Mapping[int, str | None], path: str, volume_path: VolumePath | None
) -> metadata.Disk:
    """The metadata.Disk of a <disk>. position: among those of the domain. controllers: models of SCSI's, by their numbers.

    Raises GuestconvError `source-...`, where its bytes are not those of a file.
    """
    _refuse_other_bytes(element, path)
    target, bus = attribute(element, "target", "dev"), _bus_of(element)
    place = _place(element, bus, target, position)
    number, unit = _address(element, bus, target)
    order = metadata.number(attribute(element, "boot", "order"), 1 << 20)
    return metadata.Disk(
        _path(element, path, volume_path),
        bus,
        place,
        format=_format_of(element),
        controller=controllers.get(place[0]) if bus == "scsi" else model_of("libvirt-bus", "block", bus),
        boot_order=order,
        # Only for these is the guest's name libvirt's: the backend passes it to the guest.
        device=target if bus == "xen" and _XEN_NAME.fullmatch(target) else None,
        number=number,
        unit=unit,
        serial=(element.findtext("serial") or "").strip(),
        wwn=(element.findtext("wwn") or "").strip(),
        more=_backing(element),
    )


def _backing(element: Any) -> dict[str, list[str]]:
    """{"backing": the files below the disk}, where the domain says that: libvirt then reads these, and no header."""
    files = []
    below = element.find("backingStore")
    if below is None:
        return {}
    while below is not None and below.find("source") is not None:
        source = below.find("source")
        files.append(source.get("file") or source.get("dev") or source.get("name") or "")
        below = below.find("backingStore")
    return {"backing": files}


def _format_of(element: Any) -> str | None:
    word = attribute(element, "driver", "type")
    return _FORMATS.get(word, word) or None


def _refuse_other_bytes(element: Any, path: str) -> None:
    """Refuse a disk of which the guest sees other bytes than the file has, or in other sectors."""
    encryption = element.find("encryption")
    if encryption is None:
        encryption = element.find("source/encryption")
    if encryption is not None:
        raise GuestconvError(
            "source-encrypted",
            f"{path}: the disk {attribute(element, 'target', 'dev')!r} is encrypted by the hypervisor.",
            path=path,
            hint="Copy it without encryption: `qemu-img convert` with its secret.",
        )
    reason, hint = "", "Copy it into an image of its own (`qemu-img convert`), and name that."
    if element.find("source/slices") is not None:
        reason = "is a part of a file (<slices>)"
    elif element.find("source/dataStore") is not None:
        reason = "has its data in another file (<dataStore>)"
    elif element.find("mirror") is not None:
        reason, hint = "is being copied (<mirror>)", "End the block job: `virsh blockjob DOMAIN DISK --abort`."
    elif _format_of(element) not in (None, *probe.SUPPORTED):
        reason = f"has the format {_format_of(element)}, which is not supported"
    elif attribute(element, "blockio", "logical_block_size") not in ("", "0", "512"):
        reason = f"has sectors of {attribute(element, 'blockio', 'logical_block_size')} bytes"
        hint = "Its partition table is valid only with such sectors, which guestconv does not support."
    if reason:
        raise GuestconvError(
            "source-disk-not-supported",
            f"{path}: the disk {attribute(element, 'target', 'dev')!r} {reason}.",
            path=path,
            hint=hint,
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
    match = _TARGET.match(target.rstrip("0123456789") if bus == "xen" else target)
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
            f"the disk {attribute(element, 'target', 'dev')!r} has no source.",
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
    # What libvirt calls the path of a volume is a name in its pool on storage like Ceph's (POOL/VOLUME).
    if not found or (kind != "network" and not is_path):
        raise GuestconvError(
            "source-disk-not-supported",
            f"{path}: the disk {attribute(element, 'target', 'dev')!r} is of the type {kind!r}"
            + (f" ({source.get('protocol')})" if source.get("protocol") else "")
            + ", which cannot be read here.",
            path=path,
            hint="Copy it into a file (`qemu-img convert`, `virsh vol-download`), and name that.",
        )
    return str(found)


def _url(source: Any) -> str | None:
    """The URL of a network disk, None when there is none for it."""
    scheme, host = source.get("protocol"), source.find("host")
    # TLS of NBD needs certificates that only the hypervisor's host has.
    if scheme not in _URLS or host is None or (scheme == "nbd" and source.get("tls") == "yes"):
        return None
    name = quote(source.get("name", "").lstrip("/"))
    if source.get("query"):
        # Without it the server gives another file.
        name += "?" + quote(source.get("query").lstrip("?"), safe="=&%+/:,;@")
    if host.get("transport") == "unix":
        return f"nbd+unix:///{name}?socket={quote(host.get('socket', ''))}" if scheme == "nbd" else None
    address = host.get("name", "")
    if not re.fullmatch(r"[A-Za-z0-9_.:-]+", address):
        return None
    if ":" in address:
        address = f"[{address}]"
    port = metadata.number(host.get("port"), 65535)
    return f"{scheme}://{address}" + (f":{port}" if port else "") + f"/{name}"


def attribute(element: Any, child: str, name: str) -> str:
    """The attribute of a child element; "" when there is none."""
    found = element.find(child)
    return "" if found is None else str(found.get(name, ""))


def model_of(dialect: str, kind: str, word: str) -> str | None:
    model = models.named(dialect, kind, word)
    return model.driver if model else None
