# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import fcntl
import json
import os
import stat
import subprocess
from pathlib import Path

import pytest

from ansible_collections.virttools.guestconv.plugins.module_utils.disks import images, slices
from tests.sources.guests import MEBIBYTE, converted, disks, fetch, fetching, is_same, raw_disk, refusal, visible
from tests.sources.volumes import loop_device
from tests.unit.plugins.module_utils.disks.conversions import replace_qemu_img


def test_a_local_disk_gets_an_overlay_that_inspect_and_convert_accept(exports, raw, tmp_path):
    result = fetch(disks(exports / "disk.vmdk"), tmp_path / "to")
    assert result["changed"] and result["copied"] == 0
    (disk,) = result["disks"]
    assert disk == {
        "path": str(tmp_path / "to" / "disk.qcow2"),
        "format": "qcow2",
        "device": "sda",
        "backing": [str(exports / "disk.vmdk")],
    }
    assert is_same(disk, raw)
    (judged,) = images.disks_from_option(result["disks"])
    assert judged.writable
    again = fetch(disks(exports / "disk.vmdk"), tmp_path / "to")
    assert (again["changed"], again["disks"]) == (False, result["disks"])


def test_the_map_of_a_disk_is_read_once_to_tell_what_is_to_be_copied_and_not_to_copy_it(exports, tmp_path, monkeypatch):
    log = tmp_path / "log"
    log.touch()
    replace_qemu_img(tmp_path / "bin", monkeypatch, f'case $1 in map) echo "$@" >>{log};; esac')
    both = disks(exports / "disk.qcow2", exports / "disk.vmdk")
    result = fetch(both, tmp_path, mode="copy", name="web01", check_mode=True)
    # What each holds, without the 51 MiB that are zero or were never written.
    assert [size["allocated"] for size in result["sizes"]] == [13 * MEBIBYTE] * 2
    assert len(log.read_text(encoding="utf-8").splitlines()) == 2
    fetch(both, tmp_path, mode="copy", name="web01")
    assert len(log.read_text(encoding="utf-8").splitlines()) == 2


def test_what_is_written_to_the_overlay_stays_and_does_not_reach_the_source(exports, tmp_path):
    before = (exports / "disk.qcow2").read_bytes()
    (disk,) = fetch(disks(exports / "disk.qcow2"), tmp_path)["disks"]
    subprocess.run(["qemu-io", "-f", "qcow2", "-c", "write -P 7 0 1M", disk["path"]], check=True, capture_output=True)
    written = Path(disk["path"]).read_bytes()
    assert fetch(disks(exports / "disk.qcow2"), tmp_path)["changed"] is False
    assert Path(disk["path"]).read_bytes() == written
    assert (exports / "disk.qcow2").read_bytes() == before


@pytest.mark.parametrize("image_format", ["qcow2", "raw"])
@pytest.mark.parametrize("name", ["disk.raw", "disk.qcow2", "disk.vmdk"])
def test_a_copy_has_the_same_content_and_its_holes_stay_holes(exports, raw, tmp_path, name, image_format):
    result = fetch(disks(exports / name), tmp_path, mode="copy", format=image_format)
    (disk,) = result["disks"]
    assert is_same(disk, raw)
    assert result["copied"] == 64 * MEBIBYTE
    status = os.stat(disk["path"])
    # 13 MiB are not zero.
    assert status.st_blocks * 512 < 16 * MEBIBYTE
    assert stat.S_IMODE(status.st_mode) == 0o600
    again = fetch(disks(exports / name), tmp_path, mode="copy", format=image_format)
    assert (again["changed"], again["copied"], again["disks"]) == (False, 0, result["disks"])


def test_a_chain_is_copied_flat_when_its_backing_file_is_named(raw, tmp_path):
    top = tmp_path / "top.qcow2"
    subprocess.run(["qemu-img", "create", "-q", "-f", "qcow2", "-b", str(raw), "-F", "raw", str(top)], check=True)
    assert refusal(disks(top), tmp_path / "to").code == "backing-file-not-named"
    result = fetch(disks({"path": str(top), "backing": [str(raw)]}), tmp_path / "to", mode="copy")
    assert is_same(result["disks"][0], raw)
    assert "backing_file" not in Path(result["disks"][0]["path"]).read_bytes()[:1024].decode("latin-1")


def test_a_raw_disk_that_begins_like_another_format_is_what_it_is_said_to_be(tmp_path):
    disk = raw_disk(tmp_path / "web01.raw", size=16, spans=[(0, 1)])
    with open(disk, "r+b") as stream:
        stream.write(b"KDMV")
    assert refusal(disks(disk), tmp_path / "to").code == "format-ambiguous"
    for mode in ("overlay", "copy"):
        result = fetch(disks({"path": disk, "format": "raw"}), tmp_path / mode, mode=mode)
        assert is_same(result["disks"][0], disk)


def test_a_disk_of_several_files_is_copied_whole(raw, tmp_path):
    (tmp_path / "vm").mkdir()
    converted(raw, "vmdk", tmp_path / "vm" / "base.vmdk", "-o", "subformat=twoGbMaxExtentFlat")
    assert len(os.listdir(tmp_path / "vm")) == 2
    command = ["qemu-img", "create", "-q", "-f", "qcow2", "-b", "base.vmdk", "-F", "vmdk", "top.qcow2"]
    subprocess.run(command, check=True, cwd=tmp_path / "vm")
    # Names in it are relative to where it is.
    source = disks({"path": str(tmp_path / "vm" / "top.qcow2"), "backing": [str(tmp_path / "vm" / "base.vmdk")]})
    assert is_same(fetch(source, tmp_path / "copy", mode="copy", format="raw")["disks"][0], raw)
    assert is_same(fetch(source, tmp_path / "overlay")["disks"][0], raw)
    # It is one of them that changes.
    extent = tmp_path / "vm" / "base-f001.vmdk"
    os.utime(extent, ns=(0, 0))
    assert refusal(source, tmp_path / "overlay").code == "source-changed"


def test_check_mode_says_what_there_would_be_and_makes_nothing(exports, tmp_path):
    result = fetch(disks(exports / "disk.vmdk"), tmp_path / "to", check_mode=True)
    assert result["changed"] and result["disks"][0]["path"] == str(tmp_path / "to" / "disk.qcow2")
    assert not (tmp_path / "to").exists()


def test_a_file_that_was_not_fetched_is_never_overwritten(exports, tmp_path):
    (tmp_path / "disk.qcow2").write_text("mine")
    for mode in ("overlay", "copy"):
        assert refusal(disks(exports / "disk.vmdk"), tmp_path, mode=mode).code == "dest-exists"
    assert (tmp_path / "disk.qcow2").read_text() == "mine"
    assert os.listdir(tmp_path) == ["disk.qcow2"]


def test_a_disk_of_a_source_that_was_changed_since_is_not_taken_for_current(tmp_path):
    source = raw_disk(tmp_path / "web01.raw", size=16, spans=[(0, 1)])
    fetch(disks(source), tmp_path / "to")
    raw_disk(source, size=16, seed=2, spans=[(0, 1)])
    assert refusal(disks(source), tmp_path / "to").code == "source-changed"


def test_two_disks_are_there_together_or_not_at_all(exports, tmp_path):
    source = disks(exports / "disk.vmdk", tmp_path / "absent.raw")
    error = refusal(source, tmp_path / "to", name="web01")
    assert (error.code, error.path) == ("disk-not-found", "source.disks[1]")
    assert not os.listdir(tmp_path / "to")
    raw_disk(tmp_path / "absent.raw", size=16, spans=[(1, 1)])
    assert len(fetch(source, tmp_path / "to", name="web01")["disks"]) == 2
    assert visible(tmp_path / "to") == ["web01-sda.qcow2", "web01-sdb.qcow2"]


def test_two_fetches_of_one_guest_do_not_meet(exports, tmp_path):
    fetch(disks(exports / "disk.vmdk"), tmp_path)
    with open(tmp_path / ".guestconv-fetch-disk" / "lock", "rb") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        assert refusal(disks(exports / "disk.vmdk"), tmp_path).code == "fetch-busy"
    assert fetch(disks(exports / "disk.vmdk"), tmp_path)["changed"] is False


def test_a_full_disk_is_said_to_be_one_and_what_was_copied_is_kept(tmp_path):
    namespace = ["unshare", "--user", "--map-root-user", "--mount"]
    if subprocess.run([*namespace, "true"], capture_output=True, check=False).returncode != 0:
        pytest.skip("this kernel lets no user mount a small filesystem")
    raw = raw_disk(tmp_path / "big.raw", spans=[(0, 64)])
    (tmp_path / "small").mkdir()
    # In a mount namespace of its own: a filesystem of 40 MiB that has room for more the second time.
    script = 'mount -t tmpfs -o size=40m none "$1" && shift && "$@"; mount -o remount,size=200m "$0"; exec "$@"'
    before = [*namespace, "sh", "-c", script, str(tmp_path / "small"), str(tmp_path / "small")]
    child = fetching(disks(raw), tmp_path / "small", before, mode="copy")
    output, _errors = child.communicate()
    first, second = (json.loads(piece) for piece in output.replace("}{", "}\n{").splitlines())
    assert (first["code"], first["path"]) == ("no-space", "source.disks[0]")
    assert "goes on" in first["hint"]
    assert second["changed"] and 0 < second["copied"] < 64 * MEBIBYTE


def write_within(device):
    """Change a device beyond its first bytes, and before the end of the first slice, as a guest that runs on it does."""
    with open(device, "r+b") as stream:
        stream.seek(8 * MEBIBYTE)
        stream.write(os.urandom(4096))
        os.fsync(stream.fileno())


@pytest.mark.parametrize("changed", [False, True], ids=["as it was", "changed"])
def test_a_copy_of_a_device_goes_on_only_if_nobody_wrote_to_the_device(tmp_path, monkeypatch, changed):
    disk = raw_disk(tmp_path / "disk.raw", spans=[(0, 64)])

    def interrupted(length, seconds):
        raise KeyboardInterrupt

    with loop_device(str(disk)) as device:
        source = disks({"path": device, "format": "raw"})
        with monkeypatch.context() as patched, pytest.raises(KeyboardInterrupt):
            patched.setattr(slices, "next_length", interrupted)
            fetch(source, tmp_path / "to", name="web01", mode="copy")
        if changed:
            write_within(device)
        result = fetch(source, tmp_path / "to", name="web01", mode="copy")
        assert result["copied"] == (64 if changed else 48) * MEBIBYTE
        assert fetch(source, tmp_path / "to", name="web01", mode="copy")["changed"] is False
    assert is_same(result["disks"][0], disk)


def test_a_device_that_is_written_to_while_it_is_copied_does_not_arrive(tmp_path, monkeypatch):
    disk, real = raw_disk(tmp_path / "disk.raw", spans=[(0, 64)]), slices.next_length
    with loop_device(str(disk)) as device:

        def meanwhile(length, seconds):
            write_within(device)
            return real(length, seconds)

        monkeypatch.setattr(slices, "next_length", meanwhile)
        error = refusal(disks({"path": device, "format": "raw"}), tmp_path / "to", name="web01", mode="copy")
    assert (error.code, visible(tmp_path / "to")) == ("source-changed", [])
