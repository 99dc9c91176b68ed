# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a person asks for when a machine is defined, checked, and brought together with the guest's hardware."""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any

from ..devices import models
from ..devices.letters import letters
from ..errors import GuestconvError
from ..model import hardware as machines
from . import maps

# What guestconv_verify boots a guest with by default.
_CPUS = 1
_MEMORY = 1024

# The key for the number of a VLAN, and the highest (IEEE 802.1Q).
VLAN = "vlan"
_HIGHEST_VLAN = 4094

# What a number is without a value. Ansible's templating, and a survey of AWX, can make an empty text of it.
_UNSET = (None, "")

# What has as many digits is no number of anything.
_DIGITS = 20

# Keys of an item that do not say where the data of a disk are.
_ABOUT = ("device", "format", "size", "backing")

# NEW_DISK_RE in PVE::QemuServer::Drive: a storage, and the size in GiB; a new empty disk.
_NEW_VOLUME = re.compile(r"[^/:\s,]+:\d+(\.\d+)?(,(?!import-from=)[^,]*)*")

# Documents carry no control characters, no half of a surrogate pair, and XML none of the last two (2.2 of XML 1.0).
_TEXT = re.compile(r"[^\x00-\x1f\x7f\ud800-\udfff\ufffe\uffff]+")


@dataclass(frozen=True)
class Machine:
    """A virtual machine to be defined: its hardware, its number of processors, and its memory in MiB."""

    hardware: machines.Hardware
    cpus: int
    memory: int

    @property
    def has_virtio(self) -> bool:
        """Whether the guest was prepared for a virtio device: then it can drive the others, too."""
        drivers: list[str | None] = [
            *(disk.driver for disk in self.hardware.disks),
            *(card.driver for card in self.hardware.interfaces),
            self.hardware.video,
            self.hardware.console,
        ]
        return any(models.is_virtio(driver) for driver in drivers)


# A disk of the hardware, and what the caller says of it.
Pair = tuple[machines.DiskPlace, dict[str, str]]


def machine(hardware: Any, cpus: Any = None, memory: Any = None) -> Machine:
    """The Machine for hardware (a dict, as convert returns it). cpus and memory (MiB) go before what hardware knows.

    Raises GuestconvError: `hardware-invalid`, `platform-option-invalid`, `device-not-offered`.
    """
    found = machines.from_dict(hardware)
    if not found.is_of_qemu:
        raise GuestconvError(
            "device-not-offered",
            f"hardware.machine: the guest was converted for {found.machine}, which is a machine of another hypervisor.",
            hint="Convert the guest with the target that has the platform's name.",
            path="hardware.machine",
        )
    return Machine(
        found,
        cpus=_number(found.cpus or _CPUS if cpus in _UNSET else cpus, "cpus"),
        memory=_number(found.memory or _MEMORY if memory in _UNSET else memory, "memory"),
    )


def disk_title(disk: machines.DiskPlace) -> str:
    """What to call a hardware.DiskPlace in an error."""
    return f"disk {disk.device}".strip()


def interface_title(card: machines.Interface) -> str:
    """What to call a hardware.Interface in an error."""
    return f"network card {card.name or card.mac or ''}".strip()


def refuse_subsystems(hardware: machines.Hardware, platform: str) -> None:
    """Refuse cards with PCI subsystem ids of their own. Raises GuestconvError `device-not-offered`."""
    for index, card in enumerate(hardware.interfaces):
        if card.subsystem:
            path = f"hardware.interfaces[{index}].subsystem_vendor"
            raise GuestconvError(
                "device-not-offered",
                f"{path}: {platform} cannot give the {interface_title(card)} other PCI subsystem ids than those of its "
                "model, and Windows would not find its configuration again.",
                hint="Convert the guest with the target that has the platform's name.",
                path=path,
            )


def text(value: object, option: str) -> str:
    """value, when it is a line of text. Raises GuestconvError `platform-option-invalid`."""
    if not isinstance(value, str) or not _TEXT.fullmatch(value):
        raise invalid(option, f"{value!r} should be a line of text.")
    return value


def description(value: Any) -> dict[str, Any] | None:
    """The option guest: a description, or None. Raises GuestconvError `platform-option-invalid`."""
    if not value:
        return None
    found: dict[str, Any] = value if isinstance(value, dict) else {}
    roots = found.get("roots")
    if not isinstance(roots, dict) or not all(map(_is_root, roots.values())):
        raise invalid("guest", "This is not a description, which guestconv_inspect returns as `guest`.")
    return found


def _is_root(value: Any) -> bool:
    """Whether value has the form of a root of a description, as far as definitions read it."""
    info = (value.get("info") or {}) if isinstance(value, dict) else None
    return isinstance(info, dict) and isinstance(info.get("version") or {}, dict)


def like(name: str, pattern: re.Pattern[str], characters: str) -> str:
    """The hint for a name that does not match pattern: one like it that does. characters: the allowed ones, of a class."""
    found = re.sub(rf"[^{characters}]+", "-", name if "A" in characters else name.lower()).strip("-._ ")
    while found and not pattern.fullmatch(found):
        found = found[:-1].rstrip("-._ ")
    return f" For example: {found}." if found else ""


def flag(value: object, option: str) -> bool:
    """value, when it is a boolean: the string "no" would count as true. Raises GuestconvError."""
    if not isinstance(value, bool):
        raise invalid(option, f"{value!r} should be true or false.")
    return value


def secure_boot(wanted: object, hardware: machines.Hardware) -> bool:
    """The option secure_boot, which only UEFI can have. Raises GuestconvError `platform-option-invalid`."""
    if flag(wanted, "secure_boot") and hardware.firmware != "uefi":
        raise invalid("secure_boot", "The guest boots by BIOS, which has no secure boot.")
    return bool(wanted)


def has_tpm(wanted: object, hardware: machines.Hardware) -> bool:
    """Whether the machine gets a TPM: by the option `tpm`, or as the guest needs one."""
    return flag(wanted, "tpm") or hardware.tpm


def one_of(value: object, allowed: Collection[str], option: str) -> str:
    """value, when it is among allowed. Raises GuestconvError `platform-option-invalid`."""
    if not isinstance(value, str) or value not in allowed:
        raise invalid(option, f"{value!r} is not known here.", f"Allowed: {', '.join(allowed)}.")
    return value


def items(given: Any, option: str, keys: Sequence[str]) -> list[dict[str, str]]:
    """given as dicts: a list of strings, each the value of the first of keys, or of dicts with some of keys.

    Raises GuestconvError `platform-option-invalid`.
    """
    if not isinstance(given, (list, tuple)):
        raise invalid(option, "This should be a list.")
    found = []
    for index, item in enumerate(given):
        where = f"{option}[{index}]"
        item = item if isinstance(item, dict) else {keys[0]: item}
        for key in item:
            if key not in keys:
                raise invalid(f"{where}.{key}", "There is no such key.", f"Allowed: {', '.join(keys)}.")
        # A template turns an omitted value into None.
        found.append({key: text(item[key], f"{where}.{key}") for key in item if item[key] is not None})
    return found


def pairs(disks: Sequence[machines.DiskPlace], given: list[dict[str, str]], option: str) -> list[Pair]:
    """[(DiskPlace, item)] of disks and of given, which are items() of option, one for each of them.

    Items are for the disks in their order, or by their `device` when any has one; the others are then called
    sda, sdb, ... by their position, as convert does. By name, too, when there are more items than disks: a disk that
    was removed from a description is not in its hardware. Raises GuestconvError `platform-option-invalid`, also where two
    disks would have their data in one place.
    """
    _refuse_same(given, option)
    if len(given) == len(disks) and not any("device" in item for item in given):
        return list(zip(disks, given))
    by_name = {item.get("device") or "sd" + letters(index): item for index, item in enumerate(given)}
    if len(by_name) != len(given):
        raise invalid(option, "Two entries are for the same device.")
    for disk in disks:
        if disk.device not in by_name:
            raise invalid(
                option,
                f"There is no entry for {disk_title(disk)}.",
                f"The hardware has {len(disks)} disks: {', '.join(disk.device or 'unnamed' for disk in disks)}.",
            )
    return [(disk, by_name[disk.device]) for disk in disks]


def _refuse_same(given: list[dict[str, str]], option: str) -> None:
    """Refuse two items with the data in one place: each disk would overwrite the other."""
    seen: dict[str, int] = {}
    for index, item in enumerate(given):
        place = next((item[key] for key in item if key not in _ABOUT), "")
        # Proxmox VE makes a new volume for each "STORAGE:SIZE".
        if place and not _NEW_VOLUME.fullmatch(place) and seen.setdefault(place, index) != index:
            raise invalid(
                f"{option}[{index}]", f"{place!r} is {option}[{seen[place]}], too.", "Give each disk one of its own."
            )


def networks(interfaces: Sequence[machines.Interface], default: Any, named: Any, network_map: Any = None) -> list[Any]:
    """The network of each of interfaces: the one in named ({name or MAC address: network}), in network_map, or default.

    Raises GuestconvError `platform-option-invalid` for a name that no network card has, and `names-unmapped`.
    """
    mapped = maps.parse(network_map, "network_map")
    named = {} if named is None else named
    if not isinstance(named, dict):
        raise invalid("networks", "This should be a dictionary.")
    chosen = {str(key).lower(): value for key, value in named.items()}
    found = []
    known: set[str] = set()
    for card in interfaces:
        names = [key.lower() for key in (card.mac, card.name) if key]
        by_card = next((key for key in names if key in chosen), None)
        if by_card:
            found.append(chosen[by_card])
        else:
            found.append(mapped.get(card.network, f"the network of {interface_title(card)}") if mapped else default)
        known.update(names)
    for key in chosen:
        if key not in known:
            raise invalid(
                f"networks.{key}", "There is no such network card.", f"The network cards are: {_listed(known)}."
            )
    return found


def storages(disks: Sequence[machines.DiskPlace], storage_map: Any) -> list[Any]:
    """The value of storage_map for each of disks, by what the source calls its storage; None without a map.

    Raises GuestconvError `names-unmapped`, `platform-option-invalid`.
    """
    mapped = maps.parse(storage_map, "storage_map")
    return [mapped and mapped.get(disk.storage, f"the storage of {disk_title(disk)}") for disk in disks]


def no_export(platform: str, has_volumes: bool) -> GuestconvError:
    """The error for an NBD export that is to be a disk.

    platform: what people call it; has_volumes: whether its definition can name, as `volumes`, what holds the disks.
    """
    hint = "Write the disks to block devices or files."
    if has_volumes:
        hint = f"{hint[:-1]}, or name the volumes that hold them (`volumes` in `guestconv_platform_options`)."
    return invalid("disks", f"{platform} cannot use an NBD export as a disk.", hint)


def named(value: Any, option: str, keys: Sequence[str]) -> dict[str, str]:
    """value as a dict with some of keys: a text is that of the first of them. Raises GuestconvError."""
    if not isinstance(value, dict):
        return {keys[0]: text(value, option)}
    if not value or not set(value) <= set(keys):
        allowed = ", ".join(f"{{{key}: ...}}" for key in keys)
        raise invalid(option, f"{value!r} is not a {option} here.", f"Give a text, or {allowed}.")
    return {key: str(value[key]) if key == VLAN else text(value[key], f"{option}.{key}") for key in value}


def vlan(value: dict[str, str], option: str) -> int | None:
    """The number of the VLAN in value, as of named(). Raises GuestconvError `platform-option-invalid`."""
    if VLAN not in value:
        return None
    number = _number(value[VLAN], f"{option}.{VLAN}")
    if number > _HIGHEST_VLAN:
        raise invalid(f"{option}.{VLAN}", f"{number} is not the number of a VLAN.", f"Allowed: 1 to {_HIGHEST_VLAN}.")
    return number


def invalid(option: str, message: str, hint: str = "") -> GuestconvError:
    """The GuestconvError for a filter's option."""
    return GuestconvError("platform-option-invalid", f"{option}: {message}", hint=hint, path=option)


def _number(value: object, option: str) -> int:
    # Ansible's templating can make a string of a number.
    digits = str(value)
    if not (digits.isascii() and digits.isdigit() and len(digits) < _DIGITS and int(digits)):
        raise invalid(option, f"{value!r} is not a positive number.")
    return int(digits)


def _listed(names: Collection[str]) -> str:
    return ", ".join(sorted(names)) or "none"
