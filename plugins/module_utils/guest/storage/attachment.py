# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Where the source attached each disk, and what the disk called itself there: what udev makes its links of. Pure.

Sources: systemd's 60-persistent-storage.rules, scsi_id, ata_id and udev-builtin-path_id.c; QEMU's hw/scsi/scsi-disk.c,
hw/block/virtio-blk.c; the kernel's nvme_wwid_show() in drivers/nvme/host.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Optional

from ...devices import models
from .. import device_names

_LINK = re.compile(r"/dev/disk/(?P<kind>by-id|by-path)/(?P<body>.+?)(?:-part(?P<number>\d+))?\Z", re.DOTALL)

# virtio-blk and ATA have room for as many characters of a serial number.
_SHORT = 20
# What scsi_id and ata_id leave as it is; blanks are one underscore, and so is each other character (libudev's
# util_replace_whitespace() and util_replace_chars()).
_BLANKS = re.compile(r"\s+")
_REPLACED = re.compile(r"[^A-Za-z0-9#+\-.:=@_/]")
# A world wide name: NAA of 64 or 128 bits, EUI-64, or a UUID.
_WWN = re.compile(r"[0-9a-f]{16}(?:[0-9a-f]{16})?")

# Whose links begin so in by-id. Old udev made scsi- of ATA's disks, too.
_ATA_AS_SCSI = re.compile(r"scsi-(?:SATA_|[01]ATA_)")
_BUSES_BY_ID: Mapping[str, tuple[str, ...]] = {
    "ata": ("sata", "ide"),
    "scsi": ("scsi",),
    "virtio": ("virtio",),
    "nvme": ("nvme",),
    "google": ("scsi", "nvme"),
}
# In these the serial number always is, where the disk has one.
_WITH_SERIALS = ("virtio", "nvme", "ata")
# Words for vendor and model that are known, so that all that follows is the serial number. Google's own rules call a disk
# google-SERIAL (guest-configs, 65-gce-disk-naming.rules).
_MODELS = re.compile(
    r"virtio-|google-|(?:ata|scsi|nvme)-[01S]?(?:QEMU_+)?(?:QEMU_HARDDISK|QEMU_NVMe_Ctrl|Google_PersistentDisk|VBOX_HARDDISK"
    r"|Amazon_Elastic_Block_Store)_"
)
# EC2 writes the id of a volume with a hyphen (vol-0123), and the disk without.
_VOLUME = re.compile(r"\Avol-(?=[0-9a-f]+\Z)")
# The number of the namespace, behind the serial number: udev's, and that of EC2's rules (ec2-utils).
_NAMESPACE = re.compile(r"(?:_|-ns-)\d{1,3}\Z")
# Drives for discs have such links, too.
_OF_DISCS = re.compile(r"(?i)cd-?rom|cd-?rw|dvd")
# QEMU's own name of a SCSI disk without a serial number, by libvirt (controller, bus, target, unit) and Proxmox VE (unit).
_QEMU_DRIVE = re.compile(r"scsi-0QEMU_QEMU_HARDDISK_drive-scsi(?:(\d{1,9})-(\d{1,9})-(\d{1,9})-)?(\d{1,9})")

# The ends of links in by-path, of which each begins with the place of the controller.
_SCSI = re.compile(r"(?P<at>.+)-scsi-(?P<host>\d{1,9}):\d{1,9}:(?P<target>\d{1,9}):(?P<lun>\d{1,9})")
_SAS = re.compile(r"(?P<at>.+)-sas-phy(?P<unit>\d{1,9})-lun-0")
_ATA = re.compile(r"(?P<at>.+)-ata-(?P<port>\d{1,9})(?:\.(?P<device>\d{1,9}))?")
_NVME = re.compile(r"(?P<at>.+)-nvme-(?P<namespace>\d{1,9})")
# Of Hyper-V (path_id's handle_scsi_hyperv).
_VMBUS = re.compile(r"(?P<at>.+-vmbus-[0-9a-f]+)-lun-(?P<lun>\d{1,5})")
_VIRTIO = re.compile(r"(?:virtio-)?(?P<at>pci-[0-9a-fA-F:.]+)")

_LONGEST_NUMBER = 9


@dataclass(frozen=True)
class Attachment:
    """What the source knows of a disk's place, and of its identity. None and "" are what it does not know.

    bus: in libvirt's words (scsi, sata, ide, nvme, virtio). controller: its number among those of the bus (for IDE: of the
    channel). unit: there. serial: as it was set. wwn: 16 or 32 hexadecimal digits, in small letters.
    """

    bus: str = ""
    controller: Optional[int] = None  # noqa: UP045 - evaluated on Python 3.9
    unit: Optional[int] = None  # noqa: UP045
    serial: str = ""
    wwn: str = ""


@dataclass(frozen=True)
class _Place:
    """A place that a link in by-path is made of. at: the controller's, as it is written there; None: not known."""

    bus: str
    at: str
    controller: int | None
    unit: int | None


def attachment(known: Mapping[str, Any]) -> Attachment:
    """What an entry of hardware.disks (known) says of the disk."""
    driver = str(known.get("controller") or "")
    serial = str(known.get("serial") or "").strip()
    return Attachment(
        str(known.get("bus") or (models.DISKS[driver].bus if driver in models.DISKS else "")),
        _number(known.get("controller_number")),
        _number(known.get("unit")),
        serial,
        # VMware's UUID of a disk, which its API gives with hyphens, is the world wide name.
        world_wide_name(known.get("wwn")) or (world_wide_name(serial) if serial[:1] == "6" else ""),
    )


def _number(value: object) -> int | None:
    """Ansible's templating can make a string of a number."""
    text = str(value)
    return int(text) if text.isascii() and text.isdigit() and len(text) < _LONGEST_NUMBER else None


def world_wide_name(text: object) -> str:
    """The digits of a world wide name that is written in any of the usual ways; "" for anything else."""
    digits = re.sub(r"\A(?:0x|naa\.|eui\.|uuid\.)|[\s:.-]", "", str(text or "").strip().lower())
    return digits if _WWN.fullmatch(digits) else ""


def disk_linked(name: str, attached: Mapping[str, Attachment], links: Collection[str]) -> tuple[str, str] | None:
    """(id of the disk, number of the partition or "") that udev's link name is of, by what is known of the disks.

    attached: {id of a disk: Attachment}. links: all names of hardware that the guest uses. None where in doubt.
    """
    link = _LINK.match(name)
    if not link or len(links) > device_names.MOST_LINKS:
        return None
    find = _by_id if link["kind"] == "by-id" else _by_path
    found = find(link["body"], attached, [each for each in map(_LINK.match, links) if each])
    return (found[0], link["number"] or "") if len(found) == 1 else None


def disk_in(name: str) -> tuple[str, str] | None:
    """(udev's link of the disk, number of the partition or "") of a link of either; None where name is no link."""
    link = _LINK.match(name)
    return (f"/dev/disk/{link['kind']}/{link['body']}", link["number"] or "") if link else None


def contradicts(name: str, known: Attachment) -> bool:
    """Whether udev's link name can be of no disk of which this is known: it is another disk's, which is missing."""
    link = _LINK.match(name)
    if not link:
        return False
    if link["kind"] == "by-id":
        wwn = _wwn_in(link["body"])
        is_other_serial = link["body"].startswith("virtio-") and known.serial and not _has_serial(link["body"], known)
        return bool(is_other_serial) or bool(wwn and known.wwn and len(wwn) == len(known.wwn) and wwn != known.wwn)
    places = [place for place in _places(link["body"], (known,)) if place.bus == known.bus]
    return bool(places) and not any(_may_be_at(place, known) for place in places)


# by-id


def _by_id(body: str, attached: Mapping[str, Attachment], links: list[re.Match[str]]) -> list[str]:
    """The disks whose link in by-id is called body."""
    wwn = _wwn_in(body)
    found = [each for each, known in attached.items() if (wwn and wwn == known.wwn) or _has_serial(body, known)]
    drive = _QEMU_DRIVE.fullmatch(body)
    if drive and not found:
        return [each for each, known in attached.items() if _is_drive(drive, known)]
    return found or _only_of_bus(body, attached, links)


def _wwn_in(body: str) -> str:
    """The world wide name that a link in by-id is made of; "" where it is of none."""
    match = re.fullmatch(r"(?:wwn-0x|scsi-3|scsi-2|nvme-eui\.|nvme-uuid\.)(?P<wwn>[0-9A-Fa-f-]+)", body)
    return world_wide_name(match["wwn"]) if match else ""


def _has_serial(body: str, known: Attachment) -> bool:
    """Whether a link in by-id has the serial number of a disk: at its end, after the words for vendor and model."""
    bus, _hyphen, rest = body.partition("-")
    encoded = _REPLACED.sub("_", _BLANKS.sub("_", known.serial)).replace("/", "_")
    if bus == "scsi" and known.wwn and rest.endswith("_" + known.wwn):
        # VMware's serial number of a disk is its world wide name.
        return True
    if not encoded or bus not in _BUSES_BY_ID:
        return False
    wide = re.match(r"nvme\.[0-9a-f]{4}-(?P<serial>[0-9a-f]+)-", rest) if bus == "nvme" else None
    if wide:
        return wide["serial"] == known.serial.encode("utf-8", "surrogateescape").hex()
    model = _MODELS.match(body)
    rest = body[model.end() :] if model else rest
    rest = _NAMESPACE.sub("", rest) if bus == "nvme" and not rest.endswith(encoded) else rest
    serials = (encoded, encoded[:_SHORT], _VOLUME.sub("vol", encoded))
    return any(rest == serial or (model is None and rest.endswith("_" + serial)) for serial in serials)


def _is_drive(drive: re.Match[str], known: Attachment) -> bool:
    controller, bus, target, unit = (None if part is None else int(part) for part in drive.groups())
    is_there = known.bus == "scsi" and known.unit is not None and known.unit == (target or unit)
    return is_there and bus in (None, 0) and controller in (None, known.controller)


def _only_of_bus(body: str, attached: Mapping[str, Attachment], links: list[re.Match[str]]) -> list[str]:
    """The disk whose link must be body, as no other is on a bus of that kind; [] if it may be another's."""
    kind = _kind(body)
    buses = _BUSES_BY_ID.get(kind, ())
    theirs = {link["body"] for link in links if link["kind"] == "by-id" and _kind(link["body"]) == kind}
    found = [each for each, known in attached.items() if known.bus in buses]
    is_known = all(known.bus for known in attached.values())
    # Two names may be made of one disk (of its world wide name, and of its serial number): all but one are in doubt.
    if not is_known or len(found) != 1 or len(theirs | {body}) > 1 or _OF_DISCS.search(body):
        return []
    known = attached[found[0]]
    is_another = (known.wwn and _wwn_in(body)) or (known.serial and kind in _WITH_SERIALS)
    return [] if is_another else found


def _kind(body: str) -> str:
    return "ata" if _ATA_AS_SCSI.match(body) else body.partition("-")[0]


# by-path


def _by_path(body: str, attached: Mapping[str, Attachment], links: list[re.Match[str]]) -> list[str]:
    """The disks whose link in by-path is called body."""
    there = attached.values()
    places = list(_places(body, there))
    others = [place for link in links if link["kind"] == "by-path" for place in _places(link["body"], there)]
    found = [
        each
        for each, known in attached.items()
        for place in places
        if _is_at(place, known) and _controllers_fit(place, others, attached)
    ]
    return found or _only_at(places, others, attached)


def _places(body: str, attached: Collection[Attachment]) -> Iterator[_Place]:
    """What a link in by-path may mean. path_id counts hosts from the first of a controller, ports from 1."""
    if "usb" in body:
        return
    scsi, sas, ata, nvme, vmbus = (form.fullmatch(body) for form in (_SCSI, _SAS, _ATA, _NVME, _VMBUS))
    if scsi:
        host, target, lun = int(scsi["host"]), int(scsi["target"]), int(scsi["lun"])
        if not target or not lun:
            yield _Place("scsi", scsi["at"], None, target or lun)
        # As udev named ATA's disks until 2012.
        is_old = not any(known.bus == "scsi" for known in attached) and not lun
        if is_old:
            yield _Place("ide", scsi["at"], host, target)
        if is_old and not target:
            yield _Place("sata", scsi["at"], None, host)
    elif sas:
        yield _Place("scsi", sas["at"], None, int(sas["unit"]))
    elif ata:
        port = int(ata["port"]) - 1
        yield _Place("sata", ata["at"], None, port)
        # An IDE controller has two channels.
        if port < 2:
            yield _Place("ide", ata["at"], port, None if ata["device"] is None else int(ata["device"]))
    elif nvme:
        yield _Place("nvme", nvme["at"], None, int(nvme["namespace"]) - 1)
    elif vmbus:
        # Each of its IDE disks is a controller of its own there.
        if not any(known.bus == "ide" for known in attached):
            yield _Place("scsi", vmbus["at"], None, int(vmbus["lun"]))
    elif _VIRTIO.fullmatch(body):
        yield _Place("virtio", body.replace("virtio-", "", 1), None, None)


def _is_at(place: _Place, known: Attachment) -> bool:
    """Whether a disk is known to be at a place."""
    is_one_place = place.unit is not None or place.controller is not None
    return is_one_place and known.unit is not None and _may_be_at(place, known)


def _may_be_at(place: _Place, known: Attachment) -> bool:
    """Whether a disk, of which this is known, may be at a place of its bus."""
    is_there = None in (place.unit, known.unit) or place.unit == known.unit
    is_on_it = None in (place.controller, known.controller) or place.controller == known.controller
    return place.bus == known.bus and is_there and is_on_it


def _controllers_fit(place: _Place, others: list[_Place], attached: Mapping[str, Attachment]) -> bool:
    """Whether the guest names no more controllers of the bus than there are: else a disk is missing."""
    there = {known.controller for known in attached.values() if known.bus == place.bus}
    named = {other.at for other in others if other.bus == place.bus} | {place.at}
    return place.bus == "ide" or len(named) <= max(1, len(there))


def _only_at(places: list[_Place], others: list[_Place], attached: Mapping[str, Attachment]) -> list[str]:
    """The disk that must be meant, as no other is on such a bus; [] if it may be another's."""
    buses = {place.bus for place in places}
    found = [each for each, known in attached.items() if known.bus in buses]
    if len(found) != 1 or not all(known.bus for known in attached.values()):
        return []
    bus = attached[found[0]].bus
    named = {(other.at, other.controller, other.unit) for other in (*others, *places) if other.bus == bus}
    here = [place for place in places if place.bus == bus and _may_be_at(place, attached[found[0]])]
    return found if here and len(named) == 1 else []
