# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading

import pytest

from ansible_collections.virttools.guestconv.plugins.module_utils.errors import GuestconvError
from ansible_collections.virttools.guestconv.plugins.module_utils.run import slots
from ansible_collections.virttools.guestconv.plugins.module_utils.run.slots import slot


@pytest.fixture
def directory(tmp_path, monkeypatch):
    monkeypatch.setattr(slots, "_TICK", 0.01)
    return str(tmp_path / "lock" / "guestconv")


def never():
    raise AssertionError("it had to wait")


def refusal(count, directory, **options):
    with pytest.raises(GuestconvError) as caught, slot(count, directory, **options):
        pass
    return caught.value


class Waiter(threading.Thread):
    """Somebody who wants the only slot, and notes when he has it."""

    def __init__(self, directory, name, log):
        super().__init__(name=name)
        self.waits = threading.Event()
        self._directory, self._log = directory, log
        self.start()
        assert self.waits.wait(600)

    def run(self):
        with slot(1, self._directory, self.waits.set):
            self._log.append(self.name)


def test_as_many_run_at_once_as_there_are_slots_and_the_next_waits_for_one(directory):
    log = []
    with slot(2, directory, never), slot(2, directory, never):
        waiter = Waiter(directory, "third", log)
        assert log == []
    waiter.join()
    assert log == ["third"]


def test_who_waits_is_served_in_the_order_of_arrival(directory):
    log = []
    with slot(1, directory, never):
        waiters = [Waiter(directory, name, log) for name in ("first", "second")]
    for waiter in waiters:
        waiter.join()
    assert log == ["first", "second"]


def test_a_slot_is_free_when_its_process_was_killed(directory):
    program = (
        "import signal, sys\n"
        "from ansible_collections.virttools.guestconv.plugins.module_utils.run.slots import slot\n"
        "with slot(1, sys.argv[1]):\n"
        "    print('taken', flush=True)\n"
        "    signal.pause()\n"
    )
    with subprocess.Popen([sys.executable, "-c", program, directory], stdout=subprocess.PIPE, text=True) as other:
        assert other.stdout.readline() == "taken\n"
        other.send_signal(signal.SIGKILL)
    with slot(1, directory, never):
        assert other.returncode == -signal.SIGKILL


@pytest.mark.parametrize(("mode", "file_mode"), [(0o700, 0o600), (0o755, 0o640), (0o770, 0o660)])
def test_files_are_for_those_who_share_the_directory(directory, mode, file_mode):
    os.makedirs(directory)
    os.chmod(directory, mode)
    with slot(1, directory, never):
        assert os.stat(os.path.join(directory, "slot-0")).st_mode & 0o777 == file_mode


def test_a_directory_that_is_made_is_for_its_user_only(directory):
    with slot(1, directory, never):
        assert os.stat(directory).st_mode & 0o777 == 0o700


def test_a_directory_to_which_everybody_can_write_is_refused(directory):
    os.makedirs(directory)
    os.chmod(directory, 0o1777)
    assert refusal(1, directory).code == "slots-not-usable"


def test_a_directory_of_another_user_is_refused(directory, monkeypatch):
    os.makedirs(directory)
    if os.geteuid() == 0:
        os.chown(directory, 12345, -1)
    else:
        monkeypatch.setattr(slots.os, "geteuid", lambda: 12345)
    error = refusal(1, directory)
    assert (error.code, error.path) == ("slots-not-usable", "slots.directory")


def test_links_are_not_followed(directory, tmp_path):
    os.makedirs(directory)
    (tmp_path / "lock" / "link").symlink_to(directory)
    assert refusal(1, str(tmp_path / "lock" / "link")).code == "slots-not-usable"
    os.symlink("/etc/passwd", os.path.join(directory, "slot-0"))
    assert refusal(1, directory).code == "slots-not-usable"


def test_a_directory_that_cannot_be_made_is_refused(tmp_path):
    (tmp_path / "file").touch()
    error = refusal(1, str(tmp_path / "file" / "slots"))
    assert error.code == "slots-not-usable" and str(tmp_path) in error.message


@pytest.mark.parametrize("name", ["link", "file/slots"])
def test_the_error_names_the_option_that_was_given(tmp_path, name):
    (tmp_path / "file").touch()
    (tmp_path / "link").symlink_to(tmp_path)
    error = refusal(1, str(tmp_path / name), option="copy_slots")
    assert (error.code, error.path) == ("slots-not-usable", "copy_slots.directory")


def test_no_slots_are_refused(directory):
    assert (refusal(0, directory).code, refusal(-1, directory).path) == ("slots-invalid", "slots.count")


def test_an_error_of_the_one_who_has_it_stays_as_it_is(directory):
    with pytest.raises(FileNotFoundError), slot(1, directory):
        raise FileNotFoundError("a file of his")
    with slot(1, directory, never):
        pass
