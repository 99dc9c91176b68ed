# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""When a launch is called hung, with a clock of the tests' own."""

from __future__ import annotations

import threading

import pytest

from ansible_collections.virttools.guestconv.plugins.module_utils.appliance import launch_watch
from ansible_collections.virttools.guestconv.plugins.module_utils.appliance.launch_watch import LaunchWatch

# Seconds until a test gives up.
PATIENCE = 600


@pytest.fixture
def clock(monkeypatch):
    """A list of one: the time."""
    now = [0.0]
    monkeypatch.setattr(launch_watch.time, "monotonic", lambda: now[0])
    monkeypatch.setattr(launch_watch, "_TICK", 0.001)
    return now


def test_a_launch_from_which_nothing_comes_is_ended_with_its_last_words(clock):
    ended, errors = threading.Event(), []

    def on_silence(error):
        errors.append(error)
        ended.set()

    with LaunchWatch(60, lambda: True, on_silence) as watch:
        watch.heard("SeaBIOS\r\nBooting from ROM..\x1b[2J\r\n\n")
        clock[0] = 61
        assert ended.wait(PATIENCE)
    assert [error.code for error in errors] == ["appliance-no-progress"]
    assert 'the last that it wrote was "Booting from ROM..[2J"' in errors[0].message


def test_while_the_appliance_is_made_no_word_of_it_is_missed(clock):
    errors, looks, looked = [], [], threading.Event()

    def has_qemu():
        looks.append(clock[0])
        clock[0] += 100
        if len(looks) > 5:
            looked.set()
        return False

    with LaunchWatch(60, has_qemu, errors.append):
        assert looked.wait(PATIENCE)
    assert errors == []
