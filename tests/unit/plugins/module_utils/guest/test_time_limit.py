# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Guest programs that hang are ended by the guest's own timeout(1), and said to have hung."""

from __future__ import annotations

import subprocess
from contextlib import nullcontext
from types import SimpleNamespace

import pytest

from ansible_collections.virttools.guestconv.plugins.module_utils.appliance.failures import CallFailed
from ansible_collections.virttools.guestconv.plugins.module_utils.errors import CommandFailed
from ansible_collections.virttools.guestconv.plugins.module_utils.guest.root import GuestRoot


class Appliance:
    """Runs the commands here."""

    def __init__(self, has_timeout=True):
        self.has_timeout = has_timeout
        self.ran = []

    def exists(self, path):
        return path == "/usr/bin/timeout" and self.has_timeout

    def command(self, argv):
        self.ran.append(argv)
        ran = subprocess.run(argv, capture_output=True, text=True, check=False)
        if ran.returncode:
            raise CallFailed("appliance-call-failed", f"command: {ran.stderr}")
        return ran.stdout


def root(appliance):
    return GuestRoot(appliance, "/dev/sda1", SimpleNamespace(mappings_called_by_guest=nullcontext))


def test_a_program_that_hangs_is_ended_with_what_it_has_started():
    with pytest.raises(CommandFailed, match="did not end within 1 seconds in the guest on /dev/sda1") as caught:
        root(Appliance()).ask(["sh", "-c", "sleep 1000 & sleep 1000; echo done"], 1)
    assert caught.value.code == "guest-command-failed"


def test_a_program_that_fails_in_time_is_said_to_have_failed():
    with pytest.raises(CommandFailed, match="failed in the guest on /dev/sda1: command: no"):
        root(Appliance()).ask(["sh", "-c", "echo no >&2; exit 1"], 100)


@pytest.mark.parametrize("has_timeout, seconds", [(False, 100), (True, 0)])
def test_without_a_limit_or_the_guests_timeout_the_program_is_run_as_it_is(has_timeout, seconds):
    appliance = Appliance(has_timeout)
    assert root(appliance).ask(["echo", "a"], seconds) == "a\n"
    assert appliance.ran == [["echo", "a"]]
