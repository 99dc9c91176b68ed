# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import fcntl
import json
import os
import subprocess

import pytest

from ansible_collections.virttools.guestconv.plugins.module_utils.commands import fetch_copies
from ansible_collections.virttools.guestconv.plugins.module_utils.run import progress as progress_file
from tests.sources.guests import MEBIBYTE, PASSWORD, disks, fetch, fetching, is_same, notes, raw_disk, refusal, visible
from tests.sources.servers import WebServer


@pytest.mark.parametrize(
    ("name", "options", "image_format"),
    [
        ("disk.qcow2", {}, "qcow2"),
        ("disk.vmdk", {}, "qcow2"),
        ("disk.raw", {"format": "raw"}, "qcow2"),
        ("disk.raw", {}, "raw"),
        ("disk.qcow2", {"format": "qcow2"}, "raw"),
    ],
)
def test_a_disk_of_a_web_server_is_the_same_here(web, tls, raw, tmp_path, name, options, image_format):
    server, url = web
    source = disks({"path": f"{url}/{name}", **options}, cafile=tls[0])
    result = fetch(source, tmp_path / "to", format=image_format)
    assert is_same(result["disks"][0], raw)
    assert visible(tmp_path / "to") == [f"disk.{image_format}"]
    assert sorted(os.listdir(tmp_path / "to" / ".guestconv-fetch-disk")) == ["fetch.json", "lock"]
    before = server.served
    assert fetch(source, tmp_path / "to", format=image_format)["changed"] is False
    # Only the first byte was asked for, to see whether it is still the same.
    assert server.served - before < 16


def test_a_copy_that_was_killed_goes_on_where_it_was(tls, tmp_path):
    (tmp_path / "www").mkdir()
    raw = raw_disk(tmp_path / "www" / "big.raw", spans=[(0, 64)])
    server = WebServer(tmp_path / "www")
    server.stall_at = 40 * MEBIBYTE
    with server.running(*tls) as url:
        source = disks({"path": f"{url}/big.raw", "format": "raw"}, cafile=tls[0])
        child = fetching(source, tmp_path / "to")
        assert server.stalled.wait(600)
        child.kill()
        child.communicate()
        (part,) = notes(tmp_path / "to")["parts"].values()
        assert 0 < part["copied"] < 40 * MEBIBYTE
        assert not visible(tmp_path / "to")
        with open(tmp_path / "to" / ".guestconv-fetch-big" / "lock", "rb") as lock:
            # Until the qemu-img that it left behind has ended, too.
            fcntl.flock(lock, fcntl.LOCK_EX)
        # What its connections still get is not what the next one reads.
        server.go_on()
        server.served = 0
        result = fetch(source, tmp_path / "to")
    assert result["copied"] == 64 * MEBIBYTE - part["copied"]
    # Of what was sent before the interruption nothing was read again.
    assert server.served < result["copied"] + MEBIBYTE
    assert is_same(result["disks"][0], raw)


def interrupted_at_the_second_slice(monkeypatch, source, dest):
    """Fetch until one slice is copied, and be interrupted then."""
    slices = "ansible_collections.virttools.guestconv.plugins.module_utils.disks.slices"
    begun = []

    def interrupted(length, seconds):
        begun.append(length)
        raise KeyboardInterrupt

    with monkeypatch.context() as patched, pytest.raises(KeyboardInterrupt):
        patched.setattr(f"{slices}.next_length", interrupted)
        fetch(source, dest)
    return sum(begun)


def test_a_copy_begins_anew_when_the_file_was_changed_meanwhile(web, tls, raw, tmp_path, monkeypatch):
    server, url = web
    source = disks({"path": f"{url}/disk.raw", "format": "raw"}, cafile=tls[0])
    copied = interrupted_at_the_second_slice(monkeypatch, source, tmp_path)
    assert fetch(source, tmp_path, check_mode=True)["changed"]
    server.etag = lambda: '"2"'
    result = fetch(source, tmp_path)
    assert (copied, result["copied"]) == (16 * MEBIBYTE, 64 * MEBIBYTE)
    assert is_same(result["disks"][0], raw)


def test_a_file_that_changes_while_it_is_copied_does_not_arrive(web, tls, tmp_path):
    server, url = web
    tags = iter(range(100))
    server.etag = lambda: f'"{next(tags)}"'
    error = refusal(disks(f"{url}/disk.qcow2", cafile=tls[0]), tmp_path)
    assert (error.code, visible(tmp_path)) == ("source-changed", [])


def test_a_server_that_tells_no_version_is_believed_by_the_first_bytes(tls, tmp_path):
    (tmp_path / "www").mkdir()
    disk = raw_disk(tmp_path / "www" / "web01.raw", size=16, spans=[(0, 1)])
    server = WebServer(tmp_path / "www")
    server.etag = lambda: None
    with server.running(*tls) as url:
        source = disks({"path": f"{url}/web01.raw", "format": "raw"}, cafile=tls[0])
        fetch(source, tmp_path / "to")
        assert fetch(source, tmp_path / "to")["changed"] is False
        raw_disk(disk, size=16, seed=2, spans=[(0, 1)])
        assert refusal(source, tmp_path / "to").code == "source-changed"


def test_a_certificate_is_trusted_only_with_its_authority(web, tls, tmp_path):
    _server, url = web
    error = refusal(disks(f"{url}/disk.qcow2"), tmp_path)
    assert error.code == "source-not-trusted" and "cafile" in error.hint


def test_what_a_web_server_refuses_is_told_as_it_is(web, tls, tmp_path):
    server, url = web
    assert refusal(disks(f"{url}/absent.qcow2", cafile=tls[0]), tmp_path).code == "source-not-found"
    server.ranges = False
    assert refusal(disks(f"{url}/disk.qcow2", cafile=tls[0]), tmp_path).code == "source-without-ranges"
    server.login = f"me:{PASSWORD}"
    error = refusal(disks(f"{url}/disk.qcow2", cafile=tls[0]), tmp_path)
    assert (error.code, error.path) == ("source-denied", "source.disks[0]")


def test_a_password_opens_a_web_server_and_is_on_no_command_line(exports, tls, raw, tmp_path, spied):
    server = WebServer(exports, login=f"me:{PASSWORD}")
    with server.running(*tls) as url:
        source = disks(f"{url}/disk.qcow2?token=Gehe1m", cafile=tls[0], user="me")
        result = fetch(source, tmp_path, password=PASSWORD)
    assert is_same(result["disks"][0], raw)
    said = json.dumps([result, notes(tmp_path), spied()])
    assert "curl" in said and PASSWORD not in said
    assert "Gehe1m" not in json.dumps([result, notes(tmp_path)])


def test_an_image_from_elsewhere_with_a_backing_file_is_refused(web, tls, exports, tmp_path):
    _server, url = web
    secret = raw_disk(tmp_path / "secret", size=1, spans=[(0, 1)])
    hostile = exports / "hostile.qcow2"
    subprocess.run(["qemu-img", "create", "-q", "-f", "qcow2", "-b", secret, "-F", "raw", str(hostile)], check=True)
    error = refusal(disks(f"{url}/hostile.qcow2", cafile=tls[0]), tmp_path / "to")
    assert (error.code, visible(tmp_path / "to")) == ("backing-file-not-named", [])


def test_an_image_file_that_ends_within_a_sector_arrives(web, tls, exports, raw, tmp_path):
    (exports / "odd.qcow2").write_bytes((exports / "disk.qcow2").read_bytes() + b"\0" * 77)
    _server, url = web
    result = fetch(disks(f"{url}/odd.qcow2", cafile=tls[0]), tmp_path)
    assert is_same(result["disks"][0], raw)


def test_progress_is_told_by_bytes_of_all_disks(web, tls, tmp_path, monkeypatch):
    told = []
    # Otherwise both are copied at once, in no order.
    monkeypatch.setattr(fetch_copies, "_AT_ONCE", 1)
    monkeypatch.setattr(progress_file, "_replace", lambda path, text: told.append(json.loads(text)))
    _server, url = web
    source = disks({"path": f"{url}/disk.raw", "format": "raw"}, f"{url}/disk.vmdk", cafile=tls[0])
    fetch(source, tmp_path, name="web01", progress="unused")
    shown = [(entry["step"], entry["detail"]) for entry in told]
    wanted = [("metadata", ""), ("open", ""), ("copy", "sda"), ("copy", "sdb"), ("copy", "converting sdb")]
    assert [one for one in dict.fromkeys(shown) if one in wanted] == wanted
    percents = [entry["percent"] for entry in told]
    assert percents == sorted(percents) and percents[-1] == 100
    # Within the first disk, which is the larger one by far.
    assert any(20 < entry["percent"] < 80 for entry in told if entry["detail"] == "sda")
    assert {entry["guest"] for entry in told[-3:]} == {"web01"}


def test_the_module_fetches_by_ansible_and_keeps_the_password_from_its_result(exports, tls, raw, scratch, module):
    server = WebServer(exports, login=f"me:{PASSWORD}")
    with server.running(*tls) as url:
        options = {
            "source": disks(f"{url}/disk.vmdk", cafile=tls[0], user="me"),
            "dest": str(scratch / "fetched"),
            "password": PASSWORD,
        }
        assert module("guestconv_fetch", check=True, **options)["changed"] is True
        result = module("guestconv_fetch", **options)
    assert result["changed"] and is_same(result["disks"][0], raw)
    assert PASSWORD not in json.dumps(result)


def test_a_mistake_in_the_source_is_told_with_its_place(module, scratch):
    result = module("guestconv_fetch", source=disks({"path": "relative.qcow2"}), dest=str(scratch))
    assert (result["failed"], result["code"], result["path"]) == (True, "source-invalid", "source.disks[0].path")
