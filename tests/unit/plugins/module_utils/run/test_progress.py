# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import json
import os

import pytest

from ansible_collections.virttools.guestconv.plugins.module_utils.errors import GuestconvError
from ansible_collections.virttools.guestconv.plugins.module_utils.run.progress import Progress

STEPS = {"launch": 0, "convert": 50, "commit": 90}


@pytest.fixture
def file(tmp_path):
    return tmp_path / "web01.json"


def told(file):
    """What the file says now."""
    return json.loads(file.read_text(encoding="utf-8"))


def test_a_step_begins_with_the_share_of_those_before_it(file):
    with Progress([str(file)], STEPS) as progress:
        progress.begin("convert")
        assert told(file) == {
            "guest": None,
            "step": "convert",
            "detail": "",
            "percent": 50,
            "state": "running",
            "pid": os.getpid(),
        }


@pytest.mark.parametrize(
    ("step", "fraction", "percent"),
    [
        ("launch", 0, 0),
        ("launch", 0.5, 25),
        ("convert", 0.25, 60),
        ("commit", 0.5, 95),
        ("commit", 1, 100),
    ],
)
def test_within_a_step_its_share_is_divided(file, step, fraction, percent):
    with Progress([str(file)], STEPS) as progress:
        progress.begin(step)
        progress.tell("network", fraction)
        assert (told(file)["percent"], told(file)["step"], told(file)["detail"]) == (percent, step, "network")


def test_the_percentage_never_falls(file):
    percents = []
    with Progress([str(file)], STEPS) as progress:
        for begin in ("convert", "launch", "recover", "commit", "convert"):
            progress.begin(begin)
            percents.append(told(file)["percent"])
            progress.tell("", 0.1)
            percents.append(told(file)["percent"])
    assert percents == sorted(percents)


def test_where_nobody_can_tell_there_is_no_percentage(file):
    with Progress([str(file)], {}) as progress:
        progress.begin("boot", "boot once more (2)")
        assert (told(file)["percent"], told(file)["detail"]) == (None, "boot once more (2)")
    assert told(file)["percent"] is None


def test_a_run_that_ends_well_is_complete_in_the_end_and_another_is_not(file):
    with Progress([str(file)], STEPS) as progress:
        progress.guest = "web01"
        progress.begin("convert")
    assert (told(file)["state"], told(file)["percent"], told(file)["guest"]) == ("ended", 100, "web01")
    with pytest.raises(KeyError), Progress([str(file)], STEPS) as progress:
        progress.begin("convert")
        raise KeyError
    assert (told(file)["state"], told(file)["percent"], told(file)["step"]) == ("ended", 50, "convert")


def test_the_file_is_replaced_and_not_written_through_a_link(file, tmp_path):
    other = tmp_path / "other"
    other.write_text("mine", encoding="utf-8")
    file.symlink_to(other)
    with Progress([str(file)], STEPS):
        assert not file.is_symlink()
    assert other.read_text(encoding="utf-8") == "mine"
    assert file.stat().st_mode & 0o777 == 0o644
    assert sorted(path.name for path in tmp_path.iterdir()) == ["other", "web01.json"]


def test_a_file_that_cannot_be_written_is_refused_at_the_beginning(tmp_path):
    with pytest.raises(GuestconvError) as caught, Progress([str(tmp_path / "absent" / "web01.json")], STEPS):
        pass
    assert (caught.value.code, caught.value.path) == ("progress-not-writable", "progress")


def test_a_run_goes_on_when_its_progress_can_no_longer_be_told(tmp_path):
    gone, other = tmp_path / "gone", tmp_path / "web01.json"
    gone.mkdir()
    with Progress([str(gone / "web01.json"), str(other)], STEPS) as progress:
        (gone / "web01.json").unlink()
        gone.rmdir()
        progress.begin("convert")
        assert told(other)["step"] == "convert"


def test_what_was_told_already_is_not_written_again(file):
    with Progress([str(file)], STEPS) as progress:
        progress.begin("commit")
        written = file.stat().st_ino
        for step in range(10):
            progress.tell("", step / 1000)
        assert file.stat().st_ino == written
