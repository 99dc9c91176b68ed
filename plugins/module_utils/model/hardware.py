# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The hardware that a guest is booted on: what convert returns as `hardware`, checked."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Collection
from dataclasses import asdict, dataclass, field
from typing import Any, Callable

from ..devices import models
from ..devices.targets import MACHINES
from ..errors import GuestconvError
from . import kept
from .kept import Kept
from .source_facts import CARRIED

FIRMWARES = ("bios", "uefi")

# What goes into QEMU's command line as text is held to these: there, a comma begins another option.
_MACHINE = re.compile(r"(q35|pc|pc-(q35|i440fx)-[A-Za-z0-9_.-]+)")
# Of one card: addresses of groups have the lowest bit of the first byte, and are refused by libvirt and Proxmox VE.
_MAC = re.compile(r"[0-9A-Fa-f][02468ACEace](:[0-9A-Fa-f]{2}){5}")
_PCI_ID = re.compile(r"[0-9A-Fa-f]{4}")
_NT_VERSION = re.compile(r"\d{1,3}\.\d{1,3}(\.\d{1,9})?")

_SIZES = ("cpus", "memory")
_OPTIONAL = (*_SIZES, "guest_agent", "virtio", "hyperv", "windows", "tpm")
_SUBSYSTEM = ("subsystem_vendor", "subsystem_device")
_OPTIONAL_OF_CARD = ("network", "connected", *_SUBSYSTEM)

# Virtio devices that kernels from before Linux 4.0 know, too; by default they need only be of virtio 1.0.
TRANSITIONAL = "transitional"

# The slot number of a PCI Express port has 13 bits (PCI Express base specification, Slot Capabilities).
_HIGHEST_SLOT = 8191

# What has as many digits is too high for anything.
_DIGITS = 20


@dataclass(frozen=True)
class DiskPlace:
    """Where one disk is attached; boot_order 1 is tried first, None never. bus says no more than driver does.

    serial, wwn: those that the disk had on the source. storage: what the source calls the storage that it was on.
    """

    driver: str
    device: str = ""
    bus: str = ""
    boot_order: int | None = None
    name_on_target: str = ""
    serial: str = ""
    wwn: str = ""
    storage: str = ""


@dataclass(frozen=True)
class Interface:
    """A network card.

    addresses: the static ones, in CIDR notation; none means DHCP. slot: the PCI slot that the guest finds it in, which
    names it ens<slot>; None where that does not matter. network: what the source calls the network that the card is on.
    connected: False for a card that is not connected when the machine starts; None where that is not known.
    subsystem_vendor, subsystem_device: its PCI subsystem ids, of four hexadecimal digits; "" for those of the model. By
    them Windows finds a card again.
    """

    driver: str
    name: str = ""
    mac: str | None = None
    addresses: tuple[str, ...] = ()
    gateway: str | None = None
    slot: int | None = None
    network: str = ""
    connected: bool | None = None
    subsystem_vendor: str = ""
    subsystem_device: str = ""

    @property
    def subsystem(self) -> tuple[int, int] | None:
        """Its subsystem ids, vendor and device, as numbers; None for those of the model."""
        if not self.subsystem_vendor:
            return None
        return int(self.subsystem_vendor, 16), int(self.subsystem_device, 16)


@dataclass(frozen=True)
class Hardware:
    """A machine. video and console are drivers, None for a machine without. guest_agent: whether QEMU's is to run there.
    virtio: TRANSITIONAL where the guest needs that. hyperv: whether KVM shows the guest the interface of Hyper-V, which
    Windows uses. windows: the version of NT of a Windows guest ("10.0.18362"), "" for another system. tpm: whether that is to
    have a TPM, which it had on the source.

    cpus and memory (MiB), None when unknown, are what the guest is to have where it will run; not in a test of booting.
    """

    disks: tuple[DiskPlace, ...]
    firmware: str = "bios"
    machine: str = "q35"
    interfaces: tuple[Interface, ...] = field(default=())
    video: str | None = None
    console: str | None = None
    cpus: int | None = None
    memory: int | None = None
    guest_agent: bool = False
    virtio: str = ""
    hyperv: bool = False
    windows: str = ""
    tpm: bool = False
    kept: Kept = Kept()

    @property
    def is_transitional(self) -> bool:
        """Whether its virtio devices must have the interface of before virtio 1.0 as well."""
        return self.virtio == TRANSITIONAL

    @property
    def family(self) -> str:
        """ "pc" for the i440FX machines, "q35" for the PCI Express ones."""
        return "pc" if self.machine == "pc" or self.machine.startswith("pc-i440fx") else "q35"

    @property
    def is_of_qemu(self) -> bool:
        """Whether the machine type is one of QEMU's that guestconv can start, on KVM and in emulation."""
        return _MACHINE.fullmatch(self.machine) is not None

    @property
    def not_in_qemu(self) -> dict[str, str]:
        """{path in hardware: the machine type or the driver there}, of those that QEMU does not have."""
        found = {} if self.is_of_qemu else {"hardware.machine": self.machine}
        for index, disk in enumerate(self.disks):
            if not models.DISKS[disk.driver].in_qemu:
                found[f"hardware.disks[{index}].driver"] = disk.driver
        for index, card in enumerate(self.interfaces):
            if not models.INTERFACES[card.driver].in_qemu:
                found[f"hardware.interfaces[{index}].driver"] = card.driver
        if self.video and not models.VIDEO[self.video].in_qemu:
            found["hardware.video.driver"] = self.video
        if self.console and not models.CONSOLES[self.console].in_qemu:
            found["hardware.console.driver"] = self.console
        return found

    @property
    def has_static_address(self) -> bool:
        """Whether an interface has a static IPv4 address: QEMU forwards no ports to IPv6."""
        return any(":" not in address for interface in self.interfaces for address in interface.addresses)

    def as_dict(self) -> dict[str, Any]:
        """The same in the form that convert returns."""
        result = {**asdict(self), **self.kept.as_dict()}
        del result["kept"]
        result["disks"] = [_less_unknown(disk, "serial", "wwn", "storage") for disk in result["disks"]]
        result["interfaces"] = [
            dict(_less_unknown(card, *_OPTIONAL_OF_CARD), addresses=list(card["addresses"]))
            for card in result["interfaces"]
        ]
        for kind in ("video", "console"):
            result[kind] = result[kind] and {"driver": result[kind]}
        return {key: value for key, value in result.items() if key not in _OPTIONAL or value}


def _less_unknown(facts: dict[str, Any], *optional: str) -> dict[str, Any]:
    """facts less those of the optional keys that are not known."""
    return {key: value for key, value in facts.items() if key not in optional or value not in ("", None)}


def from_dict(value: Any) -> Hardware:
    """The Hardware that value (a dict, as convert returns it) describes.

    Errors: hardware-invalid, with the path in value.
    """
    _keys(value, "hardware", ("disks", "firmware", "machine", "interfaces", "video", "console", *_OPTIONAL, *CARRIED))
    machine = value.get("machine") or "q35"
    if not isinstance(machine, str) or not (machine in MACHINES or _MACHINE.fullmatch(machine)):
        raise _invalid("hardware.machine", f"{machine!r} is no machine type known here.", MACHINES)
    disks = _items(value, "disks")
    if not disks:
        raise _invalid("hardware.disks", "There is no disk to boot from.")
    hardware = Hardware(
        disks=tuple(_disk(disk, f"hardware.disks[{index}]") for index, disk in enumerate(disks)),
        firmware=_one_of(value.get("firmware") or "bios", FIRMWARES, "hardware.firmware"),
        machine=machine,
        interfaces=tuple(
            _interface(card, f"hardware.interfaces[{index}]") for index, card in enumerate(_items(value, "interfaces"))
        ),
        video=_single(value.get("video"), models.VIDEO, "hardware.video"),
        console=_single(value.get("console"), models.CONSOLES, "hardware.console"),
        guest_agent=_boolean(value.get("guest_agent"), "hardware.guest_agent"),
        virtio=_one_of(value["virtio"], (TRANSITIONAL,), "hardware.virtio") if value.get("virtio") else "",
        hyperv=_boolean(value.get("hyperv"), "hardware.hyperv"),
        windows=_matching(value.get("windows"), _NT_VERSION, "hardware.windows"),
        tpm=_boolean(value.get("tpm"), "hardware.tpm"),
        kept=kept.from_dict(value),
        **{key: _number(value.get(key), 1, 1 << 40, "hardware." + key) for key in _SIZES},
    )
    _check_machine(hardware)
    return hardware


def _disk(value: Any, path: str) -> DiskPlace:
    _keys(value, path, ("device", "driver", "bus", "boot_order", "name_on_target", "serial", "wwn", "storage"))
    return DiskPlace(
        driver=_one_of(value.get("driver"), models.DISKS, path + ".driver"),
        device=str(value.get("device") or ""),
        bus=str(value.get("bus") or ""),
        boot_order=_number(value.get("boot_order"), 1, 65535, path + ".boot_order"),
        name_on_target=str(value.get("name_on_target") or ""),
        serial=_matching(value.get("serial"), kept.SERIAL, path + ".serial"),
        wwn=str(value.get("wwn") or ""),
        storage=str(value.get("storage") or ""),
    )


def _interface(value: Any, path: str) -> Interface:
    _keys(value, path, ("name", "driver", "mac", "addresses", "gateway", "slot", *_OPTIONAL_OF_CARD))
    mac = value.get("mac") or None
    if mac is not None and not (isinstance(mac, str) and _MAC.fullmatch(mac)):
        raise _invalid(path + ".mac", f"{mac!r} is no MAC address of a card.")
    addresses = [
        _address(address, ipaddress.ip_interface, f"{path}.addresses[{index}]")
        for index, address in enumerate(_items(value, "addresses", path))
    ]
    gateway = value.get("gateway") or None
    subsystem = {key: _matching(value.get(key), _PCI_ID, f"{path}.{key}") for key in _SUBSYSTEM}
    if len({bool(text) for text in subsystem.values()}) > 1:
        raise _invalid(path, "subsystem_vendor and subsystem_device go together.")
    return Interface(
        driver=_one_of(value.get("driver"), models.INTERFACES, path + ".driver"),
        name=str(value.get("name") or ""),
        mac=mac,
        addresses=tuple(addresses),
        gateway=gateway and _address(gateway, ipaddress.ip_address, path + ".gateway"),
        slot=_number(value.get("slot"), 1, _HIGHEST_SLOT, path + ".slot"),
        network=str(value.get("network") or ""),
        connected=None if value.get("connected") is None else _boolean(value["connected"], path + ".connected"),
        **subsystem,
    )


def _check_machine(hardware: Hardware) -> None:
    """Refuse what the machine type cannot have, and what two disks cannot have both."""
    for key in ("boot_order", "device"):
        # QEMU, libvirt and KubeVirt refuse a place in the order of booting that two devices have.
        values = [getattr(disk, key) for disk in hardware.disks]
        for index, value in enumerate(values):
            if value and value in values[:index]:
                path = f"hardware.disks[{index}].{key}"
                raise _invalid(path, f"hardware.disks[{values.index(value)}] has the same: {value}.")
    for index, disk in enumerate(hardware.disks):
        if hardware.is_of_qemu and not models.DISKS[disk.driver].fits(hardware.family):
            path = f"hardware.disks[{index}].driver"
            raise _invalid(path, f"The machine type {hardware.machine} has no {disk.driver}.")
    for index, card in enumerate(hardware.interfaces):
        if card.slot is not None and hardware.family != "q35":
            path = f"hardware.interfaces[{index}].slot"
            raise _invalid(path, "Only a PCI Express machine (q35) has numbered slots.")


def _single(value: Any, drivers: Collection[str], path: str) -> str | None:
    """The driver in {driver: ...}, or None for a device that the machine lacks."""
    if not value:
        return None
    _keys(value, path, ("driver",))
    return _one_of(value.get("driver"), drivers, path + ".driver")


def _keys(value: Any, path: str, known: Collection[str]) -> None:
    if not isinstance(value, dict):
        raise _invalid(path, "This should be a dictionary.", known)
    if "schema" in value:
        # A description, of which the chosen drivers alone do not say what the machine must offer.
        raise _invalid(
            path, "This is what guestconv_inspect returns; give `hardware`, which guestconv_convert returns."
        )
    for key in value:
        if key not in known:
            raise _invalid(f"{path}.{key}", "There is no such key.", known)


def _items(value: dict[str, Any], key: str, path: str = "hardware") -> list[Any]:
    items = value.get(key) or []
    if not isinstance(items, (list, tuple)):
        raise _invalid(f"{path}.{key}", "This should be a list.")
    return list(items)


def _one_of(value: Any, allowed: Collection[str], path: str) -> str:
    # A list or dict has no hash, so it must not be looked up in a dict.
    if not isinstance(value, str) or value not in allowed:
        raise _invalid(path, f"{value!r} is not known here.", allowed)
    return value


def _number(value: Any, lowest: int, highest: int, path: str) -> int | None:
    if value is None:
        return None
    # Ansible's templating can make a string of a number.
    text = str(value)
    if not (text.isascii() and text.isdigit() and len(text) < _DIGITS and lowest <= int(text) <= highest):
        raise _invalid(path, f"{value!r} is no number from {lowest} to {highest}.")
    return int(text)


def _matching(value: Any, pattern: re.Pattern[str], path: str) -> str:
    text = str(value or "")
    if text and not pattern.fullmatch(text):
        raise _invalid(path, f"{text!r} is not valid.")
    return text


def _boolean(value: Any, path: str) -> bool:
    if value not in (None, True, False):
        raise _invalid(path, f"{value!r} should be true or false.")
    return bool(value)


def _address(value: Any, parse: Callable[[str], object], path: str) -> str:
    try:
        return str(parse(str(value)))
    except ValueError as error:
        raise _invalid(path, str(error)) from error


def _invalid(path: str, message: str, allowed: Collection[str] = ()) -> GuestconvError:
    hint = f"Allowed: {', '.join(allowed)}." if allowed else ""
    return GuestconvError("hardware-invalid", f"{path}: {message}", hint=hint, path=path)
