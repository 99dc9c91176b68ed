# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the kinds of sources share: files read with a bound, and disks in the guest's order by the guest's names. Pure
but for read_file."""

from __future__ import annotations

import os
import re
import stat
from dataclasses import asdict, dataclass, field, replace
from typing import Any, BinaryIO, cast

from ...devices.letters import letters
from ...disks import disk_files
from ...errors import GuestconvError
from ...model import source_facts
from ...texts import hostile_xml
from .kind import Description, DiskEntry

# Bytes. An OVF with the licence texts of a product has about 100 kB.
MAX_DESCRIPTOR = 4 << 20

# The kernel's prefix for the disks of each bus, and the order of the buses. Those that share a prefix share its
# letters, too. Between them the order is a guess: the kernel gives letters as drivers find disks, and IDE's is the
# one that stands first on the PCI bus of VMware's machines and of QEMU's pc. IDE has been libata's for all kernels of
# this century's second decade, so its disks are sda and not hda.
_PREFIXES = {"virtio": "vd", "xen": "xvd", "ide": "sd", "scsi": "sd", "sata": "sd", "usb": "sd", "nvme": "nvme"}
BUSES = tuple(_PREFIXES)

BOOT_DISK_UNKNOWN = "The source does not say which disk the guest boots from. Conversion finds it by the boot loader."

# Hypervisors allow far more than guests have; a bound for what is hostile.
_MAX_DEVICES = 1024


@dataclass(frozen=True)
class Card:
    """A network card as a source describes it; None for what is not known.

    driver: QEMU's model. network: what the source calls the network. connected: whether it is when the machine starts.
    pci_slot: the number of the slot. mac_kind: "generated" or "assigned" by a person.
    """

    mac: str | None = None
    driver: str | None = None
    network: str | None = None
    connected: bool | None = None
    pci_slot: int | None = None
    mac_kind: str | None = None


@dataclass
class Disk:
    """A disk as a source describes it.

    path: of the file. bus: one of BUSES. place: (number of the controller, unit), what orders the disks of a bus.
    format: one of probe.SUPPORTED, None when unknown. size: bytes, None when unknown.
    controller: QEMU's device model (devices.models.DISKS), None when unknown or when QEMU has none.
    boot_order: a lower number is booted from earlier; None when it is not known.
    device: the guest's name of it, where the source knows better than the order.
    unit: the number at its controller that the guest sees, None when unknown. number: that controller's among those of the
    bus. serial, wwn: as the guest sees them; None when unknown. mode, sharing, raw_device: as in the option `hardware`.
    storage: what the source calls the storage that the disk is on; None when it has no name for it.
    more: further keys for its entry in `disks`.
    """

    path: str
    bus: str
    place: tuple[int, int]
    format: str | None = None
    size: int | None = None
    controller: str | None = None
    boot_order: int | None = None
    device: str | None = None
    number: int | None = None
    unit: int | None = None
    serial: str | None = None
    wwn: str | None = None
    mode: str | None = None
    sharing: str | None = None
    raw_device: bool | None = None
    storage: str | None = None
    more: dict[str, Any] = field(default_factory=dict)


@dataclass
class Machine:
    """A virtual machine as a source describes it. interfaces: all of its network cards; None when they are not known.

    memory: MiB. facts: further keys of the option `hardware` (model/source_facts.py), less those that are None or empty.
    warnings: sentences.
    """

    name: str
    disks: list[Disk]
    interfaces: list[Card] | None = None
    firmware: str | None = None
    cpus: int | None = None
    memory: int | None = None
    facts: dict[str, Any] = field(default_factory=dict)
    warnings: list[str] = field(default_factory=list)


def describe(machine: Machine, path: str) -> Description:
    """The description of machine (Machine), read from the file path.

    Raises GuestconvError `source-without-disks`, `source-disk-duplicate`, `source-malformed`.
    """
    _check(machine, path)
    cards = machine.interfaces
    ordered = _in_order(machine.disks)
    if len({disk.device for disk in ordered}) < len(ordered):
        raise malformed(path, "two disks are at the same address.")
    warnings = [*machine.warnings, *_at_one_address(ordered)]
    hardware = {
        "firmware": machine.firmware,
        "cpus": machine.cpus,
        "memory": machine.memory,
        "disks": _hardware_disks(ordered),
        **machine.facts,
    }
    hardware = {key: value for key, value in hardware.items() if value}
    if cards is not None:
        # An empty list: there is none, which is more than that none is known.
        hardware["interfaces"] = _interfaces(cards, warnings)
    if len({disk.bus for disk in ordered}) > 1 and all(disk.boot_order is None for disk in ordered):
        warnings.append(BOOT_DISK_UNKNOWN)
    concerns = source_facts.concerns(hardware)
    # Inspection has the others, too; a fleet's inventory would drown in them.
    warnings += [f"{each.message} ({each.code})" for each in concerns if each.severity != "info"]
    return {
        "name": machine.name,
        "disks": [
            cast(DiskEntry, _known(path=d.path, format=d.format, device=d.device, size=d.size, **d.more))
            for d in ordered
        ],
        "hardware": hardware,
        "warnings": warnings,
    }


def _check(machine: Machine, path: str) -> None:
    """Refuse a machine without disks, with very many of them, or with one twice."""
    if not machine.disks:
        raise GuestconvError(
            "source-without-disks",
            f"{path} describes no disk.",
            path=path,
            hint="Exports leave out independent disks. Add them.",
        )
    if max(len(machine.disks), len(machine.interfaces or ())) > _MAX_DEVICES:
        raise malformed(path, f"it has more than {_MAX_DEVICES} disks or network cards.")
    seen = set()
    for disk in machine.disks:
        identity = (disk.path, disk.more.get("member"))
        if identity in seen:
            raise GuestconvError(
                "source-disk-duplicate",
                f"{path} names the disk {disk.path} twice.",
                path=path,
                hint="If these are two disks with the same name, move one elsewhere, and use its new path.",
            )
        seen.add(identity)


def _at_one_address(disks: list[Disk]) -> list[str]:
    addresses = [(disk.bus, disk.number, disk.unit) for disk in disks if None not in (disk.number, disk.unit)]
    if len(set(addresses)) == len(addresses):
        return []
    return ["Two disks have the same address on the same controller. Their order is that of the description."]


def _in_order(disks: list[Disk]) -> list[Disk]:
    """disks, named as the guest names them, with the one that it boots from first."""
    by_place = sorted(disks, key=lambda disk: (BUSES.index(disk.bus), disk.place))
    counts: dict[str, int] = {}
    taken = {disk.device for disk in disks}
    for disk in by_place:
        if disk.device is None and disk.bus == "nvme":
            controller, unit = disk.place
            disk.device = f"nvme{controller}n{unit + 1}"
        while disk.device is None:
            prefix = _PREFIXES[disk.bus]
            name = prefix + letters(counts.get(prefix, 0))
            counts[prefix] = counts.get(prefix, 0) + 1
            if name not in taken:
                disk.device = name
    # The names go by the place: which disk the firmware starts is nothing to the kernel.
    return sorted(by_place, key=lambda disk: (disk.boot_order is None, disk.boot_order or 0))


def _hardware_disks(ordered: list[Disk]) -> list[dict[str, Any]]:
    """Of each disk where and as what it is attached, and its number in the order of booting among those that have one, from 1."""
    entries = [
        _known(
            controller=disk.controller,
            boot_order=None if disk.boot_order is None else number,
            bus=disk.bus,
            controller_number=disk.number,
            unit=disk.unit,
            serial=disk.serial or None,
            wwn=disk.wwn or None,
            mode=disk.mode,
            sharing=disk.sharing or None,
            raw_device=disk.raw_device or None,
            storage=disk.storage or None,
        )
        for number, disk in enumerate(ordered, 1)
    ]
    return entries if any(entries) else []


def _interfaces(interfaces: list[Card], warnings: list[str]) -> list[dict[str, Any]]:
    macs: set[str] = set()
    entries: list[dict[str, Any]] = []
    for card in interfaces:
        if card.mac in macs:
            warnings.append(f"Two network cards have the MAC address {card.mac}. It was assigned to the first.")
            card = replace(card, mac=None)
        if card.mac:
            macs.add(card.mac)
        # A network without a name is none.
        entries.append(_known(**{**asdict(card), "network": card.network or None}))
    return entries


def _known(**values: Any) -> dict[str, Any]:
    return {key: value for key, value in values.items() if value is not None}


def normal_mac(text: str | None) -> str | None:
    """A MAC address in any notation in lower case with colons; None for anything else, or all zeroes."""
    digits = re.sub(r"[:.-]", "", (text or "").strip().lower())
    if not re.fullmatch("[0-9a-f]{12}", digits) or not int(digits, 16):
        return None
    return ":".join(digits[at : at + 2] for at in range(0, 12, 2))


def datastore(path: str) -> str | None:
    """The name of VMware's datastore in the path of a file, as vSphere or an ESXi host has it; None in any other path."""
    found = re.match(r"\[([^\]]+)\]|/vmfs/volumes/([^/]+)/", path)
    return found and (found.group(1) or found.group(2))


def arch_of_guest_id(guest_id: str) -> str | None:
    """The architecture that VMware's id of an operating system is for; None where the id does not say it."""
    return "aarch64" if guest_id.lower().startswith("arm") else None


def normal_uuid(text: str | None) -> str | None:
    """A UUID in any notation in small letters with hyphens; None for anything else, or all zeroes."""
    digits = re.sub(r"[ {}-]", "", (text or "").strip().lower())
    if not re.fullmatch("[0-9a-f]{32}", digits) or not int(digits, 16):
        return None
    return "-".join((digits[:8], digits[8:12], digits[12:16], digits[16:20], digits[20:]))


def number(text: str | None, highest: int = 1 << 62) -> int | None:
    """The whole number in text, None for anything else, or a number that is not in 0 to highest."""
    text = (text or "").strip()
    # Of any length int() would take quadratic time, or refuse it from Python 3.11 on.
    if not (text.isascii() and text.isdigit() and len(text) < 20) or int(text) > highest:
        return None
    return int(text)


def read_file(path: str, limit: int = MAX_DESCRIPTOR) -> bytes:
    """The bytes of the regular file path. Raises GuestconvError `source-not-found`, `source-not-readable`,
    `source-too-large` for more than limit bytes."""
    with open_file(path) as stream:
        try:
            data = stream.read(limit + 1)
        except OSError as error:
            raise _unreadable(path, error) from error
    if len(data) > limit:
        raise GuestconvError(
            "source-too-large", f"{path} has more than {limit} bytes, which is too large for such a file.", path=path
        )
    return data


def open_file(path: str) -> BinaryIO:
    """The regular file path, open for reading. Raises GuestconvError `source-not-found`, `source-not-readable`."""
    try:
        # First, as opening a pipe would wait for its other end.
        if not stat.S_ISREG(os.stat(path).st_mode):
            raise GuestconvError("source-not-readable", f"{path} is not a file.", path=path)
        return open(path, "rb")
    except FileNotFoundError as error:
        raise GuestconvError(
            "source-not-found",
            f"{path} does not exist.",
            path=path,
            hint="The path must exist on the machine that runs the module.",
        ) from error
    except (OSError, ValueError) as error:
        raise _unreadable(path, error) from error


def _unreadable(path: str, error: Exception) -> GuestconvError:
    reason = getattr(error, "strerror", None) or error
    return GuestconvError(
        "source-not-readable",
        f"{path!r} cannot be read: {reason}.",
        path=path,
        hint="Allow the user who runs this to read it.",
    )


def parse_xml(data: str | bytes, path: str) -> Any:
    """The root element of the XML document data, read from path. Raises GuestconvError `source-malformed`."""
    try:
        return hostile_xml.parse(hostile_xml.decoded(data) if isinstance(data, bytes) else data, MAX_DESCRIPTOR)
    except hostile_xml.LxmlMissing:
        raise
    except GuestconvError as error:
        raise malformed(path, error.message, error.hint) from error


def disk_entry(found: disk_files.DiskFile) -> DiskEntry:
    """The entry in a description for a disk whose header was read."""
    entry: DiskEntry = {"path": found.path, "format": found.format, "size": found.size}
    if found.backing:
        entry["backing"] = list(found.backing)
    return entry


def identity(found: disk_files.DiskFile) -> dict[str, str]:
    """What an entry of hardware.disks gets of the header of a disk: VMware's UUID of it is the world wide name."""
    return {"wwn": found.uuid} if found.uuid else {}


def local_name(element: Any) -> str:
    """The name of an lxml element without its namespace."""
    return str(element.tag).rpartition("}")[2]


def malformed(path: str, what: str, hint: str = "") -> GuestconvError:
    """The GuestconvError for a file whose content is not what its name says."""
    return GuestconvError(
        "source-malformed",
        f"{path} cannot be understood: {what}",
        path=path,
        hint=hint or "Export the guest again, and compare the sizes of the files.",
    )
