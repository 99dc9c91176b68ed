# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The disks of a guest are copied at once, and never more than the slots for copies permit."""

from __future__ import annotations

import json
import os
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from ansible_collections.virttools.guestconv.plugins.module_utils.commands import fetch_copies
from ansible_collections.virttools.guestconv.plugins.module_utils.disks import slices
from ansible_collections.virttools.guestconv.plugins.module_utils.run import slots
from ansible_collections.virttools.guestconv.plugins.module_utils.run.progress import Progress
from tests.sources.guests import MEBIBYTE, disks, fetch, is_same, raw_disk, refusal

NAMES = ("sda", "sdb", "sdc")


@pytest.fixture
def three(tmp_path):
    """The source of a guest with three disks, in a folder of their own."""
    folder = tmp_path / "source"
    folder.mkdir()
    return [raw_disk(folder / f"{name}.raw", seed=number) for number, name in enumerate(NAMES)]


def source_of(paths):
    return disks(*({"path": path, "format": "raw"} for path in paths))


class Watched:
    """slices.copy(), with how many of them ran at once."""

    def __init__(self, monkeypatch, meeting=None):
        self.most = 0
        self._running, self._lock, self._real = 0, threading.Lock(), slices.copy
        self._meeting = meeting
        monkeypatch.setattr(slices, "copy", self.copy)

    def copy(self, *arguments, **options):
        with self._lock:
            self._running += 1
            self.most = max(self.most, self._running)
        if self._meeting:
            self._meeting.wait()
        self._real(*arguments, **options)
        with self._lock:
            self._running -= 1


def test_the_disks_of_a_guest_are_copied_at_once(three, tmp_path, monkeypatch):
    # Without the others none goes on.
    Watched(monkeypatch, threading.Barrier(3, timeout=600))
    result = fetch(source_of(three), tmp_path / "to", mode="copy", name="web01")
    assert [disk["device"] for disk in result["disks"]] == list(NAMES)
    assert all(is_same(disk, path) for disk, path in zip(result["disks"], three))
    assert result["copied"] == 3 * 64 * MEBIBYTE


def test_slots_for_copies_hold_over_the_guests_of_a_machine(three, tmp_path, monkeypatch):
    monkeypatch.setattr(slots, "_TICK", 0.01)
    # None goes on without another one, of the six.
    watched = Watched(monkeypatch, threading.Barrier(2, timeout=600))
    wanted = {"count": 2, "per_source": None, "directory": str(tmp_path / "slots")}

    def one(name):
        return fetch(source_of(three), tmp_path / name, mode="copy", name=name, copy_slots=wanted)

    with ThreadPoolExecutor(2) as pool:
        results = list(pool.map(one, ("web01", "web02")))
    assert [result["copied"] for result in results] == [3 * 64 * MEBIBYTE] * 2
    assert watched.most == 2


@pytest.mark.parametrize("count", [8, None])
def test_slots_of_a_source_hold_for_what_comes_from_one_machine(web, tls, tmp_path, monkeypatch, count):
    monkeypatch.setattr(slots, "_TICK", 0.01)
    _server, url = web
    watched = Watched(monkeypatch)
    wanted = {"count": count, "per_source": 1, "directory": str(tmp_path / "slots")}
    source = disks({"path": f"{url}/disk.raw", "format": "raw"}, {"path": f"{url}/disk.raw?again", "format": "raw"})
    fetch(dict(source, cafile=tls[0]), tmp_path / "to", name="web01", copy_slots=wanted)
    assert watched.most == 1
    # Other users, of the group of the directory, could not use a directory of this one in it.
    assert all(entry.is_file() for entry in os.scandir(tmp_path / "slots"))


@pytest.mark.parametrize(
    ("wanted", "key"), [({"count": 0, "per_source": None}, "count"), ({"count": 1, "per_source": 0}, "per_source")]
)
def test_no_slots_are_refused(web, tls, tmp_path, wanted, key):
    _server, url = web
    source = disks({"path": f"{url}/disk.raw", "format": "raw"}, cafile=tls[0])
    error = refusal(source, tmp_path / "to", copy_slots=dict(wanted, directory=str(tmp_path / "slots")))
    assert (error.code, error.path) == ("slots-invalid", f"copy_slots.{key}")


def test_one_that_fails_ends_the_others_which_go_on_later(three, tmp_path, monkeypatch):
    real, first_is_half_done = slices.copy, threading.Event()
    monkeypatch.setattr(slices, "_GROWTH", 1)

    def copy(node, size, path, image_format, begun, checkpoint, *rest, **options):
        name = os.path.basename(path)

        def noted(copied):
            checkpoint(copied)
            if name.startswith("web01-sda") and copied >= 32 * MEBIBYTE:
                first_is_half_done.set()
                # Until the second has failed; then checkpoint() ends this one.
                while True:
                    checkpoint(copied)

        if name.startswith("web01-sdb"):
            assert first_is_half_done.wait(600)
            raise slices.CopyFailed("fetch-failed", "Copying failed at byte 7: no.")
        real(node, size, path, image_format, begun, noted, *rest, **options)

    monkeypatch.setattr(slices, "copy", copy)
    error = refusal(source_of(three), tmp_path / "to", mode="copy", name="web01")
    assert (error.code, error.path) == ("fetch-failed", "source.disks[1]")
    assert error.message.startswith("sdb: Copying failed at byte 7") and "(sda, sdc)" in error.message
    assert not [name for name in os.listdir(tmp_path / "to") if not name.startswith(".")]
    monkeypatch.undo()
    result = fetch(source_of(three), tmp_path / "to", mode="copy", name="web01")
    assert 0 < result["copied"] <= (3 * 64 - 32) * MEBIBYTE
    assert all(is_same(disk, path) for disk, path in zip(result["disks"], three))


def test_the_progress_names_what_is_copied_and_never_falls(three, tmp_path, monkeypatch):
    told = []
    real = Progress.tell

    def tell(self, detail, fraction):
        told.append((detail, fraction))
        real(self, detail, fraction)

    monkeypatch.setattr(Progress, "tell", tell)
    # One after the other, so that what is told is known.
    monkeypatch.setattr(fetch_copies, "_AT_ONCE", 1)
    fetch(source_of(three), tmp_path / "to", mode="copy", name="web01", progress=str(tmp_path / "progress"))
    assert [fraction for _detail, fraction in told] == sorted(fraction for _detail, fraction in told)
    assert {"sda", "sdb", "sdc"} <= {detail for detail, _fraction in told} and told[-1] == ("", 1)
    assert json.loads((tmp_path / "progress").read_text())["percent"] == 100
