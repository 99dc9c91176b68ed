# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""From measurements to medians, ratios, goals and an aligned table: pure."""

from __future__ import annotations

from statistics import median

# What the ratios are to: ours to the bare launch, virt-v2v's to ours.
BASE = "launch"
_OVERHEAD = "ansible's own"

# Per row the rows of virt-v2v that do the same; the first that was measured counts.
_SAME_WORK = {
    "inspect": ("virt-v2v-inspector",),
    "convert, initrd complete": ("virt-v2v-in-place", "virt-v2v"),
    "convert, driver added": ("virt-v2v-in-place", "virt-v2v"),
    "inspect+convert": ("virt-v2v-in-place", "virt-v2v"),
}

# (row, at most so many times the bare launch)
_LIMITS = (("inspect", 1.35), ("convert, initrd complete", 1.7), ("convert, driver added", 2.0))
# One call that inspects and converts may cost so many launches more than a convert.
_ONE_CALL = 0.2
_TIMES_VIRT_V2V = 5.0
_PYTHON_MIB = 100.0


def medians(samples):
    """Per row and field the median: {row: {field: number or None}}, from {row: [{field: number or None}]}."""
    return {
        row: {field: _median([sample[field] for sample in repeated]) for field in repeated[0]}
        for row, repeated in samples.items()
    }


def _median(values):
    known = [value for value in values if value is not None]
    return median(known) if known else None


def with_overhead(rows):
    """rows (medians) with one more: what a module costs through Ansible beyond what it costs by itself."""
    through, direct = rows.get("ansible inspect"), rows.get("inspect")
    if not through or not direct:
        return rows
    overhead = dict.fromkeys(through)
    overhead.update({field: through[field] - direct[field] for field in ("cpu", "wall")})
    return {**rows, _OVERHEAD: overhead}


def ratios(rows):
    """Per row {"launch": its CPU in bare launches, "virt-v2v": virt-v2v's CPU for the same in its own, or None}."""
    base = rows[BASE]["cpu"]
    found = {}
    for row, values in rows.items():
        other = next((rows[name] for name in _SAME_WORK.get(row, ()) if name in rows), None)
        found[row] = {"launch": values["cpu"] / base, "virt-v2v": other["cpu"] / values["cpu"] if other else None}
    return found


def goals(rows):
    """The goals that were measured, each {"goal": a sentence, "value": number, "limit": number, "met": bool}."""
    found = ratios(rows)
    judged = [
        _goal(f"{row}: at most {limit} bare launches", found[row]["launch"], limit)
        for row, limit in _LIMITS
        if row in found
    ]
    if {"inspect+convert", "convert, driver added"} <= rows.keys():
        more = found["inspect+convert"]["launch"] - found["convert, driver added"]["launch"]
        judged.append(_goal(f"inspect+convert: at most {_ONE_CALL} launches beyond convert", more, _ONE_CALL))
    judged += [
        _goal(f"{row}: virt-v2v takes at least {_TIMES_VIRT_V2V:.0f} times ours", times["virt-v2v"], _TIMES_VIRT_V2V, 1)
        for row, times in found.items()
        if times["virt-v2v"] is not None and row != "inspect"
    ]
    largest = max((values["python"] for values in rows.values() if values.get("python")), default=None)
    if largest is not None:
        judged.append(_goal(f"our Python: below {_PYTHON_MIB:.0f} MiB", largest, _PYTHON_MIB))
    return judged


def _goal(sentence, value, limit, at_least=0):
    return {"goal": sentence, "value": value, "limit": limit, "met": value >= limit if at_least else value <= limit}


def render(headings, lines):
    """An aligned table as text. headings and each of lines are lists of strings; the first column is flush left."""
    widths = [max(len(line[column]) for line in (headings, *lines)) for column in range(len(headings))]

    def row(cells):
        first, *rest = (
            cell.ljust(width) if number == 0 else cell.rjust(width)
            for number, (cell, width) in enumerate(zip(cells, widths))
        )
        return "  ".join((first, *rest)).rstrip()

    return "\n".join([row(headings), row(["-" * width for width in widths]), *(row(line) for line in lines)])


def number(value, digits=1):
    """value as it stands in a table; "-" for what was not measured."""
    return "-" if value is None else f"{value:.{digits}f}"


def benchmark_table(rows):
    """The table of the benchmark, from medians."""
    headings = ["", "CPU s", "x launch", "virt-v2v x", "wall s", "launches", "commands", "overlay MiB", "Python MiB"]
    found = ratios(rows)
    lines = [
        [
            row,
            number(values["cpu"]),
            number(found[row]["launch"], 2),
            number(found[row]["virt-v2v"]),
            number(values["wall"]),
            number(values["launches"], 0),
            number(values["commands"], 0),
            number(values["overlay"]),
            number(values["python"], 0),
        ]
        for row, values in rows.items()
    ]
    return render(headings, lines)


def goals_table(judged):
    """The goals and whether they were met, from goals()."""
    lines = [[goal["goal"], number(goal["value"], 2), "met" if goal["met"] else "MISSED"] for goal in judged]
    return render(["goal", "measured", ""], lines)
