# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How inspection grows with the guest: a curve for each thing that a guest can have much of."""

from __future__ import annotations

import shutil
from dataclasses import replace

from tests.benchmark import synthetic, table

# Per curve the field of synthetic.Size, and the values besides that of the smallest guest.
_SMALLEST = synthetic.Size()


def curves(files):
    """[(name of the curve, [synthetic.Size])]. files: the largest number of files."""
    return [
        ("smallest", [_SMALLEST]),
        ("kernels installed", [replace(_SMALLEST, kernels=count) for count in (20, 200)]),
        ("kernels in the menu", [replace(_SMALLEST, kernels=200, menu=count) for count in (20, 200)]),
        ("files", [replace(_SMALLEST, files=count) for count in (files // 10, files)]),
        ("disks", [replace(_SMALLEST, disks=count) for count in (8, 24)]),
        ("fstab lines", [replace(_SMALLEST, fstab=count) for count in (50, 500)]),
    ]


def measure_curves(bench, files, repeat, say):
    """Inspect a guest of every size, repeat times. Returns the points, a list of dicts, in the order of curves().

    bench: rows.Bench. say: called with a line of text for each point.
    """
    points = []
    for curve, sizes in curves(files):
        for size in sizes:
            directory = bench.scratch / "synthetic"
            directory.mkdir()
            try:
                disks = synthetic.build(size, directory)
                inspected = [vars(bench.module("inspect", *_as_raw(disks))[0]) for _time in range(repeat)]
                launched = [vars(bench.module("launch", *_as_raw(disks))[0]) for _time in range(repeat)]
            finally:
                shutil.rmtree(directory)
            points.append(point(curve, vars(size), inspected, launched))
            say(f"{curve}: {size}: {points[-1]['inspect_cpu']:.1f} s of CPU, launch {points[-1]['launch_cpu']:.1f} s")
    return points


def point(curve, size, inspected, launched):
    """A point of a curve, from the samples (dicts) of inspecting and of opening the same disks."""
    middle = table.medians({"inspect": inspected, "launch": launched})
    return {
        "curve": curve,
        "size": size,
        "inspect_cpu": middle["inspect"]["cpu"],
        "launch_cpu": middle["launch"]["cpu"],
        "beyond_launch": middle["inspect"]["cpu"] - middle["launch"]["cpu"],
        "calls": middle["inspect"]["calls"],
        "python": middle["inspect"]["python"],
    }


def scale_table(points):
    """The points as an aligned table."""
    headings = [
        "",
        "kernels",
        "menu",
        "files",
        "disks",
        "fstab",
        "inspect CPU s",
        "launch CPU s",
        "beyond s",
        "calls",
        "Python MiB",
    ]
    lines = [
        [
            point["curve"],
            *(str(point["size"][name]) for name in ("kernels", "menu", "files", "disks", "fstab")),
            *(table.number(point[name]) for name in ("inspect_cpu", "launch_cpu", "beyond_launch")),
            table.number(point["calls"], 0),
            table.number(point["python"]),
        ]
        for point in points
    ]
    return table.render(headings, lines)


def _as_raw(disks):
    return [{"path": path, "format": "raw"} for path in disks]
