# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A fleet through the playbook migrate, on two conversion hosts: interrupted in the middle, resumed, mended.

The first run is interrupted when some guests are done, some are under way, and some are not begun. The second one ends:
six guests are converted and come up, one cannot be converted, one hangs. Then the one is mended, and run alone.
"""

from __future__ import annotations

import base64
import fcntl
import json
import os
import re
import signal
import subprocess
import time
from pathlib import Path

import pytest

from tests.end_to_end import fleet_guests
from tests.end_to_end.conftest import digest, own_ansible_playbook
from tests.end_to_end.fleet_guests import DRACUT, GOOD, GUESTS, HANGING, OVERLAYS, OVERSIZED, SCSI, SLOTS
from tests.guests.network_variants import VARIANTS, disk

# Guests under way at once: fewer than there are, more than the machines have slots.
FORKS = 4
DONE_BEFORE_INTERRUPTION = 2
PHASES = ["fetch", "inspect", "convert", "verify"]
# In the environment of what a run starts: its working directory may be another, and its command line does not tell.
OF_THE_FLEET = "GUESTCONV_TEST_FLEET"
# Seconds after which a run is taken to hang.
CEILING = 3600


class Fleet:
    """The fleet in the directory place, which has its inventories: hosts.json and *.guests.yml."""

    def __init__(self, place):
        self.place = place
        self.run = place / "run"

    def migration(self, log, *arguments):
        """The playbook migrate, started in a session of its own. log: the name of the file that gets what it prints."""
        command = [own_ansible_playbook(), "virttools.guestconv.migrate", *arguments]
        for inventory in (self.place / "hosts.json", *self.place.glob("*.guests.yml")):
            command += ["-i", str(inventory)]
        command += ["--forks", str(FORKS)]
        with open(self.place / log, "wb") as stream:
            return subprocess.Popen(
                command,
                stdout=stream,
                stderr=subprocess.STDOUT,
                cwd=self.place,
                env={**os.environ, OF_THE_FLEET: str(self.place)},
                start_new_session=True,
            )

    def said(self, log):
        """What a run has printed."""
        return (self.place / log).read_text(encoding="utf-8")

    def outcomes(self):
        """{guest: its outcome}, of those that were begun."""
        return {path.stem: json.loads(path.read_text()) for path in (self.run / "outcomes").glob("*.json")}

    def results(self):
        """{file with the result of a phase: its bytes and the time of its last change}."""
        return {path: (path.read_bytes(), path.stat().st_mtime_ns) for path in (self.run / "state").glob("*/*.json")}

    def images(self, guests):
        """{file: time of its last change and size} of the guests' disks on the machines that convert."""
        files = [path for name in guests for path in (self.place / "images" / name).glob("*.qcow2")]
        return {path: (path.stat().st_mtime_ns, path.stat().st_size) for path in files}

    def left_over(self):
        """What is still there of runs that have ended, when no process of theirs is to be waited for any more."""
        begun, quiet = time.monotonic(), 0
        while quiet < 10 and time.monotonic() - begun < CEILING:
            # One look at /proc misses a process whose parent ends meanwhile, as Ansible's asynchronous ones do.
            quiet = 0 if self._processes() or self._slots_in_use() else quiet + 1
            time.sleep(0.2)
        return [*self._processes(), *self._slots_in_use(), *self._overlays()]

    def _processes(self):
        """The command lines of all processes that come from a run of the fleet's."""
        mark = f"{OF_THE_FLEET}={self.place}\0".encode()
        return [_command(process) for process in Path("/proc").glob("[0-9]*") if mark in _content(process / "environ")]

    def _slots_in_use(self):
        slots = [path.open("r+b") for path in (self.place / "slots").glob("*/*")]
        try:
            return [slot.name for slot in slots if not _lockable(slot)]
        finally:
            for slot in slots:
                slot.close()

    def _overlays(self):
        """The throwaway overlays on the fleet's disks, wherever they are."""
        found = list((self.place / "images").glob("*/.guestconv-*/*.qcow2"))
        known = str(self.place).encode()
        return found + [path for path in Path("/var/tmp").glob("guestconv-*/*") if known in _content(path)]


def _command(process):
    """The command line of a process (its directory in /proc)."""
    return _content(process / "cmdline").replace(b"\0", b" ").decode(errors="replace")


def _content(path):
    """Its first 256 KiB; nothing, when it has gone meanwhile."""
    try:
        with path.open("rb") as stream:
            return stream.read(1 << 18)
    except OSError:
        return b""


def _lockable(slot):
    try:
        fcntl.flock(slot, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def ended(process):
    try:
        return process.wait(CEILING)
    finally:
        process.poll() is None and os.killpg(process.pid, signal.SIGKILL)


def converted(outcomes):
    return {name for name, outcome in outcomes.items() if outcome["outcome"] == "converted"}


@pytest.fixture(scope="module")
def fleet(scratch):
    place = scratch / "fleet"
    fleet_guests.make(place)
    return Fleet(place)


@pytest.fixture(scope="module")
def sources(fleet):
    """{disk that guests are made of: its digest} before anything is done."""
    disks = [*(fleet.place / "disks").glob("*.qcow2"), *(Path(disk(name)["path"]) for name in OVERLAYS)]
    return {path: digest(path) for path in disks}


@pytest.fixture(scope="module")
def interrupted(fleet, sources):
    """What is there after a run that was interrupted as by Ctrl-C, when the first guests were done."""
    process = fleet.migration("first.log")
    while len(converted(fleet.outcomes())) < DONE_BEFORE_INTERRUPTION and process.poll() is None:
        time.sleep(0.2)
    os.killpg(process.pid, signal.SIGINT)
    ended(process)
    left_over = fleet.left_over()
    outcomes = fleet.outcomes()
    return {
        "outcomes": outcomes,
        "results": fleet.results(),
        "images": fleet.images(converted(outcomes)),
        "left over": left_over,
    }


@pytest.fixture(scope="module")
def resumed(fleet, interrupted):
    """The run that was started after it: {guest: outcome}, and what it printed and returned."""
    status = ended(fleet.migration("second.log"))
    return {"status": status, "said": fleet.said("second.log"), **fleet.outcomes()}


@pytest.fixture(scope="module")
def mended(fleet, resumed):
    """The same of a run for the one guest whose disk was mended."""
    results = fleet.results()
    fleet_guests.mend(fleet.place / "images" / OVERSIZED / f"{OVERSIZED}.raw")
    status = ended(fleet.migration("third.log", "--limit", OVERSIZED))
    return {"status": status, "said": fleet.said("third.log"), "results": results, **fleet.outcomes()}


def resumption(outcome):
    """{phase: whether its result was there before the run}."""
    return {phase["name"]: phase["resumed"] for phase in outcome["phases"]}


def steps(said):
    """The names of the guests whose progress was displayed."""
    return set(re.findall(r"^\[([\w-]+)\] \w", said, re.MULTILINE))


def test_when_it_is_interrupted_some_are_done_some_under_way_and_some_not_begun(interrupted):
    outcomes = interrupted["outcomes"]
    done = converted(outcomes)
    under_way = {name for name, outcome in outcomes.items() if outcome["outcome"] == "interrupted"}
    assert len(done) >= DONE_BEFORE_INTERRUPTION
    assert under_way and set(GUESTS) - outcomes.keys()
    results = {path.parent.name for path in interrupted["results"]}
    assert done <= results and results & under_way, "some of those under way have phases that are done"


def test_of_the_interrupted_run_nothing_goes_on_and_nothing_is_left_over(interrupted):
    assert interrupted["left over"] == []


def test_all_that_are_well_are_converted_and_come_up(resumed):
    assert len(GOOD) == 6
    for name in GOOD:
        assert resumed[name]["outcome"] == "converted", resumed[name].get("message", resumed["said"])
        assert list(resumption(resumed[name])) == PHASES


def test_what_was_done_before_the_interruption_is_not_done_again(fleet, resumed, interrupted):
    for name in GOOD:
        done = {phase: fleet.run / "state" / name / f"{phase}.json" in interrupted["results"] for phase in PHASES}
        assert resumption(resumed[name]) == done
    for path, kept in interrupted["results"].items():
        assert (path.read_bytes(), path.stat().st_mtime_ns) == kept
    assert fleet.images(converted(interrupted["outcomes"])) == interrupted["images"]
    # Whoever has come up before is not even looked at.
    verified = {path.parent.name for path in interrupted["results"] if path.stem == "verify"}
    assert steps(resumed["said"]) == set(GUESTS) - verified


def test_one_that_cannot_be_converted_says_why_and_its_disk_is_as_it_was(fleet, resumed):
    outcome = resumed[OVERSIZED]
    assert (outcome["outcome"], outcome["phase"], outcome["code"]) == ("failed", "convert", "guest-file-too-large")
    assert "/etc/default/grub" in outcome["message"]
    assert "guest-file-too-large: " in resumed["said"]
    disks = [fleet.place / folder / f"{OVERSIZED}.raw" for folder in ("disks", f"images/{OVERSIZED}")]
    assert subprocess.run(["qemu-img", "compare", "-f", "raw", "-F", "raw", *disks], check=False).returncode == 0


def test_one_that_hangs_is_ended_when_its_time_is_over(fleet, resumed):
    outcome = resumed[HANGING]
    assert (outcome["outcome"], outcome["phase"]) == ("failed", "verify")
    # On a busy machine its time is over before its kernel has started.
    assert outcome["code"] in ("guest-not-up", "guest-no-kernel")
    assert f"{outcome['code']}: " in resumed["said"]
    assert fleet.left_over() == []


def test_the_run_fails_with_those_two_and_no_other(resumed):
    assert resumed["status"] != 0
    recap = dict(re.findall(r"^([\w-]+) +: .* failed=(\d+) ", resumed["said"], re.MULTILINE))
    assert {name for name in GUESTS if recap[name] != "0"} == {OVERSIZED, HANGING}


def test_guests_wait_for_the_slots_of_the_machine_that_their_name_gives_them(fleet, resumed, interrupted):
    machines = {name: resumed[name]["conversion_host"] for name in GUESTS}
    assert set(machines.values()) == set(SLOTS)
    for name, outcome in interrupted["outcomes"].items():
        assert outcome["outcome"] == "interrupted" or outcome["conversion_host"] == machines[name]
    assert "] waiting for a slot" in fleet.said("first.log") + resumed["said"]
    for machine, count in SLOTS.items():
        slots = {path.name for path in (fleet.place / "slots" / machine).iterdir()}
        assert slots == {"queue", *(f"slot-{number}" for number in range(count))}


def test_devices_are_those_of_the_policy_by_layers(resumed):
    after = {name: resumed[name]["devices"]["after"] for name in GOOD}
    assert {graphics["driver"] for name in GOOD for graphics in after[name]["graphics"].values()} == {"qxl-vga"}
    for name in GOOD:
        assert after[name]["block"]["sda"]["driver"] == ("virtio-scsi-pci" if name in SCSI else "virtio-blk-pci")
    for name in OVERLAYS:
        assert {card: found["driver"] for card, found in after[name]["network"].items()} == VARIANTS[name].drivers
    assert after["web01"]["network"]["ens192"]["driver"] == "virtio-net-pci"
    assert after["web02"]["network"]["ens192"]["driver"] == "e1000"
    assert after[DRACUT]["network"] == {}


def test_the_report_has_all_guests_and_the_pictures_of_their_consoles(fleet, resumed):
    summary = json.loads((fleet.run / "summary.json").read_text(encoding="utf-8"))
    assert (summary["outcomes"]["converted"], summary["outcomes"]["failed"], summary["guests"]) == (6, 2, 8)
    assert sum(summary["conversion_hosts"].values()) == 8 and summary["conversion_hosts"].keys() == SLOTS.keys()
    page = (fleet.run / "index.html").read_text(encoding="utf-8")
    for name in (*GOOD, HANGING):
        assert resumed[name]["screenshot"] == f"screenshots/{name}.png"
        picture = (fleet.run / "screenshots" / f"{name}.png").read_bytes()
        assert picture.startswith(b"\x89PNG") and base64.b64encode(picture).decode() in page


def test_the_one_that_was_mended_is_tried_again_alone_and_is_well(fleet, mended):
    assert mended["status"] == 0, mended["said"]
    assert mended[OVERSIZED]["outcome"] == "converted"
    assert resumption(mended[OVERSIZED]) == {"fetch": True, "inspect": True, "convert": False, "verify": False}
    assert steps(mended["said"]) == {OVERSIZED}
    now = fleet.results()
    assert {path: now[path] for path in mended["results"]} == mended["results"]
    summary = json.loads((fleet.run / "summary.json").read_text(encoding="utf-8"))
    assert (summary["outcomes"]["converted"], summary["outcomes"]["failed"], summary["guests"]) == (7, 1, 8)


def test_the_sources_are_as_they_were(sources, mended):
    assert {path: digest(path) for path in sources} == sources


def test_a_machine_that_cannot_be_reached_fails_its_guests_and_no_other_and_all_are_reported(tmp_path):
    machines = {
        # There nobody listens.
        "conv1": {"ansible_connection": "ssh", "ansible_host": "127.0.0.1", "ansible_port": 1},
        "conv2": {"ansible_connection": "local", "ansible_python_interpreter": "/usr/bin/python3"},
    }
    hosts = {name: {"guestconv_conversion_host": name.replace("guest", "conv")} for name in ("guest1", "guest2")}
    options = {
        "guestconv_source": {"type": "disks", "disks": [str(tmp_path / "absent.qcow2")]},
        "guestconv_directory": str(tmp_path / "run"),
        "guestconv_images": str(tmp_path / "images"),
        "fetch_delay": 0,
    }
    groups = {"guestconv_conversion_hosts": {"hosts": machines}}
    inventory = {"all": {"hosts": hosts, "children": groups, "vars": options}}
    (tmp_path / "hosts.json").write_text(json.dumps(inventory), encoding="utf-8")
    fleet = Fleet(tmp_path)
    assert ended(fleet.migration("log")) != 0
    codes = {name: outcome["code"] for name, outcome in fleet.outcomes().items()}
    assert codes == {"guest1": "conversion-host-unreachable", "guest2": "disk-not-found"}, fleet.said("log")
    assert json.loads((fleet.run / "summary.json").read_text(encoding="utf-8"))["outcomes"]["failed"] == 2
