# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The description: what inspection found, as plain data, and the check of what a caller made of it."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Any

from ..devices.targets import KINDS, TARGETS
from ..errors import GuestconvError
from ..texts.printable import printable

SCHEMA = 1

# What a caller may say of a device, beside its driver.
_SETTINGS = {"network": ("policy", "name")}

_KEYS = (
    "schema",
    "fingerprint",
    "checksum",
    "target",
    "convertible",
    "concerns",
    "hardware",
    "boot",
    "transform",
    "roots",
    "devices",
    "current",
    "choices",
    "unavailable",
)


@dataclass(frozen=True)
class Concern:
    """Something a person should know before converting. severity: info, warning, or error (not convertible)."""

    code: str
    severity: str
    message: str
    hint: str = ""

    def as_dict(self):
        """The concern as it stands in the description."""
        return {"code": self.code, "severity": self.severity, "message": self.message, "hint": self.hint}


@dataclass
class Findings:
    """What one aspect learnt about one root.

    info: facts for roots.<name>.info.
    kernels: the list roots.<name>.kernels.
    boot: firmware, and the boot loader of each disk.
    devices: {kind: {id: facts}}; the facts become current.<kind>.<id>.
    usable: {kind: {driver: reason why this root cannot use it, "" when it can}}.
    """

    info: dict = field(default_factory=dict)
    kernels: list = field(default_factory=list)
    boot: dict = field(default_factory=dict)
    devices: dict = field(default_factory=dict)
    usable: dict = field(default_factory=dict)
    concerns: list = field(default_factory=list)


def describe(guest, findings):
    """The description of guest (guest.Guest) from findings: {root's name: [Findings]}."""
    everything = [one for of_root in findings.values() for one in of_root]
    current = {kind: {} for kind in KINDS}
    for one in everything:
        for kind, devices in one.devices.items():
            for identifier, facts in devices.items():
                known = current[kind].setdefault(identifier, {})
                known.update((key, value) for key, value in facts.items() if known.get(key) is None)
    choices, unavailable = _choices(everything, guest.target)
    concerns = [concern.as_dict() for one in everything for concern in one.concerns]
    concerns += _without_choice(current, choices, unavailable)
    description = {
        "schema": SCHEMA,
        "fingerprint": guest.fingerprint(),
        "target": guest.target.name,
        "convertible": all(concern["severity"] != "error" for concern in concerns),
        "concerns": concerns,
        "hardware": guest.hardware,
        "boot": _merged_boot(everything),
        "transform": [],
        "roots": {root.name: _describe_root(root, findings[root.name]) for root in guest.roots},
        "devices": {
            kind: {identifier: {"driver": next(iter(choices[kind]), None)} for identifier in current[kind]}
            for kind in KINDS
        },
        "current": current,
        "choices": _per_device(current, lambda kind: {"driver": list(choices[kind])}),
        "unavailable": _per_device(current, lambda kind: dict(unavailable[kind])),
    }
    description = printable(description)
    description["checksum"] = checksum(description)
    return {key: description[key] for key in _KEYS}


def checksum(description):
    """sha256 of all of a description that a caller must not alter: by it convert knows who changed what.

    The guest may have changed since inspection (a first convert does that), which is no fault of the caller's.
    """
    kept = {key: value for key, value in description.items() if key not in ("devices", "checksum")}
    return "sha256:" + hashlib.sha256(json.dumps(kept, sort_keys=True).encode()).hexdigest()


def as_mapping(description):
    """description, which must be a dict. Raises GuestconvError."""
    if not isinstance(description, dict):
        raise GuestconvError(
            "description-malformed",
            f"guest must be the dict or XML that guestconv_inspect returned, and is a {type(description).__name__}.",
            hint='Pass it as `guest: "{{ inspected.guest }}"`.',
            path="guest",
        )
    return description


def target_of(description):
    """The targets.Target that a caller's description is for. Raises GuestconvError."""
    for key in as_mapping(description):
        if key not in _KEYS:
            raise GuestconvError(
                "description-unknown-key",
                f"guest.{key} is not part of a description. Known are: {', '.join(_KEYS)}.",
                path=f"guest.{key}",
            )
    for key in _KEYS:
        if key not in description:
            raise GuestconvError(
                "description-incomplete",
                f"guest.{key} is missing.",
                hint="Pass the whole of what guestconv_inspect returned as guest; alter it with "
                "combine(..., recursive=True).",
                path=f"guest.{key}",
            )
    if description["schema"] != SCHEMA:
        raise GuestconvError(
            "description-schema",
            f"guest.schema is {description['schema']!r}; this version of guestconv knows {SCHEMA}.",
            hint="Inspect the guest again with this version.",
            path="guest.schema",
        )
    if not isinstance(description["target"], str) or description["target"] not in TARGETS:
        raise _changed("guest.target", description["target"], ", ".join(TARGETS))
    if description["checksum"] == checksum(description):
        # What it says of itself is what inspect said: a mistake in devices is told before the appliance is launched.
        # Of a guest that was not convertible it may be no mistake, but the reason; that is looked at anew.
        if description["convertible"]:
            select(description, description)
        return TARGETS[description["target"]]
    _refuse_added_hardware(description)
    for name in TARGETS:
        # A description is for one target; with another name in it, none of its choices would be right.
        if name != description["target"] and description["checksum"] == checksum({**description, "target": name}):
            raise _changed("guest.target", description["target"], repr(name))
    return TARGETS[description["target"]]


def _refuse_added_hardware(description):
    """Say of hardware that was put into a description where inspect takes it: all that is found would go by it."""
    hardware = description["hardware"]
    if isinstance(hardware, dict):
        less = [{}, *({name: hardware[name] for name in hardware if name != key} for key in hardware)]
        if any(description["checksum"] == checksum({**description, "hardware": one}) for one in less):
            raise _changed("guest.hardware", hardware, "what guestconv_inspect was given as hardware")


def disk_names(description):
    """The guest's names of the disks, in their order; None where description does not say (select() says why)."""
    try:
        blocks = description["current"]["block"]
        return sorted(blocks, key=lambda name: blocks[name]["position"]) or None
    except (AttributeError, KeyError, TypeError):
        return None


def only_root(description: dict[str, Any], identities: Mapping[str, str]) -> str | None:
    """The present name of the one root that description was narrowed to; None when there is no such.

    identities: those of the guest's filesystems, by their names. A root may have another name now, after a partition
    table was made; a clone has the same identity. Descriptions of the first versions have no identity.
    """
    roots = description["roots"]
    if not isinstance(roots, dict) or len(roots) != 1:
        return None
    ((name, root),) = roots.items()
    info = root.get("info") if isinstance(root, dict) else None
    identity = info.get("identity") if isinstance(info, dict) else None
    alike = [each for each, known in identities.items() if known == (identity or identities.get(name))]
    if name in alike:
        return str(name)
    return alike[0] if len(alike) == 1 else None


def check_fingerprint(asked: dict[str, Any], fingerprints: Collection[str]) -> None:
    """Refuse the description of other disks than those with one of these fingerprints. Raises GuestconvError."""
    if asked["fingerprint"] not in fingerprints:
        raise GuestconvError(
            "description-of-another-guest",
            "guest.fingerprint is that of other disks than the ones to be converted.",
            hint="Inspect these disks, in the same order and with the same device names, and pass that description.",
            path="guest.fingerprint",
        )


@dataclass(frozen=True)
class Selection:
    """What the caller chose.

    drivers: {kind: {id: driver}}. removed: {kind: [id]}, devices to be unconfigured.
    settings: {kind: {id: all that the description has of the device}}; the aspect of the kind checks the values.
    """

    drivers: dict
    removed: dict
    settings: dict = field(default_factory=dict)


def select(asked, found):
    """What the caller of convert chose in the description asked, of the guest that inspection just found.

    Raises GuestconvError with the path in the description of what cannot be, and what could.
    """
    if asked["checksum"] != checksum(asked):
        # When nothing differs, what was altered is what inspection goes by, or the checksum.
        unseen = ("guest.hardware", "as inspect returned it", asked["hardware"])
        path, was, now = _difference(found, asked, "guest") or unseen
        raise _changed(path, now, repr(was))
    devices = _by_present_names(asked, found)
    drivers = _selected_drivers(devices, found)
    removed = {
        kind: [identifier for identifier in found["current"][kind] if identifier not in drivers[kind]] for kind in KINDS
    }
    return Selection(drivers, removed, {kind: dict(devices.get(kind, {})) for kind in KINDS})


def _by_present_names(asked, found):
    """The devices of the description asked, where those that an earlier conversion renamed have their new identifiers.

    So the description from before a renaming is good for a second conversion too, which has nothing to do.
    Raises GuestconvError `description-outdated` where it cannot be known whether that was done.
    """
    devices = asked["devices"]
    for kind, of_kind in devices.items() if isinstance(devices, dict) else ():
        if kind in _SETTINGS and isinstance(of_kind, dict):
            present = {_present_name(asked, found, kind, identifier): identifier for identifier in of_kind}
            devices = {**devices, kind: {now: of_kind[identifier] for now, identifier in present.items()}}
    return devices


def _present_name(asked, found, kind, identifier):
    """What the device identifier of the description asked is called in found. See _by_present_names."""
    was, here = asked["current"][kind].get(identifier, {}), found["current"][kind].get(identifier)
    settings = asked["devices"][kind][identifier]
    new_name = str(settings.get("name") or "") if isinstance(settings, dict) else ""
    there = next((other for other, facts in found["current"][kind].items() if facts.get("name") == new_name), None)
    if there is None and here is None and was:
        raise _outdated(f"guest.devices.{kind}.{identifier}", f"is no {kind} device of the guest any more")
    if there is None or new_name == was.get("name"):
        return identifier
    mac = was.get("mac")
    if here is None or (mac and found["current"][kind][there].get("mac") == mac):
        return there
    # Where two exchange their names, only the MAC addresses tell whether they have.
    if mac in (None, here.get("mac")) or here.get("mac") is None:
        return identifier
    raise _outdated(f"guest.devices.{kind}.{identifier}", "may have got its new name already")


def _selected_drivers(devices, found):
    if not isinstance(devices, dict):
        raise _malformed("guest.devices", devices)
    for kind in devices:
        if kind not in KINDS:
            raise _unknown(f"guest.devices.{kind}", "kind of device", KINDS)
    drivers = {kind: {} for kind in KINDS}
    for kind in KINDS:
        of_kind = devices.get(kind, {})
        if not isinstance(of_kind, dict):
            raise _malformed(f"guest.devices.{kind}", of_kind)
        for identifier, settings in of_kind.items():
            path = f"guest.devices.{kind}.{identifier}"
            if identifier not in found["current"][kind]:
                raise _unknown(path, f"{kind} device of this guest", found["current"][kind])
            if not isinstance(settings, dict):
                raise _malformed(path, settings)
            allowed = ("driver", *_SETTINGS.get(kind, ()))
            for key in settings:
                if key not in allowed:
                    raise _unknown(f"{path}.{key}", f"setting of a {kind} device", allowed)
            drivers[kind][identifier] = _selected_driver(path, settings.get("driver"), found, kind, identifier)
    return drivers


def _selected_driver(path, driver, found, kind, identifier):
    choices = found["choices"][kind][identifier]["driver"]
    if driver in choices:
        return driver
    reason = found["unavailable"][kind][identifier].get(str(driver))
    raise GuestconvError(
        "driver-not-available",
        f"{path}.driver is {driver!r}, which cannot be used" + (f": {reason}" if reason else "") + ". "
        f"Allowed are: {', '.join(choices) or 'none'}.",
        path=f"{path}.driver",
        extra={"allowed": choices},
    )


def _choices(everything, target):
    """Per kind the drivers that every root can use, in the target's order, and for the others the reason why not."""
    choices = {kind: [] for kind in KINDS}
    unavailable = {kind: {} for kind in KINDS}
    for kind in KINDS:
        for model in target.models[kind]:
            reasons = [one.usable[kind][model.driver] for one in everything if kind in one.usable]
            reason = next((reason for reason in reasons if reason), "")
            if reason:
                unavailable[kind][model.driver] = reason
            else:
                choices[kind].append(model.driver)
    return choices, unavailable


def _without_choice(current, choices, unavailable):
    for kind in KINDS:
        if current[kind] and not choices[kind]:
            reasons = "; ".join(f"{driver}: {reason}" for driver, reason in unavailable[kind].items())
            yield Concern(
                "no-driver",
                "error",
                f"The guest can use none of the target's {kind} devices ({reasons}).",
                "Install a kernel with one of these drivers in the guest before it moves.",
            ).as_dict()


def _merged_boot(everything):
    boot = {"firmware": "bios", "loaders": {}}
    for one in everything:
        boot["loaders"].update(one.boot.get("loaders", {}))
        boot["firmware"] = one.boot.get("firmware", boot["firmware"])
    return boot


def _describe_root(root, of_root):
    info = dict(root.info)
    for one in of_root:
        info.update(one.info)
    return {"info": info, "kernels": [kernel for one in of_root for kernel in one.kernels]}


def _per_device(current, value):
    return {kind: {identifier: value(kind) for identifier in current[kind]} for kind in KINDS}


def _difference(was, now, path):
    """The first place where a caller's read-only value differs: (path, was, now), or None."""
    if isinstance(was, dict) and isinstance(now, dict):
        for key in sorted(set(was) | set(now), key=str):
            if path == "guest" and key in ("devices", "checksum"):
                continue
            below = f"{path}.{key}"
            if key not in now or key not in was:
                return below, was.get(key, "not there"), now.get(key, "not there")
            different = _difference(was[key], now[key], below)
            if different:
                return different
        return None
    if isinstance(was, list) and isinstance(now, list) and len(was) == len(now):
        for index, pair in enumerate(zip(was, now)):
            different = _difference(*pair, f"{path}[{index}]")
            if different:
                return different
        return None
    # `1 == True` in Python, not in a description.
    return None if was == now and isinstance(was, bool) == isinstance(now, bool) else (path, was, now)


def _changed(path, value, allowed):
    return GuestconvError(
        "description-changed",
        f"{path} was altered to {value!r}. It is read-only; allowed is: {allowed}. Only guest.devices may be altered.",
        path=path,
    )


def _outdated(path, what):
    return GuestconvError(
        "description-outdated",
        f"{path} {what}: the guest was converted, or changed, since it was inspected.",
        hint="Inspect the guest again, and pass that description.",
        path=path,
    )


def _unknown(path, what, allowed):
    allowed = list(allowed)
    return GuestconvError(
        "description-unknown-key",
        f"{path} is not a {what}. Known are: {', '.join(allowed) or 'none'}.",
        path=path,
        extra={"allowed": allowed},
    )


def _malformed(path, value):
    return GuestconvError(
        "description-malformed", f"{path} must be a dict, and is a {type(value).__name__}.", path=path
    )
