# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the first boot needs in a guest: by its init and its package manager, and only once."""

from __future__ import annotations

import pytest

from ansible_collections.virttools.guestconv.plugins.module_utils.aspects import first_boot, inits
from ansible_collections.virttools.guestconv.plugins.module_utils.aspects.first_boot.hooks import (
    DIRECTORY,
    RUNNER,
    with_line,
)
from ansible_collections.virttools.guestconv.plugins.module_utils.aspects.first_boot.managers import MANAGERS
from ansible_collections.virttools.guestconv.plugins.module_utils.aspects.plan import Plan
from ansible_collections.virttools.guestconv.plugins.module_utils.commands import first_boot as commands
from ansible_collections.virttools.guestconv.plugins.module_utils.devices.targets import TARGETS
from ansible_collections.virttools.guestconv.plugins.module_utils.devices.targets.target import Agent, Target
from ansible_collections.virttools.guestconv.plugins.module_utils.errors import GuestconvError
from ansible_collections.virttools.guestconv.plugins.module_utils.model.first_boot import FirstBoot, PackageFile
from ansible_collections.virttools.guestconv.plugins.module_utils.model.selection import Selection
from ansible_collections.virttools.guestconv.tests.unit.plugins.module_utils.guest.fake_root import FakeRoot, menu

APT = {"/usr/bin/apt-get": "", "/usr/bin/dpkg": ""}
SCRIPT = FirstBoot(script=b"#!/bin/sh\necho hello\n")


def guest(files=None, links=None, line="ro", init="systemd"):
    return FakeRoot({"/bin/sh": "", **(files or {})}, links=links, boot_menu=menu(line), info={"init": init})


def convert(root, asked, target="kvm"):
    first_boot.convert(root, Plan(TARGETS[target], Selection({}, {}), first_boot=asked))
    return root


def test_nothing_is_asked_for():
    assert convert(guest(), None).changes() == []
    assert not first_boot.inspect(guest()).concerns


def test_a_script_of_systemd_is_there_with_all_that_starts_it():
    root = convert(guest(), SCRIPT)
    assert [(change.action, change.path) for change in root.changes()] == [
        ("created", f"{DIRECTORY}/script"),
        ("created", RUNNER),
        ("created", f"{DIRECTORY}/pending"),
        ("created", "/etc/systemd/system/guestconv-first-boot.service"),
        ("created", "/etc/systemd/system/multi-user.target.wants/guestconv-first-boot.service"),
    ]
    assert root.read(f"{DIRECTORY}/script") == "#!/bin/sh\necho hello\n"
    # By the link that systemd enables a unit with.
    assert "ConditionPathExists" in root.read(
        "/etc/systemd/system/multi-user.target.wants/guestconv-first-boot.service"
    )
    assert "\n/bin/sh ./script\n" in root.read(RUNNER)


def test_a_second_conversion_before_and_after_the_first_boot_changes_nothing():
    asked = FirstBoot(b"true\n", ("htop",), (PackageFile("a.deb", "deb", b"\0\xff"),), True)
    root = convert(guest(APT), asked)
    count = len(root.changes())
    assert len(convert(root, asked).changes()) == count
    # What the runner leaves: the agent is installed by it.
    done = guest({**APT, "/usr/sbin/qemu-ga": "", f"{DIRECTORY}/ran": f"{asked.checksum}\nsucceeded\n"})
    assert convert(done, asked).changes() == []
    assert convert(done, SCRIPT).changes() != []


@pytest.mark.parametrize(
    "other",
    (
        FirstBoot(b"false\n"),
        FirstBoot(b"true\n", ("a",)),
        FirstBoot(b"true\n", agent=True),
        FirstBoot(b"true\n", files=(PackageFile("a.deb", "deb", b""),)),
    ),
)
def test_another_demand_is_another_checksum(other):
    assert other.checksum != FirstBoot(b"true\n").checksum == FirstBoot(b"true\n").checksum


INITTAB = "id:2:initdefault:\nl2:2:wait:/etc/init.d/rc 2\n"
UPSTART = {"/sbin/init": "", "/sbin/initctl": "", "/etc/init/rc.conf": "", "/etc/inittab": "id:3:initdefault:\n"}
SYSTEMD_AND_SYSVINIT = {"/sbin/init": "", "/lib/systemd/systemd": "", "/etc/inittab": INITTAB}


@pytest.mark.parametrize(
    "files, links, line, init",
    (
        pytest.param(
            {"/lib/systemd/systemd": ""}, {"/sbin/init": "/lib/systemd/systemd"}, "ro", "systemd", id="Debian"
        ),
        pytest.param(
            {"/usr/lib/systemd/systemd": ""},
            {"/sbin": "usr/sbin", "/usr/sbin/init": "../lib/systemd/systemd"},
            "ro",
            "systemd",
            id="Fedora",
        ),
        pytest.param(UPSTART, {}, "ro", "upstart", id="Enterprise Linux 6"),
        pytest.param(SYSTEMD_AND_SYSVINIT, {}, "ro", "sysvinit", id="sysvinit next to systemd"),
        pytest.param(SYSTEMD_AND_SYSVINIT, {}, "init=/lib/systemd/systemd", "systemd", id="systemd by the menu"),
        pytest.param(SYSTEMD_AND_SYSVINIT, {}, "init=/absent", "sysvinit", id="what the menu names is gone"),
        pytest.param(
            {**UPSTART, "/lib/systemd/systemd": ""},
            {"/sbin/init": "/lib/systemd/systemd"},
            "ro",
            "systemd",
            id="Ubuntu 16",
        ),
        pytest.param({"/bin/busybox": ""}, {"/sbin/init": "/bin/busybox"}, "ro", "busybox", id="Alpine"),
        pytest.param({"/sbin/openrc-init": ""}, {"/sbin/init": "openrc-init"}, "ro", "openrc", id="Artix"),
        pytest.param(
            {"/usr/bin/runit-init": "", "/etc/inittab": ""}, {"/sbin/init": "/usr/bin/runit-init"}, "ro", "", id="Void"
        ),
        pytest.param({"/sbin/init": ""}, {}, "ro", "", id="no one knows"),
        pytest.param({}, {}, "ro", "sysvinit", id="by what is known of the system"),
    ),
)
def test_the_init_is_what_is_started(files, links, line, init):
    files = {path: text for path, text in files.items() if path not in links}
    assert inits.init_of(guest(files, links, line, init="sysvinit")) == init


@pytest.mark.parametrize(
    "files, links, path, text",
    (
        (UPSTART, {}, "/etc/init/guestconv-first-boot.conf", "start on stopped rc RUNLEVEL=[2345]\ntask\n"),
        (
            {"/sbin/openrc-init": ""},
            {"/sbin/init": "openrc-init"},
            "/etc/runlevels/default/guestconv-first-boot",
            "start-stop-daemon --start --background",
        ),
        (
            {"/bin/busybox": "", "/etc/inittab": "::sysinit:/sbin/openrc sysinit\n"},
            {"/sbin/init": "/bin/busybox"},
            "/etc/inittab",
            f"sysinit\n::once:/bin/sh {RUNNER}\n",
        ),
        (
            {"/sbin/init": "", "/etc/inittab": INITTAB},
            {},
            "/etc/inittab",
            f"{INITTAB}gcfb:2345:once:/bin/sh {RUNNER}\n",
        ),
    ),
)
def test_each_init_is_made_to_start_it(files, links, path, text):
    root = convert(guest(files, links), SCRIPT)
    assert text in root.read(path)
    count = len(root.changes())
    assert len(convert(root, SCRIPT).changes()) == count


def test_a_line_is_added_to_an_inittab_once_even_if_its_last_line_has_no_end():
    assert with_line("a", "b") == "a\nb\n" == with_line("a\nb\n", "b")
    assert with_line("", "b") == "b\n"


def test_the_agent_of_the_target_is_installed_unless_it_is_there():
    asked = FirstBoot(agent=True)
    text = convert(guest(APT), asked).read(RUNNER)
    assert "for name in qemu-guest-agent; do" in text and "\nstart_service qemu-ga\n" in text
    assert "for name in open-vm-tools; do" in convert(guest(APT), asked, target="vmware").read(RUNNER)
    assert convert(guest({**APT, "/usr/sbin/qemu-ga": ""}), asked).changes() == []


@pytest.mark.parametrize("files, name", ((APT, "agent"), ({"/usr/bin/zypper": ""}, "agent-of-suse")))
def test_the_agent_has_the_name_that_the_distribution_gives_it(files, name):
    agent = Agent("agent", ("/usr/sbin/agent",), ("agentd",), {"zypper": "agent-of-suse"})
    target = Target("toy", "Toy", "pc", {}, (), agent=agent)
    job = first_boot.job_for(guest(files), FirstBoot(packages=("a",), agent=True), target)
    assert (job.names, job.services) == (["a", name], ("agentd",))


@pytest.mark.parametrize(
    "target", [target for target in TARGETS.values() if target.agent], ids=lambda target: target.name
)
def test_the_agent_of_each_target_can_be_named_to_each_package_manager(target):
    agent = target.agent
    assert set(agent.named) <= {manager.name for manager in MANAGERS}
    # A package that is named twice is installed once.
    names = dict.fromkeys([agent.package, *agent.named.values()])
    assert FirstBoot(packages=tuple(names)) == commands.from_option({"packages": list(names)})
    assert all(path.startswith("/") for path in agent.programs) and agent.services


def test_the_target_must_offer_the_channel_of_the_agent_that_is_asked_for():
    plan = Plan(TARGETS["kvm"], Selection({}, {}), first_boot=FirstBoot(agent=True))
    first_boot.convert(guest(APT), plan)
    assert plan.hardware.guest_agent
    plan = Plan(TARGETS["vmware"], Selection({}, {}), first_boot=FirstBoot(agent=True))
    first_boot.convert(guest(APT), plan)
    assert not plan.hardware.guest_agent


def test_packages_that_the_user_gives_are_copied_into_the_guest():
    root = convert(guest(APT), FirstBoot(files=(PackageFile("a_1.0.deb", "deb", b"\0\xff"),)))
    assert root.read_bytes(f"{DIRECTORY}/files/a_1.0.deb") == b"\0\xff"
    assert "dpkg --force-confdef --force-confold -i ./files/a_1.0.deb && return" in root.read(RUNNER)


@pytest.mark.parametrize(
    "files, manager",
    (
        (APT, "apt-get -y"),
        ({"/usr/bin/dnf": "", "/usr/bin/yum": ""}, "dnf -y"),
        ({"/usr/bin/yum": ""}, "yum -y"),
        ({"/usr/bin/zypper": ""}, "zypper --non-interactive"),
        ({"/usr/bin/tdnf": ""}, "tdnf -y"),
        ({"/sbin/apk": ""}, "apk add"),
        ({"/usr/bin/pacman": ""}, "pacman -S"),
        ({"/usr/bin/apt-get": "", "/usr/bin/rpm": ""}, "apt-get -y install"),
    ),
)
def test_the_guests_own_package_manager_installs(files, manager):
    assert f"{manager}" in convert(guest(files), FirstBoot(packages=("a",))).read(RUNNER)


@pytest.mark.parametrize(
    "script, command",
    (
        (b"echo\n", "/bin/sh ./script"),
        (b"#! /bin/bash -e\necho\n", "/bin/bash -e ./script"),
        (b"#!/usr/bin/env python3\n", "/usr/bin/env python3 ./script"),
        (b"#!/bin/bash -e -u \n", "/bin/bash '-e -u' ./script"),
    ),
)
def test_a_script_is_run_by_the_program_that_it_names(script, command):
    files = {"/bin/bash": "", "/usr/bin/env": "", "/usr/bin/python3": ""}
    assert f"\n{command}\n" in convert(guest(files), FirstBoot(script)).read(RUNNER)


NO_INIT = {"/sbin/init": ""}
RPM = PackageFile("a.rpm", "rpm", b"")


@pytest.mark.parametrize(
    "files, asked, message",
    (
        pytest.param(NO_INIT, SCRIPT, "init is not known", id="init"),
        pytest.param({}, FirstBoot(packages=("a",)), "no package manager that is known, for a", id="manager"),
        pytest.param(APT, FirstBoot(files=(RPM,)), "apt, does not install a.rpm", id="format"),
        pytest.param({}, FirstBoot(b"#!/usr/bin/python3\n"), "no /usr/bin/python3", id="interpreter"),
        pytest.param({"/usr/bin/env": ""}, FirstBoot(b"#!/usr/bin/env perl\n"), "no perl", id="interpreter by env"),
        pytest.param({}, FirstBoot(b"#!\n"), "names no program", id="no interpreter"),
    ),
)
def test_what_a_guest_cannot_do_is_refused_before_anything_is_written(files, asked, message):
    root = guest(files)
    with pytest.raises(GuestconvError, match=message) as caught:
        convert(root, asked)
    assert caught.value.code == "first-boot-not-possible" and root.changes() == []


def test_an_interpreter_may_come_with_the_packages():
    asked = FirstBoot(b"#!/usr/bin/python3\n", ("python3",))
    assert "/usr/bin/python3 ./script" in convert(guest(APT), asked).read(RUNNER)


def test_an_init_that_reads_no_inittab_of_the_guests_is_refused():
    with pytest.raises(GuestconvError, match="init is not known"):
        convert(guest({"/bin/busybox": ""}, {"/sbin/init": "/bin/busybox"}), SCRIPT)


def test_a_target_without_an_agent_is_refused():
    with pytest.raises(GuestconvError, match="no agent is known for guests of the target toy") as caught:
        first_boot.job_for(guest(APT), FirstBoot(agent=True), Target("toy", "Toy", "pc", {}, ()))
    assert caught.value.code == "first-boot-not-possible"
