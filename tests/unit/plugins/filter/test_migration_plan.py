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


@pytest.mark.parametrize(
    ("waves", "wave"), [("pilot, wave", "wave"), ("", "wave"), ("wave_1", "wave_1"), (["pilot"], "no wave")]
)
def test_waves_from_the_command_line_are_names_with_commas(waves, wave):
    assert planned({"group_names": ["wave", "wave_1"]}, waves=waves)["guests"]["web01"]["wave"] == wave


def test_an_outcome_without_seconds_is_no_reason_to_fail():
    done = {"guest": "web01", "outcome": "converted", "phases": [{"name": "fetch"}, {"name": "convert"}]}
    found = planned(outcomes=[done], earlier={"guests": {"web01": {"allocated": 5}}})
    assert found["guests"]["web01"]["took"] == 0.0 and found["rates"]["measured"] == 0


def test_guests_of_an_earlier_plan_stay_with_their_names_for_the_maps():
    maps = {"guestconv_networks": {"lan": "br0"}}
    first = planned({"guestconv_hardware": {"interfaces": [{"network": "dmz"}]}, **maps})
    assert "network 'dmz' (web01)" in first["problems"]
    variables = {
        # Of a guest outside of the limit, the inventory alone is known.
        "web01": {"inventory_hostname": "web01", **maps},
        "web02": {"guestconv_metadata": METADATA, "guestconv_hardware": {"interfaces": [{"network": "san"}]}, **maps},
    }
    later = "2026-12-01T15:00:00Z"
    tried = {
        "guest": "web01",
        "outcome": "converted",
        "check_mode": True,
        "concerns": [{"code": "tpm-left", "severity": "warning", "message": "It has a TPM."}],
    }
    second = migration_plan(["web02"], variables, later, earlier=first, outcomes=[tried])
    assert {name: each["made"] for name, each in second["guests"].items()} == {"web02": later, "web01": MADE}
    assert "network 'san' (web02); network 'dmz' (web01)" in second["problems"]
    assert second["guests"]["web01"]["concerns"] == ["warning: It has a TPM. (tpm-left)"]
    # A guest that is gone is in the plan until somebody removes it.
    third = migration_plan(["web02"], {"web02": variables["web02"]}, later, earlier=second)
    assert "It is not in the inventory of this plan" in third["guests"]["web01"]["problem"]
    assert "web01" not in third["problems"]


@pytest.mark.parametrize("earlier", [None, [], {}, {"guests": None}])
def test_an_earlier_plan_of_another_form_is_none(earlier):
    assert list(planned(earlier=earlier)["guests"]) == ["web01"]


def test_a_source_that_cannot_be_read_is_in_the_plan_with_the_reason_and_its_code():
    found = planned({"guestconv_metadata": {"msg": "/exports does not exist.", "code": "source-not-found"}})
    assert found["guests"]["web01"]["problem"] == "/exports does not exist. (source-not-found)"
    assert planned({"guestconv_metadata": {}})["guests"]["web01"]["problem"] == "The source was not read."
