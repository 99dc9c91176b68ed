# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A plan as a page of text. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence

from . import plan as plans
from .plan import MIB, Guest, Plan, by_wave, seconds_together, seconds_under_way

_GIB = 1 << 30
_HEAD = ("guest", "conversion host", "size", "to copy", "time")
_COMPARED = ("planned", "took", "difference")


def text(plan: Plan) -> str:
    """The page: the sum, the rates, a table for each wave with concerns, and how far off earlier plans were."""
    waves = by_wave(plan.guests)
    left = plans.left(plan.guests)
    total = sum(seconds_together(plans.left(guests)) for guests in waves.values())
    lines = [
        f"Plan of {plan.made}: {_count(len(left))} to migrate, {_volume(left)}, {_duration(total)}",
        "",
        _rates(plan),
        *_parts(left),
    ]
    if plan.problems:
        lines += ["", f"Before anything can move: {plan.problems}"]
    for wave, guests in waves.items():
        waiting = plans.left(guests)
        if waiting:
            about = f"{_count(len(waiting))}, {_volume(waiting)}, {_duration(seconds_together(waiting))}"
            lines += ["", f"{wave}: {about}", "", *_table(_HEAD, map(_row, waiting)), *_remarks(waiting)]
    return "\n".join([*lines, *_comparison([guest for guest in plan.guests if guest.is_done])]) + "\n"


def _rates(plan: Plan) -> str:
    rates = plan.rates
    source = f"measured in {_count(rates.measured)}" if rates.measured else "as given; no guest was measured yet"
    return f"Rates: {rates.copying / MIB:.0f} MiB/s, and {_duration(rates.work)} for each guest without its copy ({source})."


def _parts(left: Sequence[Guest]) -> list[str]:
    """When the sources were read, if that was not at one time."""
    times = Counter(guest.made for guest in left if guest.made)
    parts = ", ".join(f"{_count(number)} at {made}" for made, number in sorted(times.items()))
    return [f"Made in {len(times)} parts: {parts}."] if len(times) > 1 else []


def _row(guest: Guest) -> tuple[str, ...]:
    time = "not known" if guest.seconds is None else _duration(guest.seconds)
    return guest.name, guest.host, _bytes(guest.size), _bytes(guest.allocated), time


def _remarks(guests: Iterable[Guest]) -> list[str]:
    found = [
        f"  {guest.name}: {each}"
        for guest in guests
        for each in (_problem(guest), _attempt(guest), *guest.concerns)
        if each
    ]
    return ["", *found] if found else []


def _problem(guest: Guest) -> str:
    is_known = guest.problem and guest.allocated is not None and guest.made
    return f"{guest.problem} (The sizes are those of {guest.made}.)" if is_known else guest.problem


def _attempt(guest: Guest) -> str:
    return f"{guest.attempt} It took {_duration(guest.took)}." if guest.attempt and guest.took else guest.attempt


def _comparison(done: Sequence[Guest]) -> list[str]:
    """How long the guests took that are done, next to what was planned; and the same of their waves, by the clock."""
    if not done:
        return []
    rows = [_compared(guest.name, guest.seconds, guest.took) for guest in done]
    both = [(guest.seconds, guest.took) for guest in done if guest.seconds is not None and guest.took is not None]
    if both:
        rows.append(_compared("all", sum(planned for planned, took in both), sum(took for planned, took in both)))
    lines = ["", f"Migrated: {_count(len(done))}", "", *_table(("guest", *_COMPARED), rows)]
    waves = [
        _compared(wave, seconds_together(guests), seconds_under_way(guests))
        for wave, guests in by_wave(guest for guest in done if guest.seconds is not None).items()
    ]
    return [*lines, "", *_table(("wave, by the clock", *_COMPARED), waves)] if waves else lines


def _compared(name: str, planned: float | None, took: float | None) -> tuple[str, ...]:
    return (
        name,
        "not planned" if planned is None else _duration(planned),
        "not known" if took is None else _duration(took),
        "" if planned is None or took is None else _difference(planned, took),
    )


def _difference(planned: float, took: float) -> str:
    return f"{(took - planned) / planned:+.0%}" if planned else ""


def _table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> list[str]:
    """Columns as wide as their widest text; the first, which has the guests, is at the left, the others at the right."""
    every = [list(head), *map(list, rows)]
    widths = [max(len(row[column]) for row in every) for column in range(len(head))]
    lines = []
    for row in every:
        cells = [
            cell.ljust(width) if column == 0 else cell.rjust(width)
            for column, (cell, width) in enumerate(zip(row, widths))
        ]
        lines.append("  " + "  ".join(cells).rstrip())
    return lines


def _count(number: int) -> str:
    return f"{number} guest{'' if number == 1 else 's'}"


def _volume(guests: Sequence[Guest]) -> str:
    sizes = [guest.allocated for guest in guests if guest.allocated is not None]
    unknown = len(guests) - len(sizes)
    whole = sum(guest.size or 0 for guest in guests)
    return f"{_bytes(sum(sizes))} of {_bytes(whole)}" + (f" (and {_count(unknown)} of unknown size)" if unknown else "")


def _bytes(number: int | None) -> str:
    return "not known" if number is None else f"{number / _GIB:.1f} GiB"


def _duration(seconds: float) -> str:
    """Seconds in the unit that people would choose: "150 s", "12 min", "3.2 h"."""
    if seconds < 180:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 100 * 60 else f"{seconds / 3600:.1f} h"
