# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What became of the fleet, in numbers."""

from __future__ import annotations

import statistics
from collections import Counter
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from .outcomes import FAILED, INTERRUPTED, OUTCOMES, PHASES, Outcome, Outcomes, instant, seconds


def summarize(found: Outcomes) -> dict[str, Any]:
    """The content of summary.json, a dict, from Outcomes. Times are in UTC, durations in seconds.

    A phase that was not done again, because an earlier run had finished it, is not among the durations.
    """
    guests = found.guests
    unfinished = [outcome for outcome in guests if outcome["outcome"] in (FAILED, INTERRUPTED)]
    started, ended = _period(guests)
    return {
        "guests": len(guests),
        "outcomes": _counts(guests, "outcome", OUTCOMES),
        "phases_of_failure": _counts(unfinished, "phase", PHASES),
        "codes": _counts(unfinished, "code", ()),
        "conversion_hosts": _counts(guests, "conversion_host", ()),
        "targets": _counts(guests, "target", ()),
        "guests_in_check_mode": sum(1 for outcome in guests if outcome.get("check_mode")),
        "started": started and started.strftime("%Y-%m-%dT%H:%M:%SZ"),
        "ended": ended and ended.strftime("%Y-%m-%dT%H:%M:%SZ"),
        "seconds": (ended - started).total_seconds() if started and ended else 0,
        "seconds_of_guests": _durations([seconds(outcome) for outcome in guests]),
        "seconds_of_phases": _phases(guests),
        "unreadable": found.unreadable,
    }


def _period(guests: list[Outcome]) -> tuple[datetime | None, datetime | None]:
    """(start, end) of the run as datetimes, None for no guests."""
    started = [instant(outcome["started"]) for outcome in guests]
    ended = [instant(outcome.get("ended") or outcome["started"]) for outcome in guests]
    return min(started, default=None), max(ended, default=None)


def _counts(guests: list[Outcome], key: str, first: Sequence[str]) -> dict[str, int]:
    """{value of key: number of guests}: those in `first` in that order and though they be 0, others by their number."""
    counter = Counter(str(outcome[key]) for outcome in guests if outcome.get(key))
    others = sorted((value for value in counter if value not in first), key=lambda value: (-counter[value], value))
    return {value: counter[value] for value in (*first, *others)}


def _phases(guests: list[Outcome]) -> dict[str, dict[str, float]]:
    durations: dict[str, list[float]] = {}
    for outcome in guests:
        for phase in outcome.get("phases") or ():
            if not phase.get("resumed"):
                durations.setdefault(phase["name"], []).append(phase.get("seconds", 0))
    order = [name for name in PHASES if name in durations] + sorted(set(durations) - set(PHASES))
    return {name: _durations(durations[name]) for name in order}


def _durations(values: list[float]) -> dict[str, float]:
    if not values:
        return {"total": 0, "median": 0, "longest": 0}
    return {
        "total": round(sum(values), 1),
        "median": round(statistics.median(values), 1),
        "longest": round(max(values), 1),
    }
