# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How long a migration will take, guest by guest and wave by wave, and how far off that was. Pure.

A guest takes the time to copy what is allocated of its disks, and a time for everything else. Both come from guests that
were migrated since an earlier plan or, where there are none, from whoever asks.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

from .outcomes import CONVERTED, Outcome

SCHEMA = 1
MIB = 1 << 20

# What a guest takes beside its copy where nothing was measured: inspection, conversion and a boot with KVM.
WORK = 180.0

# The name for guests that are in no wave.
NO_WAVE = "no wave"


@dataclass(frozen=True)
class Guest:
    """A guest to be planned. host: its conversion host, which works on `slots` guests at once.

    size, allocated: bytes of its disks, None where they are not known. concerns: sentences. problem: why its source cannot
    be read, or "". seconds: planned, None where that is not possible. is_done: whether it was migrated. took: seconds of
    that, None where a part of it was done in an earlier run.
    """

    name: str
    wave: str
    host: str
    slots: int
    size: int | None = None
    allocated: int | None = None
    concerns: tuple[str, ...] = ()
    problem: str = ""
    seconds: float | None = None
    is_done: bool = False
    took: float | None = None


@dataclass(frozen=True)
class Rates:
    """copying: bytes per second of one guest. work: seconds of a guest without its copy. measured: in how many guests."""

    copying: float
    work: float
    measured: int = 0


@dataclass(frozen=True)
class Plan:
    """made: in ISO 8601. problems: about the maps of the fleet, or ""."""

    made: str
    rates: Rates
    guests: tuple[Guest, ...]
    problems: str = ""

    def as_dict(self) -> dict[str, Any]:
        """The content of plan.json."""
        guests = {guest.name: {**asdict(guest), "concerns": list(guest.concerns)} for guest in self.guests}
        waves = {wave: seconds_of_wave(guests_of) for wave, guests_of in by_wave(self.guests).items()}
        return {
            "schema": SCHEMA,
            "made": self.made,
            "rates": asdict(self.rates),
            "guests": guests,
            "seconds_of_waves": waves,
            "seconds": sum(waves.values()),
            "problems": self.problems,
        }


def plan(
    guests: Iterable[Guest],
    made: str,
    outcomes: Sequence[Outcome] = (),
    earlier: Mapping[str, Any] | None = None,
    copying: float = 100 * MIB,
    work: float = WORK,
    problems: str = "",
) -> Plan:
    """The Plan of guests.

    outcomes: of guests that were migrated. earlier: plan.json of before, or None. copying, work: the Rates where nothing
    was measured.
    """
    before = (earlier or {}).get("guests") or {}
    done = {each["guest"]: each for each in outcomes if each["outcome"] == CONVERTED and not each.get("check_mode")}
    rates = measured(done.values(), before, Rates(copying, work))
    planned = []
    for guest in guests:
        there = done.get(guest.name)
        if there is None:
            allocated = guest.allocated
            known = None if allocated is None else round(allocated / rates.copying + rates.work, 1)
            planned.append(replace(guest, seconds=known))
            continue
        # What was planned before it moved, which a copy at the source would no longer tell.
        old = before.get(guest.name) or {}
        planned.append(
            replace(
                guest,
                size=old.get("size", guest.size),
                allocated=old.get("allocated", guest.allocated),
                seconds=old.get("seconds"),
                is_done=True,
                took=_seconds(there),
            )
        )
    return Plan(made, rates, tuple(planned), problems)


def measured(done: Iterable[Outcome], before: Mapping[str, Any], given: Rates) -> Rates:
    """The Rates of guests that are done and whose allocated bytes a plan has; given where there are none."""
    amount, copying, work, count = 0, 0.0, 0.0, 0
    for outcome in done:
        allocated = (before.get(outcome["guest"]) or {}).get("allocated")
        seconds = {
            phase["name"]: phase.get("seconds") or 0
            for phase in outcome.get("phases") or ()
            if not phase.get("resumed")
        }
        if allocated and seconds.get("fetch") and "convert" in seconds:
            amount, copying, count = amount + allocated, copying + seconds["fetch"], count + 1
            work += sum(seconds.values()) - seconds["fetch"]
    return Rates(amount / copying, work / count, count) if count else given


def _seconds(outcome: Outcome) -> float | None:
    """What the phases of a guest took; None for one of which a part was done in an earlier run."""
    phases = outcome.get("phases") or ()
    if not phases or any(phase.get("resumed") for phase in phases):
        return None
    return round(float(sum(phase.get("seconds") or 0 for phase in phases)), 1)


def by_wave(guests: Iterable[Guest]) -> dict[str, list[Guest]]:
    """{wave: its guests}, in the order of the guests; those without one last."""
    found: dict[str, list[Guest]] = {}
    for guest in sorted(guests, key=lambda guest: (guest.wave == NO_WAVE, guest.wave, guest.name)):
        found.setdefault(guest.wave, []).append(guest)
    return found


def seconds_of_wave(guests: Iterable[Guest]) -> float:
    """What a wave takes: each conversion host shares its guests out to its slots, and the slowest host decides."""
    of_hosts: dict[str, list[Guest]] = {}
    for guest in guests:
        if not guest.is_done and guest.seconds is not None:
            of_hosts.setdefault(guest.host, []).append(guest)
    return round(max((_seconds_of_host(of_host) for of_host in of_hosts.values()), default=0.0), 1)


def _seconds_of_host(guests: Sequence[Guest]) -> float:
    # Whichever is longer: all in the slots one after another, or the one that takes longest.
    seconds = [guest.seconds or 0.0 for guest in guests]
    return max(sum(seconds) / max(guests[0].slots, 1), *seconds)
