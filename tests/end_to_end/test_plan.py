# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The playbook plan, on real disks: what it reads of them, what it says, and what it says after a migration."""

from __future__ import annotations

import json
import subprocess

import pytest

from tests.end_to_end.conftest import digest
from tests.end_to_end.test_playbooks import play

MIB = 1 << 20


def make_disk(path, size, allocated):
    """A qcow2 of so many MiB, of which so many are allocated."""
    subprocess.run(["qemu-img", "create", "-q", "-f", "qcow2", path, f"{size}M"], check=True)
    subprocess.run(
        ["qemu-io", "-f", "qcow2", "-c", f"write -q 1M {allocated}M", path], check=True, stdout=subprocess.DEVNULL
    )


@pytest.fixture(scope="module", name="place")
def planned(tmp_path_factory):
    """A directory with an inventory of three guests, one of them without its disk."""
    place = tmp_path_factory.mktemp("plan")
    for name, size, allocated in (("web01", 512, 96), ("db01", 1024, 192)):
        make_disk(place / f"{name}.qcow2", size, allocated)
    hosts = {name: {"guestconv_disks": [str(place / f"{name}.qcow2")]} for name in ("web01", "db01", "lost")}
    hosts["db01"]["guestconv_hardware"] = {"tpm": True, "interfaces": [{"network": "VLAN 7"}]}
    variables = {
        "guestconv_images": str(place / "images"),
        "guestconv_rate": 32,
        "guestconv_work_seconds": 60,
        "guestconv_networks": {"VLAN 8": "lan", "default": "lan"},
    }
    content = {"all": {"hosts": hosts, "vars": variables, "children": {"wave_1": {"hosts": {"web01": {}, "db01": {}}}}}}
    (place / "hosts.json").write_text(json.dumps(content), encoding="utf-8")
    return place


def of(place):
    return json.loads((place / "guestconv" / "plan.json").read_text(encoding="utf-8"))


def test_a_plan_says_what_is_to_be_copied_and_how_long_it_takes_and_changes_nothing(place):
    before = {path: digest(path) for path in place.glob("*.qcow2")}
    ended = play(place, "plan")
    assert ended.returncode == 0, ended.stdout + ended.stderr
    assert {path: digest(path) for path in place.glob("*.qcow2")} == before
    assert not (place / "images").exists()
    guests = of(place)["guests"]
    assert {name: (each["size"], each["allocated"], each["seconds"]) for name, each in guests.items()} == {
        "web01": (512 * MIB, 96 * MIB, 63.0),
        "db01": (1024 * MIB, 192 * MIB, 66.0),
        "lost": (None, None, None),
    }
    # Both are migrated at the same time: the longer one decides.
    assert of(place)["seconds_of_waves"] == {"wave_1": 66.0, "no wave": 0.0}
    page = (place / "guestconv" / "plan.txt").read_text(encoding="utf-8")
    assert "3 guests to migrate, 0.3 GiB of 1.5 GiB (and 1 guest of unknown size), 66 s" in page
    assert "db01: warning: The guest has a TPM on the source" in page and "lost: " in page
    assert "wave_1: 2 guests, 0.3 GiB of 1.5 GiB, 66 s" in ended.stdout


def test_after_a_migration_a_plan_of_a_part_says_how_far_off_it_was_and_goes_by_what_was_measured(place):
    if not (place / "guestconv" / "plan.json").exists():
        assert play(place, "plan").returncode == 0
    phases = [{"name": name, "seconds": seconds} for name, seconds in (("fetch", 6), ("inspect", 20), ("convert", 40))]
    outcome = {"guest": "web01", "outcome": "converted", "started": "2026-11-30T13:00:00Z", "phases": phases}
    outcomes = place / "guestconv" / "outcomes"
    outcomes.mkdir(exist_ok=True)
    (outcomes / "web01.json").write_text(json.dumps(outcome), encoding="utf-8")
    before = of(place)["guests"]
    ended = play(place, "plan", "--limit", "wave_1")
    assert ended.returncode == 0, ended.stdout + ended.stderr
    plan = of(place)
    # The guest that is not in this part stays as it was.
    assert plan["guests"]["lost"] == before["lost"]
    assert "lost.qcow2 does not exist. (disk-not-found)" in before["lost"]["problem"]
    assert plan["guests"]["db01"]["made"] == plan["made"] > before["db01"]["made"]
    assert plan["rates"] == {"copying": 16.0 * MIB, "work": 60.0, "measured": 1}
    assert (plan["guests"]["web01"]["seconds"], plan["guests"]["web01"]["took"]) == (63.0, 66.0)
    assert plan["guests"]["db01"]["seconds"] == 72.0
    page = (place / "guestconv" / "plan.txt").read_text(encoding="utf-8")
    assert "16 MiB/s, and 60 s for each guest without its copy (measured in 1 guest)" in page
    assert "  web01     63 s  66 s         +5%\n" in page
