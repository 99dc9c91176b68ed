# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A machine as the options of community.proxmox.proxmox_kvm, which are those of Proxmox VE's qm.conf.

What qm.conf numbers (net0, scsi1) is a dictionary there: net: {net0: ...}.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from ..devices import models
from ..errors import GuestconvError
from ..model.hardware import DiskPlace, Hardware, Interface
from ..model.kept import WWN
from . import processors, request
from .vocabulary import Vocabulary

FILTER = "proxmox_vm"
WORDS = Vocabulary("proxmox", "Proxmox VE")

# How many disks a machine takes on each bus of qm.conf.
_CAPACITIES = {"virtio": 16, "scsi": 31, "sata": 6, "ide": 4}

# The buses of which a disk can have a world wide name (%wwn_fmt in PVE::QemuServer::Drive).
_WITH_WWN = ("scsi", "sata", "ide")

_DNS_NAME = re.compile(r"[A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?(\.[A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?)*")

# Characters of `description` (maxLength in PVE::QemuServer).
_LONGEST_NOTES = 8192

# The ports of PCI Express that each q35 machine has (pve-q35-4.0.cfg).
_PORTS = ("ich9-pcie-port-1", "ich9-pcie-port-2", "ich9-pcie-port-3", "ich9-pcie-port-4")

_LINUX = "l26"
# By the lowest version of NT: 11 and 2022, 10, 8, 7, Vista (PVE::QemuServer, ostype).
_OS_TYPES = (
    ((10, 0, 20348), "win11"),
    ((10, 0, 0), "win10"),
    ((6, 2, 0), "win8"),
    ((6, 1, 0), "win7"),
    ((0, 0, 0), "w2k8"),
)

# All of its words.
_OS_WORDS = "other wxp w2k w2k3 w2k8 wvista win7 win8 win10 win11 l24 l26 solaris".split()

FIRMWARES = {"bios": "seabios", "uefi": "ovmf"}

_VOLUME_KEYS = ("volume", "device")
_DISK_KEYS = ("path", "format", "device", "backing")

# net0 to net31 (MAX_NETS in PVE::QemuServer::Network), pve-bridge-id in PVE::JSONSchema, and what else a card can have.
_MOST_CARDS = 32
_BRIDGE = re.compile(r"[A-Za-z0-9_.-]+")
_CARD_SETTINGS = {
    "tag": re.compile(r"[1-9]\d{0,2}|[1-3]\d{3}|40[0-8]\d|409[0-4]"),
    "trunks": re.compile(r"\d{1,4}(-\d{1,4})?(;\d{1,4}(-\d{1,4})?)*"),
    "firewall": re.compile(r"[01]"),
    "link_down": re.compile(r"[01]"),
    "mtu": re.compile(r"\d{1,5}"),
    "queues": re.compile(r"\d{1,2}"),
    "rate": re.compile(r"\d+(\.\d+)?"),
}

# PVE::JSONSchema, parse_storage_id().
_STORAGE = re.compile(r"[A-Za-z][A-Za-z0-9._-]*[A-Za-z0-9]")


def define(
    hardware: Any,
    name: Any,
    volumes: Any = None,
    memory: Any = None,
    cpus: Any = None,
    network: Any = "vmbr0",
    networks: Any = None,
    storage: Any = None,
    ostype: Any = _LINUX,
    guest_agent: Any = False,
    secure_boot: Any = False,
    tpm: Any = False,
    disks: Any = None,
    network_map: Any = None,
    storage_map: Any = None,
    guest: Any = None,
    cpu_model: Any = None,
) -> dict[str, Any]:
    """The options (a dict) of the virtual machine for hardware (a dict, as convert returns it).

    Args: name: its name; volumes: the disks of hardware, as in qm.conf ("local-lvm:vm-100-disk-0",
    "local-lvm:0,import-from=/x.qcow2"), or dicts of volume and device; memory (MiB), cpus: by default what hardware
    knows; network: a bridge, and further options of a card as in qm.conf ("vmbr0,tag=7"); networks: {a card's name or MAC
    address: network}; storage: where UEFI's variables are kept; ostype: qm.conf's, that of Linux means that of the guest;
    guest_agent: whether the guest runs QEMU's, so that Proxmox talks to it; secure_boot; tpm: a new and empty one, on
    storage; disks: paths on the node, or dicts of path and device, which are imported to storage, or to what storage_map
    has for them, and are not used with volumes; network_map, storage_map: what the source calls its networks and storages,
    with a network and a storage; guest: its description; cpu_model: host, or a model's name.
    Raises GuestconvError: `hardware-invalid`, `platform-option-invalid`, `device-not-offered`, `drivers-differ`,
    `names-unmapped`.
    """
    machine = request.machine(hardware, cpus, memory)
    wanted = machine.hardware
    storages = [each and check_storage(each) for each in request.storages(wanted.disks, storage_map)]
    if volumes is None:
        places = _imported(wanted.disks, disks, [each or storage for each in storages])
    else:
        places = request.pairs(wanted.disks, request.items(volumes, "volumes", _VOLUME_KEYS), "volumes")
    plugs = request.networks(wanted.interfaces, network, networks, network_map)
    storage = storage or storages[0]
    options: dict[str, Any] = {
        "name": check_name(name),
        "ostype": _os_type(wanted.windows) if ostype == _LINUX else request.one_of(ostype, _OS_WORDS, "ostype"),
        "machine": wanted.machine,
        "bios": FIRMWARES[wanted.firmware],
        "memory": machine.memory,
        "cores": machine.cpus,
        # What guestconv_verify boots with. Proxmox's default lacks what today's distributions are compiled for.
        "cpu": processors.model(cpu_model, "host", request.description(guest)),
        "agent": f"enabled={request.flag(guest_agent, 'guest_agent') or wanted.guest_agent:d}",
        "vga": WORDS.word("graphics", wanted.video, "display") if wanted.video else "none",
    }
    options.update(_kept(machine))
    arguments = _express(wanted)
    if arguments:
        options["args"] = " ".join(arguments)
    options.update(_disks(places))
    options.update(_cards(wanted.interfaces, plugs))
    if wanted.console:
        WORDS.word("console", wanted.console, "console")
        options["serial"] = {"serial0": "socket"}
    is_secure = request.secure_boot(secure_boot, wanted)
    if wanted.firmware == "uefi":
        options["efidisk0"] = _variables(storage, is_secure)
    if request.has_tpm(tpm, wanted):
        options["tpmstate0"] = {"storage": _storage(storage, "The state of the TPM needs a storage."), "version": "2.0"}
    return options


def _os_type(windows: str) -> str:
    """qm.conf's word for a version of NT; Linux for none. It decides what a guest sees of Hyper-V's interface."""
    if not windows:
        return _LINUX
    major, minor, build = (int(part) for part in (windows + ".0").split(".")[:3])
    return next(word for version, word in _OS_TYPES if (major, minor, build) >= version)


def _express(hardware: Hardware) -> list[str]:
    """Arguments of QEMU that put cards on ports of PCI Express, with their subsystem ids.

    Windows finds a card again by its serial number, which it has there alone; Proxmox VE puts network cards on a bus
    without Express. Passed-through devices use the ports from the first one on (PVE::QemuServer::PCI), so these begin
    with the last.
    """
    arguments: list[str] = []
    ports = list(_PORTS)
    for index, card in enumerate(hardware.interfaces):
        if not (card.subsystem or (hardware.windows and card.driver in models.EXPRESS_CARDS)):
            continue
        if hardware.family != "q35" or not ports:
            path = f"hardware.interfaces[{index}].driver"
            raise GuestconvError(
                "device-not-offered",
                f"{path}: {card.driver} needs a port of PCI Express for Windows to find its configuration again, and a "
                f"machine of Proxmox VE has {len(_PORTS)} with q35.",
                hint="Convert the guest with virtio-net-pci for this network card.",
                path=path,
            )
        settings = {"bus": ports.pop(), "addr": "0x0"}
        if card.subsystem:
            vendor, device = card.subsystem
            settings.update(subsys_ven=f"0x{vendor:04x}", subsys=f"0x{device:04x}")
        for name, value in settings.items():
            arguments += ["-set", f"device.net{index}.{name}={value}"]
    return arguments


def check_name(value: object) -> str:
    """PVE::QemuServer has the name of a machine as a dns-name: labels of letters, digits and dashes."""
    name = request.text(value, "name")
    if len(name) > 253 or not _DNS_NAME.fullmatch(name):
        suggestion = request.like(name, _DNS_NAME, "A-Za-z0-9.-")
        raise request.invalid(
            "name", f"{name!r} is not a valid name of a machine: Proxmox VE takes DNS names.", suggestion.strip()
        )
    return name


def _kept(machine: request.Machine) -> dict[str, Any]:
    """What the machine keeps of its source: its UUID, topology, clock, notes and tags."""
    kept = machine.hardware.kept
    options: dict[str, Any] = {}
    topology = kept.topology(machine.cpus)
    if topology:
        sockets, cores, threads = topology
        # Proxmox VE knows no threads.
        options.update(sockets=sockets, cores=cores * threads)
    if kept.uuid:
        options["smbios"] = f"uuid={kept.uuid}"
    if kept.clock == "localtime":
        options["localtime"] = True
    elif kept.clock == "utc" and machine.hardware.windows:
        # By ostype, Proxmox VE has the clock of Windows at the local time.
        options["localtime"] = False
    elif kept.clock not in ("", "utc"):
        raise GuestconvError(
            "device-not-offered",
            f"hardware.clock: Proxmox VE has no clock that is {kept.clock} seconds ahead of UTC.",
            hint="Remove `clock` from the hardware, and set the clock of the guest to UTC.",
            path="hardware.clock",
        )
    if kept.annotation:
        options["description"] = _notes(kept.annotation)
    # Proxmox VE takes no other characters in tags.
    tags = [re.sub(r"[^a-z0-9_.+-]", "-", tag.lower()).lstrip("-.+") for tag in kept.tags]
    if any(tags):
        options["tags"] = [tag for tag in tags if tag]
    return options


def _notes(annotation: str) -> str:
    if len(annotation) > _LONGEST_NOTES:
        raise GuestconvError(
            "device-not-offered",
            f"hardware.annotation: Proxmox VE takes notes of at most {_LONGEST_NOTES} characters, and "
            f"these have {len(annotation)}.",
            hint="Shorten `annotation` in the hardware, or remove it.",
            path="hardware.annotation",
        )
    return annotation


def _disks(places: list[request.Pair]) -> dict[str, Any]:
    """The options per bus, the SCSI controller, and the boot order."""
    options: dict[str, Any] = {}
    order: list[tuple[int, str]] = []
    for place, given in places:
        title = request.disk_title(place)
        bus, controller = WORDS.word("block", place.driver, title), WORDS.controller(place.driver)
        on_bus = options.setdefault(bus, {})
        if len(on_bus) == _CAPACITIES[bus]:
            raise request.invalid(
                "hardware.disks", f"{title}: Proxmox VE allows at most {len(on_bus)} disks on the bus {bus}."
            )
        key = f"{bus}{len(on_bus)}"
        on_bus[key] = request.text(given.get("volume"), "volumes")
        if place.serial and ",serial=" not in on_bus[key]:
            on_bus[key] += f",serial={place.serial}"
        wwn = WWN.fullmatch(place.wwn)
        if wwn and bus in _WITH_WWN and ",wwn=" not in on_bus[key]:
            on_bus[key] += f",wwn=0x{wwn.group(1)}"
        if place.boot_order:
            order.append((place.boot_order, key))
        if controller and options.setdefault("scsihw", controller) != controller:
            raise GuestconvError(
                "drivers-differ",
                f"{title} has {place.driver}, and others have {options['scsihw']}: on Proxmox VE all SCSI disks of a "
                "machine have the same model of controller.",
                hint="Convert the guest with the same driver for all of them.",
            )
    if order:
        options["boot"] = "order=" + ";".join(key for unused, key in sorted(order))
    return options


def _cards(interfaces: Sequence[Interface], plugs: list[Any]) -> dict[str, Any]:
    if len(interfaces) > _MOST_CARDS:
        raise request.invalid("hardware.interfaces", f"Proxmox VE allows at most {_MOST_CARDS} network cards.")
    cards = {f"net{index}": _card(card, plug) for index, (card, plug) in enumerate(zip(interfaces, plugs))}
    return {"net": cards} if cards else {}


def _card(card: Interface, plug: object) -> str:
    model = WORDS.word("network", card.driver, request.interface_title(card))
    # In capitals, as Proxmox writes it: what is the same should look the same.
    address = "=" + card.mac.upper() if card.mac else ""
    network = check_network(plug)
    down = ",link_down=1" if card.connected is False and ",link_down=" not in network else ""
    return f"{model}{address},bridge={network}{down}"


def check_network(value: Any) -> str:
    """A bridge, and further settings of a card as in qm.conf: "vmbr0,tag=7"."""
    given = request.named(value, "network", ("bridge", request.VLAN))
    if "bridge" not in given:
        raise request.invalid("network", f"{value!r} is not a network.", "Give {bridge: ...}.")
    tag = request.vlan(given, "network")
    network = given["bridge"] if tag is None else f"{given['bridge']},tag={tag}"
    bridge, *settings = network.split(",")
    known: set[str] = set()
    for setting in settings:
        key, unused, number = setting.partition("=")
        if key in known or key not in _CARD_SETTINGS or not _CARD_SETTINGS[key].fullmatch(number):
            hint = f"Give it as in qm.conf: vmbr0,tag=7. The settings are {', '.join(_CARD_SETTINGS)}."
            raise request.invalid("network", f"{setting!r} is not a setting of a network card of Proxmox VE.", hint)
        known.add(key)
    if not _BRIDGE.fullmatch(bridge):
        raise request.invalid("network", f"{bridge!r} is not a valid name of a bridge of Proxmox VE.")
    return network


def check_export(unused: Any) -> None:
    """Refuse it: the disks of a machine are volumes of Proxmox VE's storages."""
    raise request.no_export(WORDS.name, has_volumes=True)


def check_storage(value: Any) -> str:
    """The storage of Proxmox VE that a value of storage_map names. Its names are identifiers (pve-storage-id)."""
    name = request.named(value, "storage", ("storage",))["storage"]
    if not _STORAGE.fullmatch(name):
        raise request.invalid("storage", f"{name!r} is not a valid name of a storage of Proxmox VE.")
    return name


def _imported(wanted: Sequence[DiskPlace], disks: Any, storages: list[Any]) -> list[request.Pair]:
    """The disks of hardware with the volumes to which Proxmox VE imports these files."""
    given = request.items(disks, "disks", _DISK_KEYS)
    found = []
    for (place, item), storage in zip(request.pairs(wanted, given, "disks"), storages):
        path = item.get("path", "")
        if not path.startswith("/") or "," in path:
            raise request.invalid("disks", f"{path!r} is not an absolute path without commas.")
        place_there = _storage(storage, f"{request.disk_title(place)} needs a storage.")
        found.append((place, {"volume": f"{place_there}:0,import-from={path}"}))
    return found


def _variables(storage: object, is_secure: bool) -> dict[str, Any]:
    place = _storage(storage, "The guest boots by UEFI, so its firmware needs a storage for its variables.")
    # Without keys there is no secure boot. The format is raw on every storage; unsaid, the module (1.4.0) would send
    # "format=None".
    return {"storage": place, "format": "raw", "efitype": "4m", "pre_enrolled_keys": is_secure}


def _storage(storage: object, reason: str) -> str:
    if storage is None:
        raise request.invalid("storage", reason, "Give storage='local-lvm'.")
    return request.text(storage, "storage")
