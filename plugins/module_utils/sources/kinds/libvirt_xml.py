# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""libvirt's domain XML, for the domains of QEMU and Xen (https://libvirt.org/formatdomain.html)."""

from __future__ import annotations

import dataclasses
import os
import re
from collections.abc import Callable
from typing import Any

from ...disks import disk_files
from ...disks.formats import probe
from ...disks.suffixes import format_of_name
from ...errors import GuestconvError
from . import libvirt_facts, metadata, placed
from .kind import Description, DiskEntry
from .libvirt_disks import VolumePath, attribute, disk_of, in_order, kind_of, model_of


class NotADomain(GuestconvError):
    """The XML document describes something else than a domain."""


# The formats of disks of hypervisors whose domains do not say them: VirtualBox goes by the suffix.
_FORMATS: dict[str, Callable[[str], str | None]] = {"vmware": lambda path: "vmdk", "vbox": format_of_name}

# Bytes; libvirt's virScaleInteger: "KB" is a thousand, "KiB" and "k" are 1024.
_POWERS = {letter: exponent for exponent, letter in enumerate("KMGTPE", 1)}
_UNIT = re.compile(r"([kmgtpe])(b|ib)?|b|bytes?", re.IGNORECASE)
_MIB = 1 << 20


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
        found = disk_files.examine(disk["path"], disk.get("format"), elsewhere=True)
        _refuse_other_layers(disk, found)
        disk.update(metadata.disk_entry(found))


def _refuse_other_layers(disk: DiskEntry, found: disk_files.DiskFile) -> None:
    """Refuse a disk of which libvirt reads other layers than its header names, as the guest would see other bytes."""
    what = ""
    if "format" not in disk and found.format != "raw":
        # virDomainDiskDefPostParse(), and virStorageSourceGetMetadata() without probing.
        what = f"has no format in the domain, so libvirt takes it as raw, and it begins like {found.format}"
    named = disk.pop("backing", None)
    if named is not None and list(map(os.path.realpath, named)) != list(map(os.path.realpath, found.backing)):
        what = f"has other backing files in the domain ({', '.join(named) or 'none'}) than its header names"
    if what:
        raise GuestconvError(
            "source-disk-format",
            f"The disk {disk['path']} {what}.",
            path=disk["path"],
            hint="Correct the domain (`<driver type=...>`, `<backingStore>`), or the image with `qemu-img rebase -u`.",
        )


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
            metadata.Card(
                metadata.normal_mac(attribute(card, "mac", "address")),
                model_of("libvirt", "network", attribute(card, "model", "type")),
                **libvirt_facts.of_card(card),
            )
            for card in domain.iterfind("devices/interface")
        ],
        firmware=_firmware(domain),
        cpus=_cpus(domain),
        memory=_memory(domain),
        facts=libvirt_facts.of_machine(domain),
    )
    controllers = {
        metadata.number(controller.get("index")) or 0: model_of("libvirt-scsi", "block", controller.get("model", ""))
        for controller in domain.iterfind("devices/controller[@type='scsi']")
    }
    for position, element in enumerate(in_order(domain.iterfind("devices/disk"))):
        if kind_of(element, domain) in ("disk", "lun"):
            disk = disk_of(element, position, controllers, path, volume_path)
            machine.disks.append(dataclasses.replace(disk, **libvirt_facts.of_disk(element)))
            if domain.get("type") in _FORMATS:
                machine.disks[-1].format = _FORMATS[domain.get("type")](machine.disks[-1].path)
    if machine.disks and _boots_first(domain) and all(disk.boot_order is None for disk in machine.disks):
        # <boot dev="hd"/>, which is the default, is the first in the domain, whatever bus it is on.
        machine.disks[0].boot_order = 1
    return metadata.describe(machine, path)


def _boots_first(domain: Any) -> bool:
    """Whether the first disk is what is booted: a firmware starts it, or Xen's boot loader on the host reads it.

    Without a kernel of the host, that is pygrub if the domain names none (libxlMakeDomBuildInfo() in libxl_conf.c).
    """
    is_virtualised = domain.findtext("os/type") in (None, "hvm")
    names_loader, names_kernel = (bool((domain.findtext(name) or "").strip()) for name in ("bootloader", "os/kernel"))
    return is_virtualised or names_loader or not names_kernel


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
