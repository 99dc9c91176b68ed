# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Long modules as people run them: with their progress displayed, and otherwise as if it were not.

Most of it by a stand-in for a module, since what it does while it runs is no concern of the action plugin's.
"""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import time
from pathlib import Path

import pytest

from tests.end_to_end.conftest import ansible_command, digest

STAND_IN = "tests.stand_in.work"
CONVERT = "virttools.guestconv.guestconv_convert"
PROGRESS_OF_STAND_IN = ["first 0%", "a half 30%", "second 60%"]
GUESTS = ("web01", "web02")


@pytest.fixture(scope="module")
def environment(tmp_path_factory):
    """The environment of Ansible's programs in which they know of the stand-in, too."""
    collections = tmp_path_factory.mktemp("collections")
    (collections / "ansible_collections" / "tests").mkdir(parents=True)
    place = collections / "ansible_collections" / "tests" / "stand_in"
    place.symlink_to(Path(__file__).with_name("stand_in"), target_is_directory=True)
    known = os.environ.get("ANSIBLE_COLLECTIONS_PATH", "")
    variables = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    return {**variables, "ANSIBLE_COLLECTIONS_PATH": f"{known}:{collections}", "ANSIBLE_NOCOLOR": "1"}


@pytest.fixture
def playbook(environment, tmp_path):
    """playbook(tasks, *arguments, **keywords of the play) runs it for the guests, and returns the ended process."""

    def run(tasks, *arguments, **keywords):
        command = playbook_command(tmp_path, tasks, *arguments, **keywords)
        ended = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
        assert "Traceback" not in ended.stdout + ended.stderr
        return ended

    return run


def playbook_command(directory, tasks, *arguments, **keywords):
    """The command that runs tasks for GUESTS, which are never connected to, on the machine conv1, which is this one."""
    host = {"ansible_connection": "local", "ansible_python_interpreter": ansible_command("python")}
    inventory = {"all": {"hosts": {**dict.fromkeys(GUESTS, {}), "conv1": host}}}
    (directory / "inventory.yml").write_text(json.dumps(inventory), encoding="utf-8")
    play = {"hosts": ",".join(GUESTS), "gather_facts": False, "tasks": tasks, **keywords}
    (directory / "playbook.yml").write_text(json.dumps([play]), encoding="utf-8")
    files = ["-i", str(directory / "inventory.yml"), str(directory / "playbook.yml")]
    return [ansible_command("ansible-playbook"), *files, *arguments]


def task(module, register, **options):
    """A task of the guest's that runs on conv1, and whose failure is looked at later."""
    where = {"delegate_to": "conv1", "ignore_errors": True}
    return {"name": f"Run it, {register}", module: options, "register": register, **where}


def kept(directory, *names):
    """A task that writes the registered values to a file per guest."""
    values = ", ".join(f"'{name}': {name}" for name in names)
    return {
        "name": "Keep the results",
        "ansible.builtin.copy": {
            "content": "{{ {" + values + "} | to_json }}",
            "dest": f"{directory}/{{{{ inventory_hostname }}}}.json",
            "mode": "0600",
        },
        "delegate_to": "conv1",
        "check_mode": False,
        "diff": False,
    }


def displayed(output, guest):
    """The lines of progress of the guest, without its name."""
    return re.findall(rf"^\[{guest}\] (.*)$", output, re.MULTILINE)


@pytest.mark.parametrize(("strategy", "check"), [("linear", False), ("free", True), ("host_pinned", False)])
def test_the_result_is_that_of_a_module_whose_progress_is_not_displayed(playbook, tmp_path, strategy, check):
    quiet = {"vars": {"guestconv_progress": False}}
    cases = {
        "well": (STAND_IN, {"end": "well", "secret": "hush"}),
        "badly": (STAND_IN, {"end": "badly"}),
        "absent": (CONVERT, {"disks": [str(tmp_path / "absent.qcow2")]}),
        "invalid": (CONVERT, {"disks": [], "target": "abacus"}),
    }
    tasks = []
    for name, (module, options) in cases.items():
        tasks.append(task(module, f"watched_{name}", **options))
        tasks.append({**task(module, f"plain_{name}", **options), **quiet})
    names = [f"{how}_{name}" for name in cases for how in ("watched", "plain")]
    ended = playbook([*tasks, kept(tmp_path, *names)], *(["--check"] if check else []), strategy=strategy)
    assert ended.returncode == 0, ended.stdout + ended.stderr
    for guest in GUESTS:
        results = json.loads((tmp_path / f"{guest}.json").read_text(encoding="utf-8"))
        for name in cases:
            assert results[f"watched_{name}"] == results[f"plain_{name}"]
        assert results["watched_well"]["answer"] == 42 and results["watched_well"]["check_mode"] is check
        assert results["watched_badly"]["retryable"] is True and results["watched_badly"]["answer"] == 41
        assert (results["watched_absent"]["code"], results["watched_absent"]["retryable"]) == ("disk-not-found", False)
        assert "abacus" in results["watched_invalid"]["msg"]
        # Of the first run that ended well and of the one that did not; the others are quiet, or fail before a step.
        assert displayed(ended.stdout, guest)[:6] == PROGRESS_OF_STAND_IN * 2
    assert "hush" not in ended.stdout


def test_a_module_that_is_killed_is_a_failure_worth_a_retry(playbook, tmp_path):
    ended = playbook([task(STAND_IN, "result", end="killed"), kept(tmp_path, "result")])
    result = json.loads((tmp_path / "web01.json").read_text(encoding="utf-8"))["result"]
    assert (result["code"], result["retryable"], result["failed"]) == ("no-result", True, True), ended.stdout


def test_what_ended_well_is_not_done_again(playbook, tmp_path):
    note, state = tmp_path / "note", tmp_path / "state" / "{{ inventory_hostname }}" / "work.json"
    slots = {"count": 1, "directory": str(tmp_path / "slots")}
    tasks = [
        task(STAND_IN, "first", note=str(note), resume=str(state)),
        task(STAND_IN, "second", note=str(note), resume=str(state), slots=slots),
        task(STAND_IN, "other", resume=str(state), end="badly"),
        kept(tmp_path, "first", "second", "other"),
    ]
    ended = playbook(tasks)
    results = json.loads((tmp_path / "web02.json").read_text(encoding="utf-8"))
    first, second, other = results["first"], results["second"], results["other"]
    assert (first["resumed"], first["changed"], first["answer"]) == (False, True, 42), ended.stdout
    assert (second["resumed"], second["changed"], second["answer"]) == (True, False, 42)
    assert second["diff"] == first["diff"] and second["warnings"] == first["warnings"] == ["a warning"]
    assert (other["failed"], other["resumed"]) == (True, False)
    runs = note.read_text(encoding="utf-8").splitlines()
    assert len(runs) == 2, "one of each guest; that with another argument has no note"
    file = tmp_path / "state" / "web01" / "work.json"
    assert not file.exists(), "the one that ended badly may have changed what the kept result was of"
    file.write_text("{", encoding="utf-8")
    ended = playbook(tasks[:1] + [kept(tmp_path, "first")], "--limit", "web01,conv1")
    assert "the module runs again" in ended.stdout + ended.stderr
    assert json.loads((tmp_path / "web01.json").read_text(encoding="utf-8"))["first"]["resumed"] is False
    assert json.loads(file.read_text(encoding="utf-8"))["result"]["answer"] == 42


def test_check_mode_neither_resumes_nor_keeps(playbook, tmp_path):
    state = tmp_path / "work.json"
    ended = playbook([task(STAND_IN, "first", resume=str(state)), kept(tmp_path, "first")], "--check")
    assert json.loads((tmp_path / "web01.json").read_text(encoding="utf-8"))["first"]["resumed"] is False, ended.stdout
    assert not state.exists()


def test_a_task_that_is_asynchronous_by_itself_runs_as_any_other(playbook, tmp_path):
    # Ansible's own look at the job takes the interpreter of the guest, not that of the machine that it delegates to.
    own = {"async": 1000, "poll": 1, "vars": {"ansible_python_interpreter": ansible_command("python")}}
    refused = task(STAND_IN, "second", resume=str(tmp_path / "work.json"))
    tasks = [{**task(STAND_IN, "first"), **own}, {**refused, **own}, kept(tmp_path, "first", "second")]
    ended = playbook(tasks, "--limit", "web01,conv1")
    results = json.loads((tmp_path / "web01.json").read_text(encoding="utf-8"))
    assert results["first"]["answer"] == 42 and not displayed(ended.stdout, "web01"), ended.stdout
    assert results["second"]["failed"] is True and "cannot be combined with async" in results["second"]["msg"]


@pytest.mark.parametrize("signum", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL])
def test_when_ansible_is_stopped_the_module_ends_and_cleans_up(environment, tmp_path, signum):
    note = tmp_path / "note"
    command = playbook_command(tmp_path, [task(STAND_IN, "result", end="never", note=str(note))], "--limit", "web01")
    with subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, text=True) as process:
        for line in process.stdout:
            if line.startswith("[web01] second"):
                process.send_signal(signum)
                break
        process.communicate()
    assert process.returncode != 0
    if signum == signal.SIGKILL:
        # Only this one leaves the module to find out by itself.
        Path(f"{note}.last-look").touch()
    began = note.read_text(encoding="utf-8").splitlines()[0]
    while Path("/proc", began.rpartition(" ")[2]).exists():
        time.sleep(0.1)
    assert note.read_text(encoding="utf-8").splitlines() == [began, "cleaned up"]


def test_a_conversion_displays_its_steps_in_order(playbook, copy_of, tmp_path):
    disk, file = copy_of("debian12-vmware", "progress"), tmp_path / "progress.json"
    before = digest(disk)
    options = {"disks": [str(disk)], "progress": str(file)}
    ended = playbook([task(CONVERT, "result", **options)], "--limit", "web01", "--check")
    lines = displayed(ended.stdout, "web01")
    percents = [int(line.rpartition(" ")[2].rstrip("%")) for line in lines]
    assert percents == sorted(percents), ended.stdout + ended.stderr
    steps = {line.rpartition(" ")[0] for line in lines}
    aspects = {"bootloader", "kernel", "storage", "network", "console", "graphics", "hypervisor_tools", "clock"}
    assert steps <= {"disks", "launch", "open", "inspect", "convert", "close", "document", *aspects}
    # Which of them are seen depends on how fast this machine is.
    assert steps
    assert json.loads(file.read_text(encoding="utf-8")) == {
        "guest": "web01",
        "step": "document",
        "detail": "",
        "percent": 100,
        "state": "ended",
        "pid": json.loads(file.read_text(encoding="utf-8"))["pid"],
    }
    assert digest(disk) == before
