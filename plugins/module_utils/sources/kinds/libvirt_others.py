# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Devices and settings of a libvirt domain that no target gets, in words (https://libvirt.org/formatdomain.html). Pure."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from .libvirt_disks import attribute

_DEVICES = {
    "parallel": "parallel port",
    "sound": "sound card",
    "watchdog": "watchdog",
    "vsock": "vsock",
    "shmem": "shared memory",
    "smartcard": "smart card reader",
    "crypto": "cryptographic device",
    "iommu": "IOMMU",
}
# What tells one such device from another.
_WORDS = ("model", "name", "mode", "type")
# A part of the chipset of q35, which libvirt writes into each of its domains.
_OF_CHIPSET = ("itco",)
_COMMANDLINE = "{http://libvirt.org/schemas/domain/qemu/1.0}commandline"


def settings_of(domain: Any) -> list[str]:
    """A text for each of them."""
    return [*_devices(domain), *_machine(domain), *_limits(domain)]


def _devices(domain: Any) -> Iterator[str]:
    for element in domain.iterfind("devices/*"):
        word = next(filter(None, map(element.get, _WORDS)), "")
        if element.tag in _DEVICES and word not in _OF_CHIPSET:
            yield _DEVICES[element.tag] + (f" ({word})" if word else "")


def _machine(domain: Any) -> Iterator[str]:
    if domain.find("genid") is not None:
        yield "generation ID"
    # The UUID is a fact of its own.
    strings = [
        f"{entry.getparent().tag} {entry.get('name', '')}".strip()
        for entry in domain.iterfind("sysinfo[@type='smbios']/*/entry")
        if entry.get("name") != "uuid"
    ]
    if strings:
        yield f"SMBIOS strings ({', '.join(strings)})"
    if attribute(domain, "os/smbios", "mode") == "host":
        yield "SMBIOS strings of the host"
    for table in domain.iterfind("os/acpi/table"):
        yield f"ACPI table ({table.get('type', '')})"
    if domain.find(f"{_COMMANDLINE}/*") is not None:
        yield "arguments of QEMU"


def _limits(domain: Any) -> Iterator[str]:
    for disk in domain.iterfind("devices/disk"):
        if disk.find("iotune") is not None:
            yield f"limits of the disk {attribute(disk, 'target', 'dev')}"
    for number, card in enumerate(domain.iterfind("devices/interface"), 1):
        name = attribute(card, "mac", "address") or str(number)
        if card.find("bandwidth") is not None:
            yield f"limits of the network card {name}"
        for rule in card.iterfind("filterref"):
            yield f"filter {rule.get('filter', '')} of the network card {name}"
