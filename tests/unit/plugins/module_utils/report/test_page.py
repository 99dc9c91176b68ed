# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import base64
import hashlib
import json
import re

import pytest
from lxml import html

from ansible_collections.virttools.guestconv.plugins.module_utils.report import page
from ansible_collections.virttools.guestconv.plugins.module_utils.report.outcomes import Outcomes
from ansible_collections.virttools.guestconv.plugins.module_utils.report.page import rows
from ansible_collections.virttools.guestconv.plugins.module_utils.report.summary import summarize
from ansible_collections.virttools.guestconv.plugins.plugin_utils import report_page
from tests import fleet

HOSTILE = "</script><img src=x onerror=alert(1)><!--<script>&amp;'\"\u2028\u202e"


def document(guests, directory="/", unreadable=()):
    summary = summarize(Outcomes(guests, list(unreadable)))
    return page.document(report_page.template(), guests, summary, str(directory))


def data(text):
    """{id: value} of the JSON in the page."""
    return {
        element.get("id"): json.loads(element.text)
        for element in html.fromstring(text).iter("script")
        if element.get("type") == "application/json"
    }


def headline(*kinds, check_mode=False):
    guests = [
        {"guest": f"web{number}", "outcome": kind, "started": "2026-11-21T13:00:00Z", "check_mode": check_mode}
        for number, kind in enumerate(kinds)
    ]
    return html.fromstring(document(guests)).findtext(".//h1")


@pytest.mark.parametrize(
    ("kinds", "text"),
    [
        ([], "No guests"),
        (["converted"], "1 guest converted"),
        (["converted"] * 1200, "All 1,200 guests converted"),
        (["failed"], "0 of 1 guest converted, 1 failed"),
        (
            ["converted", "failed", "skipped", "interrupted", "failed"],
            "1 of 5 guests converted, 2 failed, 1 interrupted, 1 skipped",
        ),
    ],
)
def test_the_headline_is_what_became_of_the_fleet(kinds, text):
    assert headline(*kinds) == text


def test_the_headline_does_not_claim_what_was_only_tried():
    assert headline("converted", "converted", check_mode=True) == "All 2 guests converted in check mode"
    assert headline("converted", "failed", check_mode=True) == "1 of 2 guests converted in check mode, 1 failed"


def test_the_page_tells_when_and_where_to():
    guests = [
        {
            "guest": "a",
            "outcome": "converted",
            "started": "2026-11-21T13:00:00Z",
            "ended": "2026-11-21T15:42:10Z",
            "conversion_host": "conv1",
            "target": "kvm",
        },
        {"guest": "b", "outcome": "converted", "started": "2026-11-21T13:00:00Z", "conversion_host": "conv2"},
    ]
    assert (
        html.fromstring(document(guests)).findtext(".//p[@class='period']")
        == "2026-11-21, 13:00 to 15:42 UTC \u00b7 2 conversion hosts \u00b7 to kvm"
    )
    assert (
        html.fromstring(document(guests[:1])).findtext(".//p[@class='period']")
        == "2026-11-21, 13:00 to 15:42 UTC \u00b7 conv1 \u00b7 to kvm"
    )


def test_the_page_says_that_nothing_was_changed_in_check_mode_and_what_it_lacks():
    guests = fleet.outcomes(3)
    guests[0]["check_mode"] = True
    notices = [
        element.text
        for element in html.fromstring(document(guests, unreadable=["outcomes/<b>.json: no JSON"])).findall(
            ".//header/p[@class='notice']"
        )
    ]
    assert notices == [
        "Check mode, for 1 guest: what is reported is what would be done, and no disk was changed.",
        "Not in this report, since it cannot be read: outcomes/<b>.json: no JSON",
    ]


def test_the_page_asks_nothing_of_anybody_and_runs_one_script():
    text = document(fleet.outcomes(20))
    tree = html.fromstring(text)
    links = [value for element, attribute, value, position in tree.iterlinks()]
    assert links == ["data:,"]
    assert "http://" not in text and "https://" not in text
    assert "url(" not in text and "@import" not in text
    scripts = [element for element in tree.iter("script") if element.get("type") != "application/json"]
    assert len(scripts) == 1
    policy = tree.find(".//meta[@http-equiv='Content-Security-Policy']").get("content")
    assert policy.startswith("default-src 'none'; ")
    # What lxml hands out is what stands between the tags, which is what a browser takes the digest of.
    for element in (scripts[0], tree.find(".//style")):
        digest = base64.b64encode(hashlib.sha256(element.text.encode()).digest()).decode()
        assert f"-src 'sha256-{digest}'" in policy


def test_what_a_guest_says_is_only_in_the_data_where_it_is_no_markup():
    guests = fleet.outcomes(1)
    guests[0].update(
        guest=HOSTILE,
        code=HOSTILE,
        message=HOSTILE,
        outcome="failed",
        hint=HOSTILE,
        conversion_host="conv1",
        info={"product_name": HOSTILE},
    )
    text = document(guests)
    plain = document(fleet.outcomes(1))
    assert text.count("<script") == plain.count("<script")
    assert text.count("</script") == plain.count("</script")
    assert "<img" not in text and "<!--" not in text
    for piece in re.findall(r'<script type="application/json"[^>]*>(.*?)</script>', text, re.DOTALL):
        assert not set("<>&\u2028\u202e") & set(piece)
    values = data(text)
    assert (values["rows"][0]["guest"], values["rows"][0]["system"]) == (HOSTILE, HOSTILE)
    assert values["detail-0"]["hint"] == HOSTILE


@pytest.mark.parametrize("key", ["target", "conversion_host"])
def test_what_is_told_of_the_fleet_in_the_head_of_the_page_is_text_too(key):
    guests = [{"guest": "web01", "outcome": "converted", "started": "2026-11-21T13:00:00Z", key: HOSTILE}]
    assert HOSTILE in html.fromstring(document(guests)).findtext(".//p[@class='period']")


def test_each_guest_has_its_row_and_its_detail():
    values = data(document(fleet.outcomes(25)))
    assert len(values["rows"]) == 25
    assert sorted(key for key in values if key.startswith("detail-")) == sorted(f"detail-{n}" for n in range(25))
    assert values["summary"]["guests"] == 25


def test_an_outcome_of_nothing_but_its_three_values_has_a_row():
    outcome = {"guest": "web01", "outcome": "skipped", "started": "2026-11-21T13:00:00Z"}
    assert rows.row(outcome) == {
        "guest": "web01",
        "outcome": "skipped",
        "phase": None,
        "code": None,
        "message": None,
        "host": None,
        "system": None,
        "hostname": None,
        "seconds": 0,
        "phases": [],
        "devices": [],
        "concerns": [],
        "check_mode": False,
    }
    assert rows.detail(outcome, None)["diffs"] == []


def devices(before, after):
    outcome = {
        "guest": "a",
        "outcome": "converted",
        "started": "2026-11-21T13:00:00Z",
        "devices": {"before": before, "after": after},
    }
    return [tuple(device.values()) for device in rows.row(outcome)["devices"]]


def test_devices_are_told_with_their_drivers_before_and_after_disks_first():
    assert devices(
        {"network": {"ens192": {"driver": None}, "ens224": {"driver": "vmxnet3"}}, "block": {"sda": {"driver": "ide"}}},
        {"network": {"ens192": {"driver": "e1000"}}, "block": {"sda": {"driver": "ahci"}}},
    ) == [
        ("block", "sda", "ide", "ahci", False),
        ("network", "ens192", None, "e1000", False),
        ("network", "ens224", "vmxnet3", None, True),
    ]


@pytest.mark.parametrize("after", [None, {}])
def test_before_anything_was_decided_no_device_is_removed(after):
    assert devices({"block": {"sda": {"driver": "ide"}}}, after) == [("block", "sda", "ide", None, False)]


def test_devices_of_another_shape_are_left_out():
    assert devices({"block": ["sda"], "network": {"ens192": "vmxnet3"}}, "all") == [
        ("network", "ens192", None, None, False)
    ]


def test_a_source_is_told_without_its_credentials():
    outcome = {
        "guest": "a",
        "outcome": "converted",
        "started": "2026-11-21T13:00:00Z",
        "source": {
            "type": "vddk",
            "server": "vc.example",
            "user": "u",
            "password": "secret",
            "vm": "moref=vm-1",
            "disks": [{"path": "https://user:secret@files.example/a.qcow2?sig=secret"}, "ssh://root@host/b"],
        },
    }
    assert rows.detail(outcome, None)["source"] == [
        ["type", "vddk"],
        ["server", "vc.example"],
        ["vm", "moref=vm-1"],
        ["disk", "https://user@files.example/a.qcow2"],
        ["disk", "ssh://root@host/b"],
    ]
