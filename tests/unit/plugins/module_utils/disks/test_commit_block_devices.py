# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Conversions of block devices, on loop devices."""

from __future__ import annotations

import os
import subprocess

import pytest

from ansible_collections.virttools.guestconv.plugins.module_utils.disks import images
from ansible_collections.virttools.guestconv.plugins.module_utils.disks.journal import pending
from ansible_collections.virttools.guestconv.plugins.module_utils.errors import GuestconvError
from ansible_collections.virttools.guestconv.tests.unit.plugins.module_utils.disks.conversions import (
    convert,
    is_converted,
    killed_at,
    rewrite,
    workspace_for,
    write_to,
)
from ansible_collections.virttools.guestconv.tests.unit.plugins.module_utils.disks.disk_images import create
from tests.sources.volumes import loop_device, states_in


@pytest.fixture
def states(tmp_path, monkeypatch):
    """The directory in which block devices have their state."""
    return states_in(tmp_path, monkeypatch)


@pytest.fixture
def device(tmp_path, states):
    """The path of a block device that holds known bytes."""
    with loop_device(create(tmp_path / "below")) as path:
        yield path


@pytest.fixture
def other_name(device, tmp_path):
    """Another path of that block device, as udev makes them."""
    (tmp_path / "vg-web01").symlink_to(device)
    return str(tmp_path / "vg-web01")


def judged(path):
    return images.disks_from_option([{"path": path, "format": "raw"}])


def code_of(work):
    with pytest.raises(GuestconvError) as caught:
        work()
    return caught.value.code


def test_a_block_device_is_converted_in_place_again_and_again(device, states):
    for _time in range(2):
        convert(judged(device))
        assert is_converted(device, "raw") and os.listdir(states) == []


def test_an_image_on_a_block_device_that_would_have_to_be_replaced_is_refused(device, tmp_path, states):
    image = create(tmp_path / "small.vdi", "vdi", size="49M")
    subprocess.run(["dd", "if=" + image, "of=" + device, "conv=notrunc", "status=none"], check=True)
    disks = images.disks_from_option([{"path": device, "format": "vdi"}])
    with pytest.raises(GuestconvError) as caught:
        convert(disks)
    assert caught.value.code == "format-not-writable" and "`dest`" in caught.value.hint
    assert os.listdir(states) == []


def test_two_conversions_of_a_block_device_by_two_names_do_not_meet(device, other_name):
    with workspace_for(judged(device), room=0):
        assert code_of(lambda: convert(judged(other_name))) == "disk-busy"


def test_a_journal_of_a_block_device_is_found_by_its_other_name_and_finished_by_its_own(device, other_name, states):
    assert killed_at("journal written", judged(other_name))
    with pytest.raises(GuestconvError) as caught:
        pending(judged(device))
    assert caught.value.code == "journal-other-disks" and caught.value.extra["disks"] == [other_name]
    pending(judged(other_name)).finish()
    assert is_converted(device, "raw") and os.listdir(states) == []


@pytest.mark.parametrize("mode", ["in-place", "dest"])
def test_a_block_device_that_was_written_to_during_the_conversion_voids_it(device, tmp_path, mode):
    dest = tmp_path / "dest"
    dest.mkdir()
    rewrite(device)  # before, and maybe not on the device yet
    with workspace_for(judged(device), room=0, mode=mode, dest=str(dest) if mode == "dest" else None) as workspace:
        write_to(workspace)
        rewrite(device)
        assert code_of(workspace.commit) == "disk-changed"
    assert not is_converted(device, "raw") and os.listdir(dest) == []


@pytest.mark.parametrize("mode", ["in-place", "throwaway"])
def test_what_this_machine_has_mounted_is_not_converted_in_place(tmp_path, states, mode):
    """A disk by its device, and by the file that the device shows."""
    below = create(tmp_path / "below")
    subprocess.run(["mkfs.ext4", "-q", below], check=True)
    with loop_device(below) as device:
        (tmp_path / "mnt").mkdir()
        subprocess.run(["mount", device, tmp_path / "mnt"], check=True)
        try:
            for path in (device, below):
                assert code_of(lambda path=path: convert(judged(path), mode=mode)) == "disk-in-use"
        finally:
            subprocess.run(["umount", tmp_path / "mnt"], check=True)
