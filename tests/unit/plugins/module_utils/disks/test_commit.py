# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""In place: the overlay comes into the disk, and not if anything is in the way."""

from __future__ import annotations

import os
import shutil
import subprocess

import pytest

from ansible_collections.virttools.guestconv.plugins.module_utils.disks import (
    commit,
    images,
    room,
)
from ansible_collections.virttools.guestconv.tests.unit.plugins.module_utils.disks.conversions import (
    content,
    convert,
    enter,
    in_child,
    is_converted,
    killed_at,
    refusal_of,
    rewrite,
    two_disks,
    workspace_for,
    write_to,
)
from ansible_collections.virttools.guestconv.tests.unit.plugins.module_utils.disks.disk_images import (
    IN_PLACE,
    MEBIBYTE,
    create,
)


@pytest.mark.parametrize("image_format", IN_PLACE)
def test_a_commit_brings_the_overlay_into_the_disk_and_leaves_no_litter(place, image_format):
    disks = two_disks(place, image_format)
    before = set(os.listdir(place))
    workspace = convert(disks)
    assert all(is_converted(disk.path, image_format) for disk in disks)
    assert workspace.results == [disk.path for disk in disks]
    assert set(os.listdir(place)) == before


@pytest.mark.parametrize("image_format", ["raw", "qcow2"])
def test_without_commit_the_disks_keep_each_byte(place, image_format):
    disks = two_disks(place, image_format)
    before = {disk.path: content(disk.path) for disk in disks}
    with pytest.raises(KeyboardInterrupt), workspace_for(disks, room=0) as workspace:
        write_to(workspace)
        assert [(overlay.device, overlay.backing) for overlay in workspace.overlays] == [
            (disk.device, (disk.path,)) for disk in disks
        ]
        raise KeyboardInterrupt
    assert {disk.path: content(disk.path) for disk in disks} == before
    assert len(os.listdir(place)) == 2


def test_only_the_top_of_a_chain_is_written(place):
    base = create(place / "base.qcow2", "qcow2")
    top = create(place / "top.qcow2", "qcow2", options=["-b", base, "-F", "qcow2"], data=False)
    before = content(base)
    convert(images.disks_from_option([{"path": top, "backing": [base]}]))
    assert is_converted(top, "qcow2") and content(base) == before


def test_a_workdir_takes_the_overlays_and_is_left_empty(place, tmp_path):
    disks, workdir = two_disks(place), tmp_path / "work"
    workdir.mkdir()
    with workspace_for(disks, workdir=str(workdir), room=0) as workspace:
        assert all(overlay.path.startswith(str(workdir)) for overlay in workspace.overlays)
        write_to(workspace)
        workspace.commit()
    assert is_converted(disks[0].path, "raw")
    assert os.listdir(workdir) == [] and len(os.listdir(place)) == 2


def test_a_workdir_that_is_missing_or_full_is_refused(place):
    disks = two_disks(place)
    assert refusal_of(lambda: enter(disks, workdir=str(place / "gone"))).code == "workdir-not-usable"
    assert refusal_of(lambda: enter(disks, room=1 << 60)).code == "no-space"
    assert len(os.listdir(place)) == 2


def test_a_disk_that_nobody_can_write_to_is_refused(place):
    path = create(place / "disk.vmdk", "vmdk", options=["-o", "subformat=streamOptimized"], data=False)
    assert refusal_of(lambda: enter(images.disks_from_option([path]))).code == "format-not-writable"


def test_a_disk_that_can_neither_be_written_to_safely_nor_be_replaced_in_one_step_is_refused(place):
    split = create(place / "split.vmdk", "vmdk", options=["-o", "subformat=twoGbMaxExtentSparse"])
    flat = create(place / "flat.vmdk", "vmdk", options=["-o", "subformat=monolithicFlat"])
    with open(flat, "a", encoding="ascii") as stream:
        stream.write("#" * 4096)  # so that the kernel could be interrupted while it writes the descriptor
    before = sorted(os.listdir(place))
    for path in (split, flat):
        error = refusal_of(lambda path=path: enter(images.disks_from_option([path]), room=0))
        assert error.code == "format-not-writable" and "`dest`" in error.hint
    assert sorted(os.listdir(place)) == before


def test_a_flat_vmdk_is_written_to_in_its_extent(place):
    path = create(place / "disk.vmdk", "vmdk", options=["-o", "subformat=monolithicFlat"])
    before = os.stat(place / "disk-flat.vmdk").st_ino
    convert(images.disks_from_option([path]))
    assert is_converted(path, "vmdk") and os.stat(place / "disk-flat.vmdk").st_ino == before
    assert is_converted(str(place / "disk-flat.vmdk"), "raw")


@pytest.mark.parametrize("image_format, sparse", [("raw", True), ("qcow2", True), ("raw", False)])
def test_room_for_growth_is_looked_for_before_anything_is_written(place, monkeypatch, image_format, sparse):
    disks = two_disks(place, image_format)
    if not sparse:
        for disk in disks:
            with open(disk.path, "r+b") as stream:
                os.posix_fallocate(stream.fileno(), 0, 64 * MEBIBYTE)
    before = content(disks[0].path)
    with workspace_for(disks, room=0) as workspace:
        write_to(workspace)
        monkeypatch.setattr(room, "free_bytes", lambda directory: 2 * MEBIBYTE)
        if sparse:
            error = refusal_of(workspace.commit)
            assert error.code == "no-space" and 10 * MEBIBYTE < error.extra["needed"] < 13 * MEBIBYTE
            assert content(disks[0].path) == before
        else:
            workspace.commit()
            assert is_converted(disks[0].path, image_format)
    assert len(os.listdir(place)) == 2


def test_a_disk_that_somebody_has_open_is_not_committed_to(place):
    disks = two_disks(place, "qcow2")
    with workspace_for(disks, room=0) as workspace:
        write_to(workspace)
        reader = subprocess.Popen(
            ["qemu-io", "-r", "-f", "qcow2", disks[1].path], stdin=subprocess.PIPE, stdout=subprocess.PIPE
        )
        try:
            reader.stdout.read(1)  # its prompt: the disk is open now
            assert refusal_of(workspace.commit).code == "disk-in-use"
        finally:
            reader.communicate()
    assert not is_converted(disks[0].path, "qcow2") and len(os.listdir(place)) == 2


def replace(path):
    shutil.copy2(path, path + ".new")
    os.replace(path + ".new", path)


@pytest.mark.parametrize("mode", ["in-place", "dest"])
@pytest.mark.parametrize(
    "name, change",
    [
        ("one.raw", rewrite),
        ("one.raw", replace),
        ("one.raw", os.unlink),
        ("base.qcow2", rewrite),
        ("base.qcow2", replace),
        ("three-flat.vmdk", rewrite),
    ],
)
def test_a_disk_that_was_written_to_during_the_conversion_gets_nothing_of_it(place, tmp_path, mode, name, change):
    base = create(tmp_path / "base.qcow2", "qcow2")
    paths = [
        create(tmp_path / "zero.raw"),
        create(tmp_path / "one.raw"),
        create(tmp_path / "two.qcow2", "qcow2", options=["-b", base, "-F", "qcow2"], data=False),
        create(tmp_path / "three.vmdk", "vmdk", options=["-o", "subformat=monolithicFlat"]),
    ]
    disks = images.disks_from_option([{"path": path, "backing": [base]} for path in paths])
    before = content(paths[0])
    with workspace_for(disks, room=0, mode=mode, dest=str(place) if mode == "dest" else None) as workspace:
        write_to(workspace)
        change(str(tmp_path / name))
        error = refusal_of(workspace.commit)
        assert error.code == "disk-changed" and name in error.message and not error.retryable
    assert content(paths[0]) == before
    assert os.listdir(place) == [] and not [left for left in os.listdir(tmp_path) if left.startswith(".guestconv")]


def test_a_disk_that_is_written_to_just_before_the_journal_is_keeps_what_it_has(place, monkeypatch):
    disks = two_disks(place)
    before = [content(disk.path) for disk in disks]
    monkeypatch.setattr(commit, "require_unlocked", lambda disk: rewrite(disk.path))
    assert refusal_of(lambda: convert(disks)).code == "disk-changed"
    assert [content(disk.path) for disk in disks] == before and len(os.listdir(place)) == 2


def test_what_only_reads_a_disk_does_not_void_the_conversion(place):
    disks = two_disks(place, "qcow2")
    with workspace_for(disks, room=0) as workspace:
        write_to(workspace)
        content(disks[0].path)
        os.chmod(disks[1].path, 0o600)
        workspace.commit()
    assert all(is_converted(disk.path, "qcow2") for disk in disks)


def test_a_hard_linked_disk_is_not_converted_in_place_but_to_a_copy(place, tmp_path):
    disks = two_disks(place)
    os.link(disks[1].path, tmp_path / "backup")
    for settings in ({}, {"mode": "throwaway", "workdir": str(tmp_path)}):
        error = refusal_of(lambda settings=settings: enter(disks, room=0, **settings))
        assert error.code == "disk-linked" and disks[1].path in error.message
        assert error.path == "disks[1]"
    (tmp_path / "dest").mkdir()
    convert(disks, mode="dest", dest=str(tmp_path / "dest"))
    assert is_converted(str(tmp_path / "dest" / "two.raw"), "raw")
    os.unlink(tmp_path / "backup")
    convert(disks)
    assert is_converted(disks[1].path, "raw")


def test_two_conversions_of_one_disk_do_not_meet(place):
    disks = two_disks(place)
    with workspace_for(disks, room=0):
        for others in (disks, disks[:1], disks[1:]):
            assert refusal_of(lambda others=others: enter(others, room=0)).code == "disk-busy"
        assert len(os.listdir(place)) == 4  # the loser removed nothing
    with workspace_for(disks[1:], room=0):
        assert refusal_of(lambda: enter(disks, room=0)).code == "disk-busy"
        assert len(os.listdir(place)) == 3
    assert len(os.listdir(place)) == 2


def test_of_many_conversions_at_once_one_at_a_time_wins(place):
    disks = two_disks(place)
    children = [in_child(lambda: [convert(disks) for _time in range(2)]) for _child in range(6)]
    for child in children:
        os.waitpid(child, 0)
    assert len(os.listdir(place)) == 2
    convert(disks)
    assert is_converted(disks[0].path, "raw")


@pytest.mark.parametrize("with_workdir", [False, True])
def test_the_litter_of_a_killed_run_is_removed_by_the_next(place, tmp_path, with_workdir):
    disks, workdir = two_disks(place), tmp_path / "work"
    workdir.mkdir()
    before = content(disks[0].path)
    settings = {"workdir": str(workdir)} if with_workdir else {}
    assert killed_at("ready", disks, **settings)
    assert content(disks[0].path) == before and len(os.listdir(place)) == 4
    assert len(os.listdir(workdir)) == with_workdir
    with workspace_for(disks[:1], room=0):
        pass
    assert os.listdir(workdir) == []
    with workspace_for(disks, room=0):
        pass
    assert len(os.listdir(place)) == 2
