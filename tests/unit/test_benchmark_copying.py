# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

from types import SimpleNamespace

from tests.benchmark import copying


def usages(*walls):
    return [{"wall": wall, "cpu": 1.0, "largest": 50.0} for wall in walls]


def test_ours_is_compared_with_the_best_of_the_others_by_medians():
    ways = {
        copying.OURS: usages(4.0, 4.6, 9.0),
        copying.DIRECT: usages(4.0, 3.9, 8.0),
        copying.CACHED: usages(7.0, 7.0, 3.0),
        copying.NBDCOPY: usages(5.0),
        copying.DEST: usages(3.0),
    }
    found = copying.points({"file": ways})["file"]
    assert found["times"] == {copying.OURS: 1.15, copying.DEST: 0.75} and found["met"] is True
    slower = copying.points({"file": {**ways, copying.OURS: usages(4.61)}})["file"]
    assert slower["met"] is False
    table = copying.copy_table({"file": found, "NBD": slower})
    assert "met" in table and "MISSED" in table and "file, guestconv_fetch" in table


def test_only_the_sources_that_are_asked_for_are_measured(tmp_path, monkeypatch):
    def measured(source):
        return lambda bench, disk: iter([(copying.OURS, SimpleNamespace(wall=1.0, cpu=0.5, largest=9.0, of=source))])

    monkeypatch.setattr(copying, "SOURCES", {source: measured(source) for source in copying.SOURCES})
    bench = SimpleNamespace(scratch=tmp_path)
    told = []
    whole = copying.measure_copies(bench, 96 / 1024, 2, told.append)
    assert list(whole) == ["file", "NBD", "HTTPS"]
    assert [usage["of"] for usage in whole["NBD"][copying.OURS]] == ["NBD", "NBD"]
    assert list(copying.measure_copies(bench, 96 / 1024, 1, told.append, ["NBD"])) == ["NBD"]
    assert any("2/2 HTTPS" in line for line in told)


def test_five_of_twelve_pieces_of_the_disk_hold_data(tmp_path):
    disk = copying.make_disk(tmp_path / "disk", 96 / 1024)
    assert disk.stat().st_size == 96 << 20
    # The filesystem's own blocks about the file count, too.
    assert disk.stat().st_blocks * 512 // (8 << 20) == 5
