# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""OVF, the Open Virtualization Format (DMTF DSP0243, 1.x and 2.x): an XML descriptor next to the files of the disks.

Producers differ more than the versions do, so elements and attributes are found by their names without namespaces. What
VMware adds to it (firmware, boot order), VirtualBox (a whole machine of its own, with the MAC addresses), oVirt (the
interface of a disk) and XenServer (settings) is read, too.
"""

from __future__ import annotations

import os
import posixpath
from collections.abc import Container, Iterator
from typing import Any
from urllib.parse import unquote

from ...devices import models
from ...disks import disk_files
from ...errors import GuestconvError
from . import manifest, metadata, ovf_disks, ovf_facts, ovf_xen, placed
from .kind import Counter, Description, DiskEntry, Package
from .metadata import local_name, malformed
from .ovf_elements import attribute, named
from .ovf_items import Item, items_of, unit_of

# The envelope's namespace of version 1 and 2. In drafts (0.9) it was VMware's, and the sections had other names.
_ENVELOPES = ("http://schemas.dmtf.org/ovf/envelope/1", "http://schemas.dmtf.org/ovf/envelope/2")

# CIM_ResourceAllocationSettingData.ResourceType.
_PROCESSOR, _MEMORY, _ETHERNET = "3", "4", "10"

_MIB = 1 << 20
# Machines that a message lists, and characters of their names.
_LISTED, _LONGEST_NAME = 20, 64
# Envelopes have sizes in GiB, rounded up.
_ROUNDING = 1 << 30


def read(path: str, vm: str | None = None) -> Description:
    """The description of the guest of the OVF path and of the disks next to it. vm: which, if there are several.

    Raises GuestconvError `source-...`.
    """
    description = parse(metadata.read_file(path), path, vm)
    for disk, attached in zip(description["disks"], description["hardware"]["disks"]):
        capacity = disk.get("size")
        disk.update(_beside(path, disk, attached))
        description["warnings"] += other_size(disk, capacity)
    return description


def verify(path: str, progress: Counter | None = None, left_out: Container[str] = ()) -> list[str]:
    """Compare the files next to the OVF path with the checksums of its manifest, if there is one.

    progress: see manifest.verify. left_out: paths of files that are not needed, and are not there. Returns the names of the
    files that were verified, none if there is no manifest. Raises GuestconvError.
    """
    listing = os.path.splitext(path)[0] + ".mf"
    if not os.path.lexists(listing):
        return []
    checksums = manifest.parse(metadata.read_file(listing), listing)
    folder = os.path.dirname(path)

    def place(name: str) -> str:
        return os.path.join(folder, _inside(name, path))

    def chunks(name: str) -> Iterator[bytes]:
        with metadata.open_file(place(name)) as stream:
            yield from iter(lambda: stream.read(_MIB), b"")

    wanted = {name: checksum for name, checksum in checksums.items() if place(name) not in left_out}
    return manifest.verify(wanted, chunks, path, progress)


def parse(data: str | bytes, path: str, vm: str | None = None) -> Description:
    """The description in the envelope data (bytes), as of read(), of disks that are named as the envelope names them.

    path: of the envelope, for errors. vm: the id or the name of the machine, if there are several. Pure.
    """
    envelope = metadata.parse_xml(data, path)
    if local_name(envelope) != "Envelope" or not envelope.tag.startswith(tuple(f"{{{uri}}}" for uri in _ENVELOPES)):
        raise malformed(
            path,
            f"its root element is <{envelope.tag}>, which is not an OVF envelope of version 1 or 2.",
            "Export it again as OVF 1.0 or later; older ones were drafts.",
        )
    if next(named(envelope, "EncryptionSection"), None) is not None:
        # DSP0243 2.1, 9.14: files of the package are encrypted.
        raise GuestconvError(
            "source-encrypted", f"{path} has encrypted files.", path=path, hint="Export it without encryption."
        )
    system = _system(envelope, path, vm)
    hardware = next(named(system, "VirtualHardwareSection"), None)
    if hardware is None:
        raise malformed(path, "it has no VirtualHardwareSection.")
    items = items_of(envelope, hardware)
    # VirtualBox's own description of the machine, in addition to the standard's.
    box = next(named(system, "Machine"), None)
    xen, cpus = ovf_xen.settings_of(hardware), _quantity(items, _PROCESSOR)
    machine = metadata.Machine(
        name=_name(system),
        disks=[],
        interfaces=_interfaces(items, box),
        firmware=_firmware(hardware, box) or ovf_xen.firmware(xen),
        cpus=cpus,
        memory=_memory(items),
        facts={
            **ovf_facts.of_machine(system, hardware, [(item.type, item.values) for item in items], box),
            **ovf_xen.of_machine(xen, cpus),
        },
    )
    machine.disks = ovf_disks.disks_of(envelope, system, items, box, machine.warnings, path)
    return metadata.describe(machine, path)


# The machine


def _system(envelope: Any, path: str, vm: str | None) -> Any:
    """The machine that is called vm, by its id or its name; the only one, where vm is None."""
    systems = list(named(envelope, "VirtualSystem"))
    if not systems:
        raise malformed(path, "it contains no virtual machine.")
    wanted = [system for system in systems if vm in (None, attribute(system, "id"), _name(system))]
    if len(wanted) == 1:
        return wanted[0]
    ids = [(attribute(system, "id") or _name(system))[:_LONGEST_NAME] for system in systems[:_LISTED]]
    names = ", ".join(name if name.isprintable() else repr(name) for name in ids)
    more = f", and {len(systems) - _LISTED} more" if len(systems) > _LISTED else ""
    which = "" if vm is None else f", and {len(wanted) or 'none'} of them is called {vm!r}"
    raise GuestconvError(
        "source-several-guests",
        f"{path} contains {len(systems)} virtual machines{which}: {names}{more}.",
        hint="Fetch each by itself: name it in the key `vm` of the source, by its id, in a directory of its own.",
        path=path,
    )


def _name(system: Any) -> str:
    name = next((child.text for child in system if local_name(child) == "Name" and child.text), None)
    return (name or attribute(system, "id") or "").strip()


def _firmware(hardware: Any, box: Any) -> str | None:
    for element in named(hardware, "Config", "ExtraConfig"):
        if attribute(element, "key") == "firmware":
            # Anything else is a variable of a template, say.
            return {"efi": "uefi", "bios": "bios"}.get(attribute(element, "value").lower())
    if box is not None:
        kinds = [attribute(element, "type") for element in named(box, "Firmware")]
        return "uefi" if kinds and kinds[0].upper().startswith("EFI") else "bios"
    return None


def _quantity(items: list[Item], kind: str) -> int | None:
    quantities = [metadata.number(item["VirtualQuantity"], 1 << 20) for item in items if item.type == kind]
    return quantities[0] or None if quantities else None


def _memory(items: list[Item]) -> int | None:
    """MiB."""
    for item in items:
        if item.type == _MEMORY:
            # Without a unit all that is known mean MiB.
            unit = unit_of(item["AllocationUnits"] or item["VirtualQuantityUnits"] or "byte * 2^20")
            return -(-(metadata.number(item["VirtualQuantity"], 1 << 50) or 0) * (unit or _MIB) // _MIB) or None
    return None


def _interfaces(items: list[Item], box: Any) -> list[metadata.Card]:
    found = []
    for item in sorted(items, key=_place_of_card):
        if item.type == _ETHERNET:
            known = filter(None, (models.named("ovf", "network", subtype) for subtype in item.subtypes()))
            card = next(known, None)
            mac = metadata.normal_mac(item["Address"] or item["MACAddress"])
            found.append(
                metadata.Card(mac, card.driver if card else None, **ovf_facts.of_card(item.values, item.configs))
            )
    adapters = [] if box is None else [a for a in named(box, "Adapter") if attribute(a, "enabled") == "true"]
    if adapters and not any(card.mac for card in found):
        # VirtualBox has the MAC addresses in its own description only, in the order of its slots.
        adapters.sort(key=lambda adapter: metadata.number(attribute(adapter, "slot")) or 0)
        return [
            metadata.Card(
                metadata.normal_mac(attribute(adapter, "MACAddress")),
                _adapter(attribute(adapter, "type")),
                **ovf_facts.of_adapter(adapter),
            )
            for adapter in adapters
        ]
    return found


def _place_of_card(item: Item) -> int:
    """What orders cards as the guest finds them: their units on the PCI bus, as far as those are known."""
    return metadata.number(item["AddressOnParent"], 1 << 20) or 0


def _adapter(kind: str) -> str | None:
    """QEMU's model of a type of VirtualBox's adapters."""
    card = models.named("ovf", "network", kind.lower())
    return card.driver if card else None


def _beside(path: str, disk: DiskEntry, attached: dict[str, Any]) -> DiskEntry:
    """What is to be changed in disk, an entry of a description of the OVF path, for its file is there.

    attached: its entry in hardware.disks, which gets the UUID that VMware gave the disk.
    """
    name = _inside(disk["path"], path)
    found = os.path.join(os.path.dirname(path), name)
    if not os.path.lexists(found):
        found = os.path.join(os.path.dirname(path), _inside(unquote(disk["path"]), path))
    if "compression" in disk:
        metadata.open_file(found).close()
        return {"path": found}
    known = disk_files.examine(found, stated_format(disk))
    check_format(disk, known.format, path)
    followed = disk_files.examine(found, known.format)
    if known.format != "raw" and (followed.backing or followed.unfollowed):
        raise GuestconvError(
            "source-not-supported",
            f"{path}: {disk['path']} has a backing file, and a disk of an OVF must be complete.",
            path=path,
            hint="Export the guest again without snapshots, or make one image of the disk (`qemu-img convert`).",
        )
    attached.update(metadata.identity(known))
    return metadata.disk_entry(known)


def other_size(disk: DiskEntry, capacity: int | None) -> list[str]:
    """A warning where the file of a disk has another size than the envelope has for it, by more than its rounding."""
    size = disk.get("size", capacity)
    if not capacity or size is None or abs(capacity - size) < _ROUNDING:
        return []
    name = disk.get("member") or disk["path"]
    return [f"{name} is a disk of {size} bytes, and the OVF describes one of {capacity}. Compare it with its source."]


def stated_format(disk: DiskEntry) -> str | None:
    """The format that a file is to be read as whatever its header says: raw, as the guest may have written it."""
    return "raw" if disk.get("format") == "raw" else None


def check_format(disk: DiskEntry, found: str, path: str) -> None:
    """Refuse a disk (an entry of a description) whose file has the header of another format than raw is named for."""
    if found == "raw" and disk.get("format") not in (None, "raw"):
        what = f"{path}: {disk['path']} should be {disk['format']}, but does not have such a header."
        raise GuestconvError(
            "source-disk-format", what, path=path, hint="Export the guest again, and compare the sizes of the files."
        )


def _inside(name: str, path: str) -> str:
    """name, a relative reference of the OVF path, that stays in its folder. Raises GuestconvError."""
    normal = posixpath.normpath(name)
    if not name or "\0" in name or posixpath.isabs(normal) or normal.split("/")[0] in ("..", ".") or "://" in name:
        raise GuestconvError(
            "source-hostile",
            f"{path} refers to {name!r}, which is not next to it.",
            path=path,
            hint="Put all files into one directory, and refer to them by their names.",
        )
    return normal


KIND = Package("ovf", (".ovf",), read, placed.named_in_xml, verify)
