# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import json

import pytest

from ansible_collections.virttools.guestconv.plugins.module_utils import report
from ansible_collections.virttools.guestconv.plugins.module_utils.errors import GuestconvError
from ansible_collections.virttools.guestconv.plugins.plugin_utils import report_page
from tests import fleet

PAGE = report_page.template()
FILES = ("outcomes.jsonl", "summary.json", "junit.xml", "index.html")


@pytest.fixture
def directory(tmp_path):
    return fleet.written(tmp_path, fleet.outcomes(14))


def contents(directory):
    return {path.name: path.read_bytes() for path in directory.iterdir() if path.is_file()}


def test_the_report_is_four_files_beside_the_outcomes(directory):
    made = report.write(str(directory), PAGE)
    assert made.changed is True
    assert set(contents(directory)) == set(FILES)
    assert set(made.paths.values()) == {str(directory / name) for name in FILES}
    assert json.loads((directory / "summary.json").read_text("utf-8")) == made.summary
    lines = [json.loads(line) for line in (directory / "outcomes.jsonl").read_text("utf-8").splitlines()]
    assert [line["ended"] for line in lines] == sorted(line["ended"] for line in lines)
    assert sorted(line["guest"] for line in lines) == sorted(outcome["guest"] for outcome in fleet.outcomes(14))


def test_the_same_outcomes_give_the_same_bytes_and_no_change(directory, tmp_path_factory):
    report.write(str(directory), PAGE)
    first = contents(directory)
    assert report.write(str(directory), PAGE).changed is False
    assert contents(directory) == first
    # In another order of files, in another place.
    other = fleet.written(tmp_path_factory.mktemp("other"), list(reversed(fleet.outcomes(14))))
    report.write(str(other), PAGE)
    assert contents(other) == first


def test_a_report_of_lines_is_that_of_the_files_they_were_made_from(directory, tmp_path_factory):
    report.write(str(directory), PAGE)
    other = tmp_path_factory.mktemp("lines")
    (other / "outcomes.jsonl").write_bytes((directory / "outcomes.jsonl").read_bytes())
    report.write(str(other), PAGE)
    assert contents(other) == contents(directory)


def test_a_dry_run_says_what_it_would_change_and_writes_nothing(directory):
    assert report.write(str(directory), PAGE, dry=True).changed is True
    assert contents(directory) == {}
    report.write(str(directory), PAGE)
    assert report.write(str(directory), PAGE, dry=True).changed is False


def test_a_guest_that_ends_later_changes_the_report(directory):
    report.write(str(directory), PAGE)
    (directory / "outcomes" / "late.json").write_text(
        json.dumps({"guest": "late", "outcome": "failed", "started": "2026-11-22T13:00:00Z"}), encoding="utf-8"
    )
    made = report.write(str(directory), PAGE)
    assert (made.changed, made.summary["guests"]) == (True, 15)


def test_half_a_surrogate_pair_does_not_prevent_the_report(tmp_path):
    guest = {
        "guest": "\ud800",
        "outcome": "failed",
        "started": "2026-11-21T13:00:00Z",
        "target": "\udfff",
        "message": "\ud83d",
        "conversion_host": "\ud800",
    }
    report.write(str(fleet.written(tmp_path, [guest])), PAGE)
    assert "\\ud800" in (tmp_path / "index.html").read_text("utf-8")


def test_a_report_that_cannot_be_written_is_an_error(directory):
    (directory / "index.html").mkdir()
    with pytest.raises(GuestconvError) as caught:
        report.write(str(directory), PAGE)
    assert (caught.value.code, caught.value.path) == ("path-not-writable", "directory")
    assert str(directory / "index.html") in caught.value.message
