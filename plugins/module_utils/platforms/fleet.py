# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whether the maps of a fleet have all that its guests need, and whether its platform takes their names and disks, before
any of them moves. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from ..errors import GuestconvError
from ..texts import disk_urls
from . import maps
from .platform import Platform

NETWORKS, STORAGES, VOLUMES = "guestconv_networks", "guestconv_storages", "guestconv_volumes"


@dataclass(frozen=True)
class Guest:
    """A guest and its maps, as a person wrote them. platform: None for a guest that is not defined anywhere. machine: the
    name that it gets there, None for one that is not to be checked.

    hardware: what is known of it on the source, which is not checked yet. cards: MAC addresses and names, in lower case, of
    cards whose network is given apart. volumes: what its disks are written to and its definition names; fetch checks it.
    is_read: whether its source was read. If it was not, only names that somebody else knows are looked up.
    """

    name: str
    hardware: Any
    networks: Any = None
    storages: Any = None
    platform: Platform | None = None
    cards: frozenset[str] = frozenset()
    machine: Any = None
    volumes: Any = ()
    is_read: bool = True


@dataclass
class _Problems:
    """names: {what has no entry: the guests that have it}. values: the same of what is wrong with a value."""

    names: dict[str, list[str]] = field(default_factory=dict)
    values: dict[str, list[str]] = field(default_factory=dict)


def check(guests: Iterable[Guest]) -> None:
    """Raises GuestconvError `names-unmapped` or `platform-option-invalid`, which lists all that is wrong, with the guests."""
    found = _Problems()
    for guest in guests:
        for problem in _of_guest(guest):
            of_kind = found.names if isinstance(problem, maps.Unmapped) else found.values
            names = of_kind.setdefault(problem.message, [])
            # Several disks of a guest may have the same problem.
            if guest.name not in names[-1:]:
                names.append(guest.name)
    listed = [f"{what} ({', '.join(names)})" for what, names in found.names.items()]
    sentences = [f"{what.rstrip('.')} ({', '.join(names)})." for what, names in found.values.items()]
    if listed:
        raise maps.unmapped(" ".join([f"The maps have no entry for: {'; '.join(listed)}.", *sentences]))
    if sentences:
        hint = (
            "Correct the values of the maps, whose forms the platform's filter documents, the names (`define_name`), and "
            f"`{VOLUMES}`."
        )
        raise GuestconvError("platform-option-invalid", " ".join(sentences), hint=hint)


def _of_guest(guest: Guest) -> Iterator[GuestconvError]:
    platform = guest.platform
    if platform and guest.machine is not None:
        try:
            platform.check_name(guest.machine)
        except GuestconvError as error:
            yield GuestconvError(error.code, f"{error.message} {error.hint}".strip())
    if platform:
        yield from _wrong_exports(platform, guest.volumes)
    judges = (platform.check_network, platform.check_storage) if platform else (_accept, _accept)
    for option, value, names, judge in (
        (NETWORKS, guest.networks, _networks(guest), judges[0]),
        (STORAGES, guest.storages, _storages(guest), judges[1]),
    ):
        try:
            found = maps.parse(value, option)
        except GuestconvError as error:
            yield error
            continue
        if found is None:
            continue
        for what, name in names.items():
            if found.find(name) is None:
                yield maps.unmapped(what)
        for key, each in found.values.items():
            try:
                judge(each)
            except GuestconvError as error:
                yield GuestconvError(error.code, f"{option}, {key!r}: {error.message}")


def _accept(value: Any) -> object:
    """What judges values for no platform."""
    return value


def _wrong_exports(platform: Platform, volumes: Any) -> Iterator[GuestconvError]:
    """The errors about NBD exports in a value of `guestconv_volumes`: one name, or a list."""
    for volume in volumes if isinstance(volumes, (list, tuple)) else [volumes]:
        if isinstance(volume, str) and disk_urls.is_export(volume):
            try:
                platform.check_export(volume)
            except GuestconvError as error:
                yield GuestconvError(error.code, f"{VOLUMES}: {error.message} {error.hint}".strip())


def _networks(guest: Guest) -> dict[str, str]:
    """{what lacks an entry, for people: the source's name of it} of the networks of the guest.

    The name is "" for one without a name, and for cards that are not known yet.
    """
    cards = _entries(guest.hardware, "interfaces")
    if cards is None:
        return _called("network", [""]) if guest.is_read else {}
    names = [_name(card, "network") for card in cards if _mac(card) not in guest.cards]
    found = _called("network", names)
    unknown = _unknown_networks(cards, guest.cards)
    if unknown and "" not in names:
        listed = ", ".join(map(repr, unknown))
        found[f"network cards without a MAC address (on the source: {listed}), which get the key `{maps.DEFAULT}`"] = ""
    return found


def _unknown_networks(cards: list[Mapping[str, Any]], apart: frozenset[str]) -> list[str]:
    """The networks of the cards of which the definition will not know which is on which. apart: Guest.cards.

    They are those without a MAC address, if they differ (of_source() in model/target_hardware.py). The network of each may
    be given apart, by the name that the guest has for it.
    """
    unnamed = [card for card in cards if not _mac(card)]
    facts = [(_name(card, "network"), card.get("connected")) for card in unnamed]
    named = len(apart - {_mac(card) for card in cards})
    if named >= len(unnamed) or all(each == facts[0] for each in facts):
        return []
    return list(dict.fromkeys(network for network, unused in facts))


def _mac(card: Mapping[str, Any]) -> str:
    return str(card.get("mac") or "").lower()


def _storages(guest: Guest) -> dict[str, str]:
    """The same of the storages of its disks."""
    unknown: list[Mapping[str, Any]] = [{}] if guest.is_read else []
    return _called("storage", [_name(disk, "storage") for disk in _entries(guest.hardware, "disks") or unknown])


def _called(kind: str, names: list[str]) -> dict[str, str]:
    return {f"{kind} {name!r}" if name else f"a {kind} that the source has no name for": name for name in names}


def _entries(hardware: Any, key: str) -> list[Mapping[str, Any]] | None:
    """The list in hardware; None where it is not known. inspect refuses what has another form, and says why."""
    found = hardware.get(key) if isinstance(hardware, Mapping) else None
    return [each for each in found if isinstance(each, Mapping)] if isinstance(found, (list, tuple)) else None


def _name(entry: Mapping[str, Any], key: str) -> str:
    # In YAML, a network that is called 7 is a number.
    return "" if entry.get(key) is None else str(entry[key])
