# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

DOCUMENTATION = r"""
name: migration_plan
short_description: Plan how long the migration of a fleet takes
version_added: 0.1.0
author: The guestconv authors (@virttools)
description:
  - Estimates for each guest, each wave and the whole fleet how long a migration takes, by the bytes that are to be copied.
  - If guests were migrated since an earlier plan, the rates are those that were measured then, and the plan shows how far
    off the earlier plan was.
  - Guests of an earlier plan that are not planned now stay in the plan, so that a fleet can be planned in parts.
  - The variable C(guestconv_metadata) of a guest is the result of M(virttools.guestconv.guestconv_fetch) in check mode. The
    playbook C(virttools.guestconv.plan) gathers what is needed.
positional: variables
extends_documentation_fragment:
  - virttools.guestconv.fleet
options:
  made:
    description: The time of the plan, in ISO 8601.
    type: str
    required: true
  waves:
    description: The names of the groups that are waves. By default these are the groups whose names begin with V(wave).
    type: list
    elements: str
  outcomes:
    description: The outcomes of guests that were migrated, or for which this was tried.
    type: list
    elements: dict
    default: []
  earlier:
    description: The earlier plan, which is RV(_value) without C(text).
    type: dict
  rate:
    description: How many MiB of one guest are copied per second, if no guest was measured.
    type: float
    default: 100
  work:
    description: The seconds that a guest takes without its copy, if no guest was measured.
    type: float
    default: 180
  forks:
    description: How many guests are migrated at the same time on a conversion host without C(guestconv_slots).
    type: int
    default: 1
seealso:
  - module: virttools.guestconv.guestconv_fetch
"""

EXAMPLES = r"""
- name: Show the plan
  ansible.builtin.debug:
    msg: "{{ plan.text.splitlines() }}"
  run_once: true
  vars:
    plan: "{{ ansible_play_hosts | virttools.guestconv.migration_plan(hostvars, made=now(utc=true).isoformat()) }}"
"""

RETURN = r"""
_value:
  description: The plan. C(guests) has for each guest C(size), C(allocated), C(seconds), C(concerns) and, once it was
    migrated, C(took). C(made) is when its source was read. C(problem) is why it cannot be, and C(attempt) what became of a
    migration that failed. C(text) is the plan as a page.
  type: dict
"""

import math
from collections import ChainMap
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any, cast

from ansible_collections.virttools.guestconv.plugins.filter.map_problems import map_problems
from ansible_collections.virttools.guestconv.plugins.module_utils.errors import GuestconvError
from ansible_collections.virttools.guestconv.plugins.module_utils.model import source_facts
from ansible_collections.virttools.guestconv.plugins.module_utils.report import plan as plans
from ansible_collections.virttools.guestconv.plugins.module_utils.report import plan_text
from ansible_collections.virttools.guestconv.plugins.plugin_utils.filters import Filter, as_filter

_WAVES = "wave"

_GONE = (
    "It is not in the inventory of this plan, and is as an earlier plan has it. If it does not move, remove "
    "plan.json, and plan all guests again."
)

# MiB per second.
_SLOWEST = 0.001


def migration_plan(
    guests: Sequence[str],
    variables: Mapping[str, Mapping[str, Any]],
    made: str,
    waves: Sequence[str] | None = None,
    outcomes: Sequence[dict[str, Any]] = (),
    earlier: Mapping[str, Any] | None = None,
    rate: float = 100,
    work: float = plans.WORK,
    forks: int = 1,
) -> dict[str, Any]:
    """The plan of report/plan.py, and its text."""
    tried = {each["guest"]: each for each in outcomes}
    earlier = _plain(earlier) if isinstance(earlier, Mapping) else {}
    # On the command line, a variable is a text: -e guestconv_waves=pilot,rest
    waves = [each.strip() for each in waves.split(",") if each.strip()] if isinstance(waves, str) else waves
    now = _guests(guests, variables, made, waves, tried, int(_number(forks, "forks", 1)))
    others = [_kept(guest, variables, tried) for guest in plans.kept(earlier, guests)]
    found = plans.plan(
        [*now, *others],
        made,
        list(tried.values()),
        earlier,
        _number(rate, "rate", _SLOWEST) * plans.MIB,
        _number(work, "work", 0),
        map_problems(*_with_hardware(now, others, variables)),
    )
    return {**found.as_dict(), "text": plan_text.text(found)}


def _number(value: Any, option: str, lowest: float) -> float:
    """value, when it is such a number. Raises GuestconvError `argument-invalid`."""
    try:
        number = float(value)
    except (TypeError, ValueError):
        number = math.nan
    if not lowest <= number < math.inf:
        raise GuestconvError(
            "argument-invalid", f"{option}: {value!r} is not a number of at least {lowest}.", path=option
        )
    return number


def _guests(
    names: Iterable[str],
    variables: Mapping[str, Mapping[str, Any]],
    made: str,
    waves: Sequence[str] | None,
    tried: Mapping[str, Mapping[str, Any]],
    forks: int,
) -> list[plans.Guest]:
    return [_guest(name, variables[name], made, waves, tried.get(name) or {}, forks) for name in names]


def _guest(
    name: str, known: Mapping[str, Any], made: str, waves: Sequence[str] | None, tried: Mapping[str, Any], forks: int
) -> plans.Guest:
    metadata = known.get("guestconv_metadata") or {}
    groups = known.get("group_names") or ()
    wave = next((each for each in groups if (each in waves if waves else each.startswith(_WAVES))), plans.NO_WAVE)
    hardware = known.get("guestconv_hardware") or metadata.get("hardware") or {}
    sizes = metadata.get("sizes") or ()
    return plans.Guest(
        name,
        wave,
        str(known.get("guestconv_conversion_host") or "localhost"),
        int(_number(_count(known.get("guestconv_slots")) or forks, "guestconv_slots.count", 1)),
        _sum(sizes, "size"),
        _sum(sizes, "allocated"),
        # A description, as the outcome of a trial has it, says the same and more.
        _sentences(tried.get("concerns") or [each.as_dict() for each in source_facts.concerns(hardware)]),
        "" if "hardware" in metadata else _problem(metadata),
        made=made,
        hardware=_plain(hardware) if isinstance(hardware, Mapping) else {},
    )


def _plain(value: Any) -> Any:
    """value without Ansible's own types, which cannot be copied."""
    if isinstance(value, Mapping):
        return {str(key): _plain(each) for key, each in value.items()}
    return [_plain(each) for each in value] if isinstance(value, (list, tuple)) else value


def _kept(
    guest: plans.Guest, variables: Mapping[str, Mapping[str, Any]], tried: Mapping[str, Mapping[str, Any]]
) -> plans.Guest:
    """A guest of an earlier plan that is not planned now, with what is known of it since."""
    concerns = (tried.get(guest.name) or {}).get("concerns")
    guest = replace(guest, concerns=_sentences(concerns)) if concerns else guest
    return guest if guest.name in variables else replace(guest, problem=_GONE)


def _with_hardware(
    now: Iterable[plans.Guest], others: Iterable[plans.Guest], variables: Mapping[str, Mapping[str, Any]]
) -> tuple[list[str], dict[str, Mapping[str, Any]]]:
    """The names and the variables of all guests of the inventory, for the maps. Of others, an earlier plan has the
    hardware."""
    known: dict[str, Mapping[str, Any]] = {guest.name: variables[guest.name] for guest in now}
    for guest in others:
        if guest.name in variables:
            read = {"guestconv_hardware": guest.hardware, "guestconv_is_unread": bool(guest.problem)}
            known[guest.name] = ChainMap(read, cast("dict[str, Any]", variables[guest.name]))
    return list(known), known


def _sentences(concerns: Iterable[Mapping[str, Any]]) -> tuple[str, ...]:
    return tuple(
        f"{each['severity']}: {each['message']} ({each['code']})" for each in concerns if each["severity"] != "info"
    )


def _problem(metadata: Mapping[str, Any]) -> str:
    """Why the source was not read, as the module or Ansible says it, with its code."""
    code = f" ({metadata['code']})" if metadata.get("code") else ""
    return f"{metadata.get('msg') or 'The source was not read.'}{code}"


def _count(slots: Any) -> Any:
    """The count of an option `slots`; None without one."""
    return slots.get("count") if isinstance(slots, Mapping) else None


def _sum(sizes: Iterable[Mapping[str, Any]], key: str) -> int | None:
    """The sum over the disks; None where one of them, or all, are not known."""
    values = [each.get(key) for each in sizes]
    numbers = [int(value) for value in values if value is not None]
    return sum(numbers) if numbers and len(numbers) == len(values) else None


class FilterModule:
    """The filter migration_plan."""

    def filters(self) -> dict[str, Filter]:
        """{name: function}, as Ansible asks for it."""
        return {"migration_plan": as_filter("migration_plan", migration_plan)}
