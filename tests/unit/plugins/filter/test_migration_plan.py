# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the filter migration_plan takes; module_utils/report/test_plan.py has what it makes of it."""

from __future__ import annotations

import pytest

from ansible_collections.virttools.guestconv.plugins.filter.migration_plan import migration_plan
from ansible_collections.virttools.guestconv.plugins.module_utils.errors import GuestconvError

MADE = "2026-11-30T15:00:00Z"
METADATA = {"hardware": {}, "sizes": [{"size": 200 << 20, "allocated": 100 << 20}]}


def planned(guest=None, **options):
    return migration_plan(["web01"], {"web01": {"guestconv_metadata": METADATA, **(guest or {})}}, MADE, **options)


def test_numbers_from_the_command_line_are_texts():
    found = planned({"guestconv_slots": {"count": "4"}}, rate="50", work="60", forks="2")
    assert (found["guests"]["web01"]["seconds"], found["guests"]["web01"]["slots"]) == (62.0, 4)


@pytest.mark.parametrize(
    ("option", "value"),
    [("rate", 0), ("rate", "fast"), ("rate", "nan"), ("work", -1), ("work", None), ("work", "inf"), ("forks", "many")],
)
def test_what_is_no_rate_is_refused(option, value):
    with pytest.raises(GuestconvError) as caught:
        planned(**{option: value})
    assert (caught.value.code, caught.value.path) == ("argument-invalid", option)
    assert repr(value) in caught.value.message


def test_slots_of_another_form_are_left_to_the_modules():
    assert planned({"guestconv_slots": 7}, forks=3)["guests"]["web01"]["slots"] == 3


@pytest.mark.parametrize(("waves", "wave"), [("pilot,wave", "wave"), ("wave_1", "wave_1"), (["pilot"], "no wave")])
def test_waves_from_the_command_line_are_names_with_commas(waves, wave):
    assert planned({"group_names": ["wave", "wave_1"]}, waves=waves)["guests"]["web01"]["wave"] == wave


def test_an_outcome_without_seconds_is_no_reason_to_fail():
    done = {"guest": "web01", "outcome": "converted", "phases": [{"name": "fetch"}, {"name": "convert"}]}
    found = planned(outcomes=[done], earlier={"guests": {"web01": {"allocated": 5}}})
    assert found["guests"]["web01"]["took"] == 0.0 and found["rates"]["measured"] == 0
