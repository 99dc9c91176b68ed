# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a command costs: processor time of it and of all that it starts, wall time, memory."""

from __future__ import annotations

import ctypes
import os
import resource
import subprocess
import tempfile
import time
from dataclasses import dataclass

# prctl(2), linux/prctl.h.
_PR_SET_CHILD_SUBREAPER = 36

# Seconds. virt-v2v takes minutes under emulation.
_PATIENCE = 3600


class BenchmarkError(Exception):
    """What is measured failed, so there is nothing to tell of it."""


@dataclass(frozen=True)
class Usage:
    """What the commands cost that ran at once.

    cpu: seconds, user and system, of them and of all their descendants. wall: seconds until the last ended.
    largest: MiB that the largest process among them and their descendants had in memory at its peak.
    """

    cpu: float
    wall: float
    largest: float


def run(commands, environment=None):
    """Run the commands (argument vectors) at once and say what they cost, a Usage.

    environment: variables to set besides our own. Raises BenchmarkError, with what the command said, when one fails.

    virt-v2v leaves its NBD servers behind, which nobody waits for; so orphans become children of this process, which
    must therefore have no others.
    """
    if ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0):
        raise OSError(ctypes.get_errno(), "prctl(PR_SET_CHILD_SUBREAPER)")
    before, started = _children_cpu(), time.monotonic()
    with tempfile.TemporaryFile() as said:
        started_commands = [
            subprocess.Popen(
                command,
                stdin=subprocess.DEVNULL,
                stdout=said,
                stderr=said,
                env={**os.environ, **(environment or {})},
            )
            for command in commands
        ]
        largest = max(_wait(process) for process in started_commands)
        wall = time.monotonic() - started
        _reap_orphans()
        for process in started_commands:
            if process.returncode:
                raise BenchmarkError(f"{' '.join(process.args)} failed: {_tail(said)}")
    return Usage(_children_cpu() - before, wall, largest)


def _wait(process):
    """Wait until process ends, and return the MiB of its, or its descendants', largest."""
    deadline = time.monotonic() + _PATIENCE
    while time.monotonic() < deadline:
        pid, status, usage = os.wait4(process.pid, os.WNOHANG)
        if pid:
            process.returncode = os.waitstatus_to_exitcode(status)
            # getrusage(2): KiB, and of a child that was waited for the larger of its own and its children's.
            return usage.ru_maxrss / 1024
        time.sleep(0.05)
    process.kill()
    process.wait()
    raise BenchmarkError(f"{' '.join(process.args)} still ran after {_PATIENCE} s")


def _reap_orphans():
    """Wait for what the commands left behind; it ends by itself once they are gone."""
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline:
        try:
            if os.waitpid(-1, os.WNOHANG)[0] == 0:
                time.sleep(0.05)
        except ChildProcessError:
            return
    raise BenchmarkError("a process of the measured command still ran 30 s after it")


def _children_cpu():
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return usage.ru_utime + usage.ru_stime


def _tail(stream):
    stream.seek(0)
    return stream.read().decode(errors="replace")[-2000:]
