# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the playbooks cost on the controller: many guests, on conversion hosts that answer with recorded results.

The collection is as it is. All that is left out is what its long modules would do elsewhere: the conversion hosts are
of a connection plugin (recorded/) that knows the commands which Ansible and our action plugins give to one. So all of
Ansible's work is done as ever: roles, action plugins, the modules' start as asynchronous jobs, the looks at their
progress, results.
"""

from __future__ import annotations

import json
import shutil
import sys
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

from tests.benchmark import measure, table

ROOT = Path(__file__).resolve().parents[2]
PLAYBOOKS = ("inspect", "migrate")

# Of recorded/plugins/connection/host.py.
_LOOKS = "GUESTCONV_RECORDED_LOOKS"


@dataclass(frozen=True)
class Cost:
    """What one run of a playbook cost on the controller.

    guests, forks: how many. looks: how often each long module was still at work when it was looked at. cpu: seconds, of
    everything. main: of these, those of Ansible's main process. wall: seconds. peak: MiB in memory of the main process.
    private: MiB that a worker did not share with it, at most. Of a guest, tasks: the workers that it took, modules: how
    many modules were started, commands: how many commands were given to the connection.
    """

    playbook: str
    guests: int
    forks: int
    looks: int
    cpu: float
    main: float
    wall: float
    peak: float
    private: float
    tasks: float
    modules: float
    commands: float


def prepare(scratch, guests):
    """Make an inventory of so many guests, and the environment to run the playbooks in. Returns a Fleet.

    scratch: a directory that does not exist yet.
    """
    scratch = Path(scratch)
    places = {"virttools/guestconv": ROOT, "tests/recorded": Path(__file__).with_name("recorded")}
    for name, target in places.items():
        place = scratch / "collections" / "ansible_collections" / name
        place.parent.mkdir(parents=True)
        place.symlink_to(target, target_is_directory=True)
    (scratch / "hosts.json").write_text(json.dumps(_inventory(scratch, guests)), encoding="utf-8")
    (scratch / "ansible.cfg").touch()
    return Fleet(scratch, guests)


def _inventory(scratch, guests):
    host = {"ansible_connection": "tests.recorded.host", "ansible_python_interpreter": "/usr/bin/python3"}
    source = {"type": "disks", "disks": [{"path": "/exports/{{ inventory_hostname }}.qcow2"}]}
    return {
        "all": {
            "children": {
                "guestconv_conversion_hosts": {"hosts": dict.fromkeys(("conv1", "conv2"), host)},
                "fleet": {
                    "hosts": {f"guest{number:04}": {} for number in range(1, guests + 1)},
                    "vars": {"guestconv_source": source},
                },
            },
            "vars": {"guestconv_directory": str(scratch / "run"), "guestconv_images": "/var/lib/guestconv"},
        }
    }


class Fleet:
    """An inventory of guests. See prepare()."""

    def __init__(self, scratch, guests):
        self.scratch = scratch
        self.guests = guests

    def run(self, playbook, forks, *arguments, looks=1):
        """Run one of PLAYBOOKS. Returns its Cost. Raises measure.BenchmarkError when it fails."""
        command, environment = self.command(playbook, forks, *arguments, looks=looks)
        usage = measure.run([command], environment)
        return cost(self.notes(), usage, playbook=playbook, guests=self.guests, forks=forks, looks=looks)

    def command(self, playbook, forks, *arguments, looks=1):
        """What runs one of PLAYBOOKS: the command, and the variables to set besides our own."""
        (self.scratch / "notes").unlink(missing_ok=True)
        ansible = [sys.executable, "-m", "tests.benchmark.controller", str(self.scratch / "notes")]
        inventory = ["-i", str(self.scratch / "hosts.json"), "--forks", str(forks)]
        return [*ansible, f"virttools.guestconv.{playbook}", *inventory, *arguments], self._environment(looks)

    def notes(self):
        """The notes of controller.py on the last run, as a list of dicts."""
        return [json.loads(line) for line in (self.scratch / "notes").read_text(encoding="utf-8").splitlines()]

    def outcomes(self):
        """How many guests had which outcome."""
        files = (self.scratch / "run" / "outcomes").glob("*.json")
        return Counter(json.loads(path.read_text(encoding="utf-8"))["outcome"] for path in files)

    def forget(self):
        """Have the next run do everything again."""
        shutil.rmtree(self.scratch / "run")

    def _environment(self, looks):
        return {
            # Not the user's configuration, and no other collection of this name.
            "ANSIBLE_CONFIG": str(self.scratch / "ansible.cfg"),
            "ANSIBLE_COLLECTIONS_PATH": str(self.scratch / "collections"),
            "ANSIBLE_COLLECTIONS_SCAN_SYS_PATH": "0",
            "PYTHONPATH": str(ROOT),
            _LOOKS: str(looks),
        }


def cost(notes, usage, **about):
    """The Cost of a run, from its measure.Usage and the notes of controller.py. about: what is known of it besides."""
    main = next(note for note in notes if "main" in note)
    # Those for the run as a whole, in the first and last plays, are a handful.
    workers = [note for note in notes if "main" not in note]
    counts = {
        "tasks": len(workers),
        "modules": sum(note["modules"] for note in workers),
        "commands": sum(note["commands"] for note in workers),
    }
    return Cost(
        cpu=usage.cpu,
        main=main["cpu"],
        wall=usage.wall,
        peak=main["peak"],
        private=max(note["private"] for note in workers),
        **{name: count / about["guests"] for name, count in counts.items()},
        **about,
    )


def measure_fleet(bench, guests, forks, say):
    """Run each of PLAYBOOKS for a tenth of the guests, and for all of them. Returns the points, a list of dicts.

    bench: rows.Bench. say: called with a line of text for each point.
    """
    points = []
    for number in (guests // 10, guests):
        place = bench.scratch / "fleet"
        fleet = prepare(place, number)
        try:
            for playbook in PLAYBOOKS:
                points.append(vars(fleet.run(playbook, forks)))
                fleet.forget()
                cpu, peak = points[-1]["cpu"] / number, points[-1]["peak"]
                say(f"{playbook}, {number} guests: {cpu:.2f} s of CPU for each, {peak:.0f} MiB")
        finally:
            shutil.rmtree(place)
    return points


def fleet_table(points):
    """The points as an aligned table."""
    headings = [
        "",
        "guests",
        "forks",
        "CPU s/guest",
        "of it main",
        "wall s",
        "main MiB",
        "worker MiB",
        "tasks/guest",
        "modules",
        "commands",
    ]
    lines = [
        [
            point["playbook"],
            *(str(point[name]) for name in ("guests", "forks")),
            *(table.number(point[name] / point["guests"], 2) for name in ("cpu", "main")),
            *(table.number(point[name], 0) for name in ("wall", "peak", "private")),
            *(table.number(point[name]) for name in ("tasks", "modules", "commands")),
        ]
        for point in points
    ]
    return table.render(headings, lines)
