# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A machine as libvirt's domain XML (https://libvirt.org/formatdomain.html), for its QEMU driver."""

from __future__ import annotations

from collections import Counter
from typing import Any

from ..devices import hyperv, models
from ..devices.letters import letters
from ..errors import GuestconvError
from ..model.hardware import Hardware, Interface
from ..model.kept import WWN, Kept
from . import libvirt_options as options
from . import osinfo, processors, request
from .libvirt_options import check_export, check_name, check_network, check_storage
from .vocabulary import Vocabulary

try:
    from lxml import etree as _etree
except ImportError:
    etree: Any = None
else:
    etree = _etree

__all__ = ("FILTER", "WORDS", "check_export", "check_name", "check_network", "check_storage", "define")

FILTER = "libvirt_domain"
WORDS = Vocabulary("libvirt", "libvirt")

# Of the disks' names in the document, which must be different, by their bus.
_PREFIXES = {"virtio": "vd", "scsi": "sd", "sata": "sd", "ide": "hd"}

# The processor that guestconv_verify boots with: all that the host has, or all that QEMU can emulate. QEMU's default
# lacks what today's distributions are compiled for (x86-64-v2).
PROCESSORS = {"kvm": "host-passthrough", "qemu": "maximum"}

# Those of libvirt's modes that need no name of a model.
MODES = ("host-passthrough", "host-model", "maximum")

_LIBOSINFO = "http://libosinfo.org/xmlns/libvirt/domain/1.0"

# Where the disk number unit of a controller is, as guestconv_verify has it.
_PLACES = {
    "scsi": lambda unit: {"bus": 0, "target": unit, "unit": 0},
    "sata": lambda unit: {"bus": 0, "target": 0, "unit": unit},
    "ide": lambda unit: {"bus": unit // 2, "target": 0, "unit": unit % 2},
}

# How Windows is to get the ticks that it missed.
_TIMERS = (
    {"name": "rtc", "tickpolicy": "catchup"},
    {"name": "pit", "tickpolicy": "delay"},
    {"name": "hpet", "present": "no"},
)

_QEMU = "http://libvirt.org/schemas/domain/qemu/1.0"

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
    guest: Any = None,
    cpu_model: Any = None,
) -> str:
    """The domain XML for hardware (a dict, as convert returns it), as text.

    Args: name: the domain's; disks: paths on the host or URLs of NBD exports, or dicts of path, format and device, for
    the disks of hardware;
    memory (MiB), cpus: by default what hardware knows; network: a network's name, or a dict of network or bridge, and
    vlan; networks: {a card's name or MAC address: network}; domain_type: kvm or qemu; secure_boot: with the keys of
    Microsoft, by which distributions are signed; tpm: a new and empty one; network_map, storage_map: what the source
    calls its networks and storages, with a network, and a pool in which the disk is a volume; guest: its description,
    by which the domain names the operating system; cpu_model: host-passthrough, host-model, maximum or a model's name.
    Raises GuestconvError: `hardware-invalid`, `platform-option-invalid`, `device-not-offered`, `names-unmapped`,
    `library-missing`.
    """
    _require_lxml()
    machine = request.machine(hardware, cpus, memory)
    places = request.pairs(machine.hardware.disks, request.items(options.named(disks), "disks", _DISK_KEYS), "disks")
    plugs = request.networks(machine.hardware.interfaces, network, networks, network_map)
    domain_type = request.one_of(domain_type, PROCESSORS, "domain_type")
    root = etree.Element("domain", nsmap={"qemu": _QEMU} if _overrides(machine.hardware) else None, type=domain_type)
    kept = machine.hardware.kept
    _identity(root, check_name(name), kept)
    description = request.description(guest)
    _operating_system(root, description, kept.guest_id)
    _child(root, "memory", text=machine.memory, unit="MiB")
    _child(root, "vcpu", text=machine.cpus)
    is_secure = request.secure_boot(secure_boot, machine.hardware)
    _boot_settings(root, machine.hardware, is_secure)
    # QEMU's emulation of a processor has nothing of Hyper-V's.
    has_hyperv = machine.hardware.hyperv and domain_type == "kvm"
    _features(root, is_secure, has_hyperv)
    _processor(root, processors.model(cpu_model, PROCESSORS[domain_type], description), _topology(machine))
    _clock(root, kept.clock, bool(machine.hardware.windows), has_hyperv)
    devices = _child(root, "devices")
    _disks(devices, places, request.storages([place for place, unused in places], storage_map))
    ports = _express_ports(devices, machine.hardware)
    for index, (card, plug) in enumerate(zip(machine.hardware.interfaces, plugs)):
        _interface(devices, index, card, plug, ports.get(index))
    _console(devices, machine.hardware.console)
    _display(devices, machine.hardware.video)
    if request.has_tpm(tpm, machine.hardware):
        _child(_child(devices, "tpm", model="tpm-crb"), "backend", type="emulator", version="2.0")
    _virtio_helpers(devices, machine.has_virtio, machine.hardware.guest_agent)
    if machine.hardware.is_transitional:
        _make_transitional(devices)
    _override(root, machine.hardware)
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


def _identity(root: Any, name: str, kept: Kept) -> None:
    _child(root, "name", text=name)
    if kept.uuid:
        _child(root, "uuid", text=kept.uuid)
    if kept.annotation:
        _child(root, "description", text=_in_xml(kept.annotation))


def _boot_settings(root: Any, hardware: Hardware, is_secure: bool) -> None:
    """The machine type and the firmware. libvirt finds one with these features, and keeps the guest's variables."""
    uefi = hardware.firmware == "uefi"
    settings = _child(root, "os", firmware="efi" if uefi else None)
    _child(settings, "type", text="hvm", arch="x86_64", machine=hardware.machine)
    if uefi:
        firmware = _child(settings, "firmware")
        for feature in ("enrolled-keys", "secure-boot"):
            _child(firmware, "feature", enabled="yes" if is_secure else "no", name=feature)


def _features(root: Any, is_secure: bool, has_hyperv: bool) -> None:
    features = _child(root, "features")
    for name in ("acpi", "apic"):
        _child(features, name)
    if has_hyperv:
        element = _child(features, "hyperv")
        for name in hyperv.FEATURES:
            _child(element, name, state="on")
        _child(element, "spinlocks", state="on", retries=hyperv.SPINLOCK_RETRIES)
    if is_secure:
        # The firmware protects its variables by System Management Mode.
        _child(features, "smm", state="on")


def _clock(root: Any, clock: str, is_windows: bool, has_hyperv: bool) -> None:
    """clock: see model/kept.py. A number of seconds is what the guest has set its clock ahead by."""
    if clock in ("", "utc", "localtime"):
        element = _child(root, "clock", offset=clock or "utc")
    else:
        element = _child(root, "clock", offset="variable", adjustment=int(clock), basis="utc")
    for timer in _TIMERS if is_windows else ():
        _child(element, "timer", **timer)
    if has_hyperv:
        _child(element, "timer", name="hypervclock", present="yes")


def _in_xml(text: str) -> str:
    """text less what XML cannot have."""
    return "".join(character for character in text if character in "\t\n" or character.isprintable())


def _operating_system(root: Any, description: Any, guest_id: str) -> None:
    """The metadata by which virt-manager and others know the system: of the first root or, without one, the source's id."""
    infos = [each.get("info") or {} for each in (description or {"roots": {}})["roots"].values()]
    found = osinfo.system_id(infos[0]) if infos else osinfo.known_id(guest_id)
    if found:
        metadata = _child(root, "metadata")
        libosinfo = etree.SubElement(metadata, f"{{{_LIBOSINFO}}}libosinfo", nsmap={"libosinfo": _LIBOSINFO})
        etree.SubElement(libosinfo, f"{{{_LIBOSINFO}}}os", id=found)


def _topology(machine: request.Machine) -> tuple[int, int, int] | None:
    """(sockets, cores, threads); None where libvirt's own serves, which is a socket for each processor."""
    known = machine.hardware.kept.topology(machine.cpus)
    # Windows for desktops uses no more than two sockets.
    return (1, machine.cpus, 1) if known is None and machine.hardware.windows else known


def _processor(root: Any, model: str, topology: tuple[int, int, int] | None) -> None:
    if model in MODES:
        processor = _child(root, "cpu", mode=model)
    else:
        processor = _child(root, "cpu", mode="custom", match="exact")
        _child(processor, "model", text=model, fallback="forbid")
    if topology:
        _child(processor, "topology", **dict(zip(("sockets", "cores", "threads"), topology)))
    if model == "maximum":
        # Firmware and kernels from before five-level page tables hang with them, and no host limits emulation to four.
        _child(processor, "feature", policy="disable", name="la57")


def _disks(devices: Any, places: list[request.Pair], pools: list[Any]) -> None:
    """The disks, each at the place of its controller where guestconv_verify has it, and the SCSI controllers."""
    letters_used: Counter[str] = Counter()
    units: Counter[str] = Counter()
    for (place, given), pool in zip(places, pools):
        bus = WORDS.word("block", place.driver, request.disk_title(place))
        prefix = _PREFIXES[bus]
        kind, source, host = options.source(options.path_of(given), pool)
        disk = _child(devices, "disk", type=kind, device="disk")
        _child(disk, "driver", name="qemu", type=options.format_of(given))
        element = _child(disk, "source", **source)
        if host:
            _child(element, "host", **host)
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


def _express_ports(devices: Any, hardware: Hardware) -> dict[int, int]:
    """{index of a card: the PCI bus of a port of its own}, of the cards that libvirt would put on a bus without Express.

    There, vmxnet3 has no serial number, by which Windows finds it again. libvirt has a PCI Express card of QEMU's there
    by itself if it is e1000e or virtio.
    """
    cards = [
        index
        for index, card in enumerate(hardware.interfaces)
        if card.driver == models.VMXNET3.driver and hardware.family == "q35"
    ]
    if cards:
        _child(devices, "controller", type="pci", index=0, model="pcie-root")
    for bus in range(1, len(cards) + 1):
        _child(devices, "controller", type="pci", index=bus, model="pcie-root-port")
    return {index: bus for bus, index in enumerate(cards, 1)}


def _interface(devices: Any, index: int, card: Interface, plug: object, port: int | None) -> None:
    """A card. port: the bus that it is to be on, None where libvirt may choose one."""
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
    if card.subsystem:
        _child(interface, "alias", name=_alias(index))
    if port is not None:
        place = {"domain": "0x0000", "bus": f"0x{port:02x}", "slot": "0x00", "function": "0x0"}
        _child(interface, "address", type="pci", **place)


def _alias(index: int) -> str:
    # libvirt keeps aliases of users that begin so.
    return f"ua-nic{index}"


def _overrides(hardware: Hardware) -> dict[str, dict[str, int]]:
    """{alias: {property of QEMU's device: number}} of the cards with subsystem ids of their own (e1000e: hw/net/e1000e.c)."""
    return {
        _alias(index): {"subsys_ven": card.subsystem[0], "subsys": card.subsystem[1]}
        for index, card in enumerate(hardware.interfaces)
        if card.subsystem
    }


def _override(root: Any, hardware: Hardware) -> None:
    """What libvirt has no word for, in its namespace for QEMU (libvirt 8.2, "Overriding properties of QEMU devices")."""
    overrides = _overrides(hardware)
    if not overrides:
        return
    element = _child(root, f"{{{_QEMU}}}override")
    for alias, properties in overrides.items():
        device = _child(element, f"{{{_QEMU}}}device", alias=alias)
        frontend = _child(device, f"{{{_QEMU}}}frontend")
        for name, number in properties.items():
            _child(frontend, f"{{{_QEMU}}}property", name=name, type="unsigned", value=number)


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
