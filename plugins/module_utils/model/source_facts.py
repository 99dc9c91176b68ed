# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Facts that a source knows of a machine, and where each of them ends: mostly on the target, or in a concern.

A reader of a source declares for each fact where its format has it, or why it has none (sources/kinds/facts.py).
docs/sources.md is generated from both.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from .concerns import Concern

# How a fact ends.
TARGET = "in the hardware that conversion returns"
GUEST = "used by conversion; nothing on the target depends on it"
INFORMATION = "for information; conversion keeps the address, whatever its kind"
ENDS_IN_NO_CONCERN = (TARGET, GUEST, INFORMATION)

# What a disk's serial number may be everywhere: 20 characters is what virtio, ATA and NVMe have room for.
SERIAL = re.compile(r"[A-Za-z0-9_.+-]{1,20}")

# A world wide name of 64 bits, which QEMU can give a disk. VMware's have 128.
WWN = re.compile(r"(?:0x)?([0-9A-Fa-f]{16})")

# What the target is: x86-64, by the words of libvirt, QEMU, and vSphere's guest ids.
_X86 = ("x86_64", "amd64", "i686", "i386", "x86")

_NOT_PERSISTENT = "nonpersistent"


@dataclass(frozen=True)
class Fact:
    """name: for people. scope: "", "disks" or "interfaces": what in `hardware` has it. keys: those that carry it.

    end: one of ENDS_IN_NO_CONCERN, or the code of the concern about it.
    """

    name: str
    scope: str
    keys: tuple[str, ...]
    end: str


FACTS: tuple[Fact, ...] = (
    Fact("network or port group", "interfaces", ("network",), TARGET),
    Fact("link state", "interfaces", ("connected",), TARGET),
    Fact("PCI slot of a card", "interfaces", ("pci_slot",), GUEST),
    Fact("kind of MAC address", "interfaces", ("mac_kind",), INFORMATION),
    Fact("disk mode", "disks", ("mode",), "disk-mode-changed"),
    Fact("sharing and bus sharing", "disks", ("sharing",), "disk-shared"),
    Fact("raw device mapping", "disks", ("raw_device",), "disk-raw-device"),
    Fact("serial number and WWN", "disks", ("serial", "wwn"), TARGET),
    Fact("storage", "disks", ("storage",), TARGET),
    Fact("controller and unit", "disks", ("bus", "controller_number", "unit"), GUEST),
    Fact("snapshots", "", ("snapshots",), "machine-settings-left"),
    Fact("CD-ROM and floppy", "", ("removable",), "machine-settings-left"),
    Fact("secure boot", "", ("secure_boot",), "secure-boot-off"),
    Fact("TPM", "", ("tpm",), "tpm-left"),
    Fact("BIOS UUID", "", ("uuid",), TARGET),
    Fact("instance UUID", "", ("instance_uuid",), TARGET),
    Fact("sockets, cores and threads", "", ("sockets", "cores", "threads"), TARGET),
    Fact("hot-plug of CPUs and memory", "", ("cpu_hotplug", "memory_hotplug"), "machine-settings-left"),
    Fact("NUMA nodes", "", ("numa_nodes",), "machine-settings-left"),
    Fact("passthrough and USB devices", "", ("passthrough",), "passthrough-left"),
    Fact("serial ports", "", ("serial_ports",), "machine-settings-left"),
    Fact("other devices and settings", "", ("other_settings",), "machine-settings-left"),
    Fact("clock", "", ("clock",), TARGET),
    Fact("guest id", "", ("guest_id",), TARGET),
    Fact("annotation and tags", "", ("annotation", "tags"), TARGET),
    Fact("running or suspended", "", ("state",), "guest-not-shut-down"),
    Fact("template", "", ("template",), "machine-settings-left"),
    Fact("architecture", "", ("arch",), "machine-not-x86"),
    Fact("kernel of the host", "", ("host_kernel",), "kernel-of-host"),
)

# Keys of a machine that conversion hands on as they are.
CARRIED = tuple(key for fact in FACTS if fact.end == TARGET and not fact.scope for key in fact.keys)


def concerns(hardware: Mapping[str, Any]) -> list[Concern]:
    """The concerns about what hardware, as the option of the modules has it, says of the source. Pure."""
    return [*_of_machine(hardware), *_of_disks(hardware), *_left(hardware), *_unknown(hardware)]


def _of_machine(hardware: Mapping[str, Any]) -> Iterator[Concern]:
    if (hardware.get("arch") or "x86_64").lower() not in _X86:
        yield Concern(
            "machine-not-x86",
            "error",
            f"The machine has the architecture {hardware['arch']}, and guestconv converts for x86-64.",
            "Guests of another architecture are not supported.",
        )
    state = hardware.get("state")
    if state in ("running", "suspended"):
        yield Concern(
            "guest-not-shut-down",
            "error",
            f"The guest is {state} on the source: what it has in memory is not on its disks.",
            "Start it if it is suspended, and shut it down. Then copy its disks again.",
        )
    if hardware.get("secure_boot"):
        yield Concern(
            "secure-boot-off",
            "warning",
            "The guest has secure boot on the source. Its target has it only if the definition asks for it.",
            "Set `secure_boot` of the platform's filter, if the guest boots with signed programs alone.",
        )
    if hardware.get("tpm"):
        yield Concern(
            "tpm-left",
            "warning",
            "The guest has a TPM on the source, whose content cannot be moved: keys that are sealed with it are lost.",
            "Have recovery keys ready for what the guest encrypts, and bind it to the new TPM (`tpm` of the filter).",
        )
    if hardware.get("host_kernel"):
        yield Concern(
            "kernel-of-host",
            "warning",
            f"The source starts a kernel of the host ({hardware['host_kernel']}), not the boot loader of the guest.",
            "The target starts what is on the disks. Install a kernel and a boot loader in the guest, if it has none.",
        )
    if hardware.get("passthrough"):
        yield Concern(
            "passthrough-left",
            "warning",
            f"Devices of the host that the guest uses are not moved: {', '.join(hardware['passthrough'])}.",
            "Attach such devices of the target, and install their drivers in the guest.",
        )


def _of_disks(hardware: Mapping[str, Any]) -> Iterator[Concern]:
    for number, disk in enumerate(hardware.get("disks") or ()):
        title = f"The disk {number + 1} of the source"
        if disk.get("sharing"):
            yield Concern(
                "disk-shared",
                "error",
                f"{title} is shared with other machines ({disk['sharing']}), which would lose what conversion writes.",
                f"Detach it, or remove `sharing` from hardware.disks[{number}] if nothing else uses the disk.",
            )
        if disk.get("raw_device"):
            yield Concern(
                "disk-raw-device",
                "error",
                f"{title} is a device of the host, not an image: other machines may use it.",
                f"Remove `raw_device` from hardware.disks[{number}] if this guest alone uses it.",
            )
        mode = disk.get("mode")
        if mode:
            discarded = " What the guest writes is lost whenever it is switched off; the target keeps it."
            yield Concern(
                "disk-mode-changed",
                "warning" if mode == _NOT_PERSISTENT else "info",
                f"{title} has the mode {mode}, which the target does not have."
                + (discarded if mode == _NOT_PERSISTENT else ""),
                "Configure snapshots of the target accordingly.",
            )


def _left(hardware: Mapping[str, Any]) -> Iterator[Concern]:
    """What is not moved, and changes nothing about whether the guest works."""
    found: list[str] = []
    for key, words in (
        ("snapshots", "snapshots ({})"),
        ("cpu_hotplug", "hot-plug of CPUs"),
        ("memory_hotplug", "hot-plug of memory"),
        ("numa_nodes", "NUMA nodes ({})"),
        ("template", "that it is a template"),
    ):
        if hardware.get(key):
            found.append(words.format(hardware[key]))
    found += [f"serial port ({port})" for port in hardware.get("serial_ports") or ()]
    found += hardware.get("removable") or ()
    found += hardware.get("other_settings") or ()
    for number, disk in enumerate(hardware.get("disks") or (), 1):
        if disk.get("serial") and not SERIAL.fullmatch(disk["serial"]):
            found.append(f"serial number {disk['serial']!r} of disk {number}")
        if disk.get("wwn") and not WWN.fullmatch(disk["wwn"]):
            found.append(f"world wide name {disk['wwn']!r} of disk {number}")
    found += _topology(hardware)
    if found:
        yield Concern(
            "machine-settings-left",
            "info",
            f"Settings of the source that the target does not get: {', '.join(found)}.",
            "Configure them on the target, if the guest needs them.",
        )


def _topology(hardware: Mapping[str, Any]) -> list[str]:
    """In words, where it makes another number of processors than the machine has: a part of them is plugged in later."""
    cpus, known = hardware.get("cpus"), [key for key in ("sockets", "cores", "threads") if hardware.get(key)]
    if not cpus or not known or math.prod(hardware[key] for key in known) == cpus:
        return []
    return [f"topology of {', '.join(f'{hardware[key]} {key}' for key in known)} (the machine has {cpus} processors)"]


def _unknown(hardware: Mapping[str, Any]) -> Iterator[Concern]:
    if hardware.get("unknown"):
        yield Concern(
            "machine-not-known",
            "info",
            f"What was read of the source does not have: {', '.join(hardware['unknown'])}.",
            "Ask for vSphere's own objects: `schema: vsphere`, with the properties config, runtime and snapshot.",
        )
