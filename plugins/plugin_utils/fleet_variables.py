# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is wrong with the variables of a fleet. The playbooks check it before the first disk is copied, as most are used later."""

from __future__ import annotations

import difflib
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from typing import Any

from ansible.errors import AnsibleError
from jinja2 import Undefined, UndefinedError

from ansible_collections.virttools.guestconv.plugins.module_utils.devices.targets import TARGETS
from ansible_collections.virttools.guestconv.plugins.module_utils.model import policy
from ansible_collections.virttools.guestconv.plugins.module_utils.platforms.registry import PLATFORMS

Variables = Mapping[str, Any]

# Names that begin so are the collection's. So one that it does not have is a misspelt one.
_RESERVED = "guestconv_"

# The variables in docs/fleet.md, those of the inventory plugin, and what the playbooks and roles set for their hosts.
KNOWN = (
    "guestconv_accelerator",
    "guestconv_conversion_host",
    "guestconv_conversion_hosts",
    "guestconv_converted_hardware",
    "guestconv_copy_slots",
    "guestconv_devices_all",
    "guestconv_devices_group",
    "guestconv_devices_host",
    "guestconv_directory",
    "guestconv_disks",
    "guestconv_expect",
    "guestconv_failed_task",
    "guestconv_failure",
    "guestconv_first_boot",
    "guestconv_guest",
    "guestconv_guests",
    "guestconv_hardware",
    "guestconv_images",
    "guestconv_is_unread",
    "guestconv_journal",
    "guestconv_keys",
    "guestconv_metadata",
    "guestconv_name",
    "guestconv_networks",
    "guestconv_password",
    "guestconv_plan",
    "guestconv_platform",
    "guestconv_platform_options",
    "guestconv_progress",
    "guestconv_rate",
    "guestconv_size",
    "guestconv_slots",
    "guestconv_source",
    "guestconv_source_copies",
    "guestconv_started",
    "guestconv_state",
    "guestconv_storages",
    "guestconv_target",
    "guestconv_timeout",
    "guestconv_verify",
    "guestconv_verify_timeout",
    "guestconv_virtio_win",
    "guestconv_volumes",
    "guestconv_waves",
    "guestconv_work_seconds",
)

MACHINES = "guestconv_conversion_hosts"

# A survey of AWX, and `-e name=value`, make texts of them.
_DICTIONARIES = (
    "guestconv_hardware",
    "guestconv_platform_options",
    "guestconv_expect",
    "guestconv_first_boot",
    "guestconv_slots",
    "guestconv_copy_slots",
)
_POLICIES = ("guestconv_devices_all", "guestconv_devices_group", "guestconv_devices_host")
_CHOICES: Mapping[str, Sequence[str]] = {
    "guestconv_target": tuple(TARGETS),
    "guestconv_platform": ("none", *(platform.WORDS.key for platform in PLATFORMS)),
}
_BOOLEANS = ("true", "false", "yes", "no", "on", "off", "1", "0")

# How alike a misspelt name is at least, as difflib's ratio() has it.
_ALIKE = 0.8


def problems(
    guests: Iterable[str], variables: Mapping[str, Variables], groups: Mapping[str, Sequence[str]]
) -> list[str]:
    """What is wrong, as sentences; each is there once, with the first of the hosts that it is true of.

    guests: may have conversion hosts among them, which are left out. variables: of all hosts. groups: those of the
    inventory.
    """
    machines = groups.get(MACHINES) or []
    guests = [guest for guest in guests if guest not in machines]
    found = [(text, machine) for machine in machines for text in _unknown(variables[machine])]
    for guest in guests:
        found += [(text, guest) for text in _of_guest(variables[guest], machines or ["localhost"])]
    # A variable of a group is wrong for all of its guests.
    hosts: dict[str, list[str]] = {}
    for text, host in found:
        hosts.setdefault(text, []).append(host)
    return [
        *(
            f"{guest} is the name of a guest, but cannot be the name of a file: its disks, state and outcome are called so."
            for guest in guests
            if "/" in guest or guest in (".", "..")
        ),
        *_misspelt_groups(groups),
        *(text.replace("{}", _listed(names), 1) for text, names in hosts.items()),
    ]


def _listed(names: Sequence[str]) -> str:
    return names[0] if len(names) == 1 else f"{names[0]} and {len(names) - 1} more"


def _misspelt_groups(groups: Mapping[str, Sequence[str]]) -> Iterator[str]:
    """Without its conversion hosts, a fleet would be converted on the controller. A group within theirs may have any name."""
    machines = set(groups.get(MACHINES) or [])
    for name, hosts in groups.items():
        if name.startswith(_RESERVED) and not machines.issuperset(hosts) and _nearest(name, [MACHINES]):
            yield f"The inventory has the group {name}, which the collection does not use. Did you mean {MACHINES}?"


def _of_guest(variables: Variables, machines: Sequence[str]) -> Iterator[str]:
    """The sentences about one guest, with {} for its name."""
    yield from _unknown(variables)
    for name in _DICTIONARIES:
        if not isinstance(_value(variables, name) or {}, Mapping):
            yield f"{name} of {{}} must be a dictionary."
    if not isinstance(_value(variables, "guestconv_keys") or [], (list, tuple)):
        yield "guestconv_keys of {} must be a list."
    for name in _POLICIES:
        yield from _of_policy(name, _value(variables, name))
    for name, choices in _CHOICES.items():
        value = _value(variables, name)
        if value is not None and value not in choices:
            yield f"{name} of {{}} is {value}, but must be one of {', '.join(choices)}."
    verify = _value(variables, "guestconv_verify")
    if verify is not None and str(verify).lower() not in _BOOLEANS:
        yield f"guestconv_verify of {{}} is {verify}, but must be true or false."
    yield from _of_shares(variables, machines)


def _unknown(variables: Variables) -> Iterator[str]:
    for name in sorted(name for name in variables if name.startswith(_RESERVED) and name not in KNOWN):
        near = _nearest(name, KNOWN)
        hint = f"Did you mean {near}?" if near else "docs/fleet.md lists the variables."
        yield f"{name} is set for {{}}, but the collection has no such variable. {hint}"


def _nearest(name: str, names: Iterable[str]) -> str | None:
    """The one of names that is most like a misspelt one, if one is; what all begin with does not count."""
    rests = [each.removeprefix(_RESERVED) for each in names]
    near = difflib.get_close_matches(name.removeprefix(_RESERVED), rests, 1, _ALIKE)
    return _RESERVED + near[0] if near else None


def _of_policy(name: str, value: Any) -> Iterator[str]:
    """A policy is a list of rules, or one rule. What is within their keys, the filter choose checks."""
    rules = [value] if isinstance(value, Mapping) else value or []
    if not isinstance(rules, (list, tuple)) or not all(isinstance(rule, Mapping) for rule in rules):
        yield f"{name} of {{}} must be a list of rules, and a rule is a dictionary."
        return
    for key in dict.fromkeys(key for rule in rules for key in rule if key not in policy.KEYS):
        yield f"{name} of {{}} has a rule with the key {key}, but known are {', '.join(policy.KEYS)}."


def _of_shares(variables: Variables, machines: Collection[str]) -> Iterator[str]:
    """guestconv_source_copies is divided among the conversion hosts."""
    copies = _value(variables, "guestconv_source_copies")
    if copies is None:
        return
    if not str(copies).isdecimal() or int(copies) < len(machines):
        yield (
            f"guestconv_source_copies of {{}} is {copies}, but must be at least {len(machines)}: one for each conversion host."
        )
    machine = _value(variables, "guestconv_conversion_host")
    if machine is not None and machine not in machines:
        yield (
            f"guestconv_conversion_host of {{}} is {machine}, but must be one of {', '.join(machines)}, among which "
            "guestconv_source_copies is divided."
        )


def _value(variables: Variables, name: str) -> Any:
    """The value of a variable; None where it is not set, or is made of variables that are not set yet."""
    try:
        value = variables.get(name)
        # ansible-core 2.19 makes the items of a list when they are looked at.
        parts = [value, *(value if isinstance(value, (list, tuple)) else ())]
    except (AnsibleError, UndefinedError):
        return None
    return None if any(map(_is_open, parts)) else value


def _is_open(value: Any) -> bool:
    """Whether it is made of variables that are not set yet: up to ansible-core 2.18, hostvars then has the template itself."""
    return isinstance(value, Undefined) or isinstance(value, str) and ("{{" in value or "{%" in value)
