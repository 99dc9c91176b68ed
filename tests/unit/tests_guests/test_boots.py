# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import json

from tests.end_to_end import boots

HARDWARE = {
    "firmware": "uefi",
    "disks": [{"driver": "virtio-blk-pci"}],
    "interfaces": [{"driver": "e1000"}],
    "video": None,
    "console": {"driver": "isa-serial"},
}


def test_the_table_has_a_line_for_each_boot(tmp_path, monkeypatch):
    path = tmp_path / "boots"
    monkeypatch.setenv("GUESTCONV_BOOTS", str(path))
    boots.record({"disks": [{"path": "/a/web01.qcow2"}], "hardware": HARDWARE}, {"up": True, "seconds": 61.5})
    boots.record({"disks": ["/a/db.qcow2"], "hardware": HARDWARE}, {"up": False, "code": "guest-not-up"})
    boots.record({"disks": ["/a/old.qcow2"], "hardware": HARDWARE}, {"up": False, "code": "guest-panicked"})
    lines = boots.table([json.loads(line) for line in path.read_text().splitlines()]).splitlines()
    assert lines[0].split() == list(boots.COLUMNS)
    assert "web01  uefi virtio-blk-pci e1000 isa-serial  yes                  yes       61.5" in lines[1]
    assert [line.split("isa-serial")[1].split() for line in lines[2:]] == [
        ["yes", "no"],
        ["no", "(guest-panicked)", "no"],
    ]


def test_without_a_file_nothing_is_recorded(tmp_path, monkeypatch):
    monkeypatch.delenv("GUESTCONV_BOOTS", raising=False)
    monkeypatch.chdir(tmp_path)
    boots.record({"disks": ["/a/db.qcow2"], "hardware": HARDWARE}, {"up": True})
    assert list(tmp_path.iterdir()) == []
