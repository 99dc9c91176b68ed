# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import errno
import os
import shutil
import stat
import struct
import subprocess

import pytest

from ansible_collections.virttools.guestconv.plugins.module_utils.disks import (
    commit,
    copies,
    images,
    qemu_img,
    replacement,
    room,
)
from ansible_collections.virttools.guestconv.plugins.module_utils.disks.formats import qcow2
from ansible_collections.virttools.guestconv.plugins.module_utils.errors import GuestconvError
from ansible_collections.virttools.guestconv.tests.unit.plugins.module_utils.disks.conversions import (
    KEPT,
    content,
    convert,
    holds,
    in_child,
    is_converted,
    kill_at,
    killed_at,
    replace_qemu_img,
    two_disks,
    wait_until,
    workspace_for,
    write_to,
)
from ansible_collections.virttools.guestconv.tests.unit.plugins.module_utils.disks.disk_images import (
    IN_PLACE,
    MEBIBYTE,
    REPLACED,
    create,
    patch,
    share_a_block,
)


@pytest.fixture
def place(tmp_path):
    """An empty directory."""
    (tmp_path / "place").mkdir()
    return tmp_path / "place"


def refusal_of(work):
    with pytest.raises(GuestconvError) as caught:
        work()
    return caught.value


def enter(disks, **settings):
    with workspace_for(disks, **settings):
        raise AssertionError("nothing was refused")


# --- in place


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


# --- in place, by another file


def test_a_disk_is_replaced_only_where_qemu_must_not_write_to_it(place):
    paths = [create(place / ("disk." + image_format), image_format) for image_format in IN_PLACE]
    before = {path: os.stat(path).st_ino for path in paths}
    convert(images.disks_from_option(paths))
    replaced = [path.rpartition(".")[2] for path in paths if os.stat(path).st_ino != before[path]]
    assert sorted(replaced) == sorted(REPLACED)


@pytest.mark.parametrize("image_format", REPLACED)
def test_a_replaced_disk_is_sound_and_of_the_same_size(place, image_format):
    path = create(place / "disk", image_format, size="100000000")
    disks = images.disks_from_option([path])
    convert(disks)
    (converted,) = images.disks_from_option([path])
    assert converted == disks[0]
    check = subprocess.run(["qemu-img", "check", "-f", image_format, path], capture_output=True, check=False)
    assert check.returncode == (63 if image_format == "vpc" else 0)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give files away")
def test_a_replaced_disk_keeps_its_owner_mode_label_and_acl(place):
    path = create(place / "disk.vdi", "vdi")
    os.chown(path, 65534, 12345)
    os.chmod(path, 0o640)
    # version 2; the owner, the user 107, the group, the mask, all others (struct posix_acl_xattr_entry of the kernel)
    acl = struct.pack("<I", 2) + b"".join(
        struct.pack("<HHI", *entry)
        for entry in ((1, 6, 0xFFFFFFFF), (2, 6, 107), (4, 4, 0xFFFFFFFF), (0x10, 6, 0xFFFFFFFF), (0x20, 0, 0xFFFFFFFF))
    )
    wanted = {
        "system.posix_acl_access": acl,
        "user.note": b"web01",
        "security.selinux": b"system_u:object_r:svirt_t:s0\0",
    }
    for name, value in wanted.items():
        set_attribute(path, name, value)
    before = os.stat(path)
    convert(images.disks_from_option([path]))
    after = os.stat(path)
    assert after.st_ino != before.st_ino
    assert (after.st_uid, after.st_gid, after.st_mode) == (before.st_uid, before.st_gid, before.st_mode)
    assert {name: os.getxattr(path, name) for name in os.listxattr(path)} == wanted


def test_a_replaced_disk_gets_no_acl_from_its_directory(place):
    path = create(place / "disk.vdi", "vdi")
    acl = struct.pack("<I", 2) + b"".join(
        struct.pack("<HHI", *entry)
        for entry in ((1, 7, 0xFFFFFFFF), (2, 6, 107), (4, 4, 0xFFFFFFFF), (0x10, 6, 0xFFFFFFFF), (0x20, 0, 0xFFFFFFFF))
    )
    set_attribute(place, "system.posix_acl_default", acl)
    before = os.stat(path).st_mode
    convert(images.disks_from_option([path]))
    assert "system.posix_acl_access" not in os.listxattr(path) and os.stat(path).st_mode == before


def set_attribute(path, name, value):
    try:
        os.setxattr(path, name, value)
    except OSError as error:
        pytest.skip(f"no {name} on this filesystem: {error}")


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give files away")
def test_a_disk_of_another_user_is_not_replaced_by_one_of_this_user(place, monkeypatch):
    disks = [create(place / ("disk." + image_format), image_format) for image_format in ("raw", "vdi")]
    monkeypatch.setattr(os, "geteuid", lambda: 65534)
    with pytest.raises(GuestconvError) as caught:
        commit.refuse_read_only(images.disks_from_option(disks))
    assert caught.value.code == "disk-not-writable" and disks[1] in caught.value.message
    assert caught.value.path == "disks[1]"


def test_owner_and_attributes_that_cannot_be_given_leave_the_disk_as_it_was(place, monkeypatch):
    disks = two_disks(place, "vdi")
    before = content(disks[0].path)

    def forbidden(*_arguments):
        raise PermissionError(errno.EPERM, os.strerror(errno.EPERM))

    monkeypatch.setattr(os, "chown", forbidden)
    error = refusal_of(lambda: convert(disks))
    assert error.code == "disk-not-writable" and "dest" in error.hint
    assert content(disks[0].path) == before and len(os.listdir(place)) == 2


def test_a_replaced_vmdk_no_longer_needs_its_parent_which_keeps_each_byte(place):
    base = create(place / "base.vmdk", "vmdk")
    top = create(place / "top.vmdk", "vmdk", options=["-b", base, "-F", "vmdk"], data=False)
    before = content(base)
    convert(images.disks_from_option([{"path": top, "backing": [base]}]))
    assert content(base) == before
    os.unlink(base)
    assert images.disks_from_option([top])[0].backing == () and is_converted(top, "vmdk")


@pytest.mark.parametrize("image_format", ["vdi", "vhdx"])
def test_room_for_the_whole_image_is_looked_for_before_converting_and_before_writing(place, monkeypatch, image_format):
    disks = two_disks(place, image_format)
    before = content(disks[0].path)
    with workspace_for(disks, room=0) as workspace:
        write_to(workspace)
        with monkeypatch.context() as full:
            full.setattr(room, "free_bytes", lambda directory: 2 * 24 * MEBIBYTE - 1)
            error = refusal_of(workspace.commit)
            assert error.code == "no-space" and "`dest`" in error.hint and "workdir" not in error.hint
    with monkeypatch.context() as full:
        full.setattr(room, "free_bytes", lambda directory: 16 * MEBIBYTE)
        assert refusal_of(lambda: enter(disks, room=0)).code == "no-space"
    assert content(disks[0].path) == before and len(os.listdir(place)) == 2
    convert(disks)
    assert is_converted(disks[0].path, image_format)


@pytest.mark.parametrize("image_format", REPLACED)
def test_the_room_that_is_looked_for_is_enough(place, image_format):
    disks = two_disks(place, image_format)
    with workspace_for(disks, room=0) as workspace:
        write_to(workspace)
        required = replacement.required_bytes(workspace.overlays[0].path, "qcow2", disks[0])
        workspace.commit()
    assert os.stat(disks[0].path).st_blocks * 512 <= required


def test_a_whole_image_that_cannot_be_written_leaves_the_disk_as_it_was(place, tmp_path, monkeypatch):
    disks = two_disks(place, "vdi")
    before = [content(disk.path) for disk in disks]
    replace_qemu_img(tmp_path / "bin", monkeypatch, 'case "$*" in *two*) [ $1 = convert ] && exit 1;; esac')
    assert refusal_of(lambda: convert(disks)).code == "qemu-img-failed"
    assert [content(disk.path) for disk in disks] == before and len(os.listdir(place)) == 2


def test_a_whole_image_of_another_size_does_not_replace_the_disk(place, tmp_path, monkeypatch):
    disks = two_disks(place, "vdi")
    before = [content(disk.path) for disk in disks]
    replace_qemu_img(
        tmp_path / "bin",
        monkeypatch,
        '[ $1 = convert ] && for last; do :; done && $REAL "$@" && exec $REAL resize -q -f vdi "$last" 96M',
    )
    assert refusal_of(lambda: convert(disks)).code == "qemu-img-failed"
    assert [content(disk.path) for disk in disks] == before and len(os.listdir(place)) == 2


def test_a_disk_that_a_machine_has_opened_while_its_replacement_was_written_is_not_replaced(place):
    disk = images.disks_from_option([create(place / "disk.vdi", "vdi")])[0]
    machines = []

    def start(point):
        if point.startswith("replacement of"):
            command = ["qemu-io", "-f", "vdi", disk.path]
            machines.append(subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL))
            wait_until(lambda: qemu_img.is_written_to(disk.path))

    try:
        assert refusal_of(lambda: convert([disk], step=start)).code == "disk-in-use"
    finally:
        machines[0].communicate(b"write -P 9 20M 1M\nquit\n")
    assert holds(disk.path, "vdi", ((9, "20M", "1M"), *KEPT))


def test_a_disk_that_is_mounted_by_itself_is_refused_before_it_is_converted(place, monkeypatch):
    disk = images.disks_from_option([create(place / "disk.vdi", "vdi")])[0]
    ours = replacement._mount_of
    monkeypatch.setattr(
        replacement, "_mount_of", lambda path: (*ours(path)[:1], "mnt_id: 0") if path == disk.path else ours(path)
    )
    assert refusal_of(lambda: enter([disk])).code == "format-not-writable"


def test_a_disk_of_a_group_that_this_user_cannot_give_is_refused_before_it_is_converted(place, monkeypatch):
    disk = images.disks_from_option([create(place / "disk.vdi", "vdi")])[0]
    status = os.stat(disk.path)
    for name, value in (("geteuid", status.st_uid or 65534), ("getegid", 65534), ("getgroups", [])):
        monkeypatch.setattr(replacement.os, name, lambda value=value: value)
    directory = os.stat(place)
    ours = os.stat_result((0o100600, *status[1:4], status.st_uid or 65534, 1, *status[6:]))
    assert not replacement._can_give(ours, directory)
    monkeypatch.setattr(replacement.os, "getgroups", lambda: [1])
    assert replacement._can_give(ours, directory)
    monkeypatch.setattr(replacement.os, "getgroups", list)
    assert replacement._can_give(ours, os.stat_result((0o042700, *directory[1:5], 1, *directory[6:])))


def test_an_empty_vhdx_of_any_size_needs_little_room(place):
    disk = images.disks_from_option([create(place / "disk.vhdx", "vhdx", "1T", data=False)])[0]
    assert replacement.required_bytes(disk.path, "vhdx", disk) < 8 << 30


def test_a_check_has_the_longer_the_larger_the_image_is(place, monkeypatch):
    limits = []
    monkeypatch.setattr(
        qemu_img, "run", lambda arguments, timeout, **_options: limits.append(timeout) or qemu_img.Outcome(0, "", "")
    )
    for size in (1 << 20, 1 << 40):
        (place / "disk").touch()
        os.truncate(place / "disk", size)
        assert not qemu_img.is_damaged(str(place / "disk"), "qcow2")
    assert limits[1] > 10 * limits[0]


def test_a_disk_that_is_written_to_while_its_replacement_is_written_is_not_replaced(place):
    disks = two_disks(place, "vdi")
    before = [content(disk.path) for disk in disks]
    error = refusal_of(
        lambda: convert(disks, step=lambda point: point == "replacement of sdb written" and rewrite(disks[0].path))
    )
    assert error.code == "disk-changed"
    assert [content(disk.path) for disk in disks] == before and len(os.listdir(place)) == 2


# --- images that are not sound


def forget_a_cluster(path):
    """Have a qcow2 point to a cluster that it does not count: the counts (16 bits) are in the third cluster."""
    patch(path, 2 * 65536 + 2 * 6, b"\0\0")


def point_beyond_the_end(path):
    """Have a grain of a VMDK lie where the file does not reach: the first table of grains is behind its directory."""
    with open(path, "rb") as stream:
        stream.seek(56)  # gd_offset of VMDK4Header in block/vmdk.c
        (directory,) = struct.unpack("<Q", stream.read(8))
        stream.seek(directory * 512)
        (table,) = struct.unpack("<I", stream.read(4))
    patch(path, table * 512, struct.pack("<I", 1 << 30))


@pytest.mark.parametrize("mode", ["in-place", "dest", "throwaway"])
@pytest.mark.parametrize("image_format, spoil", [("qcow2", forget_a_cluster), ("vdi", share_a_block)])
def test_an_image_whose_metadata_contradict_themselves_is_refused(place, tmp_path, mode, image_format, spoil):
    disks = two_disks(place, image_format)
    spoil(disks[1].path)
    before = content(disks[1].path)
    (tmp_path / "dest").mkdir()
    settings = {"dest": {"dest": str(tmp_path / "dest")}, "throwaway": {"workdir": str(tmp_path)}}.get(mode, {})
    error = refusal_of(lambda: convert(disks, mode=mode, **settings))
    assert error.code == "disk-corrupt" and disks[1].path in error.message
    assert content(disks[1].path) == before and len(os.listdir(place)) == 2 and not os.listdir(tmp_path / "dest")


def test_an_unsound_vmdk_is_refused(place):
    path = create(place / "disk.vmdk", "vmdk")
    disks = images.disks_from_option([path])
    point_beyond_the_end(path)
    assert refusal_of(lambda: enter(disks, room=0)).code == "disk-corrupt"


def test_leaked_clusters_are_no_reason_to_refuse_a_disk(place):
    disks = two_disks(place, "qcow2")
    with open(disks[0].path, "r+b") as stream:
        end = stream.seek(0, 2) // 65536
    patch(disks[0].path, 2 * 65536 + 2 * end, b"\0\1")
    os.truncate(disks[0].path, (end + 1) * 65536)
    check = subprocess.run(["qemu-img", "check", "-f", "qcow2", disks[0].path], capture_output=True, check=False)
    assert check.returncode == 3
    convert(disks)
    assert is_converted(disks[0].path, "qcow2")


def test_a_qcow2_whose_counts_qemu_repairs_itself_is_converted(place):
    path = create(place / "disk.qcow2", "qcow2", options=["-o", "lazy_refcounts=on"])
    qemu_io_killed(path)
    with open(path, "rb") as stream:
        assert qcow2.read_header(stream).dirty
    convert(images.disks_from_option([path]))
    assert is_converted(path, "qcow2")
    # qemu-img commit alone hands out clusters that are in use.
    assert qemu_img.run(["check", "-f", "qcow2", path], 60).code == 0


def qemu_io_killed(path):
    """Write to a qcow2 and end as by a power failure."""
    subprocess.run(
        ["qemu-io", "-f", "qcow2", "-c", "write -P 9 20M 1M", "-c", "flush", "-c", "sigraise 9", path],
        check=False,
        capture_output=True,
    )


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


def rewrite(path):
    with open(path, "r+b") as stream:
        stream.write(stream.read(1))


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


def test_a_disk_that_is_written_to_while_it_is_copied_leaves_no_copy(place, tmp_path):
    disks = two_disks(tmp_path)
    error = refusal_of(
        lambda: convert(
            disks, mode="dest", dest=str(place), step=lambda point: point == "copied sdb" and rewrite(disks[0].path)
        )
    )
    assert error.code == "disk-changed" and os.listdir(place) == []


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


# --- throwaway


def test_throwaway_keeps_nothing_and_needs_no_place_beside_the_disk(place, tmp_path):
    disks, workdir = two_disks(place), tmp_path / "work"
    workdir.mkdir()
    before = content(disks[0].path)
    workspace = convert(disks, mode="throwaway", workdir=str(workdir))
    assert content(disks[0].path) == before
    assert workspace.results == [disk.path for disk in disks]
    assert os.listdir(workdir) == [] and len(os.listdir(place)) == 2


def test_throwaway_litter_of_killed_runs_is_removed_but_not_that_of_running_ones(place, tmp_path):
    disks, workdir = two_disks(place), tmp_path / "work"
    workdir.mkdir()
    with workspace_for(disks, room=0, mode="throwaway", workdir=str(workdir)) as running:

        def die():
            with workspace_for(disks, room=0, mode="throwaway", workdir=str(workdir)):
                kill_at("now")("now")

        os.waitpid(in_child(die), 0)
        assert len(os.listdir(workdir)) == 2
        with workspace_for(disks, room=0, mode="throwaway", workdir=str(workdir)):
            assert len(os.listdir(workdir)) == 2
        assert all(os.path.exists(overlay.path) for overlay in running.overlays)
    assert os.listdir(workdir) == []


# --- dest


@pytest.mark.parametrize(
    "source, stated, result",
    [
        ("raw", None, "one.raw"),
        ("qcow2", None, "one.qcow2"),
        ("vmdk", None, "one.qcow2"),
        ("vdi", "raw", "one.raw"),
        ("raw", "qcow2", "one.qcow2"),
        ("qcow2", "raw", "one.raw"),
    ],
)
def test_a_copy_is_converted_and_the_source_is_not_touched(place, tmp_path, source, stated, result):
    disks = two_disks(tmp_path, source)
    os.chmod(disks[0].path, 0o640)
    before = {disk.path: content(disk.path) for disk in disks}
    workspace = convert(disks, mode="dest", dest=str(place), dest_format=stated)
    suffix = result.rpartition(".")[2]
    assert sorted(os.listdir(place)) == [result, "two." + suffix]
    assert workspace.results == [str(place / name) for name in sorted(os.listdir(place))]
    assert all(is_converted(path, suffix) for path in workspace.results)
    assert stat.S_IMODE(os.stat(workspace.results[0]).st_mode) == 0o640
    assert {disk.path: content(disk.path) for disk in disks} == before


def test_a_copy_depends_on_no_other_file(place, tmp_path):
    base = create(tmp_path / "base.raw")
    top = create(tmp_path / "top.qcow2", "qcow2", options=["-b", base, "-F", "raw"], data=False)
    disks = images.disks_from_option([{"path": top, "backing": [base]}])
    workspace = convert(disks, mode="dest", dest=str(place))
    (copy,) = images.disks_from_option(workspace.results)
    assert copy.backing == () and is_converted(copy.path, "qcow2")


def test_copies_of_disks_with_one_name_get_their_device_names(tmp_path):
    for name in ("a", "b"):
        (tmp_path / name).mkdir()
    disks = images.disks_from_option([create(tmp_path / name / "disk.vmdk", "vmdk", data=False) for name in ("a", "b")])
    assert [os.path.basename(copy.path) for copy in copies.plan_copies(disks, "/dest", None)] == [
        "disk-sda.qcow2",
        "disk-sdb.qcow2",
    ]


def test_a_dot_in_the_name_is_no_ending(tmp_path):
    disks = images.disks_from_option([create(tmp_path / "web.example", data=False)])
    assert copies.plan_copies(disks, "/dest", "qcow2")[0].path == "/dest/web.example.qcow2"


def test_what_a_dest_cannot_be_is_refused(place):
    disks = two_disks(place)
    for dest, code in ((place / "gone", "dest-not-usable"), (disks[0].path, "dest-not-usable"), (place, "dest-exists")):
        assert refusal_of(lambda dest=dest: enter(disks, mode="dest", dest=str(dest), room=0)).code == code
    assert len(os.listdir(place)) == 2


def test_room_for_the_copies_is_looked_for_before_copying(place, tmp_path, monkeypatch):
    disks = two_disks(tmp_path)
    with workspace_for(disks, room=0, mode="dest", dest=str(place)) as workspace:
        write_to(workspace)
        monkeypatch.setattr(room, "free_bytes", lambda directory: 2 * MEBIBYTE)
        assert refusal_of(workspace.commit).code == "no-space"
    assert os.listdir(place) == []


@pytest.mark.parametrize(
    "mode, formats, order",
    [
        ("dest", ("raw", "raw"), ["sda", "sdb"]),
        ("in-place", ("raw", "raw"), ["sda", "sdb"]),
        ("in-place", ("vdi", "vdi"), ["sda", "sdb"]),
        ("in-place", ("raw", "vdi", "qcow2"), ["sdb", "sda", "sdc"]),
    ],
)
def test_how_far_the_writing_is_is_told(place, tmp_path, mode, formats, order):
    told = []
    disks = images.disks_from_option(
        [create(tmp_path / ("disk-%d" % number), image_format) for number, image_format in enumerate(formats)]
    )
    convert(
        disks,
        mode=mode,
        dest=str(place) if mode == "dest" else None,
        tell=lambda disk, fraction: told.append((disk, fraction)),
    )
    fractions = [fraction for _disk, fraction in told]
    assert fractions == sorted(fractions) and fractions[-1] == pytest.approx(1)
    assert list(dict.fromkeys(disk for disk, _fraction in told)) == ["writing " + device for device in order]


def test_a_copy_that_fails_leaves_nothing(place, tmp_path, monkeypatch):
    disks = two_disks(tmp_path)
    replace_qemu_img(tmp_path / "bin", monkeypatch, 'case "$*" in *two*) [ $1 = convert ] && exit 1;; esac')
    assert refusal_of(lambda: convert(disks, mode="dest", dest=str(place))).code == "qemu-img-failed"
    assert os.listdir(place) == []


@pytest.mark.parametrize("point", ["copied sda", "copied sdb", "arrived one.raw", "arrived two.raw"])
def test_a_kill_while_copying_is_cleaned_by_the_next_run(place, tmp_path, point):
    disks = two_disks(tmp_path)
    assert killed_at(point, disks, mode="dest", dest=str(place))
    convert(disks, mode="dest", dest=str(place))
    assert sorted(os.listdir(place)) == ["one.raw", "two.raw"]
    assert all(is_converted(str(place / name), "raw") for name in os.listdir(place))


def test_a_copy_that_was_used_since_the_kill_is_not_removed(place, tmp_path):
    disks = two_disks(tmp_path)
    assert killed_at("arrived two.raw", disks, mode="dest", dest=str(place))
    with open(place / "one.raw", "r+b") as stream:
        stream.write(b"a guest has booted from this")
    assert refusal_of(lambda: enter(disks, mode="dest", dest=str(place), room=0)).code == "dest-exists"
    assert content(place / "one.raw").startswith(b"a guest")


def test_a_dest_on_the_disk_of_another_user_is_named_in_the_refusal(place, tmp_path):
    disks = two_disks(tmp_path)
    (place / ".guestconv-one.raw").mkdir()
    if os.geteuid() != 0:
        pytest.skip("only root can make a directory of another user")
    shutil.chown(place / ".guestconv-one.raw", 65534)
    error = refusal_of(lambda: enter(disks, mode="dest", dest=str(place), room=0))
    assert error.code == "state-of-another-user" and "65534" in error.message and "do not remove" in error.hint
    assert os.listdir(place) == [".guestconv-one.raw"]


def test_throwaway_with_dest_says_where_the_copies_would_be_and_what_is_in_their_way(place, tmp_path):
    disks, dest, workdir = two_disks(place), tmp_path / "dest", tmp_path / "work"
    dest.mkdir()
    workdir.mkdir()
    settings = {"mode": "throwaway", "dest": str(dest), "workdir": str(workdir), "dest_format": "qcow2"}
    workspace = convert(disks, **settings)
    assert workspace.results == [str(dest / "one.qcow2"), str(dest / "two.qcow2")]
    assert os.listdir(dest) == []
    (dest / "two.qcow2").touch()
    assert refusal_of(lambda: convert(disks, **settings)).code == "dest-exists"
    dest.rename(tmp_path / "elsewhere")
    assert refusal_of(lambda: convert(disks, **settings)).code == "dest-not-usable"


def test_throwaway_without_dest_refuses_what_cannot_be_written_in_place(place, tmp_path):
    path = create(place / "one.vmdk", "vmdk", options=["-o", "subformat=twoGbMaxExtentSparse"])
    disks = images.disks_from_option([path])
    assert refusal_of(lambda: convert(disks, mode="throwaway", workdir=str(tmp_path))).code == "format-not-writable"
