# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import os
import signal
import subprocess
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from ansible_collections.virttools.guestconv.plugins.module_utils.run.at_once import AtOnce, Ended


def test_the_results_come_in_the_order_of_the_works_that_ran_at_once():
    meeting = threading.Barrier(3, timeout=600)

    def work(number):
        meeting.wait()
        return number

    assert AtOnce(3).run([lambda number=number: work(number) for number in range(3)]) == [0, 1, 2]
    assert AtOnce(2).run([]) == []


def test_no_more_than_the_limit_run_at_once():
    running, most = 0, 0
    lock = threading.Lock()

    def work():
        nonlocal running, most
        with lock:
            running += 1
            most = max(most, running)
        time.sleep(0.02)
        with lock:
            running -= 1

    AtOnce(2).run([work] * 6)
    assert most <= 2


def test_when_one_fails_the_processes_of_the_others_are_killed_and_the_rest_is_not_begun():
    started = threading.Event()
    begun, codes = [], []

    def waits():
        begun.append("waits")
        with subprocess.Popen(["sleep", "600"]) as process:
            started.set()
            codes.append(process.wait())
        raise ValueError("it was killed")

    def fails():
        begun.append("fails")
        assert started.wait(600)
        raise KeyError("first")

    with pytest.raises(KeyError):
        AtOnce(2).run([waits, fails, waits])
    assert codes == [-signal.SIGKILL] and sorted(begun) == ["fails", "waits"]


def test_what_was_there_before_is_spared():
    with subprocess.Popen(["sleep", "600"]) as server:
        with pytest.raises(KeyError):
            AtOnce(1).run([lambda: {}["absent"]])
        assert server.poll() is None
        server.kill()


def test_who_asks_is_told_that_it_is_over():
    together = AtOnce(2)
    begun, seen = threading.Event(), []

    def asks():
        begun.set()
        try:
            while True:
                together.check()
                time.sleep(0.01)
        except Ended:
            seen.append("ended")
            raise

    def fails():
        assert begun.wait(600)
        raise KeyError("first")

    with pytest.raises(KeyError):
        together.run([asks, fails])
    assert seen == ["ended"]


def test_what_comes_before_all_are_begun_ends_those_that_are(monkeypatch):
    real, begun = ThreadPoolExecutor.submit, []

    def submit(pool, function, work):
        real(pool, function, work)
        raise SystemExit(1)

    monkeypatch.setattr(ThreadPoolExecutor, "submit", submit)
    with pytest.raises(SystemExit):
        AtOnce(2).run([lambda: begun.append(1), lambda: begun.append(2)])
    assert begun == []


def test_a_signal_ends_all():
    def interrupted(_number, _frame):
        raise SystemExit(1)

    before = signal.signal(signal.SIGUSR1, interrupted)
    codes = []

    def waits():
        with subprocess.Popen(["sleep", "600"]) as process:
            os.kill(os.getpid(), signal.SIGUSR1)
            codes.append(process.wait())

    try:
        with pytest.raises(SystemExit):
            AtOnce(1).run([waits])
    finally:
        signal.signal(signal.SIGUSR1, before)
    assert codes == [-signal.SIGKILL]
