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
    migrated, C(took). C(text) is the plan as a page.
  type: dict
"""

import math
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from ansible_collections.virttools.guestconv.plugins.filter.map_problems import map_problems
from ansible_collections.virttools.guestconv.plugins.module_utils.errors import GuestconvError
from ansible_collections.virttools.guestconv.plugins.module_utils.model import source_facts
from ansible_collections.virttools.guestconv.plugins.module_utils.report import plan as plans
from ansible_collections.virttools.guestconv.plugins.module_utils.report import plan_text
from ansible_collections.virttools.guestconv.plugins.plugin_utils.filters import Filter, as_filter

_WAVES = "wave"

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
    # On the command line, a variable is a text: -e guestconv_waves=pilot,rest
    waves = waves.split(",") if isinstance(waves, str) else waves
    found = plans.plan(
        _guests(guests, variables, waves, tried, int(_number(forks, "forks", 1))),
        made,
        list(tried.values()),
        earlier,
        _number(rate, "rate", _SLOWEST) * plans.MIB,
        _number(work, "work", 0),
        map_problems(guests, variables),
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
    waves: Sequence[str] | None,
    tried: Mapping[str, Mapping[str, Any]],
    forks: int,
) -> list[plans.Guest]:
    return [_guest(name, variables[name], waves, tried.get(name) or {}, forks) for name in names]


def _guest(
    name: str, known: Mapping[str, Any], waves: Sequence[str] | None, tried: Mapping[str, Any], forks: int
) -> plans.Guest:
    metadata = known.get("guestconv_metadata") or {}
    groups = known.get("group_names") or ()
    wave = next((each for each in groups if (each in waves if waves else each.startswith(_WAVES))), plans.NO_WAVE)
    hardware = known.get("guestconv_hardware") or metadata.get("hardware") or {}
    # A description, as the outcome of a trial has it, says the same and more.
    concerns = tried.get("concerns") or [each.as_dict() for each in source_facts.concerns(hardware)]
    sizes = metadata.get("sizes") or ()
    return plans.Guest(
        name,
        wave,
        str(known.get("guestconv_conversion_host") or "localhost"),
        int(_number(_count(known.get("guestconv_slots")) or forks, "guestconv_slots.count", 1)),
        _sum(sizes, "size"),
        _sum(sizes, "allocated"),
        tuple(
            f"{each['severity']}: {each['message']} ({each['code']})" for each in concerns if each["severity"] != "info"
        ),
        "" if "hardware" in metadata else str(metadata.get("msg") or "its source was not read"),
    )


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
