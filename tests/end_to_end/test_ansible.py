# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The ways in which people run modules: ad hoc, with defaults for the group, from an interpreter without bindings."""

from __future__ import annotations

import json
import subprocess

from tests.end_to_end.conftest import ansible_command, run_playbook


def test_ad_hoc_from_an_environment_without_the_bindings(tmp_path):
    python = ansible_command("python")
    assert subprocess.run([python, "-c", "import guestfs"], capture_output=True, check=False).returncode != 0
    disk = tmp_path / "absent.qcow2"
    completed = subprocess.run(
        [
            ansible_command("ansible"),
            "localhost",
            "-m",
            "virttools.guestconv.guestconv_inspect",
            "-e",
            f"ansible_python_interpreter={python}",
            "-a",
            json.dumps({"disks": [str(disk)]}),
        ],
        capture_output=True,
        text=True,
        check=False,
    )
    # The module got as far as looking for the disk, so it was respawned under the interpreter that has them.
    assert '"code": "disk-not-found"' in completed.stdout, completed.stdout + completed.stderr
    assert "Traceback" not in completed.stdout + completed.stderr


def test_defaults_of_the_action_group_reach_every_module(tmp_path):
    modules = ("guestconv_inspect", "guestconv_convert", "guestconv_verify")
    disk = str(tmp_path / "absent.qcow2")
    tasks = [
        {"name": module, f"virttools.guestconv.{module}": {"hardware": {"firmware": "bios"}}, "ignore_errors": True}
        for module in modules[:2]
    ]
    tasks.append(
        {
            "name": "guestconv_verify",
            "virttools.guestconv.guestconv_verify": {"hardware": {"disks": [{"driver": "ahci"}]}},
            "ignore_errors": True,
        }
    )
    block = {"block": tasks, "module_defaults": {"group/virttools.guestconv.guestconv": {"disks": [disk]}}}
    completed = run_playbook([block], tmp_path)
    assert completed.returncode == 0, completed.stdout + completed.stderr
    # Each looked for the disk that the defaults name.
    assert completed.stdout.count('"code": "disk-not-found"') == len(modules), completed.stdout
