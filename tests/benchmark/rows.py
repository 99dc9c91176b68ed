# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The rows of the benchmark: each measures one thing once, on copies of the same guests."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from ansible_collections.virttools.guestconv.plugins.module_utils.qemu import accelerator
from tests.benchmark import measure
from tests.guests.build import guest as built_guest

# Where distributions put the programs of virt-v2v that are not for everybody's PATH.
_PATH = os.pathsep.join((os.environ.get("PATH", os.defpath), "/usr/libexec", "/usr/libexec/virt-v2v"))

LACKING, COMPLETE = "debian12-vmware", "debian12-vmware-modern"


@dataclass(frozen=True)
class Sample:
    """One measurement. None stands for what cannot be told of a program that is not ours.

    cpu, wall: seconds. overlay, python, largest: MiB written to the overlay, and at the peak in the memory of the
    module's process and of the largest process. calls: of libguestfs.
    """

    cpu: float
    wall: float
    largest: float
    launches: int | None = None
    commands: int | None = None
    calls: int | None = None
    overlay: float | None = None
    python: float | None = None


class Bench:
    """Measures, with scratch (a directory that has room) for the copies of guests.

    cache: the directory with the environment that has ansible-core alone (script/lib.sh).
    fixed_appliance: as the modules' option, for our rows.
    """

    def __init__(self, scratch, cache, fixed_appliance=None):
        self._fixed_appliance = fixed_appliance
        self.scratch = Path(scratch)
        self._ansible = str(Path(cache, "venv-plain", "bin", "ansible"))
        # Rows of virt-v2v that could not be measured, and why.
        self.missing = {}
        self._guests = {}
        self._description = {}
        # A configuration of its own, so that the user's has no say.
        self._ansible_configuration = self.scratch / "ansible.cfg"
        self._ansible_configuration.touch()
        self.accelerator = accelerator.choose("auto")[0]

    def warm_up(self):
        """Launch once, unmeasured: libguestfs makes its appliance anew when the host's packages have changed."""
        empty = self.scratch / "empty.qcow2"
        subprocess.run(["qemu-img", "create", "-q", "-f", "qcow2", str(empty), "1M"], check=True)
        self.module("launch", empty)

    def repetition(self, virt_v2v):
        """Measure every row once: yields (name of the row, Sample). Raises measure.BenchmarkError.

        virt_v2v: its rows too.
        """
        complete = self.copy(COMPLETE, "complete")
        lacking = self.copy(LACKING, "lacking")
        yield "launch", self.module("launch", lacking)[0]
        inspect, found = self.module("inspect", lacking)
        yield "inspect", inspect
        yield "ansible ping", self._ansible_module("ansible.builtin.ping", {"data": "pong"})
        options = {"disks": [str(lacking)]}
        yield "ansible inspect", self._ansible_module("virttools.guestconv.guestconv_inspect", options)
        yield "convert, initrd complete", self.module("convert", complete, guest=self._described(complete))[0]
        yield "convert, driver added", self.module("convert", lacking, guest=found["guest"])[0]
        again, result = self.module("convert", lacking, guest=found["guest"])
        if result["changed"]:
            raise measure.BenchmarkError("the second conversion changed the guest")
        yield "convert again", again
        yield "inspect+convert", self.module("convert", self.copy(LACKING, "lacking"))[0]
        if virt_v2v:
            yield from self._virt_v2v()

    def copy(self, name, as_name):
        """The path of a fresh copy of the guest name."""
        path = self.scratch / f"{as_name}.qcow2"
        if name not in self._guests:
            self._guests[name] = built_guest(name)
        shutil.copyfile(self._guests[name], path)
        return path

    def module(self, operation, *disks, **options):
        """Measure an operation of child.py on disks, as the option `disks` has them: (Sample, what was returned)."""
        command, result_path = self.request(operation, disks, options)
        usage = measure.run([command])
        answer = json.loads(result_path.read_text(encoding="utf-8"))
        timeline = answer["result"]["timeline"]
        return (
            Sample(
                usage.cpu,
                usage.wall,
                usage.largest,
                overlay=answer["overlay"] / 2**20 if operation == "convert" else None,
                python=answer["python"],
                **{name: timeline[name] for name in ("launches", "commands", "calls")},
            ),
            answer["result"],
        )

    def request(self, operation, disks, options, check=False, name="module"):
        """The command that does an operation of child.py, and the path of the result that it writes."""
        request_path, result_path = self.scratch / f"{name}-request.json", self.scratch / f"{name}-result.json"
        options = {"disks": disks, "fixed_appliance": self._fixed_appliance, **options}
        request = {"operation": operation, "options": options, "check": check}
        request_path.write_text(json.dumps(request, default=str), encoding="utf-8")
        return [sys.executable, "-m", "tests.benchmark.child", str(request_path), str(result_path)], result_path

    def _described(self, disk):
        """The description of disk, which is the same in each repetition, so it is made once."""
        if not self._description:
            self._description = self.module("inspect", disk)[1]["guest"]
        return self._description

    def _ansible_module(self, name, options):
        command = [self._ansible, "localhost", "-m", name, "-a", json.dumps(options)]
        # Its environment has what it needs; where ours finds the collection is no business of its.
        usage = measure.run([command], {"ANSIBLE_CONFIG": str(self._ansible_configuration), "PYTHONPATH": ""})
        return Sample(usage.cpu, usage.wall, usage.largest)

    def _virt_v2v(self):
        """What virt-v2v has of it on this machine. In place, where it can, as nothing is copied then."""
        inspector, in_place, copying = (
            shutil.which(name, path=_PATH) for name in ("virt-v2v-inspector", "virt-v2v-in-place", "virt-v2v")
        )
        disk = self.copy(LACKING, "lacking")
        yield from self._foreign("virt-v2v-inspector", inspector, ["-i", "disk", str(disk)])
        overlay = self.scratch / "overlay.qcow2"
        create = ["qemu-img", "create", "-q", "-f", "qcow2", "-b", str(disk), "-F", "qcow2", str(overlay)]
        subprocess.run(create, check=True)
        yield from self._foreign("virt-v2v-in-place", in_place, ["-i", "disk", str(overlay)], overlay)
        if not in_place:
            yield from self._foreign("virt-v2v", copying, ["-i", "disk", str(disk), "-o", "null"])

    def _foreign(self, row, program, arguments, overlay=None):
        """Measure a program of virt-v2v's that may be absent, or not work here: that does not end the benchmark.

        overlay: the file that it writes to.
        """
        if program is None:
            self.missing[row] = "not installed (package virt-v2v)"
            return
        empty = overlay.stat().st_blocks if overlay else 0
        environment = {"LIBGUESTFS_BACKEND": "direct"}
        if self.accelerator == "tcg":
            environment["LIBGUESTFS_BACKEND_SETTINGS"] = "force_tcg"
        try:
            usage = measure.run([[program, *arguments]], environment)
        except measure.BenchmarkError as error:
            self.missing[row] = str(error)
            return
        written = (overlay.stat().st_blocks - empty) * 512 / 2**20 if overlay else None
        yield row, Sample(usage.cpu, usage.wall, usage.largest, overlay=written)
