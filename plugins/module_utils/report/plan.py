# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How long a migration will take, guest by guest and wave by wave, and how far off that was. Pure.

A guest takes the time to copy what is allocated of its disks, and a time for everything else. Both come from guests that
were migrated since an earlier plan or, where there are none, from whoever asks.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field, fields, replace
from typing import Any

from .outcomes import CONVERTED, FAILED, INTERRUPTED, Outcome, instant

SCHEMA = 1
MIB = 1 << 20

# What a guest takes beside its copy where nothing was measured: inspection, conversion and a boot with KVM.
WORK = 180.0

# The name for guests that are in no wave.
NO_WAVE = "no wave"


@dataclass(frozen=True)
class Guest:
    """A guest to be planned. host: its conversion host, which works on `slots` guests at once.

    size, allocated: bytes of its disks, None where they are not known. made: when they were read, in ISO 8601. hardware:
    what the source knows. concerns: sentences. problem: why its source cannot be read, or "". seconds: planned, None where
    that is not possible. is_done: whether it was migrated. attempt: what became of a migration or trial that did not end
    well, or "". took: seconds of the migration or attempt. started, ended: when it was migrated, in ISO 8601, or "" where
    that was not in one run.
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
    made: str = ""
    hardware: Mapping[str, Any] = field(default_factory=dict)
    attempt: str = ""
    started: str = ""
    ended: str = ""

    @classmethod
    def of(cls, data: Mapping[str, Any]) -> Guest:
        """The guest that plan.json has, without what a plan derives from outcomes."""
        known = {each.name: data[each.name] for each in fields(cls) if each.name in data}
        guest = cls(**{**known, "concerns": tuple(known.get("concerns") or ())})
        return replace(guest, is_done=False, took=None, attempt="", started="", ended="")


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
        waves = {wave: seconds_together(left(guests_of)) for wave, guests_of in by_wave(self.guests).items()}
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
    ends = {each["guest"]: each for each in outcomes}
    done = {name: each for name, each in ends.items() if each["outcome"] == CONVERTED and not each.get("check_mode")}
    rates = measured(done.values(), before, Rates(copying, work))
    planned = []
    for guest in guests:
        old = before.get(guest.name) or {}
        if guest.name in done:
            planned.append(_migrated(guest, old, done[guest.name]))
            continue
        guest = _with_what_was_read(guest, old)
        known = None if guest.allocated is None else round(guest.allocated / rates.copying + rates.work, 1)
        planned.append(_attempted(replace(guest, seconds=known), ends.get(guest.name)))
    return Plan(made, rates, tuple(planned), problems)


def kept(earlier: Mapping[str, Any] | None, names: Iterable[str]) -> list[Guest]:
    """The guests of an earlier plan, which is plan.json, without those of these names."""
    known, others = set(names), (earlier or {}).get("guests") or {}
    return [Guest.of(data) for name, data in others.items() if name not in known]


def _migrated(guest: Guest, old: Mapping[str, Any], outcome: Outcome) -> Guest:
    """The guest after its migration. old: it in plan.json, with what was planned before it moved.

    A copy that is still at the source would say nothing about that.
    """
    started, ended = outcome.get("started") or "", outcome.get("ended") or ""
    if any(phase.get("resumed") for phase in outcome.get("phases") or ()):
        # A later run repeats what it does not do again with the seconds of before, and its own times.
        started, ended = (old.get("started") or "", old.get("ended") or "") if old.get("is_done") else ("", "")
    return replace(
        guest,
        size=old.get("size", guest.size),
        allocated=old.get("allocated", guest.allocated),
        seconds=old.get("seconds"),
        made=old.get("made", guest.made),
        is_done=True,
        took=_seconds(outcome),
        started=started,
        ended=ended,
    )


def _with_what_was_read(guest: Guest, old: Mapping[str, Any]) -> Guest:
    """The guest. If its source cannot be read now, it has the size of an earlier plan, and says of which."""
    if not guest.problem or guest.allocated is not None or old.get("allocated") is None:
        return guest
    return replace(guest, size=old.get("size"), allocated=old["allocated"], made=old.get("made") or "")


def _attempted(guest: Guest, outcome: Outcome | None) -> Guest:
    """The guest, with what became of a migration or trial that did not end well."""
    if outcome is None or outcome["outcome"] not in (FAILED, INTERRUPTED):
        return guest
    what = "trial" if outcome.get("check_mode") else "migration"
    if outcome["outcome"] == INTERRUPTED:
        text = f"Its {what} began at {outcome.get('started')} and has no outcome: it is under way, or was interrupted."
        return replace(guest, attempt=text)
    where = f" in {outcome['phase']}" if outcome.get("phase") else ""
    text = f"Its {what} failed{where}: {outcome.get('message') or 'no reason is recorded.'} ({outcome.get('code')})"
    return replace(guest, attempt=text, took=_seconds(outcome))


def measured(done: Iterable[Outcome], before: Mapping[str, Any], given: Rates) -> Rates:
    """The Rates of guests that are done; given where there are none of which it is known what was copied.

    That is what their copies say, which may have continued earlier ones, or else what a plan has as allocated.
    """
    amount, copying, work, count = 0, 0.0, 0.0, 0
    for outcome in done:
        # A phase that a later run did not repeat has the seconds of the run in which it was done.
        phases = {phase["name"]: phase for phase in outcome.get("phases") or ()}
        seconds = {name: phase.get("seconds") or 0 for name, phase in phases.items()}
        copied = phases.get("fetch", {}).get("bytes") or (before.get(outcome["guest"]) or {}).get("allocated")
        if copied and seconds.get("fetch") and "convert" in seconds:
            amount, copying, count = amount + copied, copying + seconds["fetch"], count + 1
            work += sum(seconds.values()) - seconds["fetch"]
    return Rates(amount / copying, work / count, count) if count else given


def _seconds(outcome: Outcome) -> float | None:
    """What the phases of a guest took, in whichever run each was done; None without phases."""
    phases = outcome.get("phases") or ()
    return round(float(sum(phase.get("seconds") or 0 for phase in phases)), 1) if phases else None


def left(guests: Iterable[Guest]) -> list[Guest]:
    """Those that are still to be migrated."""
    return [guest for guest in guests if not guest.is_done]


def by_wave(guests: Iterable[Guest]) -> dict[str, list[Guest]]:
    """{wave: its guests}, in the order of the guests; those without one last."""
    found: dict[str, list[Guest]] = {}
    for guest in sorted(guests, key=lambda guest: (guest.wave == NO_WAVE, guest.wave, guest.name)):
        found.setdefault(guest.wave, []).append(guest)
    return found


def seconds_together(guests: Iterable[Guest]) -> float:
    """What these guests of a wave take as planned: each conversion host shares its guests out to its slots, and the
    slowest host decides."""
    of_hosts: dict[str, list[Guest]] = {}
    for guest in guests:
        if guest.seconds is not None:
            of_hosts.setdefault(guest.host, []).append(guest)
    return round(max((_seconds_of_host(of_host) for of_host in of_hosts.values()), default=0.0), 1)


def _seconds_of_host(guests: Sequence[Guest]) -> float:
    # Whichever is longer: all in the slots one after another, or the one that takes longest.
    seconds = [guest.seconds or 0.0 for guest in guests]
    return max(sum(seconds) / max(guests[0].slots, 1), *seconds)


def seconds_under_way(guests: Iterable[Guest]) -> float | None:
    """The seconds in which at least one of these guests was being migrated; None if that is not known of all."""
    total, until = 0.0, None
    times = [(guest.started, guest.ended) for guest in guests]
    if not times or not all(started and ended for started, ended in times):
        return None
    for started, ended in sorted((instant(started), instant(ended)) for started, ended in times):
        begun = started if until is None else max(started, until)
        until = ended if until is None else max(until, ended)
        total += max((until - begun).total_seconds(), 0.0)
    return total
