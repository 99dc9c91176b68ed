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
# Channels that belong to the agent, which definitions have as well, or to the display.
_USUAL_CHANNELS = ("org.qemu.guest_agent.", "com.redhat.spice.", "org.spice-space.")
# What the host gives the machine, and where.
_TUNING = ("cputune", "numatune", "memtune", "blkiotune", "memoryBacking")
_COMMANDLINE = "{http://libvirt.org/schemas/domain/qemu/1.0}commandline"


def settings_of(domain: Any) -> list[str]:
    """A text for each of them."""
    return [*_devices(domain), *_machine(domain), *_processors(domain), *_limits(domain)]


def _devices(domain: Any) -> Iterator[str]:
    for element in domain.iterfind("devices/*"):
        word = next(filter(None, map(element.get, _WORDS)), "")
        if element.tag in _DEVICES and word not in _OF_CHIPSET:
            yield _DEVICES[element.tag] + (f" ({word})" if word else "")
    for element in domain.iterfind("devices/channel/target"):
        name = element.get("name", "")
        if name and not name.startswith(_USUAL_CHANNELS):
            yield f"channel {name}"


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
    # Such as the configuration that Ignition reads.
    for entry in domain.iterfind("sysinfo[@type='fwcfg']/entry"):
        yield f"firmware configuration {entry.get('name', '')}".strip()
    for table in domain.iterfind("os/acpi/table"):
        yield f"ACPI table ({table.get('type', '')})"
    if domain.find(f"{_COMMANDLINE}/*") is not None:
        yield "arguments of QEMU"
    first = next((boot.get("dev") for boot in domain.iterfind("os/boot")), None)
    if first == "network" or any(boot.get("order") == "1" for boot in domain.iterfind("devices/interface/boot")):
        yield "start from the network"


def _processors(domain: Any) -> Iterator[str]:
    features = {each.get("name"): each.get("policy", "require") for each in domain.iterfind("cpu/feature")}
    if any(features.get(name) in ("force", "require") for name in ("vmx", "svm")):
        yield "nested virtualization"
    if attribute(domain, "features/kvm/hidden", "state") == "on":
        yield "that the hypervisor is hidden"


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
        if card.find("mtu") is not None:
            yield f"MTU {attribute(card, 'mtu', 'size')} of the network card {name}"
    tuning = [tag for tag in _TUNING if domain.find(tag) is not None]
    if tuning:
        yield f"limits and places on the host ({', '.join(tuning)})"
