# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A machine as the options of community.proxmox.proxmox_kvm, which are those of Proxmox VE's qm.conf.

What qm.conf numbers (net0, scsi1) is a dictionary there: net: {net0: ...}.
"""

from __future__ import annotations

from dataclasses import dataclass

from ..errors import GuestconvError
from . import request

PLATFORM = "Proxmox VE"


@dataclass(frozen=True)
class _Disk:
    """bus: qm.conf's. capacity: how many disks it takes there. controller: scsihw, for SCSI."""

    bus: str
    capacity: int
    controller: str = ""


DISKS = {
    "virtio-blk-pci": _Disk("virtio", 16),
    "virtio-scsi-pci": _Disk("scsi", 31, "virtio-scsi-pci"),
    "ahci": _Disk("sata", 6),
    "pvscsi": _Disk("scsi", 31, "pvscsi"),
    "lsi53c895a": _Disk("scsi", 31, "lsi"),
    "ide": _Disk("ide", 4),
    "piix3-ide": _Disk("ide", 4),
}

INTERFACES = {
    "virtio-net-pci": "virtio",
    "e1000e": "e1000e",
    "e1000": "e1000",
    "rtl8139": "rtl8139",
    "vmxnet3": "vmxnet3",
    "pcnet": "pcnet",
}

VIDEO = {
    "virtio-vga": "virtio",
    "qxl-vga": "qxl",
    "VGA": "std",
    "cirrus-vga": "cirrus",
    "vmware-svga": "vmware",
}

CONSOLES = {"isa-serial": {"serial0": "socket"}}

FIRMWARES = {"bios": "seabios", "uefi": "ovmf"}

_VOLUME_KEYS = ("volume", "device")


def virtual_machine(
    hardware,
    name,
    volumes,
    memory=None,
    cpus=None,
    network="vmbr0",
    networks=None,
    storage=None,
    ostype="l26",
    guest_agent=False,
):
    """The options (a dict) of the virtual machine for hardware (a dict, as convert returns it).

    Args: name: its name; volumes: what qm.conf says of the disks of hardware ("local-lvm:vm-100-disk-0",
    "local-lvm:0,import-from=/x.qcow2"), or dicts of volume and device; memory (MiB), cpus: by default what hardware
    knows; network: a bridge, and what else qm.conf says of a card ("vmbr0,tag=7"); networks: {a card's name or MAC
    address: network}; storage: where UEFI's variables are kept; ostype: qm.conf's; guest_agent: whether the guest runs
    QEMU's, so that Proxmox talks to it.
    Raises GuestconvError: `hardware-invalid`, `platform-option-invalid`, `device-not-offered`, `drivers-differ`.
    """
    machine = request.machine(hardware, cpus, memory)
    wanted = machine.hardware
    places = request.pairs(wanted.disks, request.items(volumes, "volumes", _VOLUME_KEYS), "volumes")
    plugs = request.networks(wanted.interfaces, network, networks)
    options = {
        "name": request.text(name, "name"),
        "ostype": request.text(ostype, "ostype"),
        "machine": wanted.machine,
        "bios": FIRMWARES[wanted.firmware],
        "memory": machine.memory,
        "cores": machine.cpus,
        # What guestconv_verify boots with. Proxmox's default lacks what today's distributions are compiled for.
        "cpu": "host",
        "agent": "enabled=%d" % request.flag(guest_agent, "guest_agent"),
        "vga": request.word(VIDEO, wanted.video, "display", PLATFORM) if wanted.video else "none",
    }
    options.update(_disks(places))
    if wanted.interfaces:
        options["net"] = {
            "net%d" % index: _card(card, plug) for index, (card, plug) in enumerate(zip(wanted.interfaces, plugs))
        }
    if wanted.console:
        options["serial"] = dict(request.word(CONSOLES, wanted.console, "console", PLATFORM))
    if wanted.firmware == "uefi":
        options["efidisk0"] = _variables(storage)
    return options


def _disks(places):
    """The options per bus, the SCSI controller, and the boot order."""
    options, order = {}, []
    for place, given in places:
        title = request.disk_title(place)
        model = request.word(DISKS, place.driver, title, PLATFORM)
        on_bus = options.setdefault(model.bus, {})
        if len(on_bus) == model.capacity:
            raise request.invalid("hardware.disks", "%s: Proxmox VE takes %d on %s." % (title, len(on_bus), model.bus))
        key = "%s%d" % (model.bus, len(on_bus))
        on_bus[key] = request.text(given.get("volume"), "volumes")
        if place.boot_order:
            order.append((place.boot_order, key))
        if model.controller and options.setdefault("scsihw", model.controller) != model.controller:
            raise GuestconvError(
                "drivers-differ",
                "%s has a %s, and others a %s: Proxmox VE has one SCSI controller's model for all of a machine's disks."
                % (title, place.driver, options["scsihw"]),
                hint="Convert the guest with the same driver for all of them.",
            )
    if order:
        options["boot"] = "order=" + ";".join(key for unused, key in sorted(order))
    return options


def _card(card, plug):
    model = request.word(INTERFACES, card.driver, request.interface_title(card), PLATFORM)
    # In capitals, as Proxmox writes it: what is the same should look the same.
    address = "=" + card.mac.upper() if card.mac else ""
    return "%s%s,bridge=%s" % (model, address, request.text(plug, "network"))


def _variables(storage):
    if storage is None:
        raise request.invalid(
            "storage", "The guest boots by UEFI, whose variables need a place.", "Give storage='local-lvm'."
        )
    # No keys, no secure boot. The format is raw on every storage; unsaid, the module (1.4.0) would send "format=None".
    place = request.text(storage, "storage")
    return {"storage": place, "format": "raw", "efitype": "4m", "pre_enrolled_keys": False}
