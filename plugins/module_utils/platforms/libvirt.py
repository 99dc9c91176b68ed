# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A machine as libvirt's domain XML (https://libvirt.org/formatdomain.html), for its QEMU driver."""

from __future__ import annotations

import os
from collections import Counter
from typing import Any

from ..devices import models
from ..devices.letters import letters
from ..disks.suffixes import SUFFIXES, format_of_name
from ..errors import GuestconvError
from ..model.hardware import Hardware, Interface
from ..model.kept import WWN
from . import request
from .vocabulary import Vocabulary

try:
    from lxml import etree as _etree
except ImportError:
    etree: Any = None
else:
    etree = _etree

FILTER = "libvirt_domain"
WORDS = Vocabulary("libvirt", "libvirt")

# Of the disks' names in the document, which must be different, by their bus.
_PREFIXES = {"virtio": "vd", "scsi": "sd", "sata": "sd", "ide": "hd"}

# The processor that guestconv_verify boots with: all that the host has, or all that QEMU can emulate. QEMU's default
# lacks what today's distributions are compiled for (x86-64-v2).
PROCESSORS = {"kvm": "host-passthrough", "qemu": "maximum"}

# Where the disk number unit of a controller is, as guestconv_verify has it.
_PLACES = {
    "scsi": lambda unit: {"bus": 0, "target": unit, "unit": 0},
    "sata": lambda unit: {"bus": 0, "target": 0, "unit": unit},
    "ide": lambda unit: {"bus": unit // 2, "target": 0, "unit": unit % 2},
}

_DISK_KEYS = ("path", "format", "device")


def define(
    hardware: Any,
    name: Any,
    disks: Any,
    memory: Any = None,
    cpus: Any = None,
    network: Any = "default",
    networks: Any = None,
    domain_type: Any = "kvm",
    secure_boot: Any = False,
    tpm: Any = False,
    network_map: Any = None,
    storage_map: Any = None,
) -> str:
    """The domain XML for hardware (a dict, as convert returns it), as text.

    Args: name: the domain's; disks: paths on the host, or dicts of path, format and device, for the disks of hardware;
    memory (MiB), cpus: by default what hardware knows; network: a network's name, or a dict of network or bridge, and
    vlan; networks: {a card's name or MAC address: network}; domain_type: kvm or qemu; secure_boot: with the keys of
    Microsoft, by which distributions are signed; tpm: a new and empty one; network_map, storage_map: what the source
    calls its networks and storages, with a network, and a pool in which the disk is a volume.
    Raises GuestconvError: `hardware-invalid`, `platform-option-invalid`, `device-not-offered`, `names-unmapped`,
    `library-missing`.
    """
    _require_lxml()
    machine = request.machine(hardware, cpus, memory)
    places = request.pairs(machine.hardware.disks, request.items(_named(disks), "disks", _DISK_KEYS), "disks")
    plugs = request.networks(machine.hardware.interfaces, network, networks, network_map)
    domain_type = request.one_of(domain_type, PROCESSORS, "domain_type")
    root = etree.Element("domain", type=domain_type)
    _child(root, "name", text=_name(name))
    kept = machine.hardware.kept
    if kept.uuid:
        _child(root, "uuid", text=kept.uuid)
    if kept.annotation:
        _child(root, "description", text=_in_xml(kept.annotation))
    _child(root, "memory", text=machine.memory, unit="MiB")
    _child(root, "vcpu", text=machine.cpus)
    is_secure = request.secure_boot(secure_boot, machine.hardware)
    _boot_settings(root, machine.hardware, is_secure)
    _features(root, is_secure)
    _processor(root, domain_type, kept.topology(machine.cpus))
    _clock(root, kept.clock)
    devices = _child(root, "devices")
    _disks(devices, places, request.storages([place for place, unused in places], storage_map))
    for card, plug in zip(machine.hardware.interfaces, plugs):
        _interface(devices, card, plug)
    _console(devices, machine.hardware.console)
    _display(devices, machine.hardware.video)
    if request.flag(tpm, "tpm"):
        _child(_child(devices, "tpm", model="tpm-crb"), "backend", type="emulator", version="2.0")
    _virtio_helpers(devices, machine.has_virtio, machine.hardware.guest_agent)
    if machine.hardware.is_transitional:
        _make_transitional(devices)
    return str(etree.tostring(root, pretty_print=True, encoding="unicode"))


def _require_lxml() -> None:
    if etree is None:
        raise GuestconvError(
            "library-missing",
            "The Python that runs Ansible has no lxml, which is needed to write libvirt's XML.",
            hint="Install it there: pip install lxml, or the package python3-lxml.",
        )


def _child(parent: Any, tag: str, text: object = None, **attributes: object) -> Any:
    """A new element in parent; attributes that are None are left out."""
    element = etree.SubElement(parent, tag)
    for key, value in attributes.items():
        if value is not None:
            element.set(key, str(value))
    if text is not None:
        element.text = str(text)
    return element


def _name(value: object) -> str:
    name = request.text(value, "name")
    if "/" in name:
        raise request.invalid("name", f"libvirt does not allow a slash in {name!r}.")
    return name


def _boot_settings(root: Any, hardware: Hardware, is_secure: bool) -> None:
    """The machine type and the firmware. libvirt finds one with these features, and keeps the guest's variables."""
    uefi = hardware.firmware == "uefi"
    settings = _child(root, "os", firmware="efi" if uefi else None)
    _child(settings, "type", text="hvm", arch="x86_64", machine=hardware.machine)
    if uefi:
        firmware = _child(settings, "firmware")
        for feature in ("enrolled-keys", "secure-boot"):
            _child(firmware, "feature", enabled="yes" if is_secure else "no", name=feature)


def _features(root: Any, is_secure: bool) -> None:
    features = _child(root, "features")
    for name in ("acpi", "apic"):
        _child(features, name)
    if is_secure:
        # The firmware protects its variables by System Management Mode.
        _child(features, "smm", state="on")


def _clock(root: Any, clock: str) -> None:
    """clock: see model/kept.py. A number of seconds is what the guest has set its clock ahead by."""
    if clock in ("", "utc", "localtime"):
        _child(root, "clock", offset=clock or "utc")
    else:
        _child(root, "clock", offset="variable", adjustment=int(clock), basis="utc")


def _in_xml(text: str) -> str:
    """text less what XML cannot have."""
    return "".join(character for character in text if character in "\t\n" or character.isprintable())


def _processor(root: Any, domain_type: str, topology: tuple[int, int, int] | None) -> None:
    processor = _child(root, "cpu", mode=PROCESSORS[domain_type])
    if topology:
        _child(processor, "topology", **dict(zip(("sockets", "cores", "threads"), topology)))
    if domain_type == "qemu":
        # Firmware and kernels from before five-level page tables hang with them, and no host limits emulation to four.
        _child(processor, "feature", policy="disable", name="la57")


def _disks(devices: Any, places: list[request.Pair], pools: list[Any]) -> None:
    """The disks, each at the place of its controller where guestconv_verify has it, and the SCSI controllers."""
    letters_used: Counter[str] = Counter()
    units: Counter[str] = Counter()
    for (place, given), pool in zip(places, pools):
        bus = WORDS.word("block", place.driver, request.disk_title(place))
        prefix = _PREFIXES[bus]
        kind, source = _source(_path(given), pool)
        disk = _child(devices, "disk", type=kind, device="disk")
        _child(disk, "driver", name="qemu", type=_format(given))
        _child(disk, "source", **source)
        _child(disk, "target", dev=prefix + letters(letters_used[prefix]), bus=bus)
        if place.boot_order:
            _child(disk, "boot", order=place.boot_order)
        if place.serial:
            _child(disk, "serial", text=place.serial)
        wwn = WWN.fullmatch(place.wwn)
        if wwn and bus in ("scsi", "sata", "ide"):
            _child(disk, "wwn", text=wwn.group(1).lower())
        capacity = models.attachment(place.driver).capacity
        if capacity:
            controller, unit = divmod(units[bus], capacity)
            if bus == "scsi" and unit == 0:
                _child(devices, "controller", type="scsi", index=controller, model=WORDS.controller(place.driver))
            _child(disk, "address", type="drive", controller=controller, **_PLACES[bus](unit))
        letters_used[prefix] += 1
        units[bus] += 1


def _named(disks: Any) -> Any:
    """disks, without the key `backing` that the modules' option of this name has: an image says that itself."""
    if not isinstance(disks, (list, tuple)):
        return disks
    return [{key: each[key] for key in each if key != "backing"} if isinstance(each, dict) else each for each in disks]


def _source(path: str, pool: Any) -> tuple[str, dict[str, str]]:
    """(type of the disk, attributes of its source). In a pool it is the volume with the name of its file."""
    if pool is not None:
        return "volume", {"pool": check_storage(pool), "volume": os.path.basename(path)}
    if path.startswith("/dev/"):
        return "block", {"dev": path}
    return "file", {"file": path}


def _path(given: dict[str, str]) -> str:
    path = given.get("path", "")
    if not os.path.isabs(path):
        raise request.invalid("disks", f"{path!r} is not an absolute path on the host that will run the guest.")
    return path


def _format(given: dict[str, str]) -> str:
    # By the name, since the controller does not see the file. QEMU must never probe the format of an image.
    name = given.get("format") or format_of_name(given["path"])
    if given["path"].startswith("/dev/"):
        name = name or "raw"
    if name is None:
        raise request.invalid(
            "disks", f"The format cannot be seen from the name {given['path']}.", "Give {path: ..., format: qcow2}."
        )
    return request.one_of(name, sorted(set(SUFFIXES.values())), "disks.format")


def _interface(devices: Any, card: Interface, plug: object) -> None:
    model = WORDS.word("network", card.driver, request.interface_title(card))
    kind, source, vlan = check_network(plug)
    interface = _child(devices, "interface", type=kind)
    if card.mac:
        _child(interface, "mac", address=card.mac.lower())
    _child(interface, "source", **{kind: source})
    _child(interface, "model", type=model)
    if vlan is not None:
        _child(_child(interface, "vlan"), "tag", id=vlan)
    if card.connected is False:
        _child(interface, "link", state="down")


def check_network(value: Any) -> tuple[str, str, int | None]:
    """(network or bridge, its name, the VLAN) of what a caller says that a card is plugged into."""
    given = request.named(value, "network", ("network", "bridge", request.VLAN))
    kinds = [key for key in given if key != request.VLAN]
    if len(kinds) != 1:
        hint = "Give the name of a network, or {network: ...}, or {bridge: ...}."
        raise request.invalid("network", f"{value!r} is not a network.", hint)
    return kinds[0], given[kinds[0]], request.vlan(given, "network")


def check_storage(value: Any) -> str:
    """The pool that a value of storage_map names."""
    return request.named(value, "storage", ("pool",))["pool"]


def _console(devices: Any, driver: str | None) -> None:
    word = WORDS.word("console", driver, "console") if driver else None
    if word == "serial":
        # libvirt wants the first serial port as a console, too.
        serial = _child(devices, "serial", type="pty")
        _child(serial, "target", type="isa-serial", port=0)
        _child(_child(devices, "console", type="pty"), "target", type="serial", port=0)
    elif word:
        _child(_child(devices, "console", type="pty"), "target", type=word, port=0)


def _display(devices: Any, driver: str | None) -> None:
    """The video card, and VNC on the host itself to see it by; with a tablet, as a mouse's pointer would drift."""
    if driver is None:
        _child(_child(devices, "video"), "model", type="none")
        return
    model = WORDS.word("graphics", driver, "display")
    _child(devices, "input", type="tablet", bus="usb")
    _child(devices, "graphics", type="vnc", autoport="yes", listen="127.0.0.1")
    _child(_child(devices, "video"), "model", type=model, primary="yes")


def _virtio_helpers(devices: Any, wanted: bool, guest_agent: bool) -> None:
    """The guest agent's channel, randomness and the balloon, for guests that have virtio's drivers.

    guest_agent: whether the agent is to run there in any case.
    """
    if wanted or guest_agent:
        channel = _child(devices, "channel", type="unix")
        _child(channel, "target", type="virtio", name="org.qemu.guest_agent.0")
    if wanted:
        _child(_child(devices, "rng", model="virtio"), "backend", text="/dev/urandom", model="random")
    _child(devices, "memballoon", model="virtio" if wanted else "none")


def _make_transitional(devices: Any) -> None:
    """Give the virtio devices libvirt's model for guests from before virtio 1.0, which it puts on a bridge for PCI.

    guestconv_verify has them on the root bus, where QEMU's are transitional; behind a port of PCI Express they are not.
    """
    word = "virtio-transitional"
    for disk in devices.iterfind("disk"):
        if disk.find("target").get("bus") == "virtio":
            disk.set("model", word)
    for controller in devices.iterfind("controller[@type='scsi']"):
        if controller.get("model") == "virtio-scsi":
            controller.set("model", word)
    for model in devices.iterfind("interface/model"):
        if model.get("type") == "virtio":
            model.set("type", word)
    for helper in (*devices.iterfind("rng"), *devices.iterfind("memballoon")):
        if helper.get("model") == "virtio":
            helper.set("model", word)
    if devices.find("channel") is not None or devices.find("console/target[@type='virtio']") is not None:
        _child(devices, "controller", type="virtio-serial", index=0, model=word)
