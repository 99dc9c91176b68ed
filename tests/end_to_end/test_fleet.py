# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A small fleet through the playbook migrate, on two conversion hosts: interrupted in the middle, and resumed."""

from __future__ import annotations

import base64
import json
import os
import shutil
import signal
import subprocess
import time

import pytest

from tests.end_to_end.conftest import CACHE, digest

GOOD = {"web01": "debian12-vmware", "web02": "debian12-vmware-modern"}
CEILING = 3600


@pytest.fixture(scope="module")
def fleet(scratch, copy_of):
    """The directory of a fleet: two guests that are well, and one disk without an operating system."""
    place = scratch / "fleet"
    (place / "disks").mkdir(parents=True)
    for name, guest in GOOD.items():
        shutil.move(copy_of(guest, name), place / "disks" / f"{name}.qcow2")
    empty = place / "disks" / "empty.qcow2"
    subprocess.run(["qemu-img", "create", "-q", "-f", "qcow2", str(empty), "64M"], check=True)
    hosts = {
        name: {
            "ansible_connection": "local",
            # As localhost has it, and not whichever Python is the newest on this machine.
            "ansible_python_interpreter": "{{ ansible_playbook_python }}",
            "guestconv_slots": {"count": 1, "directory": str(place / "slots" / name)},
        }
        for name in ("conv1", "conv2")
    }
    inventory = {
        "all": {
            "children": {
                "guestconv_conversion_hosts": {"hosts": hosts},
                "wave_1": {"hosts": {"web01": {"guestconv_conversion_host": "conv1"}}},
                "wave_2": {
                    "hosts": {
                        "web02": {
                            "guestconv_conversion_host": "conv2",
                            "guestconv_devices_host": [{"network": {"*": {"driver": "e1000"}}}],
                        },
                        "empty": {"guestconv_conversion_host": "conv2"},
                    }
                },
            },
            "vars": {
                "guestconv_images": str(place / "images"),
                "guestconv_directory": str(place / "run"),
                "guestconv_verify_timeout": 1800,
                "guestconv_devices_all": [{"graphics": {"*": {"driver": ["qxl-vga", "VGA"]}}}],
            },
        }
    }
    (place / "hosts.json").write_text(json.dumps(inventory), encoding="utf-8")
    plugin = {"plugin": "virttools.guestconv.guests", "paths": [str(place / "disks")]}
    (place / "disks.guests.yml").write_text(json.dumps(plugin), encoding="utf-8")
    return place


def migration(fleet, log):
    """The playbook migrate, started in a session of its own. log: a file for what it prints."""
    # From the environment with lxml, which the inventory plugin needs.
    command = [str(CACHE / "venv" / "bin" / "ansible-playbook"), "virttools.guestconv.migrate"]
    command += ["-i", str(fleet / "disks.guests.yml"), "-i", str(fleet / "hosts.json")]
    return subprocess.Popen(command, stdout=log, stderr=subprocess.STDOUT, cwd=fleet, start_new_session=True)


def ended(process):
    try:
        return process.wait(CEILING)
    finally:
        process.poll() is None and os.killpg(process.pid, signal.SIGKILL)


@pytest.fixture(scope="module")
def interrupted(fleet):
    """What is there after a run that was interrupted when the first guest was converted: {file: its bytes}."""
    kept = fleet / "run" / "state" / "web01" / "convert.json"
    with open(fleet / "first.log", "wb") as log:
        process = migration(fleet, log)
        while not kept.exists() and process.poll() is None:
            time.sleep(0.2)
        os.killpg(process.pid, signal.SIGINT)
        ended(process)
    assert kept.exists(), (fleet / "first.log").read_text(encoding="utf-8")
    return {path: path.read_bytes() for path in (fleet / "run" / "state").glob("*/*.json")}


@pytest.fixture(scope="module")
def resumed(fleet, interrupted):
    """The outcomes of the run that was started after it, by guest."""
    with open(fleet / "second.log", "wb") as log:
        status = ended(migration(fleet, log))
    said = (fleet / "second.log").read_text(encoding="utf-8")
    outcomes = {path.stem: json.loads(path.read_text()) for path in (fleet / "run" / "outcomes").glob("*.json")}
    return {"status": status, "said": said, **outcomes}


def test_the_guests_that_are_well_are_converted_and_come_up(resumed):
    for name in GOOD:
        assert resumed[name]["outcome"] == "converted", resumed[name].get("message", resumed["said"])
        assert [phase["name"] for phase in resumed[name]["phases"]] == ["fetch", "inspect", "convert", "verify"]


def test_one_that_fails_touches_no_other_and_says_why(resumed):
    assert (resumed["empty"]["outcome"], resumed["empty"]["phase"]) == ("failed", "inspect")
    assert resumed["empty"]["code"] == "no-operating-system"
    assert resumed["status"] != 0
    assert "no-operating-system" in resumed["said"]


def test_what_was_done_before_the_interruption_is_not_done_again(resumed, interrupted):
    was_resumed = {phase["name"]: phase["resumed"] for phase in resumed["web01"]["phases"]}
    assert was_resumed == {"fetch": True, "inspect": True, "convert": True, "verify": False}
    for path, content in interrupted.items():
        assert path.read_bytes() == content


def test_devices_are_those_of_the_policy_by_layers(resumed):
    web01, web02 = (resumed[name]["devices"]["after"] for name in ("web01", "web02"))
    assert web01["graphics"]["video0"]["driver"] == web02["graphics"]["video0"]["driver"] == "qxl-vga"
    assert web01["network"]["ens192"]["driver"] == "virtio-net-pci"
    assert web02["network"]["ens192"]["driver"] == "e1000"


def test_progress_is_said_with_the_guests_name(resumed):
    assert "[web01] " in resumed["said"] and "%" in resumed["said"]


def test_the_report_has_all_guests_and_the_pictures_of_their_consoles(fleet, resumed):
    summary = json.loads((fleet / "run" / "summary.json").read_text(encoding="utf-8"))
    assert (summary["outcomes"]["converted"], summary["outcomes"]["failed"]) == (2, 1)
    assert summary["conversion_hosts"] == {"conv1": 1, "conv2": 2}
    page = (fleet / "run" / "index.html").read_text(encoding="utf-8")
    for name in GOOD:
        assert resumed[name]["screenshot"] == f"screenshots/{name}.png"
        picture = (fleet / "run" / "screenshots" / f"{name}.png").read_bytes()
        assert picture.startswith(b"\x89PNG") and base64.b64encode(picture).decode() in page


def test_the_sources_are_as_they_were(fleet, resumed, copy_of):
    for name, guest in GOOD.items():
        assert digest(fleet / "disks" / f"{name}.qcow2") == digest(copy_of(guest, f"{name}-again"))
