# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Policy: which driver which device of which guest is to have, written once for a fleet.

A policy is a list of rules. A rule is a dict of patterns (fnmatch) of device ids per kind, and of what a device that
matches gets; its key `when` has facts that must hold for it to apply, and `tools` what is to become of the tools of
hypervisors (tools.py), by patterns of their names:

    - when: {distribution: [centos, rhel], version.major: 6}
      network: {"*": {driver: [e1000e, e1000]}}
      block: {sdb: {driver: ahci}}
      console: {"*": null}
      tools: {"*": disable, remove_dependencies: false}
"""

from __future__ import annotations

import copy
import fnmatch
from collections.abc import Mapping
from typing import Any

from ..devices.targets import KINDS
from ..errors import GuestconvError
from .description import Description
from .selection import as_mapping, require_dict, require_keys, settings_of
from .tools import DEFAULTS, REMOVE_DEPENDENCIES, check_action, policy_from

# What a rule may have.
KEYS = ("when", *KINDS, "tools")

# What a network card may have several of, and no list to choose from.
_LISTS = ("addresses", "gateway", "dns")


def choose(guest: Description, *policies: Any) -> Description:
    """The description guest with its devices as the policies have them: rule after rule, the last one wins.

    Args: policies: each a list of rules, a single rule, or None.
    A driver may be a list: the first of them that the guest can use is taken. A device that gets None is taken out.
    Errors: policy-invalid, for what is no policy; policy-not-possible, for a driver that the guest cannot use, with the
    path in the description and the allowed values; description-malformed, description-incomplete.
    """
    _check_guest(guest)
    chosen = copy.deepcopy(guest)
    for number, policy in enumerate(policies):
        rules = policy if isinstance(policy, (list, tuple)) else [policy] if policy else []
        for index, rule in enumerate(rules):
            _check_rule(rule, f"policy {number + 1}, rule {index + 1}")
            if _applies(rule.get("when") or {}, guest):
                _apply(rule, chosen)
    return chosen


def _check_guest(guest: object) -> None:
    """Errors: description-malformed, description-incomplete."""
    description = as_mapping(guest)
    for key in ("boot", "roots", "devices", "choices"):
        require_keys(description, [key], "Pass `guest` of what guestconv_inspect returned: `inspected.guest`.")
        require_dict(f"guest.{key}", description[key])
    for kind, devices in description["devices"].items():
        require_dict(f"guest.devices.{kind}", devices)
        for identifier, settings in devices.items():
            require_dict(f"guest.devices.{kind}.{identifier}", settings)


def _check_rule(rule: Any, where: str) -> None:
    if not isinstance(rule, dict):
        raise _invalid(where, f"A rule is a dictionary, not {rule!r}.")
    for key, value in rule.items():
        if key not in KEYS:
            raise _invalid(f"{where}.{key}", f"There is no such key; known are {', '.join(KEYS)}.")
        if not isinstance(value, dict):
            raise _invalid(f"{where}.{key}", "This is a dictionary.")
    for kind in KINDS:
        for pattern, settings in rule.get(kind, {}).items():
            if settings is not None and not isinstance(settings, dict):
                raise _invalid(f"{where}.{kind}.{pattern}", "This is a dictionary such as {driver: ...}, or null.")
            for name in settings or ():
                if name not in settings_of(kind):
                    known = ", ".join(settings_of(kind))
                    raise _invalid(f"{where}.{kind}.{pattern}.{name}", f"There is no such setting; known are {known}.")
    _check_tools(rule.get("tools", {}), f"{where}.tools")


def _check_tools(settings: Mapping[str, Any], where: str) -> None:
    """Errors: tools-invalid."""
    for pattern, action in settings.items():
        if pattern == REMOVE_DEPENDENCIES:
            policy_from({pattern: action}, where)
            continue
        names = fnmatch.filter(DEFAULTS, str(pattern)) or [pattern]
        check_action(names[0], action, where)


def _applies(conditions: Mapping[str, Any], guest: Description) -> bool:
    """Whether all conditions, {name of a fact: value or list of values}, hold for a root of the guest.

    The facts are those of guest.roots.*.info, with dots for what is within ("version.major"), and `firmware`.
    A value may be a pattern of fnmatch. Case does not count, nor whether a number was written as text.
    """
    return any(
        all(
            _holds(_fact(dict(root["info"], firmware=guest["boot"]["firmware"]), name), wanted)
            for name, wanted in conditions.items()
        )
        for root in guest["roots"].values()
    )


def _fact(info: Any, name: str) -> Any:
    for part in name.split("."):
        if not isinstance(info, dict) or part not in info:
            raise _invalid(f"when.{name}", "There is no such fact; see guest.roots.*.info in what inspect returns.")
        info = info[part]
    return info


def _holds(fact: Any, wanted: Any) -> bool:
    return any(_is(fact, value) for value in (wanted if isinstance(wanted, (list, tuple)) else [wanted]))


def _is(fact: Any, value: Any) -> bool:
    # A rule for `Debian`, or for version "12" in quotes, would else pass over its guests without a word.
    if isinstance(fact, (str, int)) and isinstance(value, (str, int)):
        return fnmatch.fnmatchcase(str(fact).lower(), str(value).lower())
    return bool(fact == value)


def _apply(rule: Mapping[str, Any], chosen: Description) -> None:
    for kind in KINDS:
        devices = chosen["devices"].get(kind, {})
        for pattern, settings in rule.get(kind, {}).items():
            for device in [one for one in devices if fnmatch.fnmatchcase(one, pattern)]:
                if settings is None:
                    del devices[device]
                else:
                    devices[device].update(_possible(chosen, kind, device, settings))
    # Descriptions of the first versions have none.
    tools = chosen.get("tools", {})
    for pattern, action in rule.get("tools", {}).items():
        tools.update(
            (name, action) for name in fnmatch.filter(tools, pattern) if name != REMOVE_DEPENDENCIES or name == pattern
        )


def _possible(guest: Description, kind: str, device: str, settings: Mapping[str, Any]) -> dict[str, Any]:
    """settings with, of a list of drivers, the one that is taken. Lists of addresses stay as they are."""
    allowed = guest["choices"].get(kind, {}).get(device, {})
    taken = {}
    for name, wanted in settings.items():
        if name in _LISTS:
            taken[name] = copy.deepcopy(wanted)
            continue
        candidates = wanted if isinstance(wanted, (list, tuple)) else [wanted]
        if name in allowed:
            usable = [one for one in candidates if one in allowed[name]]
            if not usable:
                raise GuestconvError(
                    "policy-not-possible",
                    f"{kind} {device} of this guest cannot have the {name} {' or '.join(map(str, candidates))}.",
                    hint=f"Allowed: {', '.join(allowed[name])}.",
                    path=f"guest.devices.{kind}.{device}.{name}",
                )
            candidates = usable
        taken[name] = candidates[0]
    return taken


def _invalid(path: str, message: str) -> GuestconvError:
    return GuestconvError("policy-invalid", f"{path}: {message}", path=path)
