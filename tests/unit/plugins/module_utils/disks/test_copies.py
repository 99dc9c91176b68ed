# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Conversions to copies in a directory."""

from __future__ import annotations

import os
import shutil
import stat

import pytest

from ansible_collections.virttools.guestconv.plugins.module_utils.disks import (
    copies,
    images,
    room,
)
from ansible_collections.virttools.guestconv.tests.unit.plugins.module_utils.disks.conversions import (
    content,
    convert,
    enter,
    is_converted,
    killed_at,
    refusal_of,
    replace_qemu_img,
    rewrite,
    two_disks,
    workspace_for,
    write_to,
)
from ansible_collections.virttools.guestconv.tests.unit.plugins.module_utils.disks.disk_images import (
    MEBIBYTE,
    create,
)


def test_a_disk_that_is_written_to_while_it_is_copied_leaves_no_copy(place, tmp_path):
    disks = two_disks(tmp_path)
    error = refusal_of(
        lambda: convert(
            disks, mode="dest", dest=str(place), step=lambda point: point == "copied sdb" and rewrite(disks[0].path)
        )
    )
    assert error.code == "disk-changed" and os.listdir(place) == []


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
