# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The description: what the aspects found, as plain data."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Callable, Protocol

from ..devices.targets import KINDS, Target
from ..texts.printable import printable
from . import source_facts
from .concerns import Concern

SCHEMA = 1

# A description as JSON has it; docs/guest.schema.json says what is in it.
Description = dict[str, Any]

# {kind of device: {device's identifier: what is known of it}}
Devices = dict[str, dict[str, dict[str, Any]]]

# All keys of a description, in their order.
KEYS = (
    "schema",
    "fingerprint",
    "checksum",
    "checksums",
    "target",
    "convertible",
    "concerns",
    "hardware",
    "boot",
    "transform",
    "roots",
    "devices",
    "tools",
    "current",
    "choices",
    "unavailable",
)

# Keys that descriptions of earlier versions of the same schema lack.
ADDED_KEYS = ("checksums", "tools")

# What the caller may alter.
ALTERABLE = ("devices", "tools")

# What has no checksum of its own: that, and the checksums.
_NOT_SUMMED = (*ALTERABLE, "checksum", "checksums")


@dataclass
class Findings:
    """What one aspect learnt about one root.

    info: facts for roots.<name>.info.
    kernels: the list roots.<name>.kernels.
    boot: firmware, and the boot loader of each disk.
    devices: {kind: {id: facts}}; the facts become current.<kind>.<id>. name_on_target of a disk is {driver: name}, and becomes
        the name with the driver that is recommended.
    usable: {kind: {driver: reason why this root cannot use it, "" when it can}}.
    preferred: {kind: the drivers that go with more of what the root has than the others do}.
    tools: what conversion does about the tools of hypervisors that it has, as ToolsPolicy.described returns it.
    """

    info: dict[str, Any] = field(default_factory=dict)
    kernels: list[dict[str, Any]] = field(default_factory=list)
    boot: dict[str, Any] = field(default_factory=dict)
    devices: Devices = field(default_factory=dict)
    usable: dict[str, dict[str, str]] = field(default_factory=dict)
    preferred: dict[str, list[str]] = field(default_factory=dict)
    concerns: list[Concern] = field(default_factory=list)
    tools: dict[str, Any] = field(default_factory=dict)


class DescribedRoot(Protocol):
    """What a description says of a root, besides its findings."""

    @property
    def name(self) -> str:
        """The guest's name of its filesystem."""

    @property
    def info(self) -> dict[str, Any]:
        """Facts for roots.<name>.info."""


class DescribedGuest(Protocol):
    """What a description says of a guest, besides the findings."""

    @property
    def target(self) -> Target:
        """Where the guest goes to."""

    @property
    def hardware(self) -> Mapping[str, Any]:
        """What the caller knows of the source."""

    @property
    def roots(self) -> Sequence[DescribedRoot]:
        """Its operating systems."""

    @property
    def transform(self) -> Sequence[Mapping[str, Any]]:
        """The changes to the layout of its disks that conversion makes."""

    def fingerprint(self) -> str:
        """The identity of its disks."""


def describe(guest: DescribedGuest, findings: Mapping[str, Sequence[Findings]]) -> Description:
    """The description of a guest.

    Args: findings: those of the aspects, by the name of the root.
    """
    everything = [one for of_root in findings.values() for one in of_root]
    current = _current(everything)
    choices, unavailable = _choices(everything, guest.target)
    # What is so of the disks every root says.
    concerns = [concern.as_dict() for concern in dict.fromkeys(each for one in everything for each in one.concerns)]
    concerns += [concern.as_dict() for concern in source_facts.concerns(guest.hardware)]
    concerns += _without_choice(current, choices, unavailable)
    boot = _merged_boot(everything)
    recommended = {kind: _recommended(kind, choices[kind], everything) for kind in KINDS}
    _name_disks(current, recommended["block"])
    concerns += _without_firmware(guest.target, boot["firmware"])
    description: Description = {
        "schema": SCHEMA,
        "fingerprint": guest.fingerprint(),
        "target": guest.target.name,
        "convertible": all(concern["severity"] != "error" for concern in concerns),
        "concerns": concerns,
        "hardware": guest.hardware,
        "boot": boot,
        "transform": list(guest.transform),
        "roots": {root.name: _describe_root(root, findings[root.name]) for root in guest.roots},
        "devices": _per_device(current, lambda kind: {"driver": recommended[kind]}),
        "tools": {key: value for one in everything for key, value in one.tools.items()},
        "current": current,
        "choices": _per_device(current, lambda kind: {"driver": list(choices[kind])}),
        "unavailable": _per_device(current, lambda kind: dict(unavailable[kind])),
    }
    description = printable(description)
    sign(description)
    return {key: description[key] for key in KEYS}


def add_concerns(description: Description, concerns: Iterable[Concern]) -> None:
    """Add concerns, as if inspect had returned them; one that is there already is not added once more."""
    of_each = (printable(concern.as_dict()) for concern in dict.fromkeys(concerns))
    added = [concern for concern in of_each if concern not in description["concerns"]]
    if added:
        description["concerns"] += added
        sign(description)


def sign(description: Description) -> None:
    """Add the checksums, by which convert knows what a caller altered.

    The guest may have changed since inspection (a first convert does that), which is no fault of the caller's.
    """
    description["checksums"] = _checksums(description)
    description["checksum"] = checksum(description)


def _checksums(description: Description) -> dict[str, str]:
    return {key: _digest(value) for key, value in description.items() if key not in _NOT_SUMMED}


def checksum(description: Description) -> str:
    """sha256 of all of a description that a caller must not alter."""
    return _digest({key: value for key, value in description.items() if key not in (*ALTERABLE, "checksum")})


def altered_keys(description: Description) -> frozenset[str]:
    """The top-level keys with a read-only value that is not the one that inspect returned.

    In a description of an earlier version, which has one checksum for all, each of them may be altered when any is.
    """
    if description["checksum"] == checksum(description):
        return frozenset()
    right = _checksums(description)
    if description["checksum"] == checksum({**description, "checksums": right}):
        return frozenset(("checksums",))
    known = description.get("checksums", {})
    if not isinstance(known, dict):
        known = {}
    altered = frozenset(key for key, digest in right.items() if known.get(key) != digest)
    return altered or frozenset(("checksum",))


def _digest(value: Any) -> str:
    return "sha256:" + hashlib.sha256(json.dumps(value, sort_keys=True).encode()).hexdigest()


def _current(everything: Sequence[Findings]) -> Devices:
    """What was found of each device: where aspects or roots disagree, what the first of them knows."""
    current: Devices = {kind: {} for kind in KINDS}
    for one in everything:
        for kind, devices in one.devices.items():
            for identifier, facts in devices.items():
                known = current[kind].setdefault(identifier, {})
                known.update((key, value) for key, value in facts.items() if known.get(key) is None)
    return current


def _choices(everything: Sequence[Findings], target: Target) -> tuple[dict[str, list[str]], dict[str, dict[str, str]]]:
    """Per kind the drivers that every root can use, in the target's order, and for the others the reason why not."""
    choices: dict[str, list[str]] = {kind: [] for kind in KINDS}
    unavailable: dict[str, dict[str, str]] = {kind: {} for kind in KINDS}
    for kind in KINDS:
        known = [one.usable[kind] for one in everything if kind in one.usable]
        for model in target.all_models(kind):
            # Those for Windows alone are choices where every system has looked for their drivers.
            if model not in target.models[kind] and not (known and all(model.driver in each for each in known)):
                continue
            reasons = [each[model.driver] for each in known]
            reason = next((reason for reason in reasons if reason), "")
            if reason:
                unavailable[kind][model.driver] = reason
            else:
                choices[kind].append(model.driver)
    return choices, unavailable


def _recommended(kind: str, choices: Sequence[str], everything: Sequence[Findings]) -> str | None:
    """The first of the choices that the most of the findings prefer."""
    asking = [one.preferred[kind] for one in everything if kind in one.preferred]
    return max(choices, key=lambda driver: sum(driver in drivers for drivers in asking), default=None)


def _name_disks(current: Devices, driver: str | None) -> None:
    """Have the disks known by their names with the driver that is recommended."""
    for facts in current["block"].values():
        by_driver = facts.get("name_on_target")
        if by_driver is not None:
            facts["name_on_target"] = by_driver.get(driver)


def _without_choice(
    current: Devices, choices: Mapping[str, Sequence[str]], unavailable: Mapping[str, Mapping[str, str]]
) -> Iterator[dict[str, str]]:
    for kind in KINDS:
        if current[kind] and not choices[kind]:
            reasons = "; ".join(f"{driver}: {reason}" for driver, reason in unavailable[kind].items())
            yield Concern(
                "no-driver",
                "error",
                f"The guest cannot use any of the target's {kind} devices ({reasons}).",
                "Install one of these drivers in the guest before it moves: Linux has them with its kernels, Windows with virtio-win.",
            ).as_dict()


def _without_firmware(target: Target, firmware: str) -> list[dict[str, str]]:
    """The concern about a firmware that the target's machines cannot have; in a list, which may be empty."""
    if firmware in target.firmwares:
        return []
    words = {"bios": "BIOS", "uefi": "UEFI"}
    offered = " or ".join(words[each] for each in target.firmwares)
    return [
        Concern(
            "firmware-not-offered",
            "error",
            f"The guest boots by {words[firmware]}, and machines of the target {target.name} have {offered} only.",
            "Choose another target, or make the guest boot by the other firmware before it moves.",
        ).as_dict()
    ]


def _merged_boot(everything: Sequence[Findings]) -> dict[str, Any]:
    boot: dict[str, Any] = {"firmware": "bios", "loaders": {}}
    for one in everything:
        boot["loaders"].update(one.boot.get("loaders", {}))
        boot["firmware"] = one.boot.get("firmware", boot["firmware"])
    return boot


def _describe_root(root: DescribedRoot, of_root: Sequence[Findings]) -> dict[str, Any]:
    info = dict(root.info)
    for one in of_root:
        info.update(one.info)
    return {"info": info, "kernels": [kernel for one in of_root for kernel in one.kernels]}


def _per_device(current: Devices, value: Callable[[str], dict[str, Any]]) -> Devices:
    return {kind: {identifier: value(kind) for identifier in current[kind]} for kind in KINDS}
