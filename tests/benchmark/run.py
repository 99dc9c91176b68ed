# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The command behind script/bench."""

from __future__ import annotations

import argparse
import json
import os
import signal
import sys
import tempfile
import time
from pathlib import Path

from tests.benchmark import copying, fleet, machine, scale, slots, table
from tests.benchmark.measure import BenchmarkError
from tests.benchmark.rows import Bench


def main():
    arguments = _arguments()
    # So that the scratch directory, with its copies of guests, goes when the benchmark is stopped.
    signal.signal(signal.SIGTERM, lambda number, frame: sys.exit(128 + number))
    cache = Path(os.environ["GUESTCONV_CACHE"])
    described = machine.describe()
    _say(machine.sentence(described))
    # In the cache: /tmp may be memory.
    with tempfile.TemporaryDirectory(prefix="bench-", dir=cache) as scratch:
        bench = Bench(scratch, cache, arguments.fixed_appliance)
        try:
            section, results, text = arguments.measure(bench, arguments, described)
        except BenchmarkError as error:
            sys.exit(f"bench: {error}")
    print(text)
    if arguments.json:
        _write(arguments.json, section, {"machine": described, "repeat": arguments.repeat, **results})


def _arguments():
    parser = argparse.ArgumentParser(prog="script/bench")
    parser.add_argument("--repeat", type=int, default=3, metavar="N", help="times to measure each (3), virt-v2v once")
    parser.add_argument("--json", type=Path, metavar="FILE", help="put the result into FILE, beside the other parts'")
    parser.add_argument("--files", type=int, default=200_000, metavar="N", help="with --scale: at most (200000)")
    parser.add_argument("--guests", type=int, default=1000, metavar="N", help="with --fleet: N, and a tenth (1000)")
    parser.add_argument("--forks", type=int, default=20, metavar="N", help="with --fleet: Ansible's (20)")
    parser.add_argument("--gibibytes", type=float, default=6, metavar="N", help="with --copy: size of the disk (6)")
    parser.add_argument(
        "--from", dest="sources", action="append", choices=copying.SOURCES, help="with --copy: from these only (all)"
    )
    parser.add_argument("--fixed-appliance", metavar="DIRECTORY", help="measure ours with this fixed appliance")
    part = parser.add_mutually_exclusive_group()
    part.add_argument("--scale", dest="measure", action="store_const", const=_scale, help="how inspection grows")
    part.add_argument("--slots", dest="measure", action="store_const", const=_slots, help="conversions at once")
    part.add_argument("--copy", dest="measure", action="store_const", const=_copy, help="the copy of a disk")
    part.add_argument("--fleet", dest="measure", action="store_const", const=_fleet, help="the controller's cost")
    parser.set_defaults(measure=_benchmark)
    return parser.parse_args()


def _benchmark(bench, arguments, _machine):
    samples = {}
    bench.warm_up()
    # One of each, then again one of each: what else the machine does meanwhile falls on all of them.
    for number in range(arguments.repeat):
        # virt-v2v takes longer than all of ours, and is many times beyond what the noise could explain.
        for row, sample in bench.repetition(virt_v2v=number == 0):
            samples.setdefault(row, []).append(vars(sample))
            _say(f"{number + 1}/{arguments.repeat} {row}: {sample.cpu:.1f} s of CPU, {sample.wall:.1f} s")
    rows = table.with_overhead(table.medians(samples))
    judged = table.goals(rows)
    text = f"{table.benchmark_table(rows)}\n\n{table.goals_table(judged)}"
    for row, why in bench.missing.items():
        text += f"\n\nThe row {row} is missing: {why}"
    return "benchmark", {"samples": samples, "medians": rows, "ratios": table.ratios(rows), "goals": judged}, text


def _scale(bench, arguments, _machine):
    bench.warm_up()
    points = scale.measure_curves(bench, arguments.files, arguments.repeat, _say)
    return "scale", {"points": points}, scale.scale_table(points)


def _slots(bench, arguments, described):
    bench.warm_up()
    points = slots.measure_slots(bench, arguments.repeat, _say)
    advice = slots.recommend(points, described["cores"])
    text = (
        f"{slots.slots_table(points)}\n\n"
        f"Recommended: {advice['slots_per_core']:.1f} slots per core, and {advice['gib_per_slot']:.1f} GiB per slot."
    )
    return "slots", {"points": points, "recommended": advice}, text


def _fleet(bench, arguments, _machine):
    points = fleet.measure_fleet(bench, arguments.guests, arguments.forks, _say)
    return "fleet", {"points": points}, fleet.fleet_table(points)


def _copy(bench, arguments, _machine):
    samples = copying.measure_copies(bench, arguments.gibibytes, arguments.repeat, _say, arguments.sources)
    found = copying.points(samples)
    return "copy", {"gibibytes": arguments.gibibytes, "points": found}, copying.copy_table(found)


def _write(path, section, results):
    whole = json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}
    whole[section] = results
    path.write_text(json.dumps(whole, indent=2) + "\n", encoding="utf-8")


def _say(text):
    print(f"{time.strftime('%H:%M:%S')} bench: {text}", file=sys.stderr, flush=True)


if __name__ == "__main__":
    main()
