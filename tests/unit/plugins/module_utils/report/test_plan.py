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
    measured,
    plan,
    seconds_of_wave,
)
from tests.conftest import ROOT

GIB = 1 << 30
MADE = "2026-11-30T15:00:00Z"


def outcome(guest, fetch=60.0, rest=120.0, resumed=False, kind="converted", **more):
    phases = [
        {"name": "fetch", "seconds": fetch, "resumed": resumed},
        {"name": "convert", "seconds": rest, "resumed": resumed},
    ]
    return {"guest": guest, "outcome": kind, "phases": phases, **more}


def guest(name="web01", wave="wave_1", host="conv1", slots=1, **more):
    return Guest(name, wave, host, slots, **more)


@pytest.mark.parametrize(("allocated", "seconds"), [(None, None), (0, 180.0), (100 * MIB, 181.0), (100 * GIB, 1204.0)])
def test_a_guest_takes_the_time_of_its_copy_and_of_all_else(allocated, seconds):
    assert plan([guest(allocated=allocated)], MADE).guests[0].seconds == seconds


def test_the_slowest_conversion_host_decides_and_shares_its_guests_out_to_its_slots():
    wave = [guest(seconds=100.0, slots=2), guest("b", seconds=100.0, slots=2), guest("c", seconds=40.0, slots=2)]
    assert seconds_of_wave(wave) == 120.0
    assert seconds_of_wave([*wave, guest("d", host="conv2", seconds=150.0)]) == 150.0
    # No number of slots makes one guest faster.
    assert seconds_of_wave([guest(seconds=100.0, slots=8)]) == 100.0
    assert seconds_of_wave([guest(seconds=100.0, is_done=True), guest("b")]) == 0.0


def test_rates_are_measured_in_guests_whose_bytes_are_known_and_of_which_no_phase_was_done_before():
    before = {"a": {"allocated": 600 * MIB}, "b": {"allocated": 1200 * MIB}, "c": {"allocated": MIB}}
    done = [outcome("a"), outcome("b", rest=180.0), outcome("c", resumed=True), outcome("unknown")]
    assert measured(done, before, Rates(1.0, 2.0)) == Rates(15.0 * MIB, 150.0, 2)
    assert measured(done[2:], before, Rates(1.0, 2.0)) == Rates(1.0, 2.0)


def test_what_was_planned_is_kept_until_a_guest_is_done_and_compared_then():
    first = plan([guest(size=GIB, allocated=600 * MIB)], MADE, copying=10 * MIB, work=100)
    assert first.as_dict()["guests"]["web01"]["seconds"] == 160.0
    # The source may be gone by now.
    (done,) = plan([guest()], MADE, [outcome("web01")], first.as_dict()).guests
    assert (done.size, done.allocated, done.seconds, done.took) == (GIB, 600 * MIB, 160.0, 180.0)


@pytest.mark.parametrize("other", [outcome("web01", kind="failed"), outcome("web01", check_mode=True)])
def test_a_guest_that_failed_or_was_only_tried_is_still_planned(other):
    (planned,) = plan([guest(allocated=0)], MADE, [other]).guests
    assert (planned.seconds, planned.took) == (180.0, None)


def test_a_guest_that_was_migrated_in_two_runs_has_no_time_to_compare():
    (done,) = plan([guest()], MADE, [outcome("web01", resumed=True)]).guests
    assert done.took is None and done.is_done
    assert "Migrated: 1 guest" in plan_text.text(plan([guest()], MADE, [outcome("web01", resumed=True)]))


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
            [outcome("web01", fetch=112.0, rest=150.0)],
            {"guests": before},
        )
    )
    guide = (ROOT / "docs" / "fleet.md").read_text(encoding="utf-8")
    assert page == "Plan of " + guide.partition("```text\nPlan of ")[2].partition("```")[0]
