# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The selection: what a caller of convert made of a description, judged."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from ..devices.targets import KINDS, TARGETS, Target
from ..errors import GuestconvError
from .description import ADDED_KEYS, KEYS, SCHEMA, Description, Devices, altered_keys, checksum
from .tools import policy_from

# What a caller may say of a device, besides its driver.
_SETTINGS = {"network": ("policy", "name", "addresses", "gateway", "dns")}

_WHOLE_RESULT = 'This is the whole result of guestconv_inspect. Pass its key guest: `guest: "{{ inspected.guest }}"`.'


def settings_of(kind: str) -> tuple[str, ...]:
    """What a caller may say of a device of that kind."""
    return ("driver", *_SETTINGS.get(kind, ()))


def as_mapping(description: object) -> Description:
    """description, which must be a dict. Errors: description-malformed."""
    if not isinstance(description, dict):
        raise GuestconvError(
            "description-malformed",
            f"guest must be the dict or XML that guestconv_inspect returned, and is a {type(description).__name__}.",
            hint='Pass it as `guest: "{{ inspected.guest }}"`.',
            path="guest",
        )
    return description


def require_keys(description: Description, keys: Iterable[str], hint: str) -> None:
    """Errors: description-incomplete, with that hint, for the first of the keys that is not there."""
    for key in keys:
        if key not in description:
            raise GuestconvError("description-incomplete", f"guest.{key} is missing.", hint=hint, path=f"guest.{key}")


def require_dict(path: str, value: object) -> dict[str, Any]:
    """The value at path. Errors: description-malformed, where it is no dict."""
    if not isinstance(value, dict):
        raise GuestconvError(
            "description-malformed", f"{path} must be a dict, and is a {type(value).__name__}.", path=path
        )
    return value


def check(asked: object) -> Target:
    """Check all that can be checked of a caller's description before the appliance is launched.

    Returns: the target that it is for. Errors: those of select(), description-incomplete, description-schema, tools-invalid.
    """
    description = as_mapping(asked)
    _check_form(description)
    target = description["target"]
    if not isinstance(target, str) or target not in TARGETS:
        raise _changed("guest.target", target, ", ".join(TARGETS))
    policy_from(description.get("tools"), "guest.tools")
    altered = altered_keys(description)
    if not altered:
        # It is what inspect returned, so a mistake in devices can be reported now. Where the guest was not
        # convertible, what looks like a mistake may be the reason for that; that is looked at anew.
        if description["convertible"]:
            select(description, description)
    elif "checksums" in description:
        _refuse_altered_ground(description, altered)
    else:
        _refuse_altered_ground(description, _ground_altered_before_checksums(description))
    return TARGETS[target]


def _ground_altered_before_checksums(description: Description) -> frozenset[str]:
    """Those of target and hardware that were altered, in a description of a version that had one checksum for all.

    It is found by trying what they may have been before.
    """
    hardware = description["hardware"]
    before: list[tuple[str, object]] = [("target", name) for name in TARGETS]
    before.append(("hardware", {}))
    if isinstance(hardware, dict):
        before += [("hardware", {k: v for k, v in hardware.items() if k != key}) for key in hardware]
    tried = (key for key, value in before if checksum({**description, key: value}) == description["checksum"])
    return frozenset(tried)


def _check_form(description: Description) -> None:
    """Errors: description-unknown-key, description-incomplete, description-schema."""
    for key in description:
        if key not in KEYS:
            raise GuestconvError(
                "description-unknown-key",
                f"guest.{key} is not part of a description. Known are: {', '.join(KEYS)}.",
                hint=_WHOLE_RESULT if "guest" in description else "",
                path=f"guest.{key}",
            )
    require_keys(
        description,
        [key for key in KEYS if key not in ADDED_KEYS],
        "Pass the whole of what guestconv_inspect returned as guest; alter it with combine(..., recursive=True).",
    )
    if description["schema"] != SCHEMA:
        raise GuestconvError(
            "description-schema",
            f"guest.schema is {description['schema']!r}; this version of guestconv knows {SCHEMA}.",
            hint="Inspect the guest again with this version.",
            path="guest.schema",
        )


def _refuse_altered_ground(description: Description, altered: Collection[str]) -> None:
    """Refuse what inspection goes by, when it was altered: what is found now would fit the alteration.

    Errors: description-changed.
    """
    if "target" in altered:
        # The one with which the checksums are right again.
        given = (name for name in TARGETS if "target" not in altered_keys({**description, "target": name}))
        allowed = next(given, "the target that guestconv_inspect was given")
        raise _changed("guest.target", description["target"], allowed)
    if "hardware" in altered:
        raise _changed("guest.hardware", description["hardware"], "what guestconv_inspect was given as hardware")


def disk_names(description: Any) -> list[str] | None:
    """The guest's names of the disks, in their order; None where description lacks them (select() reports why)."""
    try:
        blocks = description["current"]["block"]
        return sorted(blocks, key=lambda name: blocks[name]["position"]) or None
    except (AttributeError, LookupError, TypeError):
        return None


def only_root(description: Description, identities: Mapping[str, str]) -> str | None:
    """The present name of the one root that description was narrowed to; None when there is no such.

    Args: identities: those of the guest's filesystems, by their names. A root may have another name now, after a partition
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


def check_fingerprint(asked: Description, fingerprints: Collection[str]) -> None:
    """Refuse the description of other disks than those with one of these fingerprints.

    Errors: description-of-another-guest.
    """
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

    drivers: dict[str, dict[str, str]]
    removed: dict[str, list[str]]
    settings: Devices = field(default_factory=dict)


def select(asked: Description, found: Description) -> Selection:
    """What the caller of convert chose in the description asked, of the guest that inspection just found.

    Errors: description-changed, description-malformed, description-outdated, description-unknown-key,
    driver-not-available, drivers-differ; each with the path in the description of what cannot be, and what could.
    """
    altered = altered_keys(asked)
    if altered:
        raise _alteration(asked, found, altered)
    devices = _by_present_identifiers(asked, found)
    drivers = _selected_drivers(devices, found)
    _refuse_different(drivers, TARGETS[found["target"]])
    removed = {
        kind: [identifier for identifier in found["current"][kind] if identifier not in drivers[kind]] for kind in KINDS
    }
    return Selection(drivers, removed, {kind: dict(devices.get(kind, {})) for kind in KINDS})


def _alteration(asked: Description, found: Description, altered: Collection[str]) -> GuestconvError:
    """The error for a description with these keys altered: by the first place that differs from what is found."""
    for key in KEYS:
        if key in altered and key in found:
            different = _difference(found[key], asked.get(key, "not there"), f"guest.{key}")
            if different:
                path, was, now = different
                return _changed(path, now, repr(was))
    # The guest is now as the alteration says, or what was altered is what inspection goes by.
    if "checksums" not in asked:
        return _changed("guest", "something else", "what guestconv_inspect returned")
    key = next(key for key in KEYS if key in altered)
    return _changed(f"guest.{key}", asked[key], "what guestconv_inspect returned")


def _by_present_identifiers(asked: Description, found: Description) -> Devices:
    """The devices of the description asked, where those that an earlier conversion renamed have their new identifiers.

    So the description from before a renaming is good for a second conversion too, which has nothing to do.
    Errors: description-outdated, where it cannot be known whether that was done.
    """
    devices: Devices = asked["devices"]
    for kind, of_kind in devices.items() if isinstance(devices, dict) else ():
        if kind in _SETTINGS and isinstance(of_kind, dict):
            present = {identifier: _present_identifier(asked, found, kind, identifier) for identifier in of_kind}
            devices = {**devices, kind: {present[identifier]: of_kind[identifier] for identifier in of_kind}}
    return devices


def _present_identifier(asked: Description, found: Description, kind: str, identifier: str) -> str:
    """The identifier in found of a device of the description asked. See _by_present_identifiers()."""
    path = f"guest.devices.{kind}.{identifier}"
    present: dict[str, dict[str, Any]] = found["current"][kind]
    was = asked["current"][kind].get(identifier, {})
    new_identifier = _having_new_name(present, was, asked["devices"][kind][identifier])
    if new_identifier is None:
        if was and identifier not in present:
            raise _outdated(path, f"is no {kind} device of the guest any more")
        return identifier
    if identifier not in present or _is_same_card(was, present[new_identifier]):
        return new_identifier
    # Where two exchange their names, only the MAC addresses tell whether they have.
    if was.get("mac") is None or present[identifier].get("mac") in (None, was["mac"]):
        return identifier
    raise _outdated(path, "may have its new name already")


def _having_new_name(present: Mapping[str, Mapping[str, Any]], was: Mapping[str, Any], settings: object) -> str | None:
    """The identifier of the device that has the name which the settings ask for; None when no other name is asked for."""
    name = settings.get("name") if isinstance(settings, dict) else None
    if not name or str(name) == was.get("name"):
        return None
    return next((identifier for identifier, facts in present.items() if facts.get("name") == str(name)), None)


def _is_same_card(was: Mapping[str, Any], now: Mapping[str, Any]) -> bool:
    """Whether the MAC addresses say so."""
    return bool(was.get("mac")) and was["mac"] == now.get("mac")


def _selected_drivers(devices: object, found: Description) -> dict[str, dict[str, str]]:
    devices = require_dict("guest.devices", devices)
    for kind in devices:
        if kind not in KINDS:
            raise _unknown(f"guest.devices.{kind}", "kind of device", KINDS)
    drivers: dict[str, dict[str, str]] = {kind: {} for kind in KINDS}
    for kind in KINDS:
        of_kind = require_dict(f"guest.devices.{kind}", devices.get(kind, {}))
        for identifier, settings in of_kind.items():
            path = f"guest.devices.{kind}.{identifier}"
            if identifier not in found["current"][kind]:
                raise _unknown(path, f"{kind} device of this guest", found["current"][kind])
            allowed = settings_of(kind)
            for key in require_dict(path, settings):
                if key not in allowed:
                    raise _unknown(f"{path}.{key}", f"setting of a {kind} device", allowed)
            drivers[kind][identifier] = _selected_driver(path, settings.get("driver"), found, kind, identifier)
    return drivers


def _refuse_different(drivers: Mapping[str, Mapping[str, str]], target: Target) -> None:
    """Refuse different drivers for devices of a kind that have one setting on the target. Errors: drivers-differ."""
    for kind in target.same:
        chosen = list(drivers[kind].items())
        for identifier, driver in chosen[1:]:
            first, other = chosen[0]
            if driver != other:
                path = f"guest.devices.{kind}.{identifier}.driver"
                raise GuestconvError(
                    "drivers-differ",
                    f"{path} is {driver!r}, and that of {first} is {other!r}: {target.title} has one setting for all "
                    f"{kind} devices of a machine.",
                    hint="Choose the same driver for all of them, or another target.",
                    path=path,
                )


def _selected_driver(path: str, driver: Any, found: Description, kind: str, identifier: str) -> str:
    choices: list[str] = found["choices"][kind][identifier]["driver"]
    if isinstance(driver, str) and driver in choices:
        return driver
    reason = found["unavailable"][kind][identifier].get(str(driver))
    raise GuestconvError(
        "driver-not-available",
        f"{path}.driver is {driver!r}, which cannot be used" + (f": {reason}" if reason else "") + ". "
        f"Allowed are: {', '.join(choices) or 'none'}.",
        path=f"{path}.driver",
        extra={"allowed": choices},
    )


def _difference(was: Any, now: Any, path: str) -> tuple[str, Any, Any] | None:
    """The first place where a caller's read-only value differs: (path, was, now), or None."""
    if isinstance(was, dict) and isinstance(now, dict):
        for key in sorted(set(was) | set(now), key=str):
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


def _changed(path: str, value: Any, allowed: str) -> GuestconvError:
    return GuestconvError(
        "description-changed",
        f"{path} was altered to {value!r}. It is read-only; allowed is: {allowed}. Only guest.devices and guest.tools may be altered.",
        path=path,
    )


def _outdated(path: str, what: str) -> GuestconvError:
    return GuestconvError(
        "description-outdated",
        f"{path} {what}. The guest was converted, or changed, since it was inspected.",
        hint="Inspect the guest again, and pass that description.",
        path=path,
    )


def _unknown(path: str, what: str, allowed: Iterable[str]) -> GuestconvError:
    allowed = list(allowed)
    return GuestconvError(
        "description-unknown-key",
        f"{path} is not a {what}. Known are: {', '.join(allowed) or 'none'}.",
        path=path,
        extra={"allowed": allowed},
    )
