# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a guest costs the controller, counted: tasks, modules, commands. script/bench --fleet measures their time."""

from __future__ import annotations

import json
import os
import subprocess
from collections import Counter

import pytest

from tests.benchmark import fleet

GUESTS = 6
LONG = ("fetch", "inspect", "convert", "verify")


@pytest.fixture(scope="module")
def migrated(tmp_path_factory):
    """A fleet.Fleet that was migrated, and the notes on it. Its conversion hosts answer with recorded results."""
    place = fleet.prepare(tmp_path_factory.mktemp("cost") / "fleet", GUESTS)
    return place, noted(place, "migrate")


def noted(place, playbook, *arguments):
    """Run the playbook. Returns the notes on its workers."""
    command, environment = place.command(playbook, GUESTS, *arguments)
    ended = subprocess.run(command, env={**os.environ, **environment}, capture_output=True, text=True, check=False)
    assert ended.returncode == 0, ended.stdout + ended.stderr
    return [note for note in place.notes() if "main" not in note]


def of_each_guest(notes, count):
    """[(name of a task, number)] of what `count` says of each task that every guest had, in order."""
    times = Counter(note["task"] for note in notes)
    first = {note["task"]: note for note in notes}
    return [(task.rpartition(" : ")[2], count(first[task])) for task in first if times[task] == GUESTS]


def test_every_guest_is_converted(migrated):
    assert migrated[0].outcomes() == {"converted": GUESTS}
    outcome = json.loads((migrated[0].scratch / "run" / "outcomes" / "guest0001.json").read_text(encoding="utf-8"))
    assert [phase["name"] for phase in outcome["phases"]] == list(LONG)
    assert (migrated[0].scratch / "run" / outcome["screenshot"]).read_bytes().startswith(b"\x89PNG")


def test_a_guest_takes_few_tasks_and_modules_are_started_where_it_is_converted_only(migrated):
    # Each long module is started once, and asked for its result once; the picture is looked for before it is brought.
    assert of_each_guest(migrated[1], lambda note: note["modules"]) == [
        ("Select the conversion host", 0),
        ("Record that the guest was started, in case the run is interrupted", 0),
        ("Fetch the disks to the conversion host", 2),
        ("Set the disks to convert, and the hardware of the source", 0),
        ("Inspect the guest", 2),
        ("Set the description of the guest", 0),
        ("Convert the guest", 2),
        ("Set the converted disks, and the hardware that they need", 0),
        ("Boot the guest, and wait until it answers", 2),
        ("Report that the guest was not booted", 0),
        ("Fetch the picture of the console", 1),
        ("Define the guest", 0),
        ("Record the outcome of the guest", 0),
        ("Fail with the recorded error", 0),
    ]


def test_a_long_module_takes_few_commands_besides_the_looks_at_it(migrated):
    commands = dict(of_each_guest(migrated[1], lambda note: note["commands"]))
    # It is looked at twice: once it is at work, then it has ended.
    assert [commands[task] for task in commands if commands[task] > 10] == [14] * len(LONG)


def test_what_is_done_starts_no_module_again_but_the_one_that_looks_whether_it_is_still_there(migrated):
    again = noted(migrated[0], "migrate")
    assert migrated[0].outcomes() == {"converted": GUESTS}
    started = {task: number for task, number in of_each_guest(again, lambda note: note["modules"]) if number}
    assert started == {"Fetch the disks to the conversion host": 1}


def test_an_inspection_keeps_a_description_of_each_guest(migrated):
    notes = noted(migrated[0], "inspect")
    descriptions = migrated[0].scratch / "run" / "descriptions"
    assert len(list(descriptions.glob("*.json"))) == GUESTS
    assert json.loads((descriptions / "guest0001.json").read_text(encoding="utf-8"))["convertible"] is True
    assert len(of_each_guest(notes, lambda note: note["modules"])) == 7
    # An inspection is none of the migration's business: its outcomes stay.
    assert migrated[0].outcomes() == {"converted": GUESTS}
