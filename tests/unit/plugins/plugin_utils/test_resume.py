# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import json

import pytest

from ansible_collections.virttools.guestconv.plugins.plugin_utils import resume

ARGUMENTS = {"disks": ["/a.qcow2"], "memory": 1024}


@pytest.fixture
def path(tmp_path):
    return str(tmp_path / "state" / "web01" / "convert.json")


@pytest.mark.parametrize(
    ("same", "module", "arguments"),
    [
        (True, "guestconv_convert", ARGUMENTS),
        (True, "virttools.guestconv.guestconv_convert", {"memory": 1024, "disks": ["/a.qcow2"]}),
        (
            True,
            "guestconv_convert",
            {**ARGUMENTS, "progress": "/p", "slots": {"count": 2}, "trace": "/t", "password": "x"},
        ),
        (True, "guestconv_convert", {**ARGUMENTS, "timeout": 60}),
        (False, "guestconv_inspect", ARGUMENTS),
        (False, "guestconv_convert", {**ARGUMENTS, "memory": 2048}),
        (False, "guestconv_convert", {"disks": ["/b.qcow2"], "memory": 1024}),
        (False, "guestconv_convert", {**ARGUMENTS, "dest": "/d"}),
    ],
)
def test_what_a_run_is_told_by(same, module, arguments):
    assert (resume.digest(module, arguments) == resume.digest("guestconv_convert", ARGUMENTS)) is same


def test_a_run_is_told_from_others_by_what_it_stands_on():
    digests = {resume.digest("guestconv_verify", ARGUMENTS, before) for before in (None, "one run", "another")}
    assert len(digests) == 3


def test_each_kept_run_is_told_from_all_others(path):
    runs = set()
    for _time in range(2):
        resume.save(path, "d", {"answer": 42})
        runs.add(resume.run_of(path))
    assert len(runs) == 2 and None not in runs
    assert resume.run_of(path + ".absent") is None


def test_what_is_forgotten_is_kept_no_more(path):
    resume.save(path, "d", {"answer": 42})
    resume.forget(path)
    assert resume.load(path, "d") == (None, None)
    resume.forget(path)


def test_keys_of_several_types_have_a_digest():
    assert resume.digest("m", {"a": {1: "x", "b": object}}).startswith("sha256:")


def test_a_result_is_kept_for_its_user_without_what_was_of_the_one_run(path, tmp_path):
    class Warning219:
        event = type("Event", (), {"msg": "emulated"})

    result = {
        "answer": 42,
        "warnings": [Warning219()],
        "_ansible_parsed": True,
        "deprecations": [1],
        "ansible_facts": {},
    }
    resume.save(path, "d", result)
    assert resume.load(path, "d") == ({"answer": 42, "warnings": ["emulated"]}, None)
    file = tmp_path / "state" / "web01" / "convert.json"
    assert file.stat().st_mode & 0o777 == 0o600 and file.parent.stat().st_mode & 0o777 == 0o700
    assert [other.name for other in file.parent.iterdir()] == ["convert.json"]


def test_the_result_of_another_run_is_not_taken(path):
    resume.save(path, "d", {"answer": 42})
    assert resume.load(path, "e") == (None, None)


def test_no_file_is_nothing_to_complain_of(path):
    assert resume.load(path, "d") == (None, None)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "{",
        "[]",
        "null",
        "1",
        '"x"',
        "{}",
        '{"version": 1}',
        '{"version": 2, "digest": "d", "result": {}}',
        '{"version": 1, "digest": "d", "result": []}',
        '{"version": 1, "result": {}}',
        "\udcff",
    ],
)
def test_a_file_that_is_none_of_ours_is_complained_of(tmp_path, text):
    file = tmp_path / "convert.json"
    file.write_text(text, encoding="utf-8", errors="surrogateescape")
    kept, complaint = resume.load(str(file), "d")
    assert kept is None and complaint


def test_a_file_that_cannot_be_read_is_complained_of(tmp_path):
    kept, complaint = resume.load(str(tmp_path), "d")
    assert kept is None and "directory" in complaint.lower()


def test_what_cannot_be_kept_leaves_the_older_file(path):
    resume.save(path, "d", {"answer": 42})
    with pytest.raises(ValueError):
        circle = {}
        circle["itself"] = circle
        resume.save(path, "d", circle)
    assert json.load(open(path, encoding="utf-8"))["result"] == {"answer": 42}
