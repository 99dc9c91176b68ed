# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Disks that get a partition table: on real images, by all ways of conversion, and with interruptions."""

from __future__ import annotations

import os
import stat
import subprocess
from dataclasses import replace

import pytest

from ansible_collections.virttools.guestconv.plugins.module_utils.disks import images, journal, partitioned, room
from ansible_collections.virttools.guestconv.plugins.module_utils.disks.partitioned import Partitioned
from ansible_collections.virttools.guestconv.plugins.module_utils.errors import GuestconvError
from ansible_collections.virttools.guestconv.tests.unit.plugins.module_utils.disks.conversions import (
    content,
    in_child,
    kill_at,
    workspace_for,
    write_to,
)
from ansible_collections.virttools.guestconv.tests.unit.plugins.module_utils.disks.disk_images import (
    IN_PLACE,
    MEBIBYTE,
    create,
)

HEAD = Partitioned(b"H" * 1000, MEBIBYTE)
SIZE = 65 * MEBIBYTE
# The patterns of conversions.py, each behind the room for the boot loader.
SHIFTED = {2: 0xA1, 3: 7, 9: 0xA3, 12: 0xA3, 49: 8}


def one_disk(directory, image_format="raw"):
    return images.disks_from_option([create(directory / f"one.{image_format}", image_format)])


def convert(disks, mode="in-place", **settings):
    with workspace_for(disks, mode, room=0, **settings) as workspace:
        write_to(workspace)
        workspace.require_partitionable(0, HEAD)
        workspace.partition(0, HEAD)
        workspace.commit()
    return workspace


def shown(path, image_format):
    """The bytes of the disk in an image."""
    raw = f"{path}.shown"
    subprocess.run(["qemu-img", "convert", "-f", image_format, "-O", "raw", path, raw], check=True)
    data = content(raw)
    os.unlink(raw)
    return data


def is_partitioned(path, image_format, size=SIZE):
    data = shown(path, image_format)
    assert len(data) == size
    assert data[:MEBIBYTE] == HEAD.head.ljust(MEBIBYTE, b"\0")
    assert {at: data[at * MEBIBYTE] for at in SHIFTED} == SHIFTED
    # What was nothing is nothing, where the disk had data before too.
    return data[MEBIBYTE : 2 * MEBIBYTE] == bytes(MEBIBYTE) and data[48 * MEBIBYTE] == 0


@pytest.mark.parametrize("image_format", IN_PLACE)
def test_in_place_what_filled_the_disk_begins_behind_the_head(tmp_path, image_format):
    disks = one_disk(tmp_path, image_format)
    before = set(os.listdir(tmp_path))
    convert(disks)
    # A VHD has whole cylinders.
    assert is_partitioned(disks[0].path, image_format, disks[0].virtual_size + MEBIBYTE)
    assert set(os.listdir(tmp_path)) == before


@pytest.mark.parametrize("image_format", [None, "raw", "qcow2"])
def test_a_copy_is_larger_and_the_disk_stays_as_it_is(tmp_path, image_format):
    disks = one_disk(tmp_path, "qcow2")
    before = content(disks[0].path)
    (tmp_path / "dest").mkdir()
    workspace = convert(disks, "dest", dest=str(tmp_path / "dest"), dest_format=image_format)
    assert is_partitioned(workspace.results[0], image_format or "qcow2")
    assert content(disks[0].path) == before


def test_an_overlay_over_another_image_gets_it_alone(tmp_path):
    base = create(tmp_path / "base.qcow2", "qcow2")
    top = str(tmp_path / "top.qcow2")
    subprocess.run(["qemu-img", "create", "-q", "-f", "qcow2", "-b", base, "-F", "qcow2", top], check=True)
    before = content(base)
    disks = images.disks_from_option([{"path": top, "backing": [base]}])
    convert(disks)
    assert is_partitioned(top, "qcow2") and content(base) == before


@pytest.mark.parametrize("image_format", ["raw", "qcow2", "vmdk"])
@pytest.mark.parametrize("point", ["partitioned sda", "ready", "journal written", "committed sda", "journal removed"])
def test_an_interrupted_conversion_is_finished_or_has_done_nothing(tmp_path, image_format, point):
    disks = one_disk(tmp_path, image_format)
    before = content(disks[0].path)
    child = in_child(lambda: convert(disks, step=kill_at(point)))
    _child, status = os.waitpid(child, 0)
    assert os.WIFSIGNALED(status)
    pending = journal.pending(disks)
    if point in ("partitioned sda", "ready"):
        assert pending is None and content(disks[0].path) == before
        convert(disks)
    elif pending is not None:
        (view,) = pending.as_converted()
        assert view.virtual_size == SIZE
        assert is_partitioned(view.path, "qcow2")
        pending.finish()
    assert is_partitioned(disks[0].path, image_format)


def test_a_disk_that_was_written_to_meanwhile_is_not_partitioned(tmp_path):
    disks = one_disk(tmp_path)
    with workspace_for(disks, room=0) as workspace:
        with open(disks[0].path, "r+b") as stream:
            stream.write(b"x")
        with pytest.raises(GuestconvError) as caught:
            workspace.partition(0, HEAD)
    assert caught.value.code == "disk-changed"


def test_room_is_looked_for_before_anything_is_copied(tmp_path, monkeypatch):
    disks = one_disk(tmp_path)
    with workspace_for(disks, room=0) as workspace:
        monkeypatch.setattr(room, "free_bytes", lambda directory: 4096)
        with pytest.raises(GuestconvError) as caught:
            workspace.partition(0, HEAD)
        assert caught.value.code == "no-space"
        assert os.path.exists(workspace.overlays[0].path)


def refusal(disk):
    with pytest.raises(GuestconvError) as caught:
        partitioned.require_partitionable(disk)
    return caught.value


def test_a_disk_that_cannot_grow_in_place_is_refused(tmp_path, monkeypatch):
    (with_snapshot,) = one_disk(tmp_path, "qcow2")
    subprocess.run(["qemu-img", "snapshot", "-c", "before", with_snapshot.path], check=True)
    assert refusal(with_snapshot).code == "disk-not-partitionable"
    flat = create(tmp_path / "flat.vmdk", "vmdk", options=("-o", "subformat=monolithicFlat"))
    assert "fixed" in refusal(images.disks_from_option([flat])[0]).message
    (raw,) = one_disk(tmp_path)
    device = os.stat_result((stat.S_IFBLK, *[0] * 9))
    monkeypatch.setattr(partitioned.os, "stat", lambda path: device)
    assert "block device" in refusal(replace(raw, format="raw")).message


@pytest.mark.parametrize("mode, is_refused", [("throwaway", True), ("dest", False)])
def test_only_what_is_converted_in_place_must_be_able_to_grow(tmp_path, mode, is_refused):
    disks = one_disk(tmp_path, "qcow2")
    subprocess.run(["qemu-img", "snapshot", "-c", "before", disks[0].path], check=True)
    (tmp_path / "dest").mkdir()
    settings = {"dest": str(tmp_path / "dest")} if mode == "dest" else {}
    with workspace_for(disks, mode, room=0, **settings) as workspace:
        if is_refused:
            with pytest.raises(GuestconvError):
                workspace.require_partitionable(0, HEAD)
        else:
            workspace.require_partitionable(0, HEAD)
            workspace.partition(0, HEAD)
            assert workspace.overlays[0].virtual_size == SIZE
