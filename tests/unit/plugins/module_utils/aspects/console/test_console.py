# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The console: which console= arguments stay, go and come, and where people can log in."""

from __future__ import annotations

import pytest

from ansible_collections.virttools.guestconv.plugins.module_utils.aspects import console
from ansible_collections.virttools.guestconv.plugins.module_utils.aspects.console import (
    arguments,
    inittab,
    securetty,
    upstart,
)
from ansible_collections.virttools.guestconv.plugins.module_utils.aspects.plan import Plan
from ansible_collections.virttools.guestconv.plugins.module_utils.devices.targets import TARGETS
from ansible_collections.virttools.guestconv.plugins.module_utils.model.selection import Selection
from ansible_collections.virttools.guestconv.tests.unit.plugins.module_utils.guest.fake_root import FakeRoot, menu

WANTS = "/etc/systemd/system/getty.target.wants"


def guest(line="ro quiet", **files):
    return FakeRoot(files, boot_menu=menu(line))


def convert(root, driver):
    """Convert root to the console driver, None for one without. Returns the Plan."""
    chosen = {"console": driver} if driver else {}
    selection = Selection({"console": chosen}, {"console": [] if driver else ["console"]})
    plan = Plan(TARGETS["kvm"], selection)
    console.convert(root, plan)
    return plan


def test_inspect_tells_the_console_arguments():
    found = console.inspect(guest("ro console=tty0 netconsole=@/,@10.0.0.1/ console=ttyS0,9600 quiet"))
    assert found.devices == {"console": {"console": {"kernel_arguments": ["console=tty0", "console=ttyS0,9600"]}}}


@pytest.mark.parametrize(
    "driver, before, after",
    (
        pytest.param("isa-serial", "ro quiet", "ro quiet console=tty0 console=ttyS0,115200", id="none yet"),
        pytest.param("virtconsole", "ro quiet", "ro quiet console=tty0 console=hvc0", id="none yet, virtio"),
        pytest.param("isa-serial", "console=ttyS0,9600n8 ro", "console=ttyS0,9600n8 ro", id="own speed, serial only"),
        pytest.param("isa-serial", "console=ttyS0 console=tty0", "console=ttyS0 console=tty0", id="own order"),
        pytest.param("isa-serial", "ro console=tty1", "ro console=tty1 console=ttyS0,115200", id="own terminal"),
        pytest.param("isa-serial", "console=hvc0 ro", "ro console=tty0 console=ttyS0,115200", id="from Xen"),
        pytest.param("isa-serial", "console=ttyS1 console=ttyS0", "console=ttyS0", id="two ports"),
        pytest.param("virtconsole", "console=tty0 console=ttyS0", "console=tty0 console=hvc0", id="port exchanged"),
        pytest.param(None, "ro console=tty0 console=ttyS0,115200", "ro console=tty0", id="deleted"),
        pytest.param(None, "ro quiet", "ro quiet", id="deleted, none before"),
        pytest.param(
            "isa-serial", "earlyprintk=xen console=hvc0", "console=tty0 console=ttyS0,115200", id="Xen's early console"
        ),
        pytest.param("isa-serial", "ro console=null", "ro console=null", id="none is wanted"),
        pytest.param(
            "isa-serial",
            "console=ttyUSB0 earlyprintk=ttyS1 netconsole=@/,@10.0.0.1/",
            "console=ttyUSB0 earlyprintk=ttyS1 netconsole=@/,@10.0.0.1/ console=tty0 console=ttyS0,115200",
            id="others stay",
        ),
    ),
)
def test_command_line_names_the_consoles_of_the_target_and_a_second_conversion_changes_nothing(driver, before, after):
    assert convert(guest(before), driver).command_line.edited(before) == after
    assert convert(guest(after), driver).command_line.edited(after) == after


def test_other_entries_get_the_console_as_the_default_entry_has_it():
    plan = convert(guest("console=tty0 console=ttyS0,9600"), "isa-serial")
    assert plan.command_line.edited("ro single") == "ro single console=tty0 console=ttyS0,9600"
    assert plan.command_line.edited("console=tty0 console=ttyS0") == "console=tty0 console=ttyS0,9600"


def test_a_console_that_is_a_module_is_asked_into_the_initrd_once():
    root = guest()
    plan = Plan(TARGETS["kvm"], Selection({"console": {"console": "virtconsole"}}, {"console": []}))
    plan.initrd.modules.append("virtio_pci")
    console.convert(root, plan)
    assert plan.initrd.modules == ["virtio_pci", "virtio_console"]


def test_deleted_console_is_not_in_the_hardware():
    plan = convert(guest(), None)
    assert plan.initrd.modules == []


@pytest.mark.parametrize("driver, left", (("isa-serial", ["ttyS0", "ttyUSB0"]), ("virtconsole", ["ttyUSB0"])))
def test_logins_of_systemd_on_ports_that_are_gone_are_disabled(driver, left):
    files = {f"{WANTS}/serial-getty@{port}.service": "" for port in ("ttyS0", "ttyS1", "ttyUSB0")}
    root = guest(**files)
    convert(root, driver)
    assert sorted(root.files) == [f"{WANTS}/serial-getty@{port}.service" for port in left]


def test_a_login_unit_of_a_strange_name_stays():
    strange = f"{WANTS}/serial-getty@ttyS1\nb.service"
    root = guest(**{strange: "", "/etc/systemd/system/a@b.wants/serial-getty@ttyS1.service": ""})
    convert(root, "isa-serial")
    assert list(root.files) == [strange]


def test_a_guest_that_stays_on_xen_keeps_its_early_console():
    assert arguments.edit_argument("earlyprintk=xen,keep", "hvc0", [], is_xen=True) == "earlyprintk=xen,keep"


@pytest.mark.parametrize("path", ("serial-getty@hvc0.service.d/own.conf", "serial-getty@hvc0.service"))
def test_settings_of_a_login_that_goes_are_a_concern(path):
    plan = convert(guest(**{f"/etc/systemd/system/{path}": "[Service]\n"}), "isa-serial")
    assert [(concern.code, concern.severity) for concern in plan.concerns] == [("console-login-differs", "info")]
    assert "copy" in plan.concerns[0].hint
    assert convert(guest(**{f"/etc/systemd/system/{path}": "[Service]\n"}), "virtconsole").concerns == []


def test_a_login_that_is_masked_is_a_concern_where_the_target_has_that_port():
    masked = {"/etc/systemd/system/serial-getty@hvc0.service": ""}
    assert "unmask" in convert(guest(**masked), "virtconsole").concerns[0].hint
    assert convert(guest(**masked), "isa-serial").concerns == convert(guest(**masked), None).concerns == []


INITTAB = """\
id:2:initdefault:
1:2345:respawn:/sbin/getty 38400 tty1
#T1:23:respawn:/sbin/getty -L ttyS1 9600 vt100
T0:23:respawn:/sbin/getty -L ttyS0 9600 vt100
"""


@pytest.mark.parametrize(
    "port, line",
    (
        ("ttyS0", "T0:23:respawn:/sbin/getty -L ttyS0 9600 vt100"),
        ("hvc0", "T0:23:respawn:/sbin/getty -L hvc0 9600 vt100"),
        (None, "#T0:23:respawn:/sbin/getty -L ttyS0 9600 vt100"),
    ),
)
def test_login_of_inittab_follows_the_console(port, line):
    edited = inittab.edit_inittab(INITTAB, port)
    assert edited.splitlines() == [*INITTAB.splitlines()[:3], line]
    assert inittab.edit_inittab(edited, port) == edited


@pytest.mark.parametrize(
    "line, expected",
    (
        # The last port is the login's, and another one that is gone goes with it.
        ("T0:23:respawn:/sbin/getty-wrapper getty ttyS1 ttyS0", "T0:23:respawn:/sbin/getty-wrapper getty hvc0 hvc0"),
        ("T0:23:respawn:/sbin/getty-wrapper getty ttyS1 hvc0", "T0:23:respawn:/sbin/getty-wrapper getty ttyS1 hvc0"),
        ("T0:23:respawn:/bin/sh -c 'exec getty 9600 ttyS0'", "T0:23:respawn:/bin/sh -c 'exec getty 9600 hvc0'"),
    ),
)
def test_the_last_port_behind_getty_is_the_logins(line, expected):
    assert inittab.edit_inittab(line, "hvc0") == expected


@pytest.mark.parametrize(
    "line",
    ("T0:23:off:/sbin/getty ttyS0", "T0:23:respawn:gettyttyS0", "T0:23:respawn:ttyS0 getty", "getty ttyS0"),
)
def test_a_line_that_runs_no_login_on_a_port_stays(line):
    assert inittab.edit_inittab(line, "hvc0") == line


def test_inittab_with_a_login_on_the_console_already_gets_no_second_one():
    text = INITTAB + "H0:23:respawn:/sbin/getty hvc0\n"
    assert inittab.edit_inittab(text, "hvc0").splitlines()[3:] == [
        "#T0:23:respawn:/sbin/getty -L ttyS0 9600 vt100",
        "H0:23:respawn:/sbin/getty hvc0",
    ]


@pytest.mark.parametrize(
    "text, after",
    (
        ("tty1\nttyS0", "tty1\nttyS0\nhvc0\n"),
        ("tty1\nttyS0\nhvc0\n", "tty1\nttyS0\nhvc0\n"),
        ("console\ntty1\n", "console\ntty1\n"),
    ),
)
def test_root_may_log_in_on_the_console_where_it_could_on_a_port_before(text, after):
    assert securetty.edit_securetty(text, "hvc0") == after


def test_guest_of_sysvinit_is_converted():
    root = guest(**{"/etc/inittab": INITTAB, "/etc/securetty": "ttyS0\n"})
    convert(root, "virtconsole")
    assert "getty -L hvc0" in root.files["/etc/inittab"]
    assert root.files["/etc/securetty"] == "ttyS0\nhvc0\n"


def test_a_job_of_upstart_with_nothing_left_is_a_comment():
    job = "# hvc0\nstart on runlevel [23]\n\nscript\n    exec /sbin/getty hvc0\nend script\n"
    assert upstart.job_port(job) == "hvc0"
    after = upstart.without_stanzas(job)
    assert all(line.startswith("#") for line in after.splitlines() if line)
    assert upstart.job_port(after) is None and upstart.without_stanzas(after) == after


@pytest.mark.parametrize(
    "job", ("exec /sbin/getty tty1\n", "# exec /sbin/getty hvc0\n", "exec /sbin/mingetty $TTY\n", "")
)
def test_a_job_on_no_port_is_left_alone(job):
    assert upstart.job_port(job) is None


def test_files_of_logins_are_not_read_where_there_are_none():
    """One call finds that a plain guest has nothing to change."""

    class Counting(FakeRoot):
        calls = ()

        def glob(self, *patterns):
            self.calls += ("glob",)
            return super().glob(*patterns)

        def read(self, path):
            self.calls += (path,)
            return super().read(path)

    root = Counting({"/etc/fstab": ""}, boot_menu=menu("ro quiet"))
    convert(root, "isa-serial")
    assert root.calls == ("glob",)
