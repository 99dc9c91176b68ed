# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Real guests, converted by real playbooks that run as a user's do: from an environment without libguestfs's binding."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import subprocess
import sys
import tempfile
from contextlib import contextmanager
from pathlib import Path

import jsonschema
import pytest

from ansible_collections.virttools.guestconv.plugins.module_utils.devices.targets import TARGETS
from ansible_collections.virttools.guestconv.plugins.module_utils.disks.images import disks_from_option
from ansible_collections.virttools.guestconv.plugins.module_utils.guest.guest import Guest
from ansible_collections.virttools.guestconv.plugins.module_utils.guest.storage import roots
from ansible_collections.virttools.guestconv.plugins.module_utils.systems import SYSTEMS
from ansible_collections.virttools.guestconv.tests.any_call import Appliance
from tests.end_to_end import boots
from tests.guests.build import guest as built_guest

ROOT = Path(__file__).resolve().parents[2]
CACHE = Path(os.environ.get("GUESTCONV_CACHE") or Path.home() / ".cache" / "guestconv")
SCHEMA = json.loads((ROOT / "docs" / "guest.schema.json").read_text(encoding="utf-8"))


def ansible_command(name):
    """The command (ansible, ansible-playbook) of the environment that has ansible-core and nothing else."""
    return str(CACHE / "venv-plain" / "bin" / name)


def own_ansible_playbook():
    """ansible-playbook of the environment that the tests run in, which has lxml for filters and the inventory plugin."""
    return str(Path(sys.executable).with_name("ansible-playbook"))


def run_playbook(tasks, directory, *arguments, variables=None):
    """Run tasks on localhost. Returns the completed process, its output as text."""
    playbook = directory / "playbook.yml"
    play = {"hosts": "localhost", "gather_facts": False, "tasks": tasks, "vars": variables or {}}
    playbook.write_text(json.dumps([play]), encoding="utf-8")
    return subprocess.run(
        [ansible_command("ansible-playbook"), str(playbook), *arguments],
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.fixture(scope="session")
def scratch(tmp_path_factory):
    """A directory for disks, on a filesystem that has room (not /tmp, which may be memory)."""
    tests = CACHE / "tests"
    tests.mkdir(parents=True, exist_ok=True)
    # What runs that were killed left there would fill the disk in time.
    for left in tests.iterdir():
        if not Path("/proc", left.name.partition("-")[0]).exists():
            shutil.rmtree(left, ignore_errors=True)
    # Not only the number of the process: one that was killed may have had the same.
    directory = Path(tempfile.mkdtemp(prefix=f"{os.getpid()}-", dir=tests))
    yield directory
    shutil.rmtree(directory)


@pytest.fixture(scope="session")
def copy_of(scratch):
    """copy_of(guest, name) gives a copy of a built guest's disk that a test may convert."""

    def copy(guest, name):
        path = scratch / f"{name}.qcow2"
        subprocess.run(["cp", "--reflink=auto", "--sparse=always", str(built_guest(guest)), str(path)], check=True)
        return path

    return copy


@pytest.fixture(scope="session")
def module(scratch):
    """module(name, check=False, **options) runs one module and returns its result, failed or not."""

    def run(name, check=False, **options):
        result = scratch / "result.json"
        result.unlink(missing_ok=True)
        tasks = [
            {
                "name": "Run the module",
                f"virttools.guestconv.{name}": options,
                "register": "result",
                "ignore_errors": True,
            },
            {
                "name": "Keep what it returned",
                "ansible.builtin.copy": {"content": "{{ result | to_json }}", "dest": str(result), "mode": "0600"},
                "check_mode": False,
                "diff": False,
            },
        ]
        completed = run_playbook(tasks, scratch, *(["--check"] if check else []))
        assert completed.returncode == 0, completed.stdout + completed.stderr
        returned = json.loads(result.read_text(encoding="utf-8"))
        assert "Traceback" not in completed.stdout + completed.stderr
        if name == "guestconv_verify":
            boots.record(options, returned)
        if "guest" in returned:
            jsonschema.validate(returned["guest"], SCHEMA)
        return returned

    return run


def digest(path):
    """sha256 of a file."""
    return hashlib.sha256(Path(path).read_bytes()).hexdigest()


@contextmanager
def looked_into(disk):
    """The only root of a disk (guest.root.GuestRoot), mounted to be read. disk: a path, or an item of the option disks."""
    disks = disks_from_option([disk if isinstance(disk, dict) else str(disk)])
    with Appliance(disks, read_only=True) as appliance:
        guest = Guest.opened(appliance, disks, TARGETS["kvm"], {})
        roots.find(guest, SYSTEMS)
        with guest.mounted(guest.roots[0], read_only=True) as root:
            yield root
