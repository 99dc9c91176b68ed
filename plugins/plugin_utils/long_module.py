# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the action plugins of long modules share: progress is displayed, and what is done is not redone.

The module is started by Ansible's own async_wrapper. It writes its progress into a directory on the machine where it
runs, which is read every few seconds through the connection; see module_utils/run/watch.py for how it learns that
nobody reads it any more.
"""

from __future__ import annotations

import os
import shlex
import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from ansible.errors import AnsibleActionFail, AnsibleConnectionFailure, AnsibleError
from ansible.module_utils.parsing.convert_bool import boolean
from ansible.plugins.action import ActionBase
from ansible.utils.path import unfrackpath
from ansible.utils.vars import merge_hash

from ansible_collections.virttools.guestconv.plugins.module_utils.errors import GuestconvError
from ansible_collections.virttools.guestconv.plugins.module_utils.run import watch
from ansible_collections.virttools.guestconv.plugins.module_utils.texts import untrusted_json
from ansible_collections.virttools.guestconv.plugins.plugin_utils import resume

_DIRECTORY = "guestconv-watch-"

# Seconds between two looks: short at first, since what fails does so soon. Each look is a command on the other machine,
# of which a copy that takes hours needs few: then its end may be noticed a fiftieth later.
_FIRST_WAIT, _GROWTH, _SHARE = 0.25, 1.4, 1 / 50
_LONGEST_WAIT, _LONGEST_WAIT_OF_ALL = 3, 15

# Seconds until async_wrapper kills the module: never. The module has a time limit of its own, which does not count the
# wait for a slot, and it ends when nobody looks; async_wrapper leaves QEMU running and cleans up nothing.
_NEVER = 30 * 24 * 3600

# What a result has only because it was fetched by async_status.
_ASYNC_KEYS = (
    "ansible_job_id",
    "finished",
    "started",
    "results_file",
    "stdout",
    "stdout_lines",
    "stderr",
    "stderr_lines",
)

# Characters of a displayed step.
_LONGEST_TEXT = 120


# What a module is given, or returns.
Values = dict[str, Any]


class LongModule(ActionBase):  # type: ignore[misc]  # ansible has no types
    """Runs the module of the same name.

    _preceding: the name of the file with the kept result of the preceding phase, in the same directory. When that phase
    has run again, this one does, too.
    """

    _preceding: str | None = None
    _supports_check_mode = True
    _supports_async = True

    def run(self, tmp: None = None, task_vars: Values | None = None) -> Values:
        """The module's own result, with `resumed` where the option resume was given."""
        result = super().run(tmp, task_vars)
        try:
            return _values(merge_hash(result, self._result(task_vars or {})))
        except AnsibleConnectionFailure as error:
            if not self._task.delegate_to:
                raise
            # Ansible would take the guest for the machine that is away, and out of the play: no rescue, no outcome.
            return _values(merge_hash(result, _unreachable(self._task.delegate_to, error)))

    def _result(self, task_vars: Values) -> Values:
        arguments = dict(self._task.args)
        path = arguments.pop("resume", None)
        if not path:
            return self._run_module(arguments, task_vars)
        if self._task.async_val:
            raise AnsibleActionFail("The option resume cannot be combined with async.")
        returned = self._run_if_need_be(unfrackpath(path, follow=False), arguments, task_vars)
        if "module_args" in returned.get("invocation", {}):
            returned["invocation"]["module_args"]["resume"] = path
        return returned

    def _run_if_need_be(self, path: str, arguments: Values, task_vars: Values) -> Values:
        """The result, which is the kept one if there is one."""
        if self._task.check_mode:
            return dict(self._run_module(arguments, task_vars), resumed=False)
        before = resume.run_of(os.path.join(os.path.dirname(path), self._preceding)) if self._preceding else None
        digest = resume.digest(self._task.action, arguments, before)
        kept, complaint = resume.load(path, digest)
        if complaint:
            self._display.warning(f"{path} cannot be used to resume, so the module runs again: {complaint}")
        result = self._instead_of_a_run(kept, arguments, task_vars) if kept is not None else None
        if result is not None:
            return result
        resume.forget(path)
        result = self._run_module(arguments, task_vars)
        if not result.get("failed"):
            try:
                resume.save(path, digest, result)
            except OSError as error:
                self._display.warning(f"The result cannot be kept in {path}: {error.strerror}")
        return dict(result, resumed=False)

    def _instead_of_a_run(self, kept: Values, arguments: Values, task_vars: Values) -> Values | None:
        """The result to return in place of a run whose result was kept; None if it has to run again."""
        return dict(kept, resumed=True, changed=False)

    def _run_module(self, arguments: Values, task_vars: Values) -> Values:
        if self._task.async_val:
            wrap_async = not self._connection.has_native_async
            return _values(self._execute_module(module_args=arguments, task_vars=task_vars, wrap_async=wrap_async))
        if self._is_to_be_watched(task_vars):
            result = self._run_watched(arguments, task_vars)
            if result is not None:
                return result
        return _values(self._execute_module(module_args=arguments, task_vars=task_vars))

    def _is_to_be_watched(self, task_vars: Values) -> bool:
        wanted = self._templar.template(task_vars.get("guestconv_progress", True))
        connection = self._connection
        # Connections to Windows, and those that have a way of their own of running modules.
        foreign = connection.has_native_async or connection.always_pipeline_modules
        return boolean(wanted, strict=False) and not foreign and connection._shell.SHELL_FAMILY == "sh"

    def _run_watched(self, arguments: Values, task_vars: Values) -> Values | None:
        """The module's result; None if it could not be started so, and has not been."""
        directory = self._make_watch_directory()
        if directory is None:
            return None
        try:
            with _interruptible():
                job = self._start(dict(arguments, _watch=directory), task_vars)
                if "ansible_job_id" not in job:
                    self._display.vv(f"The module cannot run asynchronously: {job.get('msg', job)}")
                    return None
                result = self._follow(job, directory, task_vars)
        finally:
            # If we were interrupted, this is what tells the module.
            self._remove(directory)
        self._remove(job["results_file"])
        return _as_if_plain(result, job)

    def _make_watch_directory(self) -> str | None:
        """The path of a new directory on the other machine, of the user that the module runs as; None if there is none."""
        # One command, since each costs a round trip. The name is mktemp's, the rest are ours.
        command = f'd=$(mktemp -d -t {_DIRECTORY}XXXXXXXXXX) && touch "$d"/{watch.ATTENDED} && echo "$d"'
        made = self._low_level_execute_command(command)
        directory = str(made["stdout"]).strip().rpartition("\n")[2]
        if made["rc"] != 0 or not os.path.isabs(directory) or not os.path.basename(directory).startswith(_DIRECTORY):
            self._display.vv(f"The progress cannot be followed: {made['stderr'] or made['stdout']}")
            return None
        return directory

    def _start(self, arguments: Values, task_vars: Values) -> Values:
        """Start the module. Returns what async_wrapper says."""
        # async_wrapper's time limit is taken from the task; the task executor must not find it there afterwards.
        self._task.async_val = _NEVER
        try:
            return _values(self._execute_module(module_args=arguments, task_vars=task_vars, wrap_async=True))
        finally:
            self._task.async_val = 0

    def _follow(self, job: Values, directory: str, task_vars: Values) -> Values:
        """Display the progress until the module has ended. Returns what async_status says then.

        Errors: AnsibleConnectionFailure, if the connection stays away; AnsibleError, if our own parent is gone.
        """
        parent = os.getppid()
        guest = task_vars.get("inventory_hostname", "")
        wait, shown, began = _FIRST_WAIT, "", time.monotonic()
        reached = began
        while True:
            time.sleep(wait)
            wait = min(wait * _GROWTH, next_longest_wait(time.monotonic() - began))
            if os.getppid() != parent:
                # Workers of ansible-core go on when ansible-playbook was killed (before 2.19, with SIGTERM too).
                raise AnsibleError("Ansible itself has ended, so this module must end, too.")
            try:
                progress, is_running = self._look(job, directory)
                reached = time.monotonic()
                text = progress_text(progress)
                if text and text != shown:
                    self._display.display(f"[{guest}] {text}")
                    shown = text
                if not is_running:
                    status = self._status(job, task_vars)
                    if status.get("finished"):
                        return status
            except AnsibleConnectionFailure as error:
                self._display.vv(f"[{guest}] the connection is interrupted: {error}")
                if time.monotonic() - reached > watch.PATIENCE:
                    raise
                self._reset_connection()

    def _look(self, job: Values, directory: str) -> tuple[Values | None, bool]:
        """The progress (None if there is none to see), and whether the module seems to run."""
        attended, progress = (shlex.quote(f"{directory}/{name}") for name in (watch.ATTENDED, watch.PROGRESS))
        # As long as the module runs, async_wrapper's file has only a few words of its own.
        results = shlex.quote(job["results_file"])
        command = f"touch -c {attended}; head -n 1 {progress}; echo; head -c 300 {results}"
        answer = self._low_level_execute_command(command)
        lines = answer["stdout"].splitlines()
        found = [line for line in map(_as_dict, lines) if line]
        shown = [line for line in found if "percent" in line]
        return (shown[-1] if shown else None), any("started" in line for line in found)

    def _status(self, job: Values, task_vars: Values) -> Values:
        """What async_status says: the module's result, once it has ended."""
        directory, job_id = os.path.split(job["results_file"])
        arguments = {"jid": job_id, "mode": "status", "_async_dir": directory}
        check_mode, self._task.check_mode = self._task.check_mode, False  # that of 2.16 does nothing in check mode
        try:
            return _values(self._execute_module("ansible.legacy.async_status", arguments, task_vars=task_vars))
        finally:
            self._task.check_mode = check_mode

    def _reset_connection(self) -> None:
        try:
            self._connection.reset()
        except (AttributeError, AnsibleError):
            pass  # not every kind of connection can, nor has every one to

    def _remove(self, path: str) -> None:
        try:
            self._low_level_execute_command(f"rm -rf -- {shlex.quote(path)}")
        except AnsibleConnectionFailure:
            pass  # the module will note that nobody watches


def _values(returned: Any) -> Values:
    """What Ansible's own functions return, which have no types."""
    return dict(returned)


@contextmanager
def _interruptible() -> Iterator[None]:
    """Have SIGINT and SIGTERM raise KeyboardInterrupt while the block runs, so that the module can be told.

    ansible-core's workers die of them at once since 2.19, and before that of SIGTERM.
    """

    def interrupt(signum: int, frame: object) -> None:
        for each in (signal.SIGINT, signal.SIGTERM):
            signal.signal(each, signal.SIG_IGN)  # ansible-core sends both, one after the other
        raise KeyboardInterrupt

    before = {signum: signal.signal(signum, interrupt) for signum in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield
    finally:
        for signum, handler in before.items():
            if signal.getsignal(signum) is interrupt:
                signal.signal(signum, handler)


def next_longest_wait(elapsed: float) -> float:
    """Seconds that there may be between two looks at a module that has run for `elapsed` seconds."""
    return min(max(_LONGEST_WAIT, elapsed * _SHARE), _LONGEST_WAIT_OF_ALL)


def progress_text(progress: Values | None) -> str:
    """progress (a dict as of module_utils/run/progress.py, or None) for people; empty where there is nothing to show."""
    if not progress or progress.get("state") != "running" or progress.get("step") == "start":
        return ""
    text = str(progress.get("detail") or progress.get("step"))
    percent = progress.get("percent")
    if isinstance(percent, int):
        text += f" {percent}%"
    # It comes from another machine, and goes to a terminal.
    return "".join(character for character in text if character.isprintable())[:_LONGEST_TEXT]


def _as_if_plain(result: Values, job: Values) -> Values:
    """The result as if the module had not run asynchronously."""
    # Every result of the module's own, and none of async_wrapper's or async_status's, repeats this argument.
    if "_watch" not in result.get("invocation", {}).get("module_args", {}):
        return _no_result(result)
    for key in _ASYNC_KEYS:
        result.pop(key, None)
    del result["invocation"]["module_args"]["_watch"]
    for key in ("warnings", "deprecations"):
        if job.get(key):
            result[key] = job[key] + result.get(key, [])
    if "ansible_facts" in job:  # the interpreter, where it was discovered
        result["ansible_facts"] = job["ansible_facts"]
    return result


def _no_result(result: Values) -> Values:
    """The failure of a module that ended without a result, as async_wrapper reports it."""
    error = GuestconvError(
        "no-result",
        "The module ended without a result, as if it had been killed.",
        hint="Check module_stdout and module_stderr, and whether the machine ran out of memory. The disks are "
        "unchanged, or the next conversion finishes this one.",
    )
    said = result.get("data") or result.get("outdata") or ""
    return dict(error.as_result(), failed=True, module_stdout=said, module_stderr=result.get("stderr") or "")


def _unreachable(machine: str, error: Exception) -> Values:
    unreachable = GuestconvError(
        "conversion-host-unreachable",
        f"The conversion host {machine} cannot be reached: {error}",
        hint="Check that it runs, and that Ansible can log in to it. Modules that were started there end by themselves.",
    )
    return dict(unreachable.as_result(), failed=True)


def _as_dict(line: str) -> Values | None:
    try:
        value = untrusted_json.loads(line)
    except ValueError:
        return None
    return value if isinstance(value, dict) else None
