# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""ansible-playbook, with notes of what the controller's own processes cost.

    python -m tests.benchmark.controller NOTES ARGUMENT...

ARGUMENT... are those of ansible-playbook. NOTES is a file to which each process adds a line of JSON when it ends: a
worker, which Ansible forks for each task of each host, {"host", "task", "cpu": seconds, "private": MiB that it does not
share with others, "modules": how many modules it started, "commands": how many commands it gave to the connection}, and
the main process {"main": true, "cpu": seconds, "peak": MiB}.
"""

from __future__ import annotations

import json
import os
import re
import resource
import sys
from collections import Counter

from ansible.cli.playbook import main
from ansible.executor.task_executor import TaskExecutor
from ansible.plugins.action import ActionBase

_COUNTED = {"_execute_module": "modules", "_low_level_execute_command": "commands"}


def _count_calls(counts):
    """Have ActionBase count in counts how often its methods of _COUNTED are called."""
    for method, name in _COUNTED.items():
        setattr(ActionBase, method, _counting(getattr(ActionBase, method), counts, name))


def _counting(function, counts, name):
    def counted(*arguments, **options):
        counts[name] += 1
        return function(*arguments, **options)

    return counted


def _noting(run, notes, counts):
    """TaskExecutor.run, with a note at its end: a worker that is still there at the end of a play is killed."""

    def noted(executor):
        try:
            return run(executor)
        finally:
            _note(
                notes,
                {
                    "host": executor._host.name,
                    "task": executor._task.get_name(),
                    "cpu": _own_cpu(),
                    "private": _memory("smaps_rollup", "Private_Dirty"),
                    "modules": 0,
                    "commands": 0,
                    **counts,
                },
            )

    return noted


def _note(notes, note):
    # One write(2) to a file that is open for appending: lines of several processes do not mix.
    descriptor = os.open(notes, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
    try:
        os.write(descriptor, (json.dumps(note) + "\n").encode())
    finally:
        os.close(descriptor)


def _own_cpu():
    usage = resource.getrusage(resource.RUSAGE_SELF)
    return usage.ru_utime + usage.ru_stime


def _memory(file, field):
    """MiB, of a field of a file below /proc/self."""
    with open(f"/proc/self/{file}", encoding="ascii") as lines:
        return int(re.search(rf"^{field}:\s+(\d+) kB", lines.read(), re.MULTILINE).group(1)) / 1024


if __name__ == "__main__":
    notes_path, *playbook_arguments = sys.argv[1:]
    calls = Counter()
    _count_calls(calls)
    TaskExecutor.run = _noting(TaskExecutor.run, notes_path, calls)
    try:
        main(["ansible-playbook", *playbook_arguments])
    finally:
        _note(notes_path, {"main": True, "cpu": _own_cpu(), "peak": _memory("status", "VmHWM")})
