# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Room that a qcow2 grows into: it is there while it is written, and nothing of it is left."""

from __future__ import annotations

import errno
import json
import os
import signal
import subprocess

import pytest

from ansible_collections.virttools.guestconv.plugins.module_utils.disks import nodes, reserved, room, slices
from ansible_collections.virttools.guestconv.plugins.module_utils.disks.formats import qcow2
from ansible_collections.virttools.guestconv.plugins.module_utils.sources.fetch_record import Record
from ansible_collections.virttools.guestconv.tests.unit.plugins.module_utils.disks.conversions import (
    convert,
    in_child,
    is_converted,
    replace_qemu_img,
    two_disks,
)
from ansible_collections.virttools.guestconv.tests.unit.plugins.module_utils.disks.disk_images import create, qemu_io

MEBIBYTE = 1 << 20
SIZE = 64 * MEBIBYTE


def checked(path):
    """What `qemu-img check` says of a sound image."""
    done = subprocess.run(["qemu-img", "check", "--output=json", path], check=True, capture_output=True)
    found = json.loads(done.stdout)
    assert not found.get("leaks") and not found["check-errors"] and not found.get("corruptions")
    return found


def used(path):
    with open(path, "rb") as stream:
        return qcow2.used_end(stream, qcow2.read_header(stream))


def is_trimmed(path):
    return os.path.getsize(path) == used(path) == checked(path)["image-end-offset"]


def image(path, *options):
    subprocess.run(["qemu-img", "create", "-q", "-f", "qcow2", *options, path, "64M"], check=True)
    return str(path)


def takes_direct(folder):
    try:
        os.close(os.open(create(folder / "direct", data=False), os.O_RDONLY | os.O_DIRECT))
    except OSError:
        return False
    return True


@pytest.fixture
def lengths(tmp_path, monkeypatch):
    """A function: how long the image was each time that qemu-img began to write to it."""
    if not takes_direct(tmp_path):
        pytest.skip("The filesystem of the tests has no direct I/O.")
    log = tmp_path / "log"
    # The image is the last file that is named.
    script = (
        f'case $1 in convert) for last; do :; done; name=$(printf %s "$last" | sed \'s/.*"filename": *"\\([^"]*\\)".*/\\1/\'); '
        f'stat -c %s "$name" >>{log};; esac'
    )
    replace_qemu_img(tmp_path / "bin", monkeypatch, script)
    return lambda: list(map(int, log.read_text(encoding="utf-8").split()))


@pytest.mark.parametrize(
    "options",
    [(), ("-o", "refcount_bits=1"), ("-o", "refcount_bits=64"), ("-o", "cluster_size=4k"), ("-o", "compat=0.10")],
    ids=str,
)
def test_the_end_of_what_is_used_is_where_qemu_img_check_finds_it(tmp_path, options):
    path = image(tmp_path / "disk", *options)
    assert used(path) == checked(path)["image-end-offset"]
    qemu_io(path, "qcow2", "write -P 7 1M 5M", "write -P 8 40M 64k")
    assert used(path) == checked(path)["image-end-offset"] == os.path.getsize(path)
    qemu_io(path, "qcow2", "discard 1M 5M")
    assert used(path) == checked(path)["image-end-offset"]


def test_room_is_there_while_the_image_is_written_and_not_afterwards(tmp_path):
    path = image(tmp_path / "disk")
    before = used(path)
    with reserved.room_for(path, "qcow2", 20 * MEBIBYTE, SIZE):
        status = os.stat(path)
        assert status.st_size >= before + 20 * MEBIBYTE or not takes_direct(tmp_path)
        assert status.st_blocks * 512 >= 20 * MEBIBYTE or not takes_direct(tmp_path)
        qemu_io(path, "qcow2", "write -P 7 1M 5M")
    assert is_trimmed(path) and os.stat(path).st_blocks * 512 < 6 * MEBIBYTE
    qemu_io(path, "qcow2", "read -P 7 1M 5M", "read -P 0 6M 58M")


def test_an_error_leaves_no_room_reserved(tmp_path):
    path = image(tmp_path / "disk")
    with pytest.raises(KeyError), reserved.room_for(path, "qcow2", 20 * MEBIBYTE, SIZE):
        raise KeyError
    assert is_trimmed(path)


@pytest.mark.parametrize("function", [lambda descriptor, mode, start, length: -1, None], ids=["fails", "absent"])
def test_a_filesystem_or_a_system_that_cannot_reserve_makes_no_difference(tmp_path, monkeypatch, function):
    path = image(tmp_path / "disk")
    length = os.path.getsize(path)
    monkeypatch.setattr(reserved, "_fallocate", lambda: function)
    with reserved.room_for(path, "qcow2", 20 * MEBIBYTE, SIZE):
        assert os.path.getsize(path) == length
    assert os.path.getsize(path) == length and used(path) == checked(path)["image-end-offset"]


def test_nothing_is_reserved_where_there_is_not_much_room(tmp_path, monkeypatch):
    path = image(tmp_path / "disk")
    length = os.path.getsize(path)
    monkeypatch.setattr(room, "free_bytes", lambda directory: 30 * MEBIBYTE)
    with reserved.room_for(path, "qcow2", 20 * MEBIBYTE, SIZE):
        assert os.path.getsize(path) == length


def test_storage_that_does_not_answer_fails_the_copy_and_not_what_is_reserved_for_it(tmp_path, monkeypatch):
    def fails(directory):
        raise OSError(errno.ESTALE, "Stale file handle")

    path = image(tmp_path / "disk")
    monkeypatch.setattr(room, "free_bytes", fails)
    with reserved.room_for(path, "qcow2", 20 * MEBIBYTE, SIZE):
        assert os.path.getsize(path) < 20 * MEBIBYTE


def test_what_is_no_image_or_a_dirty_one_is_left_as_it_is(tmp_path):
    dirty = image(tmp_path / "dirty", "-o", "lazy_refcounts=on")
    subprocess.run(
        ["qemu-io", "-f", "qcow2", "-c", "write 0 1M", "-c", "sigraise 9", dirty], check=False, capture_output=True
    )
    other = str(tmp_path / "other")
    with open(other, "wb") as stream:
        stream.write(b"x" * MEBIBYTE)
    for path in (dirty, other):
        with open(path, "rb") as stream:
            before = stream.read()
        with reserved.room_for(path, "qcow2", 20 * MEBIBYTE, SIZE):
            pass
        with open(path, "rb") as stream:
            assert stream.read() == before


def test_a_raw_disk_with_a_qcow2_on_it_is_left_as_it_is(tmp_path):
    path = image(tmp_path / "disk")
    os.truncate(path, SIZE)
    with reserved.room_for(path, "raw", 20 * MEBIBYTE, SIZE):
        assert os.path.getsize(path) == SIZE
    assert os.path.getsize(path) == SIZE > used(path)


def test_each_slice_of_a_copy_has_its_room(tmp_path, lengths, monkeypatch):
    monkeypatch.setattr(slices, "_NEAR", 16 * MEBIBYTE)
    monkeypatch.setattr(slices, "_GROWTH", 1)
    source, copy = create(tmp_path / "source"), str(tmp_path / "copy")
    slices.create(copy, "qcow2", SIZE)
    with open(tmp_path / "lock", "wb") as lock:
        slices.copy(nodes.file_node(source), SIZE, copy, "qcow2", 0, lambda done: None, lock.fileno(), empty=True)
    assert len(lengths()) == 4 and all(length > 16 * MEBIBYTE for length in lengths())
    assert is_trimmed(copy)
    subprocess.run(["qemu-img", "compare", "-q", "-f", "raw", "-F", "qcow2", source, copy], check=True)
    # Holes cost nothing.
    assert os.stat(copy).st_blocks <= os.stat(source).st_blocks + MEBIBYTE // 512


def test_a_converted_copy_has_its_room(tmp_path, lengths):
    (tmp_path / "dest").mkdir()
    disks = two_disks(tmp_path)
    workspace = convert(disks, mode="dest", dest=str(tmp_path / "dest"), dest_format="qcow2")
    assert len(lengths()) == 2 and all(length > os.stat(disks[0].path).st_blocks * 512 for length in lengths())
    assert all(is_trimmed(path) and is_converted(path, "qcow2") for path in workspace.results)


def test_what_was_killed_goes_on_and_leaves_nothing_reserved(tmp_path, monkeypatch):
    """The process, and the room that it had reserved, is gone in the middle of the second slice."""
    monkeypatch.setattr(slices, "_NEAR", 16 * MEBIBYTE)
    monkeypatch.setattr(slices, "_GROWTH", 1)
    monkeypatch.setattr(slices, "_NOTED", 0)
    source = create(tmp_path / "source")

    def fetch(before_slice=lambda number: None):
        with Record(str(tmp_path), "web01") as record:
            begun = record.begin("part", "a", SIZE, "qcow2")
            path, number = record.path_of("part"), 0
            real = slices.qemu_img.transfer

            def transfer(*arguments, **options):
                nonlocal number
                number += 1
                before_slice(number)
                real(*arguments, **options)

            with monkeypatch.context() as patch:
                patch.setattr(slices.qemu_img, "transfer", transfer)
                slices.copy(
                    nodes.file_node(source),
                    SIZE,
                    path,
                    "qcow2",
                    begun,
                    lambda copied: record.checkpoint("part", copied),
                    record.lock_descriptor,
                    empty=begun == 0,
                )
        return begun, path

    def kill(number):
        if number == 2:
            os.kill(os.getpid(), signal.SIGKILL)

    _pid, status = os.waitpid(in_child(lambda: fetch(kill)), 0)
    assert os.WIFSIGNALED(status)
    part = tmp_path / ".guestconv-fetch-web01" / "part"
    assert part.stat().st_size > used(part) or not takes_direct(tmp_path)
    begun, path = fetch()
    assert begun == 16 * MEBIBYTE and is_trimmed(path)
    subprocess.run(["qemu-img", "compare", "-q", "-f", "raw", "-F", "qcow2", source, path], check=True)
