# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Directories for overlays that are thrown away."""

from __future__ import annotations

import os
import signal

import pytest

from ansible_collections.virttools.guestconv.plugins.module_utils.disks import scratch
from ansible_collections.virttools.guestconv.plugins.module_utils.errors import GuestconvError
from ansible_collections.virttools.guestconv.tests.unit.plugins.module_utils.disks.conversions import in_child


def test_what_a_killed_run_left_is_removed_by_the_next_one_and_nothing_else(tmp_path):
    (tmp_path / "guestconv-throwaway").mkdir()
    running = scratch.take(str(tmp_path))

    def die():
        with open(os.path.join(scratch.take(str(tmp_path)).path, "disk0.qcow2"), "wb") as overlay:
            overlay.write(bytes(100))
        os.kill(os.getpid(), signal.SIGKILL)

    os.waitpid(in_child(die), 0)
    assert len(os.listdir(tmp_path)) == 3
    taken = scratch.take(str(tmp_path))
    assert sorted(os.listdir(tmp_path)) == sorted(
        [os.path.basename(running.path), os.path.basename(taken.path), "guestconv-throwaway"]
    )
    assert os.stat(taken.path).st_mode & 0o777 == 0o700
    running.release()
    taken.release()
    assert os.listdir(tmp_path) == ["guestconv-throwaway"]


def test_a_place_that_is_no_directory_is_refused(tmp_path):
    with pytest.raises(GuestconvError) as caught:
        scratch.take(str(tmp_path / "absent"))
    assert (caught.value.code, caught.value.path) == ("workdir-not-usable", "workdir")
