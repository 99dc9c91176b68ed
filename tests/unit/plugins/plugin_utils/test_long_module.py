# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import json
from types import SimpleNamespace

import pytest
from ansible.errors import AnsibleConnectionFailure, AnsibleError

from ansible_collections.virttools.guestconv.plugins.module_utils.run import watch
from ansible_collections.virttools.guestconv.plugins.plugin_utils import long_module
from ansible_collections.virttools.guestconv.plugins.plugin_utils.long_module import (
    LongModule,
    next_longest_wait,
    progress_text,
)

RUNNING = '{"started": true, "finished": false, "ansible_job_id": "j1.2"}'
RESULTS = "/root/.ansible_async/j1.2"


def progress(step, percent, detail="", state="running"):
    return {"guest": None, "step": step, "detail": detail, "percent": percent, "state": state, "pid": 1}


@pytest.mark.parametrize(
    ("told", "text"),
    [
        (None, ""),
        ({}, ""),
        (progress("start", 0), ""),
        (progress("launch", 1), "launch 1%"),
        (progress("convert", 60, "network"), "network 60%"),
        (progress("boot", None), "boot"),
        (progress("document", 100, state="ended"), ""),
        (progress("\x1b[2Jlaunch\n", 1), "[2Jlaunch 1%"),
        (progress("x" * 1000, None), "x" * 120),
        (progress("launch", "all"), "launch"),
    ],
)
def test_progress_is_a_short_line_for_people(told, text):
    assert progress_text(told) == text


@pytest.mark.parametrize(("elapsed", "longest"), [(0, 3), (150, 3), (500, 10), (7200, 15)])
def test_a_module_is_looked_at_less_often_the_longer_it_runs(elapsed, longest):
    assert next_longest_wait(elapsed) == longest < watch.PATIENCE


class Machine:
    """The other machine: it answers the commands and modules of an action plugin, and notes them."""

    def __init__(self, looks=(), results=(), async_works=True, directory="/tmp/guestconv-watch-abc"):
        self.commands, self.modules = [], []
        self._looks, self._results = list(looks), list(results)
        self._async_works, self._directory = async_works, directory

    def command(self, command):
        self.commands.append(command)
        if "mktemp" in command:
            return {"rc": 0, "stdout": "welcome\n" + self._directory + "\n", "stderr": ""}
        if command.startswith("touch"):
            look = self._looks.pop(0)
            if isinstance(look, Exception):
                raise look
            return {"rc": 0, "stdout": look, "stderr": ""}
        return {"rc": 0, "stdout": "", "stderr": ""}

    def module(self, module_name=None, module_args=None, task_vars=None, wrap_async=False):
        self.modules.append((module_name or "work", module_args, wrap_async))
        if wrap_async:
            started = {"ansible_job_id": "j1.2", "results_file": RESULTS, "started": 1, "finished": 0, "changed": True}
            return started if self._async_works else {"failed": True, "msg": "could not create directory"}
        return self._results.pop(0)


def own(**values):
    """A result of the module's own, as async_status gives it."""
    invocation = {"module_args": {"_watch": "/tmp/x", "disks": []}}
    return {**values, "invocation": invocation, "finished": True, "ansible_job_id": "j1.2", "stdout": ""}


@pytest.fixture
def action(monkeypatch):
    """action(machine, **arguments) is an action plugin of a task with these arguments, its connection to that machine."""
    monkeypatch.setattr(long_module.time, "sleep", lambda seconds: None)

    def make(machine, check_mode=False, async_val=0, delegate_to=None, **arguments):
        connection = SimpleNamespace(
            has_native_async=False,
            always_pipeline_modules=False,
            reset=lambda: None,
            _shell=SimpleNamespace(SHELL_FAMILY="sh", tmpdir="/tmp/x"),
        )
        task = SimpleNamespace(
            args=arguments, async_val=async_val, check_mode=check_mode, action="a.b.work", delegate_to=delegate_to
        )
        plugin = LongModule(task, connection, None, None, SimpleNamespace(template=lambda value: value), None)
        displayed = []
        plugin._display = SimpleNamespace(display=displayed.append, warning=displayed.append, vv=lambda text: None)
        monkeypatch.setattr(plugin, "_low_level_execute_command", machine.command)
        monkeypatch.setattr(plugin, "_execute_module", machine.module)
        plugin.displayed = displayed
        return plugin

    return make


def look(told, results=RUNNING):
    return f"{json.dumps(told)}\n\n{results}"


def test_changes_are_displayed_once_and_the_result_is_plain(action):
    looks = [
        look(None),
        look(progress("launch", 1)),
        look(progress("launch", 1)),
        look(progress("convert", 60, "network")),
        look(progress("document", 100, state="ended"), '{"answer": 42, "diff": [{"before":'),
    ]
    machine = Machine(looks, [own(answer=42, changed=False)])
    plugin = action(machine, disks=["/a"])
    result = plugin.run(task_vars={"inventory_hostname": "web01"})
    assert plugin.displayed == ["[web01] launch 1%", "[web01] network 60%"]
    assert result == {"answer": 42, "changed": False, "invocation": {"module_args": {"disks": []}}}
    assert machine.modules[0] == ("work", {"disks": ["/a"], "_watch": "/tmp/guestconv-watch-abc"}, True)
    assert machine.commands[-2:] == ["rm -rf -- /tmp/guestconv-watch-abc", "rm -rf -- " + RESULTS]
    assert plugin._task.async_val == 0


def test_a_module_that_only_seems_to_have_ended_is_waited_for(action):
    running = {"started": 1, "finished": 0}
    machine = Machine([look(None, "noise"), look(None, "{")], [running, own(answer=42)])
    assert action(machine).run(task_vars={})["answer"] == 42


@pytest.mark.parametrize(
    "ended",
    [
        {"failed": True, "cmd": "/x", "data": "Killed", "stderr": "oh", "msg": "Traceback", "finished": True},
        {"failed": True, "msg": "could not find job", "finished": 1, "invocation": {"module_args": {"jid": "j1.2"}}},
        {"failed": True, "msg": "Timeout exceeded", "child_pid": 4, "finished": 1},
    ],
)
def test_a_module_without_a_result_is_a_failure_in_a_sentence(action, ended):
    result = action(Machine([look(None, "{")], [ended])).run(task_vars={})
    assert (result["code"], result["retryable"], result["failed"]) == ("no-result", True, True)
    assert "Traceback" not in result["msg"]
    assert result["module_stdout"] == ended.get("data", "")


def test_what_was_found_out_when_it_was_started_is_in_the_result(action, monkeypatch):
    machine = Machine([look(None, "{")], [own(warnings=["emulated"])])
    module = machine.module

    def discovering(*arguments, **options):
        result = module(*arguments, **options)
        if options.get("wrap_async"):
            result.update(warnings=["discovered"], ansible_facts={"discovered_interpreter_python": "/usr/bin/python3"})
        return result

    machine.module = discovering
    result = action(machine).run(task_vars={})
    assert result["warnings"] == ["discovered", "emulated"]
    assert result["ansible_facts"] == {"discovered_interpreter_python": "/usr/bin/python3"}


@pytest.mark.parametrize(
    "machine",
    [
        Machine(results=[{"answer": 42}], async_works=False),
        Machine(results=[{"answer": 42}], directory="/"),
        Machine(results=[{"answer": 42}], directory="Permission denied"),
    ],
)
def test_what_cannot_run_asynchronously_runs_as_any_module(action, machine):
    assert action(machine, disks=["/a"]).run(task_vars={}) == {"answer": 42}
    assert machine.modules[-1] == ("work", {"disks": ["/a"]}, False)
    assert not any("rm -rf -- / " in command + " " for command in machine.commands)


def test_quiet_runs_ask_nothing_of_the_machine(action):
    machine = Machine(results=[{"answer": 42}])
    assert action(machine).run(task_vars={"guestconv_progress": "no"}) == {"answer": 42}
    assert machine.commands == []


def test_a_connection_that_is_back_soon_does_no_harm(action):
    away = AnsibleConnectionFailure("away")
    machine = Machine([away, away, look(None, "{")], [own(answer=42)])
    assert action(machine).run(task_vars={})["answer"] == 42


def test_a_connection_that_stays_away_is_a_host_that_is_unreachable(action, monkeypatch):
    monkeypatch.setattr(watch, "PATIENCE", -1)
    machine = Machine([AnsibleConnectionFailure("away")])
    plugin = action(machine)
    with pytest.raises(AnsibleConnectionFailure):
        plugin.run(task_vars={})
    assert plugin._task.async_val == 0


def test_where_it_is_not_the_host_itself_that_is_away_its_task_fails(action, monkeypatch):
    monkeypatch.setattr(watch, "PATIENCE", -1)
    machine = Machine([AnsibleConnectionFailure("no route")])
    result = action(machine, delegate_to="conv1").run(task_vars={})
    assert (result["failed"], result["code"], result["retryable"]) == (True, "conversion-host-unreachable", True)
    assert "unreachable" not in result and "conv1 cannot be reached: no route" in result["msg"]


def test_when_ansible_itself_has_ended_the_module_is_told_to_end(action, monkeypatch):
    parents = iter([100, 100, 1])
    monkeypatch.setattr(long_module.os, "getppid", lambda: next(parents))
    machine = Machine([look(progress("launch", 1))])
    with pytest.raises(AnsibleError):
        action(machine).run(task_vars={})
    assert machine.commands[-1] == "rm -rf -- /tmp/guestconv-watch-abc"


def test_an_interruption_is_told_to_the_module(action):
    machine = Machine([KeyboardInterrupt()])
    command = machine.command

    def interrupted(text):
        if text.startswith("touch"):
            raise KeyboardInterrupt
        return command(text)

    machine.command = interrupted
    with pytest.raises(KeyboardInterrupt):
        action(machine).run(task_vars={})
    assert machine.commands[-1] == "rm -rf -- /tmp/guestconv-watch-abc"


def test_the_state_is_asked_for_in_check_mode_too(action):
    # ansible-core 2.16 skips async_status in check mode.
    machine = Machine([look(None, "{")], [own(answer=42)])
    plugin = action(machine, check_mode=True)
    module, seen = plugin._execute_module, []

    def watched(*arguments, **options):
        seen.append(plugin._task.check_mode)
        return module(*arguments, **options)

    plugin._execute_module = watched
    plugin.run(task_vars={})
    assert seen == [True, False] and plugin._task.check_mode is True
