# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""In place, by another file: the disks that QEMU must not write to."""

from __future__ import annotations

import errno
import os
import struct
import subprocess

import pytest

from ansible_collections.virttools.guestconv.plugins.module_utils.disks import (
    commit,
    images,
    qemu_img,
    replacement,
    room,
)
from ansible_collections.virttools.guestconv.plugins.module_utils.errors import GuestconvError
from ansible_collections.virttools.guestconv.tests.unit.plugins.module_utils.disks.conversions import (
    KEPT,
    content,
    convert,
    enter,
    holds,
    is_converted,
    refusal_of,
    replace_qemu_img,
    rewrite,
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
)


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
