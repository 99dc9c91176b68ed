# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The benchmark's arithmetic: medians, ratios, goals, curves, slots, tables."""

from __future__ import annotations

import pytest

from tests.benchmark import scale, slots, table


def sample(cpu, **values):
    fields = dict.fromkeys(("wall", "largest", "launches", "commands", "calls", "overlay", "python"))
    return {"cpu": cpu, **fields, "wall": cpu, **values}


@pytest.fixture
def rows():
    """Medians in which every goal is just met."""
    return {
        "launch": sample(20.0, python=40.0),
        "inspect": sample(27.0, python=50.0),
        "ansible inspect": sample(29.5),
        "convert, initrd complete": sample(34.0, python=60.0),
        "convert, driver added": sample(40.0, python=100.0),
        "inspect+convert": sample(43.9, python=90.0),
        "virt-v2v-in-place": sample(220.0),
    }


def test_the_median_is_taken_per_row_and_field():
    measured = {"launch": [sample(3.0, wall=9.0), sample(1.0, wall=7.0), sample(2.0, wall=8.0)]}
    assert table.medians(measured)["launch"]["cpu"] == 2.0
    assert table.medians(measured)["launch"]["wall"] == 8.0


def test_what_was_not_measured_has_no_median():
    assert table.medians({"virt-v2v": [sample(3.0), sample(4.0)]})["virt-v2v"]["python"] is None


def test_the_ratios_are_to_the_launch_and_of_virt_v2v_to_ours(rows):
    found = table.ratios(rows)
    assert found["launch"] == {"launch": 1.0, "virt-v2v": None}
    assert found["convert, driver added"] == {"launch": 2.0, "virt-v2v": 5.5}


def test_without_virt_v2v_there_is_no_ratio_to_it(rows):
    del rows["virt-v2v-in-place"]
    assert table.ratios(rows)["convert, driver added"]["virt-v2v"] is None


def test_ansible_costs_what_a_module_costs_through_it_beyond_what_it_costs_itself(rows):
    assert table.with_overhead(rows)["ansible's own"]["cpu"] == 2.5


def test_a_goal_is_met_up_to_its_limit(rows):
    judged = table.goals(rows)
    assert [goal["goal"] for goal in judged if not goal["met"]] == []
    assert len(judged) == 8


@pytest.mark.parametrize(
    "row, field, value, missed",
    [
        ("inspect", "cpu", 27.1, "inspect: at most 1.35 bare launches"),
        ("convert, driver added", "cpu", 40.1, "convert, driver added: at most 2.0 bare launches"),
        ("inspect+convert", "cpu", 44.1, "inspect+convert: at most 0.2 launches beyond convert"),
        ("inspect", "python", 100.1, "our Python: below 100 MiB"),
    ],
)
def test_a_goal_is_missed_beyond_its_limit(rows, row, field, value, missed):
    rows[row][field] = value
    assert missed in [goal["goal"] for goal in table.goals(rows) if not goal["met"]]


def test_a_goal_is_missed_when_virt_v2v_is_not_slower_enough(rows):
    rows["convert, driver added"]["cpu"] = 44.1
    judged = {goal["goal"]: goal["met"] for goal in table.goals(rows)}
    assert judged["inspect+convert: virt-v2v takes at least 5 times ours"] is True
    assert judged["convert, driver added: virt-v2v takes at least 5 times ours"] is False


def test_goals_that_were_not_measured_are_left_out(rows):
    assert [goal["goal"] for goal in table.goals({"launch": rows["launch"]})] == ["our Python: below 100 MiB"]


def test_the_table_is_aligned_and_has_a_dash_for_what_was_not_measured(rows):
    lines = table.benchmark_table(rows).splitlines()
    assert lines[1].startswith("-----")
    assert lines[-1].split() == ["virt-v2v-in-place", "220.0", "11.00", "-", "220.0", "-", "-", "-", "-"]


def test_columns_are_as_wide_as_their_widest_cell():
    assert table.render(["", "n"], [["long", "1"], ["x", "100"]]).splitlines() == [
        "        n",
        "----  ---",
        "long    1",
        "x     100",
    ]


def test_each_curve_varies_one_thing_up_to_what_was_asked_for():
    found = dict(scale.curves(files=2_000_000))
    assert [size.files for size in found["files"]] == [200_000, 2_000_000]
    assert found["disks"][-1].disks == 24
    assert found["fstab lines"][-1].fstab == 500
    assert all(size.menu <= size.kernels for sizes in found.values() for size in sizes)


def test_a_point_of_a_curve_is_what_inspection_costs_beyond_the_launch():
    point = scale.point("disks", {"disks": 24}, [sample(26.0, calls=80, python=44.0)], [sample(20.0)])
    assert (point["beyond_launch"], point["calls"], point["python"]) == (6.0, 80, 44.0)


def usage(wall, cpu=60.0, largest=512.0):
    return {"wall": wall, "cpu": cpu, "largest": largest}


def test_slots_yield_conversions_per_hour():
    point = slots.point(3, [usage(wall=90.0), usage(wall=60.0), usage(wall=70.0, largest=1024.0)])
    assert point["per_hour"] == pytest.approx(3 * 3600 / 70.0)
    assert (point["cpu_each"], point["largest"]) == (20.0, 1024.0)


def test_the_slots_beyond_which_nothing_is_gained_are_recommended():
    points = [slots.point(count, [usage(wall)]) for count, wall in ((1, 60.0), (2, 64.0), (3, 95.0), (4, 128.0))]
    assert slots.recommend(points, cores=2) == {"slots_per_core": 1.0, "gib_per_slot": 0.5}


def test_one_slot_is_recommended_where_the_second_yields_nothing():
    points = [slots.point(count, [usage(wall)]) for count, wall in ((1, 60.0), (2, 119.0))]
    assert slots.recommend(points, cores=2)["slots_per_core"] == 0.5
