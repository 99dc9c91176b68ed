# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import json
from pathlib import Path

import pytest
from ansible.errors import AnsibleFilterError

from ansible_collections.virttools.guestconv.plugins.module_utils.errors import GuestconvError
from ansible_collections.virttools.guestconv.plugins.module_utils.report import outcomes
from ansible_collections.virttools.guestconv.plugins.module_utils.report.assembly import outcome
from ansible_collections.virttools.guestconv.plugins.plugin_utils.filters import as_filter

GUEST = json.loads(
    (Path(__file__).parents[1] / "fixtures" / "description_debian12_vmware.json").read_text(encoding="utf-8")
)
TIMES = {"guest": "web01", "started": "2026-11-21T13:00:00Z", "ended": "2026-11-21T13:06:40Z"}
INSPECTED = {"changed": False, "guest": GUEST, "timeline": {"steps": [{"step": "launch", "seconds": 4.25}]}}
CONVERTED = {
    "changed": True,
    "guest": GUEST,
    "resumed": True,
    "timeline": {"steps": [{"step": "launch", "seconds": 4.0}, {"step": "convert", "seconds": 2.5}]},
    "hardware": {"machine": "q35"},
    "changes": [{"path": "/etc/fstab"}],
    "diff": [],
    "disks": ["/converted/web01.qcow2"],
    "warnings": ["emulated"],
}


def parsed(value):
    """value, after it went through a file, as the report reads it."""
    return outcomes.parse(json.dumps(value).encode())


def test_a_guest_that_went_through_has_what_its_phases_told():
    found = parsed(
        outcome(
            {"inspect": INSPECTED, "convert": CONVERTED, "verify": {"up": True, "seconds": 61.04}, "define": None},
            **TIMES,
            conversion_host="conv1",
        )
    )
    assert (found["outcome"], found["phase"], found["conversion_host"]) == ("converted", "verify", "conv1")
    assert found["phases"] == [
        {"name": "inspect", "seconds": 4.2, "resumed": False},
        {"name": "convert", "seconds": 6.5, "resumed": True},
        {"name": "verify", "seconds": 61.0, "resumed": False},
    ]
    assert found["disks"] == ["/converted/web01.qcow2"] and found["warnings"] == ["emulated"]
    assert found["info"]["product_name"].startswith("Debian") and "applications" not in found["info"]
    assert found["devices"]["before"]["network"]["ens192"] == {"driver": "vmxnet3"}
    assert found["devices"]["after"]["network"]["ens192"] == {"driver": GUEST["devices"]["network"]["ens192"]["driver"]}


@pytest.mark.parametrize(("copied", "more"), [(12345, {"bytes": 12345}), (0, {}), (None, {})])
def test_a_fetch_says_how_many_bytes_it_copied(copied, more):
    found = parsed(outcome({"fetch": {"copied": copied, "seconds": 3}, "convert": CONVERTED}, **TIMES))
    assert found["phases"][0] == {"name": "fetch", "seconds": 3.0, "resumed": False, **more}


def test_a_failure_says_its_phase_its_code_and_what_to_do():
    failure = {"failed": True, "code": "no-operating-system", "msg": "No operating system.", "hint": "Name all disks."}
    found = parsed(outcome({"fetch": {"disks": [{"path": "/a.qcow2"}]}, "inspect": failure}, **TIMES, failure=failure))
    assert (found["outcome"], found["phase"], found["code"]) == ("failed", "inspect", "no-operating-system")
    assert (found["message"], found["hint"]) == ("No operating system.", "Name all disks.")
    assert found["disks"] == ["/a.qcow2"]


def test_a_failure_of_anything_else_has_a_code_too():
    found = parsed(outcome({}, **TIMES, failure={"msg": "'guestconv_disks' is undefined"}))
    assert (found["outcome"], found["code"], found["phase"]) == ("failed", "task-failed", None)


# As ansible-core 2.16 and 2.19 tell of what a filter raised.
@pytest.mark.parametrize(
    "wrapping",
    [
        "An unhandled exception occurred while running the lookup. Error was a <class 'ansible.errors.AnsibleFilterError'>, "
        "original message: {}",
        "Task failed: Error while resolving value for 'guest': The filter plugin 'virttools.guestconv.choose' failed: {}",
    ],
)
def test_what_fails_in_a_filter_has_its_code_too(wrapping):
    def refuse():
        raise GuestconvError("policy-not-possible", "network ens192 cannot have e100.", hint="Allowed: e1000, rtl8139.")

    with pytest.raises(AnsibleFilterError) as caught:
        as_filter("choose", refuse)()
    found = parsed(outcome({}, **TIMES, failure={"msg": wrapping.format(caught.value)}))
    assert (found["code"], found["message"]) == ("policy-not-possible", "network ens192 cannot have e100.")
    assert found["hint"] == "Allowed: e1000, rtl8139."


def test_what_was_brought_and_not_tried_is_not_converted():
    assert parsed(outcome({"fetch": {"changed": True}, "convert": {"skipped": True}}, **TIMES))["outcome"] == "skipped"


def test_a_source_is_recorded_without_the_secrets_of_its_urls():
    nbd = "nbd+unix:///web01?socket=/run/web01.sock"
    disks = ["https://u:secret@h/a.raw?sig=secret", {"path": "https://h/a.raw?X-Amz-Signature=secret"}, nbd, "/srv/a?b"]
    disks.append("ssh://u:secret@h/a.raw")
    found = outcome({}, **TIMES, source={"type": "disks", "disks": disks})
    expected = ["https://u@h/a.raw", {"path": "https://h/a.raw"}, nbd, "/srv/a?b", "ssh://u@h/a.raw"]
    assert found["source"] == {"type": "disks", "disks": expected}


def test_a_guest_with_which_nothing_was_begun_was_skipped():
    assert parsed(outcome({"inspect": {"skipped": True}, "convert": None}, **TIMES))["outcome"] == "skipped"
