# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whatever is wrong, the user gets a sentence and a code."""

from __future__ import annotations

import errno
import json
import os
import signal

import pytest
from ansible.module_utils.testing import patch_module_args

from ansible_collections.virttools.guestconv.plugins.module_utils.ansible_module import argument_specs
from ansible_collections.virttools.guestconv.plugins.module_utils.ansible_module import run as running
from ansible_collections.virttools.guestconv.plugins.module_utils.errors import GuestconvError, catalogue
from ansible_collections.virttools.guestconv.plugins.module_utils.run.slots import slot


@pytest.fixture
def run(capsys):
    """run(body) gives the exit status and the result of a module with this body."""

    def run_body(body, needs=(), steps=None, **options):
        with patch_module_args(options), pytest.raises(SystemExit) as ended:
            if steps is None:
                running.run_module({}, body, needs)
            else:
                running.run_long_module(argument_specs.PROGRESS, body, steps, needs)
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
    assert (result["path"], result["allowed"], result["retryable"]) == ("disks[0]", ["x"], False)


def test_an_error_without_a_hint_has_the_remedy_of_its_code(run):
    def body(module):
        raise GuestconvError("disk-not-found", "No such disk.")

    assert run(body)[1]["hint"] == catalogue.DECLARED["disk-not-found"].remedy


def test_what_ansible_refuses_has_a_code(run):
    status, result = run(lambda module: {}, absent="x")
    assert status == 1 and result["failed"] is True and "absent" in result["msg"]
    assert (result["code"], result["path"], result["retryable"]) == ("option-invalid", "", False)
    assert "ansible-doc" in result["hint"]


@pytest.mark.parametrize(
    "options",
    [
        {"keys": [{"all": True, "password": "s3cret"}]},
        {"keys": [{"all": True, "passphrase": "other", "Passphrase": ["s3cret"]}]},
        {"pasword": "s3cret"},
        # Ansible's own message quotes what is no dictionary.
        {"keys": [[{"all": True, "passphrase": "s3cret"}]]},
        {"keys": [[{"all": True, "passphrase": "s3cret'\\\n"}]]},
        {"keys": ["s3cret"]},
        {"keys": "s3cret"},
        {"keys": [{"all": "s3cret"}]},
        {"keys": [{"device": ["s3cret"]}], "unknown": 1},
    ],
)
def test_a_passphrase_in_a_wrong_place_is_not_returned(capsys, options):
    with patch_module_args({"memory": 512, **options}), pytest.raises(SystemExit):
        running.run_module({"keys": argument_specs.KEYS, "memory": {"type": "int"}}, lambda module: {}, ())
    printed = capsys.readouterr().out
    result = json.loads(printed)
    assert (result["code"], result["invocation"]["module_args"]["memory"]) == ("option-invalid", 512)
    assert "s3cret" not in printed


def test_the_form_of_keys_is_explained(capsys):
    with patch_module_args({"keys": [{"all": True}, [{"passphrase": "s3cret"}]]}), pytest.raises(SystemExit):
        running.run_module({"keys": argument_specs.KEYS}, lambda module: {}, ())
    assert json.loads(capsys.readouterr().out)["msg"] == (
        "keys[1] must be a dictionary with some of the keys device, uuid, all, passphrase, file, and is a list."
    )


@pytest.mark.parametrize("option", ["timeout", "memory", "cpus"])
@pytest.mark.parametrize("value", [0, -1])
def test_a_number_that_is_less_than_1_is_refused(capsys, option, value):
    with patch_module_args({option: value}), pytest.raises(SystemExit):
        running.run_module({option: {"type": "int"}}, lambda module: {}, ())
    result = json.loads(capsys.readouterr().out)
    assert (result["code"], result["path"]) == ("option-invalid", option)
    assert result["msg"] == f"{option} is {value}, but must be at least 1."


@pytest.mark.parametrize(
    "url, hidden",
    [
        ("https://images.example.com/web01.raw?sig=0123456789abcdef", True),
        ("https://user:0123456789abcdef@images.example.com/web01.raw", True),
        ("nbd+unix:///web01?socket=/run/0123456789abcdef", False),
        ("/srv/web01.raw?sig=0123456789abcdef", False),
    ],
)
def test_secrets_of_urls_are_not_in_the_options_that_are_returned(capsys, url, hidden):
    spec = {"source": {"type": "dict"}}
    with patch_module_args({"source": {"disks": [{"path": url}]}}), pytest.raises(SystemExit):
        running.run_module(spec, lambda module: {"used": module.params["source"]["disks"][0]["path"] == url}, ())
    printed = capsys.readouterr().out
    assert json.loads(printed)["used"] is True
    assert ("0123456789abcdef" not in printed) == hidden


def test_secrets_of_urls_are_not_returned_either_where_ansible_refuses_another_option(capsys):
    options = {"source": {"disks": ["https://images.example.com/web01.raw?sig=0123456789abcdef"]}, "pasword": "x"}
    with patch_module_args(options), pytest.raises(SystemExit):
        running.run_module({"source": {"type": "dict"}}, lambda module: {}, ())
    printed = capsys.readouterr().out
    assert json.loads(printed)["code"] == "option-invalid"
    assert "web01.raw" in printed and "0123456789abcdef" not in printed


def test_an_error_of_a_busy_machine_is_worth_a_retry(run):
    def body(module):
        raise GuestconvError("appliance-launch-failed", "It did not start.")

    assert run(body)[1]["retryable"] is True


def test_a_mistake_of_ours_is_told_in_a_sentence(run):
    status, result = run(lambda module: {}["absent"])
    assert status == 1 and result["code"] == "internal-error"
    assert "Traceback" not in result["msg"] and "KeyError" in result["msg"]


@pytest.mark.parametrize(
    "number, code, said",
    [
        (errno.ENOSPC, "no-space", "/tmp/initrd"),
        (errno.EDQUOT, "no-space", "/tmp/initrd"),
        (errno.EIO, "host-io-failed", "Input/output error"),
    ],
)
def test_an_error_of_the_machine_is_not_told_as_a_mistake_of_ours(run, number, code, said):
    def body(module):
        raise OSError(number, os.strerror(number), "/tmp/initrd")

    status, result = run(body)
    assert (status, result["code"]) == (1, code)
    assert said in result["msg"] and result["hint"] and "bug" not in result["msg"]


def test_what_a_guest_says_in_bytes_that_are_no_text_does_not_break_the_result(run):
    said = b"web\xff".decode("utf-8", "surrogateescape")
    assert run(lambda module: {"changed": True, "path": said})[1]["path"] == "web\ufffd"

    def body(module):
        raise GuestconvError("guest-command-failed", said)

    assert run(body)[1]["msg"] == "web\ufffd"


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
    monkeypatch.setitem(running._PACKAGES, "no_such_library", "a library (python3-absent)")
    monkeypatch.setattr(running, "_INTERPRETERS", [])
    status, result = run(lambda module: {}, needs=("no_such_library",))
    assert status == 1 and result["code"] == "library-missing"
    assert "python3-absent" in result["hint"]


def test_another_interpreter_that_has_the_library_takes_over(run, monkeypatch):
    respawned = []

    def respawn(interpreter):
        respawned.append(interpreter)
        raise SystemExit(0)

    monkeypatch.setitem(running._PACKAGES, "no_such_library", "a library")
    monkeypatch.setattr(running, "_INTERPRETERS", ["/usr/bin/python-a", "/usr/bin/python-b"])
    monkeypatch.setattr(running, "_has_all", lambda interpreter, needs: interpreter.endswith("b"))
    monkeypatch.setattr(running, "respawn_module", respawn)
    with patch_module_args({}), pytest.raises(SystemExit):
        running.run_module({}, lambda module: {}, needs=("no_such_library",))
    assert respawned == ["/usr/bin/python-b"]


def test_a_long_module_tells_its_progress_to_the_user_and_to_whoever_watches(run, tmp_path):
    file, watched = tmp_path / "web01.json", tmp_path / "watch"
    watched.mkdir()
    (watched / "attended").touch()

    def body(module, progress):
        progress.begin("convert")
        told = [json.loads(path.read_text("utf-8"))["percent"] for path in (file, watched / "progress.json")]
        return {"told": told}

    status, result = run(body, steps={"convert": 60}, progress=str(file), _watch=str(watched))
    assert (status, result["told"]) == (0, [60, 60])
    assert json.loads(file.read_text("utf-8"))["state"] == "ended"


def test_a_long_module_runs_in_a_slot_and_tells_that_it_waits(run, tmp_path, monkeypatch):
    file, directory = tmp_path / "web01.json", str(tmp_path / "slots")
    waited = []

    def busy(count, place, waiting):
        waiting()
        waited.append((count, place, json.loads(file.read_text("utf-8"))["step"]))
        return slot(count, place)

    monkeypatch.setattr("ansible_collections.virttools.guestconv.plugins.module_utils.run.slots.slot", busy)
    options = {"progress": str(file), "slots": {"count": 1, "directory": directory}}
    status, result = run(lambda module, progress: {"files": os.listdir(directory)}, steps={}, **options)
    assert waited == [(1, directory, "waiting for a slot")]
    assert status == 0 and sorted(result["files"]) == ["queue", "slot-0"]


def test_a_module_does_not_resume_without_its_action_plugin(run):
    status, result = run(lambda module, progress: {}, steps={}, resume="/state/web01.json")
    assert (status, result["code"], result["path"]) == (1, "resume-not-possible", "resume")
