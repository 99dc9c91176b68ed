# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""VMX: the file that describes a guest to VMware's hosts and desktops, next to the files of its disks.

`key = "value"` a line, the keys in any case. The disk that a snapshot made (web01-000001.vmdk) is named here while it
is the current one, and it is what is converted; the disks below it are found by its descriptor.
"""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from typing import Any

from ...devices import models
from ...disks import disk_files
from ...errors import GuestconvError
from . import metadata, placed, vmx_facts, vmx_others
from .kind import DescribedInFile, Description
from .metadata import malformed

_LINE = re.compile(r"\s*([A-Za-z0-9_.:-]+)\s*=\s*(?:\"([^\"]*)\"|([^\"\s#]+))\s*(?:#.*)?")
_ENCODING = re.compile(rb"^[ \t]*\.encoding[ \t]*=[ \t]*\"?([A-Za-z0-9_.-]+)", re.IGNORECASE | re.MULTILINE)
# A quote or a line's end in a value is |22 or |0A.
_ESCAPE = re.compile(r"\|([0-9A-Fa-f]{2})")

_DISK = re.compile(r"(ide|scsi|sata|nvme)(\d{1,3}):(\d{1,3})\.filename")
# NVDIMMs have a file that is like a disk's.
_NAMING = re.compile(rf"{_DISK.pattern}|nvdimm\d{{1,3}}:\d{{1,3}}\.filename")
_ENCRYPTED = frozenset(("encryption.keysafe", "encryption.data"))
# Keys that no VMX has: that the machine runs, and what is set twice.
_LOCKED, _TWICE = " locked", " twice"
_CARD = re.compile(r"ethernet(\d{1,3})\..+")


def read(path: str) -> Description:
    """The description of the guest of the VMX path and of its disks.

    Raises GuestconvError `source-...`.
    """
    description = describe(_with_neighbours(parse(metadata.read_file(path)), path), path)
    files = placed.located([disk["path"] for disk in description["disks"]], path)
    for disk, attached, file in zip(description["disks"], description["hardware"]["disks"], files):
        # A VMX may name any file of this machine. One that is not a VMDK is not a disk of the guest, and is refused.
        found = disk_files.examine(file, stated="vmdk")
        if found.unfollowed:
            raise _chain_elsewhere(found)
        disk.update(metadata.disk_entry(found))
        # With disk.EnableUUID the guest sees it.
        attached.update(metadata.identity(found))
    return description


def _chain_elsewhere(disk: disk_files.DiskFile) -> GuestconvError:
    lowest = (disk.path, *disk.backing)[-1]
    return GuestconvError(
        "source-disk-missing",
        f"{lowest} is a snapshot or a linked clone of {disk.unfollowed}, which is not a file in the same directory.",
        path=lowest,
        hint="Consolidate the snapshots, or clone the disk with `vmkfstools -i`, and copy it again. If all files of the disk "
        "are in one directory, write their names without a path into the parentFileNameHint of each.",
    )


def _with_neighbours(settings: dict[str, str], path: str) -> dict[str, str]:
    """settings, with what files next to the VMX path say: the list of snapshots, and that the machine runs."""
    snapshots = os.path.splitext(path)[0] + ".vmsd"
    if os.path.isfile(snapshots):
        settings["snapshot.numsnapshots"] = parse(metadata.read_file(snapshots)).get("snapshot.numsnapshots", "")
    if os.path.isdir(path + ".lck"):
        settings[_LOCKED] = "TRUE"
    return settings


def parse(data: bytes) -> dict[str, str]:
    """{key in lower case: value} of the VMX data (bytes). Pure. Lines that are not settings are ignored, as VMware does."""
    match = _ENCODING.search(data)
    settings: dict[str, str] = {}
    for line in _decoded(data, match.group(1).decode("ascii") if match else "utf-8").split("\n"):
        setting = _LINE.fullmatch(line)
        if setting:
            key, value = (
                setting.group(1).lower(),
                setting.group(2) if setting.group(2) is not None else setting.group(3),
            )
            value = _ESCAPE.sub(lambda escape: chr(int(escape.group(1), 16)), value)
            if settings.get(key, value) != value:
                settings[_TWICE] = key
            settings[key] = value
    return settings


def describe(settings: Mapping[str, str], path: str) -> Description:
    """The description of the guest with settings (as of parse()), as of read(), without a look at its disks. Pure."""
    if _ENCRYPTED & set(settings):
        raise GuestconvError(
            "source-encrypted",
            f"{path} is encrypted.",
            path=path,
            hint="Remove the encryption of the virtual machine first.",
        )
    if not {"config.version", "virtualhw.version", "displayname", "guestos"} & set(settings):
        raise malformed(path, "it has no setting of a virtual machine.")
    if _TWICE in settings:
        # VMware: "Variable is already defined".
        raise malformed(path, f"{settings[_TWICE]} has two values.", "Remove one of them, as VMware requires, too.")
    machine = metadata.Machine(
        name=settings.get("displayname", "").strip() or os.path.splitext(os.path.basename(path))[0],
        disks=_disks(settings, path),
        interfaces=_interfaces(settings),
        # The defaults of VMware; memory has no default that all versions share.
        firmware="uefi" if settings.get("firmware", "").lower() == "efi" else "bios",
        cpus=metadata.number(settings.get("numvcpus"), 1 << 20) or 1,
        memory=metadata.number(settings.get("memsize"), 1 << 40) or None,
        facts={**vmx_facts.of_machine(settings), **_of_neighbours(settings, path)},
    )
    return metadata.describe(machine, path)


def _of_neighbours(settings: Mapping[str, str], path: str) -> dict[str, Any]:
    """The facts that files next to the VMX say: see _with_neighbours()."""
    facts: dict[str, Any] = {
        "template": path.endswith(".vmtx"),
        "snapshots": metadata.number(settings.get("snapshot.numsnapshots"), 1 << 20),
    }
    return {**facts, "state": "running"} if _LOCKED in settings else facts


def _decoded(data: bytes, encoding: str) -> str:
    # On a host in another language VMware names the encoding of its Windows: windows-1252, GBK, Shift_JIS.
    try:
        # Whatever else Python calls an encoding, a VMX in it has ASCII's characters where ASCII has them.
        if encoding.lower() != "utf-8" and b'key = "value"'.decode(encoding) == 'key = "value"':
            return data.decode(encoding, "replace")
    except (LookupError, ValueError):
        pass
    return data.decode("utf-8-sig", "replace")


def _disks(settings: Mapping[str, str], path: str) -> list[metadata.Disk]:
    order = [name.strip().lower() for name in settings.get("bios.hddorder", "").split(",")]
    found = []
    for key, name in settings.items():
        match = _DISK.fullmatch(key)
        if not match or not _is_disk(settings, *match.groups()):
            continue
        if not name.strip():
            raise malformed(path, f"the disk {key.rpartition('.')[0]} has no file.", "Remove it from the machine.")
        bus, controller, unit = match.groups()
        place = f"{bus}{controller}:{unit}"
        found.append(
            metadata.Disk(
                _located(path, name),
                bus,
                (int(controller), int(unit)),
                format="vmdk",
                controller=_controller(settings, bus, controller),
                boot_order=order.index(place) if place in order else None,
                number=int(controller),
                unit=int(unit),
                **vmx_facts.of_disk(settings, bus, controller, unit, path),
            )
        )
    return found


def _is_disk(settings: Mapping[str, str], bus: str, controller: str, unit: str) -> bool:
    """Whether it is an attached hard disk. `present` is false by default, as libvirt's vmx.c has it, too."""
    device = f"{bus}{controller}:{unit}"
    if (
        not vmx_others.is_true(settings, f"{device}.present")
        or settings.get(f"{bus}{controller}.present", "true").lower() == "false"
    ):
        return False
    kind, name = settings.get(f"{device}.devicetype", "").lower(), settings[f"{device}.filename"].lower()
    # cdrom-image, cdrom-raw, atapi-cdrom; without a type it is a disk, but many write none for an ISO image either. A
    # CD-ROM of the host may be passed through as a SCSI device.
    return not ("cdrom" in kind or "/devices/cdrom/" in name or name.endswith((".iso", ".flp")))


def _controller(settings: Mapping[str, str], bus: str, number: str) -> str | None:
    # A SCSI controller has a model of its own; without one it is LSI Logic's. BusLogic's is not one that QEMU has.
    word = settings.get(f"scsi{number}.virtualdev", "").lower() or "lsilogic" if bus == "scsi" else bus
    model = models.named("vmx", "block", word)
    return model.driver if model and model.bus == bus else None


def _interfaces(settings: Mapping[str, str]) -> list[metadata.Card]:
    numbers = {int(match.group(1)) for match in map(_CARD.fullmatch, settings) if match}
    found = []
    for number in sorted(numbers):
        card = f"ethernet{number}."
        if not vmx_others.is_true(settings, card + "present"):
            continue
        # `address` was set by a person, and counts only while addressType is static.
        keys = ("generatedaddress", "address")
        if settings.get(card + "addresstype", "").lower() == "static":
            keys = ("address", "generatedaddress")
        mac = next(filter(None, (metadata.normal_mac(settings.get(card + key)) for key in keys)), None)
        model = models.named("vmx", "network", settings.get(card + "virtualdev", "").lower())
        found.append(metadata.Card(mac, model.driver if model else None, **vmx_facts.of_card(settings, card)))
    return found


def _located(path: str, name: str) -> str:
    """The path of the disk that the VMX path calls name."""
    return os.path.join(os.path.dirname(path), placed.slashed(name))


def _named(path: str) -> list[str]:
    """The files that the VMX path names. An encrypted one hides them, so they are all VMDKs next to it."""
    try:
        settings = parse(metadata.read_file(path))
    except GuestconvError:
        return []
    if _ENCRYPTED & set(settings):
        return [name for name in os.listdir(os.path.dirname(path)) if name.lower().endswith(".vmdk")]
    return [value for key, value in settings.items() if _NAMING.fullmatch(key)]


KIND = DescribedInFile("vmx", (".vmx", ".vmtx"), read, _named)
