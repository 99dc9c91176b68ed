# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Disks that are fetched to volumes: block devices and NBD exports, which are full of old data."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

from ansible_collections.virttools.guestconv.plugins.module_utils.disks import images, slices, volumes
from ansible_collections.virttools.guestconv.plugins.module_utils.errors import GuestconvError
from ansible_collections.virttools.guestconv.tests.unit.plugins.module_utils.disks.conversions import in_child
from tests.sources.guests import MEBIBYTE, converted, disks, fetch, raw_disk, refusal
from tests.sources.servers import WebServer
from tests.sources.volumes import OLD, Export, loop_device, old_data, states_in

# Larger than the disk, which has 64 MiB.
ROOM = 70


@pytest.fixture(autouse=True)
def states(tmp_path, monkeypatch):
    """The directory in which volumes have their state."""
    return states_in(tmp_path, monkeypatch)


@pytest.fixture
def below(tmp_path):
    """The file that a volume shows."""
    return Path(old_data(tmp_path / "below", ROOM))


@pytest.fixture(params=["device", "export"])
def volume(request, below, tmp_path):
    """The name of a volume of 70 MiB that holds old data."""
    if request.param == "device":
        with loop_device(str(below)) as device:
            yield device
    else:
        with Export(below, tmp_path) as export:
            yield export.url


def holds(below, disk, room=ROOM):
    """Whether a volume holds the bytes of the disk, and else zeroes."""
    size = os.path.getsize(disk)
    return below.read_bytes() == Path(disk).read_bytes() + bytes(room * MEBIBYTE - size)


@pytest.mark.parametrize("name", ["disk.raw", "disk.qcow2", "disk.vmdk"])
def test_a_volume_has_the_disk_and_nothing_that_was_there_before(exports, raw, volume, below, name):
    result = fetch(disks({"path": str(exports / name), "device": "vda"}), [volume])
    assert result["disks"] == [{"path": volume, "format": "raw", "device": "vda"}]
    assert result["changed"] and result["copied"] == 64 * MEBIBYTE
    assert holds(below, raw)
    again = fetch(disks({"path": str(exports / name), "device": "vda"}), volume)
    assert (again["changed"], again["copied"], again["disks"]) == (False, 0, result["disks"])
    (judged,) = images.disks_from_option(result["disks"])
    assert (judged.path, judged.virtual_size) == (volume, ROOM * MEBIBYTE)


def test_no_more_is_written_than_the_source_holds(tmp_path, below):
    disk = raw_disk(tmp_path / "source.raw", spans=[(0, 20), (30, 30)])
    with Export(below, tmp_path) as export:
        fetch(disks({"path": disk, "format": "raw"}), export.url)
    assert holds(below, disk)
    assert 50 * MEBIBYTE <= export.written() <= 1.02 * os.stat(disk).st_blocks * 512


def test_a_server_that_cannot_write_zeroes_gets_them_as_data(raw, tmp_path, below):
    with Export(below, tmp_path, "--filter=nozero") as export:
        fetch(disks({"path": str(raw), "format": "raw"}), export.url)
    assert holds(below, raw)


def test_the_owner_the_mode_and_the_size_of_a_device_stay(raw, below):
    with loop_device(str(below)) as device:
        before = os.stat(device)
        fetch(disks({"path": str(raw), "format": "raw"}), device)
        after = os.stat(device)
        for fact in ("st_ino", "st_uid", "st_gid", "st_mode", "st_rdev"):
            assert getattr(after, fact) == getattr(before, fact)
    assert below.stat().st_size == ROOM * MEBIBYTE


def test_a_volume_that_is_too_small_is_not_written_to(tmp_path, volume, below):
    disk = raw_disk(tmp_path / "larger.raw", size=ROOM + 1, spans=[(0, 1)])
    error = refusal(disks({"path": disk, "format": "raw"}), volume)
    assert (error.code, error.path) == ("dest-too-small", "dest")
    assert error.extra == {"needed": (ROOM + 1) * MEBIBYTE, "available": ROOM * MEBIBYTE}
    assert set(below.read_bytes()) == set(OLD)


def test_a_device_that_is_mounted_is_refused(raw, tmp_path, below):
    with loop_device(str(below)) as device:
        subprocess.run(["mkfs.ext4", "-q", device], check=True)
        (tmp_path / "mnt").mkdir()
        subprocess.run(["mount", device, tmp_path / "mnt"], check=True)
        try:
            error = refusal(disks({"path": str(raw), "format": "raw"}), device)
        finally:
            subprocess.run(["umount", tmp_path / "mnt"], check=True)
    assert error.code == "dest-in-use" and str(tmp_path / "mnt") in error.message


def test_a_device_that_a_virtual_machine_has_open_is_refused(raw, below):
    with loop_device(str(below)) as device:
        machine = subprocess.Popen(
            ["qemu-io", "-f", "raw", device], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        try:
            # It answers once it has the device open.
            machine.stdin.write("length\n")
            machine.stdin.flush()
            assert "70" in machine.stdout.readline()
            error = refusal(disks({"path": str(raw), "format": "raw"}), device)
        finally:
            machine.communicate("quit\n")
    assert error.code == "dest-in-use" and "QEMU" in error.message


def test_an_export_that_cannot_be_written_to_is_refused(raw, tmp_path, below):
    with Export(below, tmp_path, "--readonly") as export:
        error = refusal(disks({"path": str(raw), "format": "raw"}), export.url)
    assert (error.code, error.path) == ("dest-not-usable", "dest")


@pytest.mark.parametrize("dest", [["/dev/null/absent"], [], [7], {}, ["{below}"], ["{volume}", "{volume}"]], ids=str)
def test_what_is_no_volume_for_each_disk_is_refused(raw, tmp_path, below, dest):
    with Export(below, tmp_path) as export:
        if isinstance(dest, list):
            dest = [item.format(below=below, volume=export.url) if isinstance(item, str) else item for item in dest]
        assert refusal(disks({"path": str(raw), "format": "raw"}), dest).code == "dest-not-usable"
    assert set(below.read_bytes()) == set(OLD)


def test_a_source_is_not_written_to_and_no_volume_twice(raw, volume, below, tmp_path):
    other = tmp_path / "other.raw"
    other.touch()
    os.truncate(other, MEBIBYTE)
    both = {"type": "disks", "disks": [{"path": str(path), "format": "raw"} for path in (raw, other)]}
    assert refusal(both, [volume, volume], name="web01").code == "dest-in-use"
    assert refusal(disks({"path": volume, "format": "raw"}), volume, name="web01").code == "dest-in-use"
    assert set(below.read_bytes()) == set(OLD)


def test_an_overlay_is_no_volume(raw, volume):
    assert refusal(disks({"path": str(raw), "format": "raw"}), volume, mode="overlay").code == "overlay-not-possible"


def test_check_mode_writes_nothing(raw, volume, below, states):
    assert fetch(disks({"path": str(raw), "format": "raw"}), volume, check_mode=True)["changed"]
    assert set(below.read_bytes()) == set(OLD) and os.listdir(states) == []


def killed_at(source, dest, copied):
    """Fetch in a child that is killed as soon as `copied` bytes are on the volume."""

    def work():
        real = slices.copy

        def copy(node, size, path, image_format, begun, checkpoint, *rest, **options):
            def noted(amount):
                checkpoint(amount)
                if amount >= copied:
                    os.kill(os.getpid(), 9)

            real(node, size, path, image_format, begun, noted, *rest, **options)

        slices.copy = copy
        slices._NEAR = slices._SMALLEST = 12 * MEBIBYTE
        slices._GROWTH = 1
        fetch(source, dest)

    _pid, status = os.waitpid(in_child(work), 0)
    assert os.WIFSIGNALED(status)


def test_a_copy_that_was_killed_is_no_disk_and_goes_on(raw, volume, below):
    source = disks({"path": str(raw), "format": "raw"})
    killed_at(source, volume, 12 * MEBIBYTE)
    assert not any(below.read_bytes()[:MEBIBYTE])
    with pytest.raises(GuestconvError) as caught:
        images.disks_from_option([{"path": volume, "format": "raw"}])
    assert caught.value.code == "disk-incomplete"
    # What it does not copy again has another byte now.
    with open(below, "r+b") as stream:
        stream.seek(10 * MEBIBYTE)
        stream.write(b"!")
    subprocess.run(["blockdev", "--flushbufs", volume], check=False, capture_output=True)
    result = fetch(source, volume)
    assert 0 < result["copied"] < 64 * MEBIBYTE
    content = below.read_bytes()
    assert content[10 * MEBIBYTE : 10 * MEBIBYTE + 1] == b"!"
    with open(below, "r+b") as stream:
        stream.seek(10 * MEBIBYTE)
        stream.write(b"\0")
    assert holds(below, raw)


def test_a_volume_that_was_made_again_gets_the_whole_disk(raw, tmp_path, below):
    source = disks({"path": str(raw), "format": "raw"})
    with Export(below, tmp_path) as export:
        killed_at(source, export.url, 12 * MEBIBYTE)
    below.write_bytes(bytes(ROOM * MEBIBYTE))
    with Export(below, tmp_path) as export:
        assert fetch(source, export.url)["copied"] == 64 * MEBIBYTE
    assert holds(below, raw)
    below.write_bytes(bytes(ROOM * MEBIBYTE))
    with Export(below, tmp_path) as export:
        assert fetch(source, export.url)["copied"] == 64 * MEBIBYTE
    assert holds(below, raw)


def test_a_disk_that_something_else_was_written_over_is_not_taken_for_fetched(raw, volume, below):
    source = disks({"path": str(raw), "format": "raw"})
    fetch(source, volume)
    with open(below, "r+b") as stream:
        stream.write(OLD * 1024)
    subprocess.run(["blockdev", "--flushbufs", volume], check=False, capture_output=True)
    error = refusal(source, volume)
    assert error.code == "dest-exists" and "now holds something else" in error.message


def test_another_filesystem_that_fills_the_volume_is_not_taken_for_the_one_that_was_fetched(tmp_path, below):
    disk = raw_disk(tmp_path / "filled.raw", spans=[])
    subprocess.run(["mkfs.ext4", "-q", disk], check=True)
    source = disks({"path": disk, "format": "raw"})
    with Export(below, tmp_path) as export:
        fetch(source, export.url)
        # As a conversion, or the guest, writes to it.
        subprocess.run(["debugfs", "-w", "-R", "mkdir new", below], check=True, capture_output=True)
        assert not fetch(source, export.url)["changed"]
        subprocess.run(["mkfs.ext4", "-q", "-F", below], check=True)
        assert refusal(source, export.url).code == "dest-exists"


def test_another_disk_does_not_overwrite_one_that_was_fetched(raw, volume, below, tmp_path):
    fetch(disks({"path": str(raw), "format": "raw"}), volume)
    other = raw_disk(tmp_path / "other.raw", seed=7)
    assert refusal(disks({"path": other, "format": "raw"}), volume).code == "source-changed"
    assert holds(below, raw)


def test_a_source_that_changes_meanwhile_leaves_no_disk(tmp_path, volume, below, monkeypatch):
    disk = raw_disk(tmp_path / "source.raw")
    real = slices.copy

    def copy(*arguments, **options):
        real(*arguments, **options)
        os.utime(disk)

    monkeypatch.setattr(slices, "copy", copy)
    source = disks({"path": disk, "format": "raw"})
    assert refusal(source, volume).code == "source-changed"
    assert not any(below.read_bytes()[:MEBIBYTE])
    monkeypatch.undo()
    with pytest.MonkeyPatch.context() as patch:
        states_in(tmp_path, patch)
        assert fetch(source, volume)["changed"]
    assert holds(below, disk)


def test_an_image_file_of_a_web_server_is_judged_before_it_is_written_to_a_volume(web, tls, raw, volume, below):
    _server, url = web
    source = {"type": "disks", "disks": [f"{url}/disk.qcow2"], "cafile": tls[0]}
    assert fetch(source, volume)["disks"][0]["path"] == volume
    assert holds(below, raw)


def test_an_image_file_whose_disk_is_larger_than_the_volume_is_refused(tmp_path, tls, raw, volume, below):
    folder = tmp_path / "served"
    folder.mkdir()
    converted(raw_disk(folder / "large.raw", size=ROOM + 1), "qcow2", folder / "large.qcow2")
    with WebServer(folder).running(*tls) as url:
        source = {"type": "disks", "disks": [f"{url}/large.qcow2"], "cafile": tls[0]}
        assert refusal(source, volume).code == "dest-too-small"
    assert set(below.read_bytes()) == set(OLD)


def test_two_disks_go_to_two_volumes_in_their_order(tmp_path, raw):
    other = raw_disk(tmp_path / "other.raw", seed=7)
    files = [Path(old_data(tmp_path / name, ROOM)) for name in ("first", "second")]
    converted(other, "qcow2", tmp_path / "other.qcow2")
    with loop_device(str(files[0])) as first, loop_device(str(files[1])) as second:
        both = {"type": "disks", "disks": [{"path": str(raw), "format": "raw"}, str(tmp_path / "other.qcow2")]}
        result = fetch(both, [first, second], name="web01")
        assert [(disk["path"], disk["device"]) for disk in result["disks"]] == [(first, "sda"), (second, "sdb")]
        assert volumes.size_of(first) == ROOM * MEBIBYTE
    assert holds(files[0], raw) and holds(files[1], other)
