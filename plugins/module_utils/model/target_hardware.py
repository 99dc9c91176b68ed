# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the target's virtual machine must offer: put together from what was chosen, the target, and what is known.

It is the same for every system; what only a root knows (how its NICs are called) comes from its aspects.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any, Optional, TypedDict, cast

from ..devices.models import is_virtio
from ..devices.targets import Model, Target
from . import kept
from .concerns import Concern
from .selection import Selection

# The first Linux whose drivers know virtio 1.0.
_MODERN_VIRTIO = 4


class _Subsystem(TypedDict, total=False):
    """The subsystem ids of a card that has others than its model, as four hexadecimal digits each."""

    subsystem_vendor: str
    subsystem_device: str


class Interface(_Subsystem):
    """A NIC of the target: its name in the guest, its model, and how it is reached."""

    name: str
    driver: str
    mac: Optional[str]  # noqa: UP045 - evaluated on Python 3.9
    addresses: list[str]
    gateway: Optional[str]  # noqa: UP045


class Disk(TypedDict):
    """A disk of the target. device: the disk's id. bus: in libvirt's words. boot_order: 1 is tried first."""

    device: str
    driver: str
    bus: str
    boot_order: int
    name_on_target: str


def disk_names(devices: Iterable[str], models: Mapping[str, Model], target: Target) -> dict[str, str]:
    """The kernel's names of the disks on the target, which counts the disks of one prefix (vd, sd) on its own.

    Where several models have the same prefix, the order of their disks is not certain; see uncertain().
    """
    counts: dict[str, int] = {}
    names = {}
    for device in devices:
        prefix = models[device].disk_prefix
        index = counts.get(prefix, 0)
        names[device] = f"/dev/{models[device].disk_name(index, target.disks_on_nvme)}"
        counts[prefix] = index + 1
    return names


def uncertain(models: Mapping[str, Model], target: Target) -> list[str]:
    """Those disks ({device: model}) whose models share a prefix with another model, or whose order is not certain there.

    Which controller's disks the kernel counts first depends on the order in which it finds the controllers.
    """
    if not target.has_certain_order and len(models) > 1:
        return list(models)
    by_prefix: dict[str, set[str]] = {}
    for model in models.values():
        by_prefix.setdefault(model.disk_prefix, set()).add(model.driver)
    return [device for device, model in models.items() if len(by_prefix[model.disk_prefix]) > 1]


def disk_models(devices: Iterable[str], target: Target, selection: Selection) -> dict[str, Model]:
    """The model chosen for each of these disks that stays, in their order."""
    chosen = selection.drivers.get("block", {})
    return {device: target.model("block", chosen[device]) for device in devices if device in chosen}


def boot_order(devices: Sequence[str], source: Mapping[str, Any], loaders: Collection[str] = ()) -> list[str]:
    """The disks' ids, first that which the source booted from. Those without an order come last, as they were given.

    source: what the caller knows of the source's hardware; its disks stand in the order of devices. loaders: the disks
    that have a boot loader, which decides where the source does not: the order of buses says nothing.
    """
    known = source.get("disks") or []
    orders = {device: (known[at].get("boot_order") if at < len(known) else None) for at, device in enumerate(devices)}
    return sorted(orders, key=lambda device: (orders[device] is None, orders[device] or 0, device not in loaders))


def needs_transitional_virtio(kernels: Iterable[Mapping[str, Any]]) -> bool:
    """Whether one of these kernels, as a description has them, is of before Linux 4.0 and does not know virtio 1.0.

    The interface of virtio 1.0 came with 4.0 (drivers/virtio/virtio_pci_modern.c), and some older kernels have it, too
    (Enterprise Linux 7): they drive each virtio device, see Kernel.is_too_old_for. A device behind a PCI Express port has
    no other interface (virtio_pci_realize() in QEMU's hw/virtio/virtio-pci.c).
    """
    for kernel in kernels:
        version = re.match(r"(\d{1,3})\.\d", str(kernel.get("version") or ""))
        drives = kernel.get("drivers") or {}
        if version and int(version.group(1)) < _MODERN_VIRTIO:
            if not all(drives[driver] for driver in drives if is_virtio(driver)):
                return True
    return False


def assemble(
    target: Target,
    firmware: str,
    selection: Selection,
    devices: Sequence[str],
    source: Mapping[str, Any],
    interfaces: Iterable[Sequence[Interface]],
    loaders: Collection[str] = (),
) -> dict[str, Any]:
    """The hardware, in the form that guestconv_convert returns it.

    devices: the ids of the source's disks, in their order. source, loaders: as of boot_order.
    interfaces: the NICs as each root knows them.
    """
    hardware: dict[str, Any] = {
        "firmware": firmware,
        "machine": target.machine_for(firmware),
        "disks": _disks(target, firmware, selection, devices, source, loaders),
        "interfaces": of_source(merged(interfaces), source),
        "video": _chosen(selection, "graphics", "video0"),
        "console": _chosen(selection, "console", "console"),
    }
    # For who defines the new virtual machine: as large as the old one was, where that is known.
    hardware.update((key, source[key]) for key in ("cpus", "memory") if source.get(key))
    return {**hardware, **kept.from_source(source)}


def of_source(cards: Iterable[Interface], source: Mapping[str, Any]) -> list[dict[str, Any]]:
    """cards, each with the network and the state of the link that the source's card of its MAC address has.

    Those without such a card have what all other cards of the source have in common: an OVF has no MAC addresses of most.
    """
    pairs, others = _pairs(cards, source)
    common = others[0] if others and all(each == others[0] for each in others) else {}
    return [{**card, **(common if own is None else own)} for card, own in pairs]


def networks_unknown(cards: Iterable[Interface], source: Mapping[str, Any]) -> list[Concern]:
    """The Concern that it is not known which of the source's networks cards are on, if so."""
    pairs, others = _pairs(cards, source)
    names = [str(card.get("name") or card.get("mac") or "without a name") for card, own in pairs if own is None]
    if not names or all(each == others[0] for each in others):
        return []
    listed = ", ".join(dict.fromkeys(_words(each) for each in others))
    return [
        Concern(
            "nic-network-unknown",
            "warning",
            f"It is not known on which network of the source ({listed}) the network cards of the guest are: "
            f"{', '.join(names)}. The source does not have their MAC addresses.",
            "Add the MAC addresses to hardware.interfaces, or give the definition the network of each card (`networks`).",
        )
    ]


def _pairs(
    cards: Iterable[Interface], source: Mapping[str, Any]
) -> tuple[list[tuple[Interface, dict[str, Any] | None]], list[dict[str, Any]]]:
    """([(card, the facts of its MAC address on the source, or None)], those of the source's other cards)."""
    old = {_digits(each["mac"]): _digits(each["from"]) for each in source.get("target_interfaces") or ()}
    there = [
        (_digits(each.get("mac")), {key: each[key] for key in ("network", "connected") if each.get(key) is not None})
        for each in source.get("interfaces") or ()
    ]
    by_mac = {mac: facts for mac, facts in there if mac}
    macs = [(card, _digits(card.get("mac"))) for card in cards]
    taken = [old.get(mac, mac) for unused, mac in macs]
    return (
        [(card, by_mac.get(mac)) for (card, unused), mac in zip(macs, taken)],
        [facts for mac, facts in there if not mac or mac not in taken],
    )


def _digits(mac: object) -> str:
    return re.sub("[^0-9a-f]", "", str(mac or "").lower())


def _words(facts: Mapping[str, Any]) -> str:
    name = repr(facts["network"]) if facts.get("network") else "without a name"
    return f"{name} (not connected)" if facts.get("connected") is False else name


def merged(interfaces: Iterable[Sequence[Interface]]) -> list[Interface]:
    """The NICs of the one machine that several roots are on: of a NIC that several know, each says what it knows."""
    known: dict[str, dict[str, Any]] = {}
    for each in (card for of_root in interfaces for card in of_root):
        there = known.setdefault(each["name"], {})
        there.update((key, fact) for key, fact in each.items() if there.get(key) in (None, "", []))
    return [cast(Interface, card) for card in known.values()]


def _disks(
    target: Target,
    firmware: str,
    selection: Selection,
    devices: Sequence[str],
    source: Mapping[str, Any],
    loaders: Collection[str],
) -> list[dict[str, Any]]:
    models = disk_models(devices, target, selection)
    names = disk_names(models, models, target)
    in_order = [device for device in boot_order(devices, source, loaders) if device in models]
    facts = dict(zip(devices, source.get("disks") or ()))
    found = [
        Disk(
            device=device,
            driver=model.driver,
            bus=model.bus if in_order.index(device) else target.boot_bus.get(firmware, model.bus),
            boot_order=in_order.index(device) + 1,
            name_on_target=names[device],
        )
        for device, model in models.items()
    ]
    return [{**disk, **_identity(facts.get(disk["device"], {}))} for disk in found]


def _identity(disk: Mapping[str, Any]) -> dict[str, str]:
    """serial, wwn and storage of an entry of the source's disks, as far as a disk of the target can have them."""
    known = {key: str(disk.get(key) or "") for key in ("serial", "wwn", "storage")}
    if not kept.SERIAL.fullmatch(known["serial"]):
        # A concern: source_facts.py.
        del known["serial"]
    return {key: value for key, value in known.items() if value}


def _chosen(selection: Selection, kind: str, identifier: str) -> dict[str, str] | None:
    """The model chosen for the one device of this kind; None when it was removed."""
    chosen: Mapping[str, str] = selection.drivers.get(kind, {})
    return {"driver": chosen[identifier]} if identifier in chosen else None
