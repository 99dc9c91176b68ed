# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

from ansible_collections.virttools.guestconv.plugins.module_utils.report.outcomes import Outcomes
from ansible_collections.virttools.guestconv.plugins.module_utils.report.summary import summarize

GUESTS = [
    {
        "guest": "web01",
        "outcome": "converted",
        "started": "2026-11-21T13:00:00Z",
        "ended": "2026-11-21T13:05:00Z",
        "target": "kvm",
        "conversion_host": "conv1",
        "phases": [{"name": "fetch", "seconds": 9, "resumed": True}, {"name": "convert", "seconds": 40}],
    },
    {
        "guest": "web02",
        "outcome": "failed",
        "started": "2026-11-21T15:01:00+02:00",
        "ended": "2026-11-21T13:02:30Z",
        "target": "kvm",
        "conversion_host": "conv2",
        "phase": "convert",
        "code": "no-space",
        "phases": [{"name": "fetch", "seconds": 10.04}, {"name": "convert", "seconds": 20}],
    },
    {
        "guest": "web03",
        "outcome": "interrupted",
        "started": "2026-11-21T13:01:00Z",
        "phase": "weigh",
        "code": "odd",
        "conversion_host": "conv2",
        "phases": [{"name": "weigh", "seconds": 3}],
        "check_mode": True,
    },
    {"guest": "web04", "outcome": "failed", "started": "2026-11-21T13:01:00Z", "phase": "convert", "code": "odd"},
]


def test_guests_are_counted_by_outcome_phase_code_host_and_target():
    summary = summarize(Outcomes(GUESTS, []))
    assert summary["guests"] == 4
    assert summary["outcomes"] == {"failed": 2, "interrupted": 1, "skipped": 0, "converted": 1}
    assert summary["phases_of_failure"] == {
        "fetch": 0,
        "inspect": 0,
        "convert": 2,
        "verify": 0,
        "define": 0,
        "weigh": 1,
    }
    assert summary["codes"] == {"odd": 2, "no-space": 1}
    assert list(summary["codes"]) == ["odd", "no-space"]
    assert summary["conversion_hosts"] == {"conv1": 1, "conv2": 2}
    assert summary["targets"] == {"kvm": 2}
    assert summary["guests_in_check_mode"] == 1


def test_the_run_is_from_the_first_start_to_the_last_end_in_utc():
    summary = summarize(Outcomes(GUESTS, []))
    assert (summary["started"], summary["ended"]) == ("2026-11-21T13:00:00Z", "2026-11-21T13:05:00Z")
    assert summary["seconds"] == 300


def test_durations_are_of_phases_that_were_done_in_this_run():
    summary = summarize(Outcomes(GUESTS, []))
    assert summary["seconds_of_phases"] == {
        "fetch": {"total": 10.0, "median": 10.0, "longest": 10.0},
        "convert": {"total": 60, "median": 30, "longest": 40},
        "weigh": {"total": 3, "median": 3, "longest": 3},
    }
    assert list(summary["seconds_of_phases"]) == ["fetch", "convert", "weigh"]
    assert summary["seconds_of_guests"] == {"total": 82.0, "median": 16.5, "longest": 49}


def test_no_guests_are_a_summary_too_with_what_could_not_be_read():
    summary = summarize(Outcomes([], ["outcomes/a.json: no JSON"]))
    assert (summary["guests"], summary["started"], summary["ended"], summary["seconds"]) == (0, None, None, 0)
    assert summary["seconds_of_guests"] == {"total": 0, "median": 0, "longest": 0}
    assert summary["unreadable"] == ["outcomes/a.json: no JSON"]
