# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import pytest
from lxml import etree

from ansible_collections.virttools.guestconv.plugins.module_utils.report import junit
from tests import fleet

STARTED = "2026-11-21T13:00:00Z"


def parsed(*guests):
    return etree.fromstring(junit.document(list(guests)).encode())


def outcome(guest="web01", **values):
    return {"guest": guest, "outcome": "converted", "started": STARTED, **values}


def test_there_is_a_suite_per_conversion_host_and_a_case_per_guest():
    root = parsed(
        outcome("web01", conversion_host="conv2"),
        outcome("web02", conversion_host="conv1"),
        outcome("web03", conversion_host="conv2"),
    )
    suites = {suite.get("name"): [case.get("name") for case in suite.findall("testcase")] for suite in root}
    assert suites == {"conv1": ["web02"], "conv2": ["web01", "web03"]}
    assert [suite.get("hostname") for suite in root] == ["conv1", "conv2"]
    assert {case.get("classname") for case in root.iter("testcase")} == {"conv1", "conv2"}


def test_without_conversion_hosts_there_is_one_suite():
    root = parsed(outcome("web01"), outcome("web02"))
    assert [(suite.get("name"), suite.get("hostname")) for suite in root] == [("guestconv", None)]


@pytest.mark.parametrize(
    ("kind", "element"),
    [
        ("failed", "failure"),
        ("interrupted", "error"),
        ("skipped", "skipped"),
        ("converted", None),
    ],
)
def test_an_outcome_is_the_element_that_viewers_know(kind, element):
    case = parsed(outcome(outcome=kind)).find("testsuite/testcase")
    assert [child.tag for child in case] == ([element] if element else [])


def test_a_failure_says_code_phase_message_and_hint():
    root = parsed(
        outcome(
            outcome="failed",
            code="no-root-found",
            phase="inspect",
            message="Nothing is on the disk.",
            hint="Look for another disk.",
        )
    )
    failure = root.find("testsuite/testcase/failure")
    assert (failure.get("type"), failure.get("message")) == ("no-root-found", "Nothing is on the disk.")
    assert failure.text.splitlines() == ["phase: inspect", "Nothing is on the disk.", "Look for another disk."]


def test_concerns_and_warnings_are_what_the_case_said():
    concern = {"severity": "warning", "code": "device-map-stale", "message": "It is stale."}
    said = parsed(outcome(warnings=["It was emulated."], concerns=[concern])).findtext("testsuite/testcase/system-out")
    assert said.splitlines() == ["It was emulated.", "warning: device-map-stale: It is stale."]


def test_the_numbers_of_a_suite_are_those_of_its_cases():
    root = etree.fromstring(junit.document(fleet.outcomes(60)).encode())
    assert len(root) == 2
    for suite in [root, *root]:
        cases = list(suite.iter("testcase"))
        assert int(suite.get("tests")) == len(cases)
        for attribute, element in (("failures", "failure"), ("errors", "error"), ("skipped", "skipped")):
            # The root has no attribute for the skipped: readers' schemas have none.
            if suite is not root or attribute != "skipped":
                assert int(suite.get(attribute)) == len(list(suite.iter(element)))
        assert float(suite.get("time")) == pytest.approx(sum(float(case.get("time")) for case in cases))
    assert root.find("testsuite/testcase/failure") is not None


def test_a_suite_has_the_time_of_its_first_start_without_a_zone():
    starts = ("2026-11-21T15:30:00+02:00", "2026-11-21T14:00:00Z")
    root = parsed(*[outcome(start, started=start) for start in starts])
    assert root.find("testsuite").get("timestamp") == "2026-11-21T13:30:00"


def test_what_a_guest_says_stays_text():
    hostile = "</failure><testcase name='x'/>]]>&\x00\x1b[31m\ufffe\ud800 done"
    root = parsed(outcome(hostile, outcome="failed", code=hostile, message=hostile, conversion_host=hostile))
    clean = "</failure><testcase name='x'/>]]>&\ufffd\ufffd[31m\ufffd\ufffd done"
    cases = list(root.iter("testcase"))
    assert [case.get("name") for case in cases] == [clean]
    assert (cases[0][0].get("type"), cases[0][0].text) == (clean, clean)


def test_no_guests_are_a_file_without_suites():
    root = parsed()
    assert (root.tag, root.get("tests"), len(root)) == ("testsuites", "0", 0)
