# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The runner, run by real shells in a directory that stands in for the guest, with programs that record their calls."""

from __future__ import annotations

import shutil
import subprocess

import pytest

from ansible_collections.virttools.guestconv.plugins.module_utils.aspects.first_boot import runner
from ansible_collections.virttools.guestconv.plugins.module_utils.aspects.first_boot.hooks import (
    DIRECTORY,
    HOOKS,
    LOG,
    RUNNER,
)
from ansible_collections.virttools.guestconv.plugins.module_utils.aspects.first_boot.managers import MANAGERS
from ansible_collections.virttools.guestconv.plugins.module_utils.aspects.inits import SYSTEMD, SYSVINIT

# sh is dash in Debian, and BusyBox is Alpine's; each of them where it is on this machine.
SHELLS = [words for words in (["sh"], ["dash"], ["bash"], ["busybox", "sh"]) if shutil.which(words[0])]
BY_NAME = {manager.name: manager for manager in MANAGERS}
SCRIPT = ["/bin/sh", "./script"]
RECORDED = (
    *("apt-get", "dpkg", "dpkg-query", "dnf", "yum", "zypper", "rpm", "apk", "pacman", "systemctl", "rc-update"),
    *("rc-service", "logger", "sleep", "sync"),
)


class Machine:
    """A guest in a directory, in which the runner is run. calls: of programs that change the guest."""

    def __init__(self, top, shell, job, init=SYSTEMD):
        self.top, self.shell = top, shell
        self.hook = HOOKS[init]
        for path in (*self.hook.paths, f"{DIRECTORY}/files/a.deb", f"{DIRECTORY}/script", f"{DIRECTORY}/pending"):
            self.write(path, "")
        self.write(RUNNER, runner.text(job, self.hook))
        self.write(f"{DIRECTORY}/pending", "checksum\n")
        self.write("/var/log/syslog", "")
        for name in RECORDED:
            self.program(name, "exit 0")
        self.program("dpkg-query", "exit 1")
        self.program("rpm", '[ "$1" != -q ]')

    def write(self, path, text):
        (self.top / path[1:]).parent.mkdir(parents=True, exist_ok=True)
        (self.top / path[1:]).write_text(text)

    def has(self, path):
        return (self.top / path[1:]).exists()

    def read(self, path):
        return (self.top / path[1:]).read_text()

    def program(self, name, text):
        record = f"printf '%s\\n' \"{name} $*\" >>{self.top}/calls"
        self.write(f"/bin/{name}", f"#!/bin/sh\n{record}\n{text}\n")
        (self.top / "bin" / name).chmod(0o755)

    def boot(self):
        """The exit status of one boot's run."""
        if not self.has(RUNNER):
            return None
        return subprocess.run(
            [*self.shell, f"{self.top}{RUNNER}"],
            env={"PATH": f"{self.top}/bin:/usr/bin:/bin"},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            check=False,
            timeout=600,
        ).returncode

    @property
    def calls(self):
        ignored = ("logger", "sync", "dpkg-query", "rpm -q")
        lines = self.read("/calls").splitlines() if self.has("/calls") else []
        return [line for line in lines if not line.startswith(ignored)]


@pytest.fixture(params=SHELLS, ids=" ".join)
def make(request, tmp_path):
    return lambda job, **options: Machine(tmp_path, request.param, job, **options)


def job(manager=None, names=(), files=(), services=(), script=()):
    return runner.Job(BY_NAME[manager] if manager else None, names, files, services, script)


def test_the_script_runs_once_and_all_but_its_log_is_removed(make):
    machine = make(job(script=SCRIPT))
    machine.write(f"{DIRECTORY}/script", f"echo out; echo err >&2; echo once >>{machine.top}/witness\n")
    assert (machine.boot(), machine.boot()) == (0, None)
    assert machine.read("/witness") == "once\n"
    log = machine.read(LOG)
    assert "\nout\nerr\n" in log and "The script ended with status 0." in log
    assert machine.read(f"{DIRECTORY}/ran") == "checksum\nsucceeded\n"
    left = sorted(path.name for path in (machine.top / DIRECTORY[1:]).iterdir())
    assert left == ["ran"] and not any(machine.has(path) for path in machine.hook.paths)
    assert (machine.top / LOG[1:]).stat().st_mode & 0o777 == 0o600


def test_a_script_that_fails_is_kept_with_its_status_and_does_not_run_again(make):
    machine = make(job(script=SCRIPT))
    machine.write(f"{DIRECTORY}/script", f"echo once >>{machine.top}/witness; exit 3\n")
    # A unit whose condition still held would succeed at the next boot.
    assert (machine.boot(), machine.boot()) == (1, 0)
    assert machine.read("/witness") == "once\n"
    assert "status 3" in machine.read(LOG) and "failed: script" in machine.read(LOG)
    assert machine.read(f"{DIRECTORY}/ran") == "checksum\nfailed\n"
    assert machine.has(f"{DIRECTORY}/script") and all(machine.has(path) for path in machine.hook.paths)


def test_a_run_that_a_power_failure_ends_is_not_begun_again(make):
    machine = make(job(script=SCRIPT))
    machine.write(f"{DIRECTORY}/script", f"echo once >>{machine.top}/witness; kill -9 $PPID\n")
    assert machine.boot() == -9
    assert machine.boot() == 0
    assert machine.read("/witness") == "once\n"


def test_the_machine_of_verify_leaves_it_to_the_target(make):
    machine = make(job(script=SCRIPT))
    machine.write(f"{DIRECTORY}/script", f"echo once >>{machine.top}/witness\n")
    machine.write("/sys/class/dmi/id/chassis_asset_tag", "guestconv-verify\n")
    assert machine.boot() == 0
    assert machine.has(f"{DIRECTORY}/pending") and not machine.has("/witness") and not machine.has(LOG)
    machine.write("/sys/class/dmi/id/chassis_asset_tag", "\n")
    assert machine.boot() == 0
    assert machine.read("/witness") == "once\n"


def test_a_script_of_another_language_is_run_by_its_interpreter_and_may_remove_everything(make):
    machine = make(job(script=["/usr/bin/env", "interpreter", "./script"]))
    machine.program("interpreter", 'cat "$1"; rm -rf ../first-boot')
    machine.write(f"{DIRECTORY}/script", "say('hello')\n")
    assert machine.boot() in (0, 1)
    assert machine.calls == ["interpreter ./script"] and "say('hello')" in machine.read(LOG)


INSTALLS = {
    "apt": [
        "apt-get update",
        "apt-get -y -o DPkg::Lock::Timeout=300 -o Dpkg::Options::=--force-confdef -o Dpkg::Options::=--force-confold"
        " install agent",
    ],
    "dnf": ["dnf -y install agent"],
    "yum": ["yum -y install agent"],
    "zypper": ["zypper --non-interactive install agent"],
    "apk": ["apk update", "apk add agent"],
    "pacman": ["pacman -S --noconfirm --needed agent"],
}


@pytest.mark.parametrize("manager", INSTALLS)
def test_packages_are_installed_by_the_guests_package_manager_and_services_are_started(make, manager):
    machine = make(job(manager, ["agent"], services=["agent", "agentd"]))
    machine.program("apk", '[ "$1" != info ]')
    machine.program("pacman", '[ "$1" != -Q ]')
    machine.write("/run/systemd/system/x", "")
    assert machine.boot() == 0
    calls = [call for call in machine.calls if call not in ("apk info -e agent", "pacman -Q agent")]
    assert calls == [
        *INSTALLS[manager],
        *("systemctl enable agent", "systemctl --no-block start agent"),
        *("systemctl enable agentd", "systemctl --no-block start agentd"),
    ]


def test_what_is_installed_is_not_installed_again(make):
    machine = make(job("apt", ["agent", "other"]))
    machine.program(
        "dpkg-query", "[ \"$4\" = agent ] && echo 'install ok installed' || echo 'deinstall ok config-files'"
    )
    assert machine.boot() == 0
    assert [call.split()[-1] for call in machine.calls] == ["update", "other"]


def test_a_network_that_is_late_is_waited_for(make):
    machine = make(job("dnf", ["agent"]))
    machine.program("dnf", f'[ "$(grep -c ^dnf {machine.top}/calls)" -ge 3 ]')
    assert machine.boot() == 0
    assert machine.calls == [
        "dnf -y install agent",
        "sleep 10",
        "dnf -y install agent",
        "sleep 20",
        "dnf -y install agent",
    ]


def test_a_network_that_does_not_come_is_given_up_and_the_script_runs_all_the_same(make):
    machine = make(job("dnf", ["agent"], script=SCRIPT))
    machine.program("dnf", "exit 1")
    machine.write(f"{DIRECTORY}/script", f"echo once >>{machine.top}/witness\n")
    assert machine.boot() == 1
    assert machine.calls.count("dnf -y install agent") == 6
    assert machine.read("/witness") == "once\n" and "failed: packages." in machine.read(LOG)


@pytest.mark.parametrize(
    "manager, first, second",
    (
        (
            "apt",
            "dpkg --force-confdef --force-confold -i ./files/a.deb",
            "apt-get -y -o DPkg::Lock::Timeout=300 -o Dpkg::Options::=--force-confdef -o"
            " Dpkg::Options::=--force-confold install ./files/a.deb",
        ),
        ("zypper", "rpm -U ./files/a.deb", "zypper --non-interactive install --allow-unsigned-rpm ./files/a.deb"),
        ("yum", "rpm -U ./files/a.deb", "yum -y install ./files/a.deb"),
    ),
)
def test_files_are_installed_without_the_network_if_they_are_complete_and_with_it_if_not(make, manager, first, second):
    machine = make(job(manager, files=["a.deb"]))
    assert machine.boot() == 0
    assert machine.calls == [first]
    machine = make(job(manager, files=["a.deb"]))
    machine.program(first.split()[0], "exit 1")
    assert machine.boot() == 0
    assert [call for call in machine.calls if call != "apt-get update"][-2:] == [first, second]


def test_services_of_openrc_and_of_sysvinit_are_started_by_their_own_programs(make):
    machine = make(job("apk", ["agent"], services=["agent", "absent"]))
    machine.write("/etc/init.d/agent", "")
    assert machine.boot() == 0
    assert machine.calls[-2:] == ["rc-update add agent default", "rc-service agent start"]


def test_the_line_of_the_inittab_is_taken_back_and_the_file_stays_what_it_is(make):
    machine = make(job(script=SCRIPT), init=SYSVINIT)
    others = "id:2:initdefault:\nsi::sysinit:/etc/init.d/rcS\n1:2345:respawn:/sbin/getty 38400 tty1\n"
    machine.write("/etc/inittab", f"{others}{machine.hook.line}\n")
    (machine.top / "etc/inittab").chmod(0o640)
    inode = (machine.top / "etc/inittab").stat().st_ino
    assert machine.boot() == 0
    assert machine.read("/etc/inittab") == others
    status = (machine.top / "etc/inittab").stat()
    assert (status.st_ino, status.st_mode & 0o777) == (inode, 0o640)


def test_a_full_filesystem_does_not_empty_the_inittab(make):
    machine = make(job(script=SCRIPT), init=SYSVINIT)
    machine.write("/etc/inittab", f"id:2:initdefault:\n{machine.hook.line}\n")
    machine.program("grep", "exit 2")
    assert machine.boot() == 0
    assert machine.read("/etc/inittab") == f"id:2:initdefault:\n{machine.hook.line}\n"
