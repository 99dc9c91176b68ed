# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""docs/support.md says what docs/support.json says, and that is what was booted."""

from __future__ import annotations

import json
import re

import pytest

from tests import support_page
from tests.end_to_end import boots, test_targets
from tests.guests import boot_variants, network_variants, selinux, storage_variants, systems, windows_stand_in
from tests.support_page import BOOTED, CHECKED, READ


def row(variant, devices, result, **more):
    return {"variant": variant, "loader": "GRUB 2", "devices": devices, "result": result, **more}


def test_the_page_is_what_the_data_says():
    assert support_page.PAGE.read_text(encoding="utf-8") == support_page.page(support_page.load())


def test_the_data_is_of_guests_that_there_are():
    rows = support_page.load()
    of_storage = {f"storage-{name}-{firmware}" for name in storage_variants.VARIANTS for firmware in ("bios", "uefi")}
    of_systems, of_networks = (
        map("system-{}".format, systems.SYSTEMS),
        map("network-{}".format, network_variants.VARIANTS),
    )
    of_targets = map("target-{}".format, test_targets.VARIANTS)
    known = {
        *of_targets,
        *boot_variants.VARIANTS,
        *of_storage,
        *of_systems,
        *of_networks,
        selinux.VARIANT,
        windows_stand_in.VARIANT,
    }
    assert {one["result"] for one in rows} <= {BOOTED, CHECKED, READ}
    assert [one["variant"] for one in rows if one["result"] != READ and one["variant"] not in known] == []
    assert rows == support_page.merged(rows, [])


@pytest.mark.parametrize(
    "old, new, kept",
    [(BOOTED, CHECKED, BOOTED), (CHECKED, BOOTED, BOOTED), (CHECKED, CHECKED, CHECKED)],
)
def test_a_new_row_replaces_that_of_the_same_guest_and_devices(old, new, kept):
    rows = [row("a", "ahci", old, date="1"), row("b", "ahci", BOOTED)]
    merged = support_page.merged(rows, [row("a", "ahci", new, date="2"), row("a", "nvme", new)])
    assert [(one["variant"], one["devices"], one["result"]) for one in merged] == [
        ("a", "ahci", kept),
        ("a", "nvme", new),
        ("b", "ahci", BOOTED),
    ]
    assert merged[0]["date"] == ("1" if (old, new) == (BOOTED, CHECKED) else "2")


def test_what_was_not_tested_stands_at_the_end():
    rows = support_page.merged([row("a", "", READ)], [row("b", "ahci", CHECKED)])
    assert [one["variant"] for one in rows] == ["b", "a"]


def test_guests_that_differ_by_their_network_have_a_table_of_their_own():
    network = {"variant": "network-a", "configuration": "a bond", "devices": "e1000", "result": BOOTED}
    page = support_page.page([row("b", "ahci", BOOTED), {**network, "commit": "0123456789"}])
    assert page.index("GRUB 2 |") < page.index("## Network") < page.index("| a bond | e1000 | booted here |")
    assert page.endswith(" | 0123456789 |\n")


def test_the_rows_are_recorded_among_the_boots(tmp_path, monkeypatch):
    path = tmp_path / "boots"
    monkeypatch.setenv("GUESTCONV_BOOTS", str(path))
    boots.record({"disks": ["/a/db.qcow2"], "hardware": {}}, {"up": True})
    boots.record_support(row("a", "ahci", BOOTED))
    (recorded,) = support_page.recorded(path)
    commit = recorded.pop("commit")
    assert re.fullmatch(r"([0-9a-f]{10,}\+?)?", commit) and recorded == row("a", "ahci", BOOTED)
    assert len(boots.table([json.loads(path.read_text().splitlines()[0])]).splitlines()) == 2


def test_a_cell_cannot_end_its_column():
    page = support_page.page([row("a", "a|b", BOOTED)])
    assert any("| a\\|b |" in line for line in page.splitlines())


def test_a_system_is_in_the_second_table():
    page = support_page.page([row("a", "ahci", BOOTED), row("b", "nvme", BOOTED, init="OpenRC")])
    first, second = page.split("## Systems")
    assert "ahci" in first and "nvme" not in first
    assert "| OpenRC |" in second and "ahci" not in second
