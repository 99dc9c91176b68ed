# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import json

import pytest

from ansible_collections.virttools.guestconv.plugins.module_utils.errors import GuestconvError
from ansible_collections.virttools.guestconv.plugins.module_utils.report import outcomes

STARTED = "2026-11-21T13:00:00Z"


def outcome(guest="web01", **values):
    return {"guest": guest, "outcome": "converted", "started": STARTED, **values}


def put(directory, *contents):
    """Write each of contents (outcomes, or bytes) as a file of its own, in this order."""
    (directory / "outcomes").mkdir(exist_ok=True)
    for number, content in enumerate(contents):
        content = content if isinstance(content, bytes) else json.dumps(content).encode()
        (directory / "outcomes" / f"{number:02}.json").write_bytes(content)
    return str(directory)


def names(found):
    return [guest["guest"] for guest in found.guests]


def test_guests_are_in_the_order_in_which_they_ended(tmp_path):
    ends = {"web01": "2026-11-21T13:09:00Z", "web02": "2026-11-21T13:02:00Z", "web03": "2026-11-21T15:05:00+02:00"}
    found = outcomes.load(put(tmp_path, *[outcome(guest, ended=end) for guest, end in ends.items()]))
    assert names(found) == ["web02", "web03", "web01"]
    assert found.unreadable == []


def test_a_guest_without_an_end_is_where_it_started(tmp_path):
    found = outcomes.load(put(tmp_path, outcome("web01", ended="2026-11-21T13:00:01Z"), outcome("web02", ended=None)))
    assert names(found) == ["web02", "web01"]


@pytest.mark.parametrize("order", [(0, 1), (1, 0)])
def test_the_outcome_that_ended_last_replaces_the_others_of_its_guest(tmp_path, order):
    both = [outcome(outcome="failed", ended="2026-11-21T13:05:00Z"), outcome(ended="2026-11-21T14:00:00Z")]
    found = outcomes.load(put(tmp_path, *[both[index] for index in order]))
    assert [guest["outcome"] for guest in found.guests] == ["converted"]


def test_lines_are_read_where_there_are_no_files(tmp_path):
    text = json.dumps(outcome("web02")) + "\n\n" + json.dumps(outcome("web01", message="\u2028 a line, to some"))
    (tmp_path / "outcomes.jsonl").write_text(text, encoding="utf-8")
    assert names(outcomes.load(str(tmp_path))) == ["web01", "web02"]


def test_with_files_the_lines_are_not_read(tmp_path):
    (tmp_path / "outcomes.jsonl").write_text(json.dumps(outcome("gone")), encoding="utf-8")
    assert names(outcomes.load(put(tmp_path, outcome("web01")))) == ["web01"]


def test_a_line_that_was_cut_off_is_named_and_the_others_are_read(tmp_path):
    (tmp_path / "outcomes.jsonl").write_text(json.dumps(outcome()) + '\n{"guest": "web0', encoding="utf-8")
    found = outcomes.load(str(tmp_path))
    assert names(found) == ["web01"]
    assert len(found.unreadable) == 1
    assert found.unreadable[0].startswith("outcomes.jsonl, line 2: not JSON")


def test_a_file_on_its_way_to_its_place_is_not_read(tmp_path):
    put(tmp_path, outcome())
    (tmp_path / "outcomes" / ".ansible_tmpabc.json").write_text("{", encoding="utf-8")
    (tmp_path / "outcomes" / "web02.json.new").write_text("{", encoding="utf-8")
    found = outcomes.load(str(tmp_path))
    assert (names(found), found.unreadable) == (["web01"], [])


def test_the_lines_that_are_written_are_read_as_the_same(tmp_path):
    guests = outcomes.load(put(tmp_path, outcome("web02", info={"hostname": "\ud800 ü"}), outcome("web01"))).guests
    other = tmp_path / "other"
    other.mkdir()
    (other / "outcomes.jsonl").write_text(outcomes.lines(guests), encoding="utf-8")
    assert outcomes.load(str(other)).guests == guests


@pytest.mark.parametrize("make", [lambda path: path / "absent", lambda path: path], ids=["no-directory", "empty"])
def test_a_directory_without_outcomes_is_refused(tmp_path, make):
    with pytest.raises(GuestconvError) as caught:
        outcomes.load(str(make(tmp_path)))
    assert (caught.value.code, caught.value.path) == ("outcomes-not-found", "directory")


@pytest.mark.parametrize(
    ("content", "wrong"),
    [
        (b"\xff{}", "not JSON"),
        pytest.param(b"[" * 100_000, "not JSON", id="deep"),
        (b"[]", "not a dictionary"),
        (b'{"guest": "a", "outcome": "converted", "started": "2026-11-21T13:00:00Z", "seconds": NaN}', "NaN"),
        (b'{"guest": "a", "outcome": "converted", "started": "2026-11-21T13:00:00Z", "seconds": 1e999}', "1e999"),
        ({"outcome": "converted", "started": STARTED}, "guest is missing"),
        (outcome(""), "guest is missing"),
        (outcome(started=None), "started is missing"),
        (outcome(started="yesterday"), "not a time"),
        (outcome(ended="13:00"), "not a time"),
        (outcome(outcome="won"), "outcome must be one of"),
        (outcome(outcome=["converted"]), "outcome must be one of"),
        (outcome(message={"msg": "x"}), "message is not text"),
        (outcome(devices=[]), "devices is not a dictionary"),
        (outcome(check_mode="yes"), "check_mode is not a boolean"),
        (outcome(changes={}), "changes is not a list"),
        (outcome(concerns=["x"]), "concerns is not a list of dictionaries"),
        (outcome(disks=[{"path": "/a"}]), "disks is not a list of texts"),
        (outcome(phases=[{"seconds": 1}]), "phases"),
        (outcome(phases=[{"name": "fetch", "seconds": "1"}]), "phases"),
        (outcome(phases=[{"name": "fetch", "seconds": -1}]), "phases"),
        (outcome(phases=[{"name": "fetch", "seconds": True}]), "phases"),
        (outcome(phases=[{"name": "fetch", "seconds": 10**400}]), "phases"),
        (outcome(guest=["web01"]), "guest is missing"),
    ],
)
def test_what_is_no_outcome_is_named_with_the_reason(tmp_path, content, wrong):
    found = outcomes.load(put(tmp_path, content, outcome("web01")))
    assert names(found) == ["web01"]
    assert len(found.unreadable) == 1
    assert found.unreadable[0].startswith("outcomes/00.json: ")
    assert wrong in found.unreadable[0]


def test_all_but_guest_outcome_and_start_may_be_absent_or_null(tmp_path):
    keys = (
        "phase code message hint ended phases conversion_host target check_mode info source devices concerns "
        "changes diff hardware disks screenshot warnings".split()
    )
    found = outcomes.load(put(tmp_path, outcome("web01"), outcome("web02", **dict.fromkeys(keys))))
    assert (names(found), found.unreadable) == (["web01", "web02"], [])


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ({"phases": [{"name": "fetch", "seconds": 1.25}, {"name": "convert", "seconds": 2}, {"name": "verify"}]}, 3.25),
        ({"ended": "2026-11-21T13:01:30Z"}, 90),
        ({"ended": "2026-11-21T12:59:00Z"}, 0),
        ({}, 0),
    ],
)
def test_the_work_on_a_guest_is_its_phases_or_else_all_its_time(values, expected):
    assert outcomes.seconds(outcome(**values)) == expected
