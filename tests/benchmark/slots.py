# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Several conversions at once on one host: what they yield together, and so how many are worth running."""

from __future__ import annotations

from tests.benchmark import measure, rows, table

SLOTS = (1, 2, 3, 4)

# A slot more must yield this much more, or it only takes memory.
_WORTH = 1.05


def measure_slots(bench, repeat, say):
    """Convert in 1, 2, ... slots at once, `repeat` times. Returns the points, a list of dicts.

    bench: rows.Bench. say: called with a line of text for each point.
    """
    disks = [bench.copy(rows.LACKING, f"slot{number}") for number in range(max(SLOTS))]
    points = []
    for count in SLOTS:
        commands = [
            # In check mode, which converts too, the copies stay what they are.
            bench.request("convert", [disk], {}, check=True, name=f"slot{number}")[0]
            for number, disk in enumerate(disks[:count])
        ]
        points.append(point(count, [vars(measure.run(commands)) for _time in range(repeat)]))
        say(f"{count} at once: {points[-1]['per_hour']:.0f} conversions an hour")
    return points


def point(slots, usages):
    """What `slots` conversions at once yield, from the usages (dicts as of measure.Usage) of running them."""
    middle = table.medians({"run": usages})["run"]
    return {
        "slots": slots,
        "wall": middle["wall"],
        "cpu_each": middle["cpu"] / slots,
        "per_hour": slots * 3600 / middle["wall"],
        "largest": max(usage["largest"] for usage in usages),
    }


def recommend(points, cores):
    """{"slots_per_core": number, "gib_per_slot": number}, from the points, in order of their slots.

    The slots are the fewest beyond which throughput no longer grows by a twentieth.
    """
    best = points[0]
    for candidate in points[1:]:
        if candidate["per_hour"] < best["per_hour"] * _WORTH:
            break
        best = candidate
    return {
        "slots_per_core": best["slots"] / cores,
        "gib_per_slot": max(measured["largest"] for measured in points) / 1024,
    }


def slots_table(points):
    """The points as an aligned table."""
    headings = ["slots", "conversions/hour", "wall s", "CPU s each", "largest process MiB"]
    lines = [
        [
            str(point["slots"]),
            table.number(point["per_hour"], 0),
            table.number(point["wall"], 0),
            table.number(point["cpu_each"]),
            table.number(point["largest"], 0),
        ]
        for point in points
    ]
    return table.render(headings, lines)
