# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Plans: what a guest and a wave take, what is measured, how far off a plan was; and the page that the guide shows."""

from __future__ import annotations

import pytest

from ansible_collections.virttools.guestconv.plugins.module_utils.report import plan_text
from ansible_collections.virttools.guestconv.plugins.module_utils.report.plan import (
    MIB,
    Guest,
    Rates,
    kept,
    left,
    measured,
    plan,
    seconds_together,
    seconds_under_way,
)
from tests.conftest import ROOT

GIB = 1 << 30
MADE = "2026-11-30T15:00:00Z"


def outcome(guest, fetch=60.0, rest=120.0, resumed=False, kind="converted", **more):
    phases = [
        {"name": "fetch", "seconds": fetch, "resumed": resumed},
        {"name": "convert", "seconds": rest, "resumed": resumed},
    ]
    return {"guest": guest, "outcome": kind, "phases": phases, "started": "2026-11-30T10:00:00Z", **more}


def guest(name="web01", wave="wave_1", host="conv1", slots=1, **more):
    return Guest(name, wave, host, slots, **more)


@pytest.mark.parametrize(("allocated", "seconds"), [(None, None), (0, 180.0), (100 * MIB, 181.0), (100 * GIB, 1204.0)])
def test_a_guest_takes_the_time_of_its_copy_and_of_all_else(allocated, seconds):
    assert plan([guest(allocated=allocated)], MADE).guests[0].seconds == seconds


def test_the_slowest_conversion_host_decides_and_shares_its_guests_out_to_its_slots():
    wave = [guest(seconds=100.0, slots=2), guest("b", seconds=100.0, slots=2), guest("c", seconds=40.0, slots=2)]
    assert seconds_together(wave) == 120.0
    assert seconds_together([*wave, guest("d", host="conv2", seconds=150.0)]) == 150.0
    # No number of slots makes one guest faster.
    assert seconds_together([guest(seconds=100.0, slots=8)]) == 100.0
    assert seconds_together(left([guest(seconds=100.0, is_done=True), guest("b")])) == 0.0


def test_rates_are_measured_in_guests_whose_bytes_are_known_in_whichever_run_their_phases_were_done():
    before = {"a": {"allocated": 600 * MIB}, "b": {"allocated": 1200 * MIB}, "c": {}}
    done = [outcome("a"), outcome("b", rest=180.0, resumed=True), outcome("c"), outcome("unknown")]
    assert measured(done, before, Rates(1.0, 2.0)) == Rates(15.0 * MIB, 150.0, 2)
    assert measured(done[2:], before, Rates(1.0, 2.0)) == Rates(1.0, 2.0)


def test_what_a_copy_says_that_it_copied_goes_before_what_was_planned():
    # It continued the copy of an earlier run. There may be no plan at all.
    done = outcome("a")
    done["phases"][0]["bytes"] = 300 * MIB
    given = Rates(1.0, 2.0)
    assert (
        measured([done], {"a": {"allocated": 600 * MIB}}, given)
        == measured([done], {}, given)
        == Rates(5.0 * MIB, 120.0, 1)
    )


def test_what_was_planned_is_kept_until_a_guest_is_done_and_compared_then():
    first = plan([guest(size=GIB, allocated=600 * MIB)], MADE, copying=10 * MIB, work=100)
    assert first.as_dict()["guests"]["web01"]["seconds"] == 160.0
    # The source may be gone by now.
    (done,) = plan([guest()], MADE, [outcome("web01")], first.as_dict()).guests
    assert (done.size, done.allocated, done.seconds, done.took) == (GIB, 600 * MIB, 160.0, 180.0)


def test_a_guest_that_was_only_tried_is_still_planned():
    (planned,) = plan([guest(allocated=0)], MADE, [outcome("web01", check_mode=True)]).guests
    assert (planned.seconds, planned.took, planned.attempt) == (180.0, None, "")


def test_a_later_run_that_repeats_nothing_takes_nothing_away_from_the_comparison():
    first = plan([guest(allocated=600 * MIB)], MADE)
    done = outcome("web01", ended="2026-11-30T10:03:00Z")
    again = outcome("web01", resumed=True, started="2026-11-30T12:00:00Z", ended="2026-11-30T12:00:02Z")
    second = plan([guest()], MADE, [done], first.as_dict())
    third = plan([guest()], MADE, [again], second.as_dict())
    assert [(each.took, seconds_under_way([each])) for each in (*second.guests, *third.guests)] == [(180.0, 180.0)] * 2
    assert third.rates == second.rates and second.rates.measured == 1
    # Without a plan in between, its own times are not known.
    (unseen,) = plan([guest()], MADE, [again], first.as_dict()).guests
    assert (unseen.took, seconds_under_way([unseen])) == (180.0, None)


@pytest.mark.parametrize(
    ("other", "says"),
    [
        (
            outcome("web01", kind="failed", phase="convert", message="No kernel.", code="kernel-not-found"),
            "Its migration failed in convert: No kernel. (kernel-not-found) It took 3 min.",
        ),
        (
            outcome("web01", kind="failed", check_mode=True, phase=None, message="No kernel.", code="kernel-not-found"),
            "Its trial failed: No kernel. (kernel-not-found) It took 3 min.",
        ),
        (
            {"guest": "web01", "outcome": "interrupted", "started": "2026-11-30T10:00:00Z"},
            "Its migration began at 2026-11-30T10:00:00Z and has no outcome: it is under way, or was interrupted.",
        ),
    ],
)
def test_a_guest_whose_migration_did_not_end_well_is_planned_again_and_says_why(other, says):
    planned = plan([guest(allocated=0)], MADE, [other])
    assert (planned.guests[0].seconds, planned.guests[0].is_done) == (180.0, False)
    assert f"\n  web01: {says}\n" in plan_text.text(planned) and "Migrated" not in plan_text.text(planned)


EARLIER = "2026-11-29T15:00:00Z"


def test_a_plan_in_parts_is_one_plan_that_says_when_each_part_was_made():
    first = plan([guest(allocated=600 * MIB, made=EARLIER), guest("a", allocated=0, made=EARLIER)], EARLIER)
    others = kept(first.as_dict(), ["b", "web01"])
    assert [each.name for each in others] == ["a"]
    both = plan([guest("b", wave="wave_2", allocated=0, made=MADE), *others], MADE, (), first.as_dict())
    assert {name: each["made"] for name, each in both.as_dict()["guests"].items()} == {"b": MADE, "a": EARLIER}
    assert both.as_dict()["seconds_of_waves"] == {"wave_1": 180.0, "wave_2": 180.0}
    page = plan_text.text(both)
    assert f"Made in 2 parts: 1 guest at {EARLIER}, 1 guest at {MADE}.\n" in page and "2 guests to migrate" in page
    assert "Made in" not in plan_text.text(first)
    # As a later plan finds it, what was derived from outcomes is derived again.
    done = plan(kept(first.as_dict(), ()), MADE, [outcome("a")], first.as_dict())
    assert [each.is_done for each in kept(done.as_dict(), ())] == [False, False]
    assert kept(None, ()) == kept({}, ()) == []


def test_a_source_that_cannot_be_read_any_more_has_the_sizes_of_before_and_says_so():
    first = plan([guest(size=GIB, allocated=600 * MIB, made=EARLIER)], EARLIER)
    second = plan([guest(problem="The disk does not exist.", made=MADE)], MADE, (), first.as_dict())
    assert (second.guests[0].size, second.guests[0].seconds) == (GIB, 186.0)
    assert f"  web01: The disk does not exist. (The sizes are those of {EARLIER}.)\n" in plan_text.text(second)


def test_waves_are_compared_by_the_clock_whatever_ran_at_once_or_on_another_day():
    names = {"a": "wave_1", "b": "wave_1", "c": "wave_1", "d": "wave_2"}
    guests = [guest(name, wave=wave, slots=2, allocated=0) for name, wave in names.items()]
    first = plan(guests, MADE)
    times = {"a": ("T10:00", "T10:03"), "b": ("T10:01", "T10:04"), "c": ("T20:00", "T20:03"), "d": ("T10:00", "T10:06")}
    day = "2026-11-30"
    outcomes = [outcome(name, started=f"{day}{t[0]}:00Z", ended=f"{day}{t[1]}:00Z") for name, t in times.items()]
    page = plan_text.text(plan(guests, MADE, outcomes, first.as_dict()))
    assert page.endswith(
        "\n  wave, by the clock  planned   took  difference\n"
        "  wave_1                4 min  7 min        +56%\n"
        "  wave_2                3 min  6 min       +100%\n"
    )
    assert seconds_under_way([]) is None


def test_what_is_not_known_is_said():
    page = plan_text.text(plan([guest(problem="the disk does not exist")], MADE, problems="names-unmapped: VLAN 7."))
    assert "0.0 GiB of 0.0 GiB (and 1 guest of unknown size)" in page
    assert "\nBefore anything can move: names-unmapped: VLAN 7.\n" in page
    assert "  web01: the disk does not exist" in page and "not known" in page


def test_the_page_in_the_guide_is_that_of_such_a_plan():
    tpm = "warning: The guest has a TPM on the source, whose content cannot be moved: keys that are sealed with it are lost. (tpm-left)"
    before = {"web01": {"size": 20 * GIB, "allocated": int(10.5 * GIB), "seconds": 230.0}}
    page = plan_text.text(
        plan(
            [
                guest("web01"),
                guest("db01", size=800 * GIB, allocated=204 * GIB, concerns=(tpm,)),
                guest("web02", host="conv2", size=40 * GIB, allocated=int(8.4 * GIB)),
            ],
            MADE,
            [outcome("web01", fetch=112.0, rest=150.0, ended="2026-11-30T10:04:30Z")],
            {"guests": before},
        )
    )
    guide = (ROOT / "docs" / "fleet.md").read_text(encoding="utf-8")
    assert page == "Plan of " + guide.partition("```text\nPlan of ")[2].partition("```")[0]
