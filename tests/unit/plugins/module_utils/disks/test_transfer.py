# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""qemu-img that moves data, and how far it is."""

from __future__ import annotations

import os
import subprocess
import tracemalloc
from types import SimpleNamespace

import pytest

from ansible_collections.virttools.guestconv.plugins.module_utils.disks import qemu_img
from ansible_collections.virttools.guestconv.plugins.module_utils.errors import GuestconvError
from tests.unit.plugins.module_utils.disks.conversions import convert, replace_qemu_img, two_disks


@pytest.fixture
def lock(tmp_path):
    descriptor = os.open(tmp_path / "lock", os.O_RDWR | os.O_CREAT)
    yield descriptor
    os.close(descriptor)


def transfer(lock):
    """What was told while something called qemu-img ran."""
    told = []
    qemu_img.transfer(["convert", "a", "b"], 600, told.append, lock)
    return told


def test_the_real_one_tells_how_far_it_is(tmp_path, lock):
    source, copy = str(tmp_path / "source"), str(tmp_path / "copy")
    subprocess.run(["qemu-img", "create", "-q", "-f", "raw", source, "64M"], check=True)
    told = []
    qemu_img.transfer(["convert", "-f", "raw", "-O", "qcow2", source, copy], 600, told.append, lock)
    assert told and told == sorted(told) and told[-1] == 1
    assert os.path.getsize(copy) > 0


def test_the_last_percentage_of_what_came_is_told(tmp_path, monkeypatch, lock):
    replace_qemu_img(tmp_path / "bin", monkeypatch, "printf '    (10.00/100%%)\\r    (25.50/100%%)\\r'; exit 0")
    assert transfer(lock)[-1] == 0.255


def test_a_failure_is_told_with_its_reason_however_much_it_says(tmp_path, monkeypatch, lock):
    script = "echo 'qemu-img: no such thing' >&2; head -c 300000 /dev/zero | tr '\\0' x >&2; exit 1"
    replace_qemu_img(tmp_path / "bin", monkeypatch, script)
    with pytest.raises(GuestconvError) as caught:
        transfer(lock)
    assert caught.value.code == "qemu-img-failed" and "no such thing" in caught.value.message


def test_what_takes_too_long_is_killed(tmp_path, monkeypatch, lock):
    pid = tmp_path / "pid"
    script = f"echo $$ >{pid}; printf '    (10.00/100%%)\\r'; exec sleep 1000"
    replace_qemu_img(tmp_path / "bin", monkeypatch, script)
    now = [0]
    monkeypatch.setattr(qemu_img, "time", SimpleNamespace(monotonic=lambda: now[0]))
    with pytest.raises(GuestconvError) as caught:
        # Its time is up once it runs, however long that took.
        qemu_img.transfer(["convert", "a", "b"], 60, lambda told: now.append(now.pop() + 61), lock)
    assert caught.value.code == "qemu-img-timeout"
    assert not os.path.exists("/proc/" + pid.read_text(encoding="utf-8").strip())


def test_where_there_is_none_that_is_told(monkeypatch, lock):
    monkeypatch.setenv("PATH", "/nowhere")
    with pytest.raises(GuestconvError) as caught:
        transfer(lock)
    assert caught.value.code == "qemu-img-missing"


def test_several_disks_share_the_whole():
    told = []
    first, second = qemu_img.tellers(["sda", "sdb"], lambda disk, fraction: told.append((disk, fraction)))
    first(0.5)
    second(0)
    second(1)
    assert told == [("writing sda", 0.25), ("writing sdb", 0.5), ("writing sdb", 1)]


SPAN = '{ "start": %d, "length": 65536, "depth": 0, "present": true, "zero": false, "data": true, "offset": 0}'


def test_a_map_is_read_while_it_is_printed(tmp_path, monkeypatch):
    """The script prints the second span only when the first has been read."""
    go = tmp_path / "go"
    os.mkfifo(go)
    script = f"echo '[{SPAN % 0},'; read _line <{go}; echo '{SPAN % 65536}]'; exit 0"
    replace_qemu_img(tmp_path / "bin", monkeypatch, script)
    spans = qemu_img.spans("disk", 600)
    assert next(spans)["start"] == 0
    go.write_text("go\n", encoding="utf-8")
    assert [span["start"] for span in spans] == [65536]


def test_a_map_that_is_not_read_to_its_end_leaves_no_process(tmp_path, monkeypatch):
    pid = tmp_path / "pid"
    replace_qemu_img(tmp_path / "bin", monkeypatch, f"echo $$ >{pid}; echo '[{SPAN % 0},'; exec sleep 1000")
    spans = qemu_img.spans("disk", 600)
    assert next(spans)["length"] == 65536
    spans.close()
    assert not os.path.exists("/proc/" + pid.read_text(encoding="utf-8").strip())


def test_a_map_in_many_fragments_takes_no_more_memory(tmp_path, monkeypatch):
    """200,000 spans, which are some 20 MB of JSON."""
    script = f"echo '[{SPAN % 0},'; yes '{SPAN % 131072},' | head -n 199998; echo '{SPAN % 262144}]'; exit 0"
    replace_qemu_img(tmp_path / "bin", monkeypatch, script)
    tracemalloc.start()
    try:
        assert sum(span["length"] for span in qemu_img.spans("disk", 600)) == 200_000 * 65536
        assert tracemalloc.get_traced_memory()[1] < 1 << 20
    finally:
        tracemalloc.stop()


def test_a_map_that_fails_or_takes_too_long_is_an_error(tmp_path, monkeypatch):
    replace_qemu_img(tmp_path / "bin", monkeypatch, f"echo '[{SPAN % 0},'; echo 'qemu-img: lost' >&2; exit 1")
    with pytest.raises(qemu_img.QemuImgFailed) as caught:
        list(qemu_img.spans("disk", 600))
    assert "lost" in caught.value.message
    replace_qemu_img(tmp_path / "hangs", monkeypatch, "exec sleep 3600")
    with pytest.raises(qemu_img.TooSlow):
        list(qemu_img.spans("disk", 0))


def test_a_commit_maps_each_overlay_once_and_no_disk(tmp_path, monkeypatch):
    """Of a disk in fragments the map is long; that of the overlay has what the conversion wrote."""
    disks = two_disks(tmp_path, "qcow2")
    log = tmp_path / "log"
    replace_qemu_img(tmp_path / "bin", monkeypatch, f'case $1 in map) echo "$@" >>{log};; esac')
    convert(disks)
    lines = log.read_text(encoding="utf-8").splitlines()
    assert len(lines) == 2 and all('"backing": null' in line for line in lines)
