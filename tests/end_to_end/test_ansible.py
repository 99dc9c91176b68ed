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
        [ansible_command("ansible"), "localhost", "-m", "virttools.guestconv.guestconv_inspect",
         "-e", f"ansible_python_interpreter={python}", "-a", json.dumps({"disks": [str(disk)]})],
        capture_output=True, text=True, check=False,
    )
    # The module got as far as looking for the disk, so it was respawned under the interpreter that has them.
    assert '"code": "disk-not-found"' in completed.stdout, completed.stdout + completed.stderr
    assert "Traceback" not in completed.stdout + completed.stderr


def test_defaults_of_the_action_group_reach_the_modules(tmp_path):
    tasks = [
        {
            "block": [
                {
                    "name": "Inspect",
                    "virttools.guestconv.guestconv_inspect": {"disks": [str(tmp_path / "absent.qcow2")]},
                    "register": "inspected",
                    "ignore_errors": True,
                },
                {
                    "name": "Tell with what it was called",
                    "ansible.builtin.copy": {
                        "content": "{{ inspected.invocation.module_args.accelerator }}",
                        "dest": str(tmp_path / "accelerator"),
                        "mode": "0600",
                    },
                },
            ],
            "module_defaults": {"group/virttools.guestconv.guestconv": {"accelerator": "tcg"}},
        }
    ]
    completed = run_playbook(tasks, tmp_path)
    assert completed.returncode == 0, completed.stdout + completed.stderr
    assert (tmp_path / "accelerator").read_text(encoding="utf-8") == "tcg"
