# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whatever is wrong, the user gets a sentence and a code."""

from __future__ import annotations

import json
import os
import signal

import pytest
from ansible.module_utils.testing import patch_module_args

from ansible_collections.virttools.guestconv.plugins.module_utils import module_support
from ansible_collections.virttools.guestconv.plugins.module_utils.errors import GuestconvError


@pytest.fixture
def run(capsys):
    """run(body) gives the exit status and the result of a module with this body."""

    def run_body(body, needs=()):
        with patch_module_args({}), pytest.raises(SystemExit) as ended:
            module_support.run({}, body, needs=needs)
        return ended.value.code, json.loads(capsys.readouterr().out)

    return run_body


def test_a_result_is_returned(run):
    status, result = run(lambda module: {"changed": True, "answer": 42})
    assert (status, result["changed"], result["answer"]) == (0, True, 42)


def test_an_error_is_a_failure_with_its_code_hint_and_path(run):
    def body(module):
        raise GuestconvError("disk-not-found", "No such disk.", hint="Look.", path="disks[0]", extra={"allowed": ["x"]})

    status, result = run(body)
    assert status == 1 and result["failed"] is True
    assert (result["msg"], result["code"], result["hint"]) == ("No such disk.", "disk-not-found", "Look.")
    assert (result["path"], result["allowed"]) == ("disks[0]", ["x"])


def test_a_mistake_of_ours_is_told_in_a_sentence(run):
    status, result = run(lambda module: {}["absent"])
    assert status == 1 and result["code"] == "internal-error"
    assert "Traceback" not in result["msg"] and "KeyError" in result["msg"]


def test_a_signal_to_end_is_an_interruption_in_which_everything_is_cleaned_up(run):
    cleaned = []

    def body(module):
        try:
            os.kill(os.getpid(), signal.SIGTERM)
            signal.pause()
        finally:
            cleaned.append(True)

    before = signal.getsignal(signal.SIGTERM)
    try:
        status, result = run(body)
    finally:
        signal.signal(signal.SIGTERM, before)
    assert status == 1 and result["code"] == "interrupted" and cleaned == [True]


def test_a_library_that_no_interpreter_has_is_named(run, monkeypatch):
    monkeypatch.setitem(module_support._PACKAGES, "no_such_library", "a library (python3-absent)")
    monkeypatch.setattr(module_support, "_INTERPRETERS", [])
    status, result = run(lambda module: {}, needs=("no_such_library",))
    assert status == 1 and result["code"] == "library-missing"
    assert "python3-absent" in result["hint"]


def test_another_interpreter_that_has_the_library_takes_over(run, monkeypatch):
    respawned = []

    def respawn(interpreter):
        respawned.append(interpreter)
        raise SystemExit(0)

    monkeypatch.setitem(module_support._PACKAGES, "no_such_library", "a library")
    monkeypatch.setattr(module_support, "_INTERPRETERS", ["/usr/bin/python-a", "/usr/bin/python-b"])
    monkeypatch.setattr(module_support, "_has_all", lambda interpreter, needs: interpreter.endswith("b"))
    monkeypatch.setattr(module_support, "respawn_module", respawn)
    with patch_module_args({}), pytest.raises(SystemExit):
        module_support.run({}, lambda module: {}, needs=("no_such_library",))
    assert respawned == ["/usr/bin/python-b"]
