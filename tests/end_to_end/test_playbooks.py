# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The playbooks inspect and recover, as a person runs them; test_fleet.py has migrate and report."""

from __future__ import annotations

import json
import os
import shutil
import subprocess

import jsonschema
import pytest

from tests.end_to_end.conftest import SCHEMA, ansible_command, digest

# Kills the module at the moment when the finished overlay would be written to the disk, after the journal.
_DEADLY_QEMU_IMG = """#!/bin/sh
[ "$1" != commit ] || {{ kill -KILL $PPID; exit 1; }}
exec {real} "$@"
"""


def play(place, playbook, *arguments, path=None):
    """Run a playbook of ours for the guests of place/hosts.json. path: instead of PATH. Returns the ended process."""
    command = [ansible_command("ansible-playbook"), f"virttools.guestconv.{playbook}", "-i", "hosts.json", *arguments]
    variables = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    environment = {**variables, "PWD": str(place), "ANSIBLE_NOCOLOR": "1", **({"PATH": path} if path else {})}
    ended = subprocess.run(command, cwd=place, env=environment, capture_output=True, text=True, check=False)
    assert "Traceback" not in ended.stdout + ended.stderr
    return ended


def worked_on(ended):
    """The guests whose progress was displayed."""
    return {line[1:].partition("]")[0] for line in ended.stdout.splitlines() if line.startswith("[")}


def inventory(place, hosts):
    """Write place/hosts.json. hosts: {name of a guest: its variables}."""
    variables = {"guestconv_images": str(place / "images"), "guestconv_verify": False, "convert_retries": 0}
    content = {"all": {"hosts": hosts, "vars": variables}}
    (place / "hosts.json").write_text(json.dumps(content), encoding="utf-8")


@pytest.fixture(scope="module")
def guests(scratch, copy_of):
    """A directory with an inventory of web01, a real guest, and of one whose disk is not there."""
    place = scratch / "playbooks"
    (place / "disks").mkdir(parents=True)
    disk = place / "disks" / "web01.qcow2"
    shutil.move(copy_of("debian12-vmware-modern", "web01"), disk)
    inventory(
        place,
        {
            "web01": {"guestconv_disks": [str(disk)]},
            "absent": {"guestconv_disks": [str(place / "disks" / "absent.qcow2")]},
        },
    )
    return place


def test_inspect_writes_a_description_and_changes_nothing(guests):
    disk = guests / "disks" / "web01.qcow2"
    before = digest(disk)
    first = play(guests, "inspect", "--limit", "web01")
    assert first.returncode == 0, first.stdout + first.stderr
    description = json.loads((guests / "guestconv" / "descriptions" / "web01.json").read_text(encoding="utf-8"))
    jsonschema.validate(description, SCHEMA)
    assert description["convertible"] is True
    assert "Debian GNU/Linux 12" in first.stdout and worked_on(first) == {"web01"}
    # Again, with one that cannot be inspected: what is known is not looked for again, and the one fails alone.
    again = play(guests, "inspect")
    assert again.returncode == 2
    assert '"code": "disk-not-found"' in again.stdout and "web01" not in worked_on(again)
    assert "Debian GNU/Linux 12" in again.stdout
    assert digest(disk) == before
    assert [path.name for path in disk.parent.iterdir()] == ["web01.qcow2"]
    # It is none of a migration's business.
    assert list((guests / "guestconv" / "outcomes").iterdir()) == []


@pytest.fixture(scope="module")
def interrupted(guests, tmp_path_factory):
    """The directory of the guests, after a migration of web01 that was killed while its conversion was committed.

    web02 is as far as it would be had its conversion been killed before.
    """
    tools = tmp_path_factory.mktemp("tools")
    (tools / "qemu-img").write_text(_DEADLY_QEMU_IMG.format(real=shutil.which("qemu-img")), encoding="utf-8")
    (tools / "qemu-img").chmod(0o755)
    ended = play(guests, "migrate", "--limit", "web01", path=f"{tools}:{os.environ['PATH']}")
    assert ended.returncode == 2 and "no-result" in ended.stdout, ended.stdout + ended.stderr
    images, state = guests / "images", guests / "guestconv" / "state"
    (images / "web02").mkdir()
    shutil.copy(guests / "disks" / "web01.qcow2", images / "web02" / "web02.qcow2")
    shutil.copytree(state / "web01", state / "web02")
    for path in (state / "web02").iterdir():
        text = path.read_text(encoding="utf-8")
        path.write_text(text.replace(f"{images}/web01/web01", f"{images}/web02/web02"), encoding="utf-8")
    source = {"guestconv_disks": [str(guests / "disks" / "web01.qcow2")]}
    inventory(guests, {"web01": source, "web02": source})
    return guests


def journal(place):
    return place / "images" / "web01" / ".guestconv-web01.qcow2" / "journal.json"


def test_recover_finishes_what_was_interrupted_and_nothing_else(interrupted):
    disks = [interrupted / "images" / name / f"{name}.qcow2" for name in ("web01", "web02")]
    before = [digest(disk) for disk in disks]
    assert journal(interrupted).exists()
    only_said = play(interrupted, "recover", "--check")
    assert only_said.returncode == 0, only_said.stdout + only_said.stderr
    assert "The conversion was interrupted" in only_said.stdout
    assert [digest(disk) for disk in disks] == before and journal(interrupted).exists()

    finished = play(interrupted, "recover")
    assert finished.returncode == 0, finished.stdout + finished.stderr
    assert "was finished" in finished.stdout + finished.stderr
    assert not journal(interrupted).parent.exists()
    assert digest(disks[0]) != before[0] and digest(disks[1]) == before[1]
    kept = {name: interrupted / "guestconv" / "state" / name / "convert.json" for name in ("web01", "web02")}
    assert kept["web01"].exists() and not kept["web02"].exists()
    assert worked_on(finished) == {"web01"}

    # A migration goes on after that, with nothing of it to do again.
    migrated = play(interrupted, "migrate", "--limit", "web01")
    assert migrated.returncode == 0, migrated.stdout + migrated.stderr
    outcome = json.loads((interrupted / "guestconv" / "outcomes" / "web01.json").read_text(encoding="utf-8"))
    assert outcome["outcome"] == "converted"
    assert {phase["name"]: phase["resumed"] for phase in outcome["phases"]} == {
        "fetch": True,
        "inspect": True,
        "convert": True,
    }


def test_recover_says_so_where_there_is_nothing_to_finish(tmp_path):
    inventory(tmp_path, {"web01": {"guestconv_disks": ["/nowhere/web01.qcow2"]}})
    ended = play(tmp_path, "recover")
    assert ended.returncode == 0, ended.stdout + ended.stderr
    assert (
        f"The migration with its state in {tmp_path}/guestconv has not started to convert this guest." in ended.stdout
    )


@pytest.mark.parametrize("playbook", ["inspect", "migrate"])
def test_a_guest_of_which_nobody_said_where_it_is_is_told_what_to_say(tmp_path, playbook):
    inventory(tmp_path, {"web01": {}})
    ended = play(tmp_path, playbook)
    assert ended.returncode == 2, ended.stdout + ended.stderr
    assert "Set guestconv_source" in ended.stdout


def test_with_check_what_is_not_here_is_neither_brought_nor_inspected(tmp_path):
    disk = tmp_path / "web01.raw"
    disk.write_bytes(bytes(1024**2))
    source = {"type": "disks", "disks": [{"path": str(disk), "format": "raw"}]}
    inventory(tmp_path, {"web01": {"guestconv_source": source}})
    ended = play(tmp_path, "inspect", "--check", "-e", f"guestconv_directory={tmp_path}/elsewhere")
    assert ended.returncode == 0, ended.stdout + ended.stderr
    assert "with --check they are not fetched" in ended.stdout
    assert not (tmp_path / "images").exists() and not (tmp_path / "guestconv").exists()


def test_guests_are_chosen_by_a_pattern_too(tmp_path):
    inventory(tmp_path, {name: {} for name in ("web01", "db01")})
    ended = play(tmp_path, "recover", "-e", "guestconv_guests=web*")
    assert "web01" in ended.stdout and "db01" not in ended.stdout
