# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Ansible in a virtual environment without libguestfs's bindings: modules find the Python that has them."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path

import pytest

# script/test makes it, with ansible-core and nothing of ours.
ENVIRONMENT = Path(os.environ.get("GUESTCONV_CACHE") or Path.home() / ".cache" / "guestconv", "venv-plain", "bin")


def run(*arguments, **variables):
    """The outcome of a program of the environment; it knows of the collection by ANSIBLE_COLLECTIONS_PATH only."""
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    return subprocess.run(
        [ENVIRONMENT / arguments[0], *arguments[1:]],
        env={**environment, **variables},
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.parametrize("package", ["guestfs", "lxml"])
def test_the_environment_lacks_what_the_modules_need(package):
    assert "ModuleNotFoundError" in run("python", "-c", f"import {package}").stderr


def test_an_ad_hoc_module_goes_on_under_the_python_that_has_the_bindings(tmp_path):
    disk = tmp_path / "none.qcow2"
    outcome = run(
        "ansible",
        "localhost",
        "-m",
        "virttools.guestconv.guestconv_inspect",
        "-a",
        json.dumps({"disks": [str(disk)]}),
        ANSIBLE_LOAD_CALLBACK_PLUGINS="true",
        ANSIBLE_STDOUT_CALLBACK="ansible.builtin.minimal",
        ANSIBLE_CALLBACK_RESULT_FORMAT="json",
    )
    # It came as far as to look at the disk; without the bindings it would have failed with library-missing.
    assert '"code": "disk-not-found"' in outcome.stdout, outcome.stdout + outcome.stderr
