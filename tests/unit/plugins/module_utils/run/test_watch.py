# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import os
import signal
import subprocess
import time

import pytest

from ansible_collections.virttools.guestconv.plugins.module_utils.run import watch
from ansible_collections.virttools.guestconv.plugins.module_utils.run.watch import interrupted_when_unwatched


@pytest.fixture
def directory(tmp_path, monkeypatch):
    """A directory as the action plugin makes it."""
    monkeypatch.setattr(watch, "_GLANCE", 0.01)
    place = tmp_path / "watch"
    place.mkdir()
    (place / watch.ATTENDED).touch()
    (place / watch.PROGRESS).touch()
    return place


@pytest.fixture
def interruptible():
    """SIGTERM raises KeyboardInterrupt, as in a module."""

    def interrupt(signum, frame):
        raise KeyboardInterrupt

    before = signal.signal(signal.SIGTERM, interrupt)
    yield
    signal.signal(signal.SIGTERM, before)


def wait_for_a_signal():
    """Not by pause(2): of a signal that comes just before it Python hears only when another one comes."""
    while True:
        time.sleep(0.01)


@pytest.mark.usefixtures("interruptible")
def test_a_run_is_interrupted_when_it_is_told_that_nobody_watches(directory):
    with pytest.raises(KeyboardInterrupt), interrupted_when_unwatched(str(directory)):
        (directory / watch.ATTENDED).unlink()
        wait_for_a_signal()
    assert not directory.exists()


@pytest.mark.usefixtures("interruptible")
def test_a_run_is_interrupted_when_nobody_has_looked_for_long(directory, monkeypatch):
    monkeypatch.setattr(watch, "PATIENCE", 0.1)
    with pytest.raises(KeyboardInterrupt), interrupted_when_unwatched(str(directory)):
        wait_for_a_signal()
    assert not directory.exists()


@pytest.mark.usefixtures("interruptible")
def test_a_run_that_is_watched_is_left_alone_whatever_the_clock_says(directory):
    looks = []
    look = watch._time_of_change

    def seen(path):
        looks.append(path)
        return look(path)

    watch._time_of_change, before = seen, look
    try:
        os.utime(directory / watch.ATTENDED, (0, 0))  # in 1970
        with interrupted_when_unwatched(str(directory)):
            while len(looks) < 5:
                pass
    finally:
        watch._time_of_change = before
    assert directory.exists()


def test_what_hangs_and_so_does_not_notice_loses_the_children_that_it_has_started(directory, monkeypatch):
    monkeypatch.setattr(watch, "_GRACE", 0.01)
    noticed = []
    before = signal.signal(signal.SIGTERM, lambda signum, frame: noticed.append(signum))
    older = subprocess.Popen(["sleep", "1000"])
    try:
        with interrupted_when_unwatched(str(directory)), subprocess.Popen(["sleep", "1000"]) as child:
            (directory / watch.ATTENDED).unlink()
            assert child.wait() == -signal.SIGKILL
        assert older.poll() is None
    finally:
        signal.signal(signal.SIGTERM, before)
        older.terminate()
        older.wait()
    assert noticed == [signal.SIGTERM]


def test_a_run_that_ends_before_it_notices_leaves_nothing_of_what_it_told(directory, monkeypatch):
    monkeypatch.setattr(watch, "_GLANCE", 60)
    with interrupted_when_unwatched(str(directory)):
        (directory / watch.ATTENDED).unlink()
    assert not directory.exists()


def test_what_is_not_ours_in_the_directory_stays(directory):
    (directory / "other").touch()
    watch._remove(str(directory))
    assert [path.name for path in directory.iterdir()] == ["other"]
