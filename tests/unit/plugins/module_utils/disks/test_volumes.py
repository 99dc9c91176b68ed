# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Conversions to volumes, and of NBD exports in place. Of block devices in place: test_commit_block_devices.py."""

from __future__ import annotations

import os
import signal
import stat
import subprocess
from pathlib import Path
from types import SimpleNamespace

import pytest

from ansible_collections.virttools.guestconv.plugins.module_utils.disks import (
    destination,
    images,
    nodes,
    qemu_img,
    slices,
    volumes,
)
from ansible_collections.virttools.guestconv.plugins.module_utils.disks.journal import pending
from ansible_collections.virttools.guestconv.plugins.module_utils.disks.partitioned import Partitioned
from ansible_collections.virttools.guestconv.plugins.module_utils.errors import GuestconvError
from ansible_collections.virttools.guestconv.tests.unit.plugins.module_utils.disks.conversions import (
    WRITTEN,
    convert,
    holds,
    is_converted,
    killed_at,
    replace_qemu_img,
    two_disks,
    workspace_for,
    write_to,
)
from ansible_collections.virttools.guestconv.tests.unit.plugins.module_utils.disks.disk_images import create
from tests.sources.volumes import OLD, Export, loop_device, old_data, states_in

MEBIBYTE = 1 << 20
ROOM = 70


@pytest.fixture(autouse=True)
def states(tmp_path, monkeypatch):
    """The directory in which volumes have their state."""
    return states_in(tmp_path, monkeypatch)


@pytest.fixture
def files(tmp_path):
    """The files that the volumes show."""
    return [Path(old_data(tmp_path / name, ROOM)) for name in ("first", "second")]


@pytest.fixture(params=["device", "export"])
def dest(request, files, tmp_path):
    """Two volumes of 70 MiB that hold old data."""
    if request.param == "device":
        with loop_device(str(files[0])) as first, loop_device(str(files[1])) as second:
            yield [first, second]
    else:
        folders = [tmp_path / "1", tmp_path / "2"]
        for folder in folders:
            folder.mkdir()
        with Export(files[0], folders[0]) as first, Export(files[1], folders[1]) as second:
            yield [first.url, second.url]


def code_of(work):
    with pytest.raises(GuestconvError) as caught:
        work()
    return caught.value.code


def is_untouched(files):
    return all(set(file.read_bytes()) == set(OLD) for file in files)


def has_nothing_old(file, size):
    content = file.read_bytes()
    return not any(content[size:]) and OLD * 512 not in content[:size]


def test_each_disk_is_written_to_its_volume_and_nothing_old_is_left(tmp_path, dest, files, states):
    disks = two_disks(tmp_path)
    workspace = convert(disks, mode="volumes", dest=dest)
    assert workspace.results == dest
    for disk, file in zip(disks, files):
        assert is_converted(str(file), "raw") and has_nothing_old(file, disk.virtual_size)
        assert not is_converted(disk.path, "raw")
    assert os.listdir(states) == []


def test_a_conversion_that_is_not_committed_leaves_the_volumes_as_they_are(tmp_path, dest, files, states):
    with workspace_for(two_disks(tmp_path), mode="volumes", dest=dest, room=0) as workspace:
        write_to(workspace)
    assert is_untouched(files) and os.listdir(states) == []


def test_check_mode_writes_nothing_but_refuses_the_same(tmp_path, dest, files):
    disks = two_disks(tmp_path)
    with workspace_for(disks, mode="throwaway", dest=dest, room=0) as workspace:
        write_to(workspace)
        workspace.commit()
    assert workspace.results == dest
    assert code_of(lambda: convert(disks, mode="throwaway", dest=[dest[0], dest[0]])) == "dest-in-use"
    assert is_untouched(files)


def test_one_volume_is_not_enough_for_two_disks_and_one_that_is_read_is_none(tmp_path, dest, files):
    disks = two_disks(tmp_path)
    assert code_of(lambda: convert(disks, mode="volumes", dest=dest[:1])) == "dest-not-usable"
    assert code_of(lambda: convert(disks, mode="volumes", dest=[str(tmp_path), dest[0]])) == "dest-not-usable"
    (read,) = images.disks_from_option([{"path": dest[0], "format": "raw"}])
    assert code_of(lambda: convert([read], mode="volumes", dest=[dest[0]])) == "dest-in-use"
    assert is_untouched(files)


def test_what_shows_the_disk_that_is_read_under_another_name_is_no_volume(tmp_path, files):
    (disk,) = images.disks_from_option([{"path": str(files[0]), "format": "raw"}])
    with loop_device(disk.path) as device:
        assert code_of(lambda: convert([disk], mode="volumes", dest=[device])) == "dest-in-use"
    assert is_untouched(files)


def test_a_device_is_in_the_way_of_its_partitions_and_of_what_is_made_of_them(tmp_path, monkeypatch):
    """sda with sda1 and sda2, dm-0 and dm-1 on sda2; and sdb."""
    numbers = {"sda": (8, 0), "sda1": (8, 1), "sda2": (8, 2), "sdb": (8, 16), "dm-0": (253, 0), "dm-1": (253, 1)}
    monkeypatch.setattr(volumes, "_KERNEL_DEVICES", str(tmp_path))
    monkeypatch.setattr(volumes, "is_volume", lambda path: True)
    monkeypatch.setattr(volumes, "os", _Kernel(numbers))
    for name, (major, minor) in numbers.items():
        place = tmp_path / "devices" / ("sda/" + name if name.startswith("sda") and name != "sda" else name)
        place.mkdir(parents=True, exist_ok=True)
        (place / "dev").write_text(f"{major}:{minor}\n")
        (tmp_path / f"{major}:{minor}").symlink_to(place)
    for name in ("sda1", "sda2"):
        (tmp_path / "devices" / "sda" / name / "partition").write_text(name[-1])
    for name in ("dm-0", "dm-1"):
        (tmp_path / "devices" / name / "slaves").mkdir()
        (tmp_path / "devices" / name / "slaves" / "sda2").symlink_to(tmp_path / "devices" / "sda" / "sda2")

    def meets(volume, read):
        try:
            volumes.require_named([f"/dev/{volume}"], ["sda"], [f"/dev/{read}"])
        except GuestconvError as error:
            assert error.code == "dest-in-use"
            return True
        return False

    assert meets("sda1", "sda") and meets("sda", "sda1") and meets("dm-0", "sda") and meets("sda2", "dm-1")
    assert (
        not meets("sda1", "sda2")
        and not meets("dm-0", "dm-1")
        and not meets("dm-0", "sda1")
        and not meets("sdb", "sda")
    )


class _Kernel:
    """The module os, where /dev has block devices of these numbers."""

    def __init__(self, numbers):
        self._numbers = numbers

    def __getattr__(self, name):
        return getattr(os, name)

    def stat(self, path):
        number = os.makedev(*self._numbers[os.path.basename(path)])
        return SimpleNamespace(st_mode=stat.S_IFBLK, st_rdev=number)


def test_a_disk_that_does_not_fit_is_refused_before_anything_is_written(tmp_path, dest, files):
    disks = images.disks_from_option(
        [create(tmp_path / name, size=f"{ROOM + number}M") for number, name in enumerate(("one", "two"))]
    )
    with pytest.raises(GuestconvError) as caught:
        convert(disks, mode="volumes", dest=dest)
    assert caught.value.code == "dest-too-small"
    assert caught.value.extra == {"needed": (ROOM + 1) * MEBIBYTE, "available": ROOM * MEBIBYTE}
    assert is_untouched(files)


@pytest.mark.parametrize("mode", ["volumes", "throwaway"])
def test_a_disk_that_would_not_fit_with_its_partition_table_is_refused_before_it_is_converted(tmp_path, mode):
    disks = two_disks(tmp_path)[:1]
    size = disks[0].virtual_size
    file = Path(old_data(tmp_path / "exact", size // MEBIBYTE))
    with Export(file, tmp_path) as export, workspace_for(disks, mode, dest=[export.url], room=0) as workspace:
        with pytest.raises(GuestconvError) as caught:
            workspace.require_partitionable(0, Partitioned(b"", MEBIBYTE))
        assert caught.value.code == "dest-too-small" and "partition table" in caught.value.message
        assert caught.value.extra == {"needed": size + MEBIBYTE, "available": size}
        workspace.require_partitionable(0, Partitioned(b"", 0))
    assert is_untouched([file])


def test_a_disk_with_its_partition_table_is_written_to_a_larger_volume(tmp_path, dest, files):
    disks = two_disks(tmp_path)
    new = Partitioned(b"H" * 1000, MEBIBYTE)
    with workspace_for(disks, "volumes", dest=dest, room=0) as workspace:
        workspace.require_partitionable(0, new)
        workspace.partition(0, new)
        workspace.commit()
    written = files[0].read_bytes()
    assert written[:MEBIBYTE] == new.head.ljust(MEBIBYTE, b"\0")
    assert written[MEBIBYTE : MEBIBYTE + disks[0].virtual_size] == Path(disks[0].path).read_bytes()
    assert has_nothing_old(files[0], MEBIBYTE + disks[0].virtual_size)


def test_what_was_killed_is_no_disk_on_any_volume_and_is_done_again(tmp_path, dest, files, states):
    disks = two_disks(tmp_path)
    assert killed_at("copied sda", disks, mode="volumes", dest=dest)
    # The second was not begun; the first has no beginning without it.
    for volume in dest:
        assert (
            code_of(lambda volume=volume: images.disks_from_option([{"path": volume, "format": "raw"}]))
            == "disk-incomplete"
        )
    convert(disks, mode="volumes", dest=dest)
    for disk, file in zip(disks, files):
        assert is_converted(str(file), "raw") and has_nothing_old(file, disk.virtual_size)
    assert os.listdir(states) == []


def test_the_beginning_of_a_volume_is_zero_until_the_rest_is_written(tmp_path, dest, files, monkeypatch):
    seen = []
    real = slices.copy

    def copy(node, size, path, image_format, begun, checkpoint, *rest, **options):
        def noted(copied):
            if copied < slices.length_of(size, options["room"]):
                seen.append(any(files[dest.index(path)].read_bytes()[: slices.VOLUME_HEAD]))

        real(node, size, path, image_format, begun, noted, *rest, **options)

    monkeypatch.setattr(slices, "copy", copy)
    convert(two_disks(tmp_path), mode="volumes", dest=dest)
    assert len(seen) >= 4 and not any(seen)


def test_a_disk_that_is_written_to_meanwhile_leaves_no_disk(tmp_path, dest, files):
    disks = two_disks(tmp_path)

    def step(point):
        if point == "copied sdb":
            os.utime(disks[0].path)

    assert code_of(lambda: convert(disks, mode="volumes", dest=dest, step=step)) == "disk-changed"
    assert not any(any(file.read_bytes()[: slices.VOLUME_HEAD]) for file in files)


def test_no_more_is_written_to_a_volume_than_the_disk_holds(tmp_path, files):
    disks = two_disks(tmp_path)[:1]
    with Export(files[0], tmp_path) as export:
        convert(disks, mode="volumes", dest=[export.url])
    # What the disk holds, and what the conversion wrote over nothing.
    held = os.stat(disks[0].path).st_blocks * 512 + sum(
        length for _value, _start, length in ((0, 0, 64 << 10), (0, 0, 4 << 20))
    )
    assert 0 < export.written() <= 1.02 * held


def test_a_server_that_fails_to_keep_what_it_got_fails_the_conversion(tmp_path):
    server = tmp_path / "server"
    server.write_text(
        "#!/bin/sh\ncase $1 in get_size) echo 80M;; can_write|can_flush|can_zero) exit 0;; pread) head -c $3 /dev/zero;;\n"
        f"pwrite) touch {tmp_path}/dirty; cat >/dev/null;; zero) touch {tmp_path}/dirty;;\n"
        f"flush) if [ -e {tmp_path}/dirty ]; then echo EIO lost >&2; exit 1; fi;; *) exit 2;; esac\n"
    )
    server.chmod(0o755)
    process = subprocess.Popen(
        ["nbdkit", "--foreground", "--unix", f"{tmp_path}/sock", f"--pidfile={tmp_path}/pid", "sh", str(server)],
        stderr=subprocess.DEVNULL,
    )
    try:
        while not (tmp_path / "pid").exists():
            assert process.poll() is None
        url = f"nbd+unix:///?socket={tmp_path}/sock"
        assert code_of(lambda: convert(two_disks(tmp_path)[:1], mode="volumes", dest=[url])) == "dest-not-usable"
        assert code_of(lambda: images.disks_from_option([url])) == "disk-incomplete"
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait()


@pytest.fixture
def export(tmp_path):
    """An Export of a disk with known bytes, at `below`."""
    with Export(create(tmp_path / "below"), tmp_path) as found:
        yield found


def test_an_export_is_converted_in_place_again_and_again(tmp_path, export, states):
    for _time in range(2):
        convert(images.disks_from_option([export.url]))
        assert is_converted(str(tmp_path / "below"), "raw") and os.listdir(states) == []


@pytest.mark.parametrize("point", ["journal written", "committed sda"])
def test_a_journal_of_an_export_finishes_what_was_killed(tmp_path, export, states, point):
    disks = images.disks_from_option([export.url])
    assert killed_at(point, disks)
    journal = pending(disks)
    assert holds(journal.as_converted()[0].path, "qcow2", WRITTEN)
    journal.finish()
    assert is_converted(str(tmp_path / "below"), "raw") and os.listdir(states) == []


def test_a_second_disk_on_an_export_is_finished_with_the_first(tmp_path, states):
    folders = [tmp_path / "1", tmp_path / "2"]
    for folder in folders:
        folder.mkdir()
    below = [create(folder / "below") for folder in folders]
    with Export(below[0], folders[0]) as first, Export(below[1], folders[1]) as second:
        disks = images.disks_from_option([first.url, second.url])
        assert killed_at("committed sda", disks)
        assert code_of(lambda: pending(disks[1:])) == "journal-other-disks"
        pending(disks).finish()
    assert all(is_converted(path, "raw") for path in below) and os.listdir(states) == []


def test_two_conversions_of_an_export_do_not_meet(export):
    disks = images.disks_from_option([export.url])
    with workspace_for(disks, room=0):
        # However its URL is written.
        other = export.url.replace("nbd+unix:///?", "nbd+unix:////?")
        assert code_of(lambda: convert(images.disks_from_option([other]))) == "disk-busy"


def test_an_export_that_cannot_be_written_to_is_refused_before_the_conversion(tmp_path):
    with Export(create(tmp_path / "below"), tmp_path, "--readonly") as export:
        disks = images.disks_from_option([export.url])
        assert code_of(lambda: convert(disks)) == "disk-not-writable"


def test_exports_are_raw_and_there(tmp_path, export):
    assert code_of(lambda: images.disks_from_option([{"path": export.url, "format": "qcow2"}])) == "format-mismatch"
    assert code_of(lambda: images.disks_from_option([f"nbd+unix:///?socket={tmp_path}/none"])) == "disk-not-readable"
    assert code_of(lambda: images.disks_from_option(["nbd://"])) == "source-url-invalid"
    assert code_of(lambda: images.disks_from_option([export.url, export.url])) == "disk-duplicate"


def test_a_killed_conversion_to_a_volume_is_told_from_a_disk_that_is_complete(tmp_path, dest, states):
    disks = two_disks(tmp_path)
    with pytest.raises(SystemExit):
        convert(disks, mode="volumes", dest=dest, step=_leave)
    assert volumes.is_volume(dest[0])
    assert code_of(lambda: volumes.refuse_incomplete(dest[0])) == "disk-incomplete"
    # The overlays are gone: the next run begins with new ones. If that one is ended early, it is as before.
    for _run in range(2):
        assert all(sorted(os.listdir(place)) == ["lock", "notes.json"] for place in states.iterdir())
        with workspace_for(disks, mode="volumes", dest=dest, room=0) as workspace:
            write_to(workspace)
    assert code_of(lambda: volumes.refuse_incomplete(dest[0])) == "disk-incomplete"


def _leave(point):
    if point == "copied sda":
        raise SystemExit(1)


def test_the_option_dest_is_a_directory_or_volumes(tmp_path, monkeypatch):
    monkeypatch.setenv("HOME", str(tmp_path))
    assert destination.from_option(None) is None
    assert destination.from_option("~/images") == f"{tmp_path}/images"
    assert destination.from_option("nbd://host/a") == ["nbd://host/a"]
    assert destination.from_option(["/dev/vg/a", "nbd://host/a"]) == ["/dev/vg/a", "nbd://host/a"]
    assert destination.from_option("/dev/shm") == "/dev/shm"
    for wrong in ("", [], [""], {}, 7, ["/a\0b"], "nbds://host/a", ["https://me:secret@host/a"], "/dev/vg/none"):
        assert code_of(lambda wrong=wrong: destination.from_option(wrong)) == "dest-not-usable"
    assert code_of(lambda: destination.from_option(["nbd://"])) == "source-url-invalid"
    assert code_of(lambda: destination.refuse_format("qcow2", "dest_format")) == "dest-not-usable"


def test_what_takes_too_long_to_be_counted_is_not_known(files, monkeypatch):
    assert nodes.allocated_bytes(nodes.file_node(str(files[0]))) == ROOM * MEBIBYTE
    monkeypatch.setattr(nodes, "_MAP_SECONDS", 0)
    assert nodes.allocated_bytes(nodes.file_node(str(files[0]))) is None


@pytest.mark.parametrize("cut", ["\\n", '\\n{ "start": 65', ""])
def test_what_is_printed_only_in_part_is_not_counted(tmp_path, monkeypatch, cut):
    path = create(tmp_path / "disk.qcow2", "qcow2")
    span = '{ "start": 0, "length": 65536, "depth": 0, "zero": false, "data": true}'
    replace_qemu_img(tmp_path / "bin", monkeypatch, f"printf '[{span},{cut}'; exit 0")
    assert nodes.allocated_bytes(nodes.file_node(path)) is None
    assert code_of(lambda: qemu_img.held_bytes(path)) == "qemu-img-failed"
