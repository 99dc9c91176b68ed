# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import errno
import json
import os
import random
import subprocess

import pytest

from ansible_collections.virttools.guestconv.plugins.module_utils.disks import copy_options, nodes, qemu_img, slices
from ansible_collections.virttools.guestconv.plugins.module_utils.errors import GuestconvError
from ansible_collections.virttools.guestconv.plugins.module_utils.sources.fetch_record import Record

MEBIBYTE = 1 << 20
SIZE = 40 * MEBIBYTE


@pytest.fixture
def raw(tmp_path):
    """A disk of 40 MiB, whose first, third and last are random and the rest a hole."""
    source = random.Random(3)
    with open(tmp_path / "disk.raw", "wb") as stream:
        for offset in (0, 2, 39):
            stream.seek(offset * MEBIBYTE)
            stream.write(source.randbytes(MEBIBYTE))
    return str(tmp_path / "disk.raw")


@pytest.fixture(autouse=True)
def noted(monkeypatch):
    """Copies are noted after each slice, as after a long one, and the first is short."""
    monkeypatch.setattr(slices, "_NOTED", 0)
    monkeypatch.setattr(slices, "_NEAR", 16 * MEBIBYTE)


@pytest.fixture
def lock(tmp_path):
    """A descriptor for qemu-img to inherit."""
    with open(tmp_path / "lock", "wb") as stream:
        yield stream.fileno()


def content(path, image_format):
    flat = f"{path}.flat"
    subprocess.run(["qemu-img", "convert", "-f", image_format, "-O", "raw", path, flat], check=True)
    with open(flat, "rb") as stream:
        return stream.read()


@pytest.mark.parametrize("image_format", ["raw", "qcow2"])
def test_a_slice_that_is_begun_again_leaves_nothing_of_what_was_there(raw, tmp_path, lock, image_format):
    target = str(tmp_path / "copy")
    slices.create(target, image_format, SIZE)
    subprocess.run(["qemu-io", "-f", image_format, "-c", "write -P 255 0 40M", target], check=True, capture_output=True)
    slices.copy(nodes.file_node(raw), SIZE, target, image_format, 0, lambda copied: None, lock)
    with open(raw, "rb") as stream:
        assert content(target, image_format) == stream.read()


@pytest.mark.parametrize("image_format", ["raw", "qcow2"])
def test_a_copy_to_an_image_that_was_just_made_writes_no_zeroes(raw, tmp_path, lock, image_format):
    target = str(tmp_path / "copy")
    slices.create(target, image_format, SIZE)
    slices.copy(nodes.file_node(raw), SIZE, target, image_format, 0, lambda copied: None, lock, empty=True)
    with open(raw, "rb") as stream:
        assert content(target, image_format) == stream.read()
    spans = qemu_img.run_checked(["map", "--output=json", "-f", image_format, target], 60)
    data = sum(span["length"] for span in json.loads(spans) if span["data"])
    assert data == 3 * MEBIBYTE
    assert all("offset" not in span for span in json.loads(spans) if span["zero"] and image_format == "qcow2")


def test_local_files_are_read_and_written_past_the_page_cache_where_they_can_be(raw, tmp_path, monkeypatch):
    device = {"driver": "raw", "file": {"driver": "host_device", "filename": raw}}
    assert list(copy_options.local_files(device)) == [raw]
    assert list(copy_options.local_files({"driver": "nbd", "server": {"type": "unix", "path": "/socket"}})) == []
    real = os.open

    def without_direct(path, flags, *rest):
        if flags & os.O_DIRECT and path == raw:
            raise OSError(errno.EINVAL, "Invalid argument", path)
        return real(path, flags & ~os.O_DIRECT, *rest)

    monkeypatch.setattr(os, "open", without_direct)
    target = str(tmp_path / "copy")
    slices.create(target, "raw", SIZE)
    requests = ["-W", "-m", "16"]
    assert copy_options.fast([raw], target, SIZE) == [*requests, "-T", "writeback", "-t", "none"]
    assert copy_options.fast([target], raw, SIZE) == [*requests, "-T", "none", "-t", "writeback"]
    assert copy_options.fast([], target, SIZE) == [*requests, "-T", "none", "-t", "none"]
    # It would end within a sector of 4096 bytes, which QEMU would write as a whole.
    assert copy_options.fast([], target, SIZE + 512) == [*requests, "-T", "none", "-t", "writeback"]


def test_copying_goes_on_where_it_is_told_to(raw, tmp_path, lock):
    target = str(tmp_path / "copy")
    slices.create(target, "raw", SIZE)
    checkpoints = []
    slices.copy(nodes.file_node(raw), SIZE, target, "raw", 16 * MEBIBYTE, checkpoints.append, lock)
    assert checkpoints == [32 * MEBIBYTE, SIZE]
    with open(raw, "rb") as stream, open(target, "rb") as copy:
        whole = stream.read()
        assert copy.read() == bytes(16 * MEBIBYTE) + whole[16 * MEBIBYTE :]


@pytest.mark.parametrize(
    ("length", "seconds", "following"),
    [
        (16, 0.1, 256),
        (16, 10, 16),
        (16, 100, 16),
        (256, 10, 256),
        (256, 100, 128),
        (1024, 0.1, 4096),
        (4096, 0.1, 4096),
    ],
)
def test_slices_are_as_long_as_the_line_is_fast(length, seconds, following):
    assert slices.next_length(length * MEBIBYTE, seconds) == following * MEBIBYTE


def test_a_copy_that_is_soon_done_is_synchronized_and_noted_once(raw, tmp_path, lock, monkeypatch):
    monkeypatch.setattr(slices, "_NOTED", 3600)
    target, checkpoints = str(tmp_path / "copy"), []
    slices.create(target, "raw", SIZE)
    slices.copy(nodes.file_node(raw), SIZE, target, "raw", 0, checkpoints.append, lock, empty=True)
    assert checkpoints == [SIZE]


def test_a_source_that_ends_early_fails_and_tells_where(raw, tmp_path, lock):
    target = str(tmp_path / "copy")
    slices.create(target, "raw", SIZE)
    os.truncate(raw, 20 * MEBIBYTE)
    checkpoints = []
    with pytest.raises(GuestconvError) as caught:
        slices.copy(nodes.file_node(raw), SIZE, target, "raw", 0, checkpoints.append, lock)
    assert caught.value.code == "fetch-failed"
    assert checkpoints == [16 * MEBIBYTE]


def test_the_size_of_what_cannot_be_opened_is_not_known(tmp_path):
    size, reason = nodes.size_of(nodes.file_node(str(tmp_path / "absent")))
    assert size is None and "No such file" in reason


# The record


def begun(dest, source="a", size=SIZE):
    with Record(str(dest), "web01") as record:
        return record.begin("web01.raw.part", source, size, "raw")


@pytest.fixture
def half(tmp_path):
    """A directory with half of a copy."""
    with Record(str(tmp_path), "web01") as record:
        record.begin("web01.raw.part", "a", SIZE, "raw")
        record.checkpoint("web01.raw.part", SIZE // 2)
    return tmp_path


def test_a_copy_goes_on_if_it_is_of_the_same_source(half):
    assert begun(half) == SIZE // 2


def test_a_copy_of_which_nothing_was_noted_is_made_again_as_it_may_hold_something(tmp_path):
    begun(tmp_path)
    part = tmp_path / ".guestconv-fetch-web01" / "web01.raw.part"
    part.write_bytes(b"x" * SIZE)
    assert begun(tmp_path) == 0
    assert not any(part.read_bytes())


@pytest.mark.parametrize(("source", "size"), [("b", SIZE), ("a", SIZE * 2)])
def test_a_copy_of_another_source_begins_anew(half, source, size):
    assert begun(half, source, size) == 0
    assert os.path.getsize(half / ".guestconv-fetch-web01" / "web01.raw.part") == size


def test_a_copy_whose_file_is_gone_begins_anew(half):
    (half / ".guestconv-fetch-web01" / "web01.raw.part").unlink()
    assert begun(half) == 0


@pytest.mark.parametrize(
    "text",
    [
        "",
        "{",
        "[]",
        "7",
        '{"version": 2}',
        '{"version": 1, "parts": [], "done": 3}',
        '{"version": 1, "parts": {"web01.raw.part": {"source": "a", "size": 41943040, "copied": "x"}}}',
        '{"version": 1, "parts": {"web01.raw.part": 3}, "done": {"web01.raw": null}}',
    ],
)
def test_notes_that_cannot_be_understood_are_none(half, text):
    (half / ".guestconv-fetch-web01" / "fetch.json").write_text(text)
    assert begun(half) == 0


def test_a_qcow2_that_a_killed_process_left_unused_clusters_in_goes_on(tmp_path, raw):
    with Record(str(tmp_path), "web01") as record:
        record.begin("part", "a", SIZE, "qcow2")
        path = record.path_of("part")
        slices.copy(nodes.file_node(raw), 16 * MEBIBYTE, path, "qcow2", 0, lambda copied: None, record.lock_descriptor)
        record.checkpoint("part", 16 * MEBIBYTE)
        killed = subprocess.run(
            ["qemu-io", "-f", "qcow2", "-c", "write 20M 1M", "-c", "sigraise 9", path], capture_output=True, check=False
        )
        assert killed.returncode == -9
    with Record(str(tmp_path), "web01") as record:
        assert record.begin("part", "a", SIZE, "qcow2") == 16 * MEBIBYTE
    assert subprocess.run(["qemu-img", "check", "-q", path], check=False).returncode == 0


def test_a_qcow2_that_is_damaged_begins_anew(tmp_path):
    with Record(str(tmp_path), "web01") as record:
        record.begin("part", "a", SIZE, "qcow2")
        record.checkpoint("part", 16 * MEBIBYTE)
        os.truncate(record.path_of("part"), 100)
        assert record.begin("part", "a", SIZE, "qcow2") == 0


def arrived(dest):
    with Record(str(dest), "web01") as record:
        record.begin("part", "a", MEBIBYTE, "raw")
        record.arrive({"web01.raw": ("part", "a")})


def test_what_arrived_is_known_again_by_its_source(tmp_path):
    arrived(tmp_path)
    assert Record(str(tmp_path), "web01").is_done("web01.raw", "a")
    with pytest.raises(GuestconvError) as caught:
        Record(str(tmp_path), "web01").is_done("web01.raw", "b")
    assert caught.value.code == "source-changed"


def test_what_arrived_and_was_replaced_is_somebody_elses(tmp_path):
    arrived(tmp_path)
    os.rename(tmp_path / "web01.raw", tmp_path / "mine.raw")
    assert not Record(str(tmp_path), "web01").is_done("web01.raw", "a")
    (tmp_path / "web01.raw").write_bytes(b"other")
    with pytest.raises(GuestconvError) as caught:
        Record(str(tmp_path), "web01").is_done("web01.raw", "a")
    assert caught.value.code == "dest-exists"


def test_what_came_to_the_place_meanwhile_is_not_overwritten(tmp_path):
    with pytest.raises(GuestconvError) as caught, Record(str(tmp_path), "web01") as record:
        record.begin("part", "a", MEBIBYTE, "raw")
        (tmp_path / "web01.raw").write_text("mine")
        record.arrive({"web01.raw": ("part", "a")})
    assert caught.value.code == "dest-exists"
    assert (tmp_path / "web01.raw").read_text() == "mine"


def test_an_arrival_that_was_interrupted_is_completed(tmp_path, monkeypatch):
    rename, done = os.rename, []

    def interrupted(source, target):
        # The first disk is moved, and then comes the end.
        if str(target).endswith("sdb.raw"):
            raise KeyboardInterrupt
        rename(source, target)
        done.append(target)

    files = {"web01-sda.raw": ("a.part", "a"), "web01-sdb.raw": ("b.part", "b")}
    with pytest.raises(KeyboardInterrupt), Record(str(tmp_path), "web01") as record:
        for part, source in files.values():
            record.begin(part, source, MEBIBYTE, "raw")
            record.checkpoint(part, MEBIBYTE)
        monkeypatch.setattr(os, "rename", interrupted)
        record.arrive(files)
    monkeypatch.setattr(os, "rename", rename)
    with Record(str(tmp_path), "web01") as record:
        assert record.is_done("web01-sda.raw", "a")
        assert not record.is_done("web01-sdb.raw", "b")
        assert record.begin("b.part", "b", MEBIBYTE, "raw") == MEBIBYTE
        record.arrive({"web01-sdb.raw": ("b.part", "b")})
    assert json.loads((tmp_path / ".guestconv-fetch-web01" / "fetch.json").read_text())["parts"] == {}


def test_a_directory_in_which_nothing_was_made_has_no_notes(tmp_path):
    with Record(str(tmp_path), "web01"):
        pass
    assert os.listdir(tmp_path) == []


def test_a_place_that_cannot_be_written_to_is_said_to_be_the_option(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(GuestconvError) as caught, Record(str(tmp_path / "file" / "below"), "web01"):
        pass
    assert (caught.value.code, caught.value.path) == ("dest-not-usable", "dest")
