# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Guests that keep the machine's clock at the local time."""

from __future__ import annotations

import pytest

from ansible_collections.virttools.guestconv.plugins.module_utils.aspects import local_time
from ansible_collections.virttools.guestconv.plugins.module_utils.aspects.plan import Plan
from ansible_collections.virttools.guestconv.plugins.module_utils.devices.targets import KVM
from ansible_collections.virttools.guestconv.plugins.module_utils.model.selection import Selection
from ansible_collections.virttools.guestconv.tests.unit.plugins.module_utils.guest.fake_root import FakeRoot

LOCAL = "0.0 1 0.0\n1\nLOCAL\n"
UNIVERSAL = "0.0 1 0.0\n1\nUTC\n"


def converted(path, text, init="sysvinit", can_search=True, **facts):
    """The text of the file after conversion."""
    programs = {"/sbin/init": "", "/etc/inittab": ""} if init == "sysvinit" else {}
    root = FakeRoot({path: text, **programs}, info={"init": init}, **facts)
    root.guest.roots = [root]
    if not can_search:
        root.files_with = lambda expression, *directories: None
    with root.on_behalf_of("test"):
        local_time.convert(root, Plan(KVM, Selection({}, {})))
    return root.read(path)


@pytest.mark.parametrize("can_search", [True, False])
@pytest.mark.parametrize(
    "path, before, after",
    [
        ("/etc/adjtime", LOCAL, UNIVERSAL),
        ("/etc/adjtime", LOCAL[:-1], UNIVERSAL[:-1]),
        ("/etc/adjtime", UNIVERSAL, UNIVERSAL),
        ("/etc/adjtime", "LOCAL\n", "LOCAL\n"),
        ("/etc/default/rcS", "A=1\nUTC=no\n", "A=1\nUTC=yes\n"),
        ("/etc/default/rcS", "#UTC=no\nUTC=yes\n", "#UTC=no\nUTC=yes\n"),
        ("/etc/sysconfig/clock", 'ZONE="Europe/Paris"\nUTC=false\n', 'ZONE="Europe/Paris"\nUTC=true\n'),
        ("/etc/sysconfig/clock", 'HWCLOCK="--localtime"\n', 'HWCLOCK="--utc"\n'),
        ("/etc/sysconfig/clock", 'HWCLOCK="-u"\n', 'HWCLOCK="-u"\n'),
        ("/etc/conf.d/hwclock", 'clock="local"\n', 'clock="UTC"\n'),
        ("/etc/conf.d/hwclock", "clock='UTC'\n", "clock='UTC'\n"),
        ("/etc/other", "UTC=no\n", "UTC=no\n"),
    ],
)
def test_a_clock_at_the_local_time_is_set_to_utc(path, before, after, can_search):
    assert converted(path, before, can_search=can_search) == after


def test_systemd_reads_adjtime_alone():
    assert converted("/etc/adjtime", LOCAL, "systemd") == UNIVERSAL
    assert converted("/etc/default/rcS", "UTC=no\n", "systemd") == "UTC=no\n"


@pytest.mark.parametrize("clock", ["utc", "localtime", "3600"])
def test_a_guest_whose_clock_the_source_knows_stays_as_it_is(clock):
    assert converted("/etc/adjtime", LOCAL, hardware={"clock": clock}) == LOCAL


@pytest.mark.parametrize("can_search", [True, False])
def test_a_file_that_is_not_there_is_not_made(can_search):
    root = FakeRoot({"/sbin/init": ""}, info={"init": "sysvinit"})
    root.guest.roots = [root]
    if not can_search:
        root.files_with = lambda expression, *directories: None
    with root.on_behalf_of("test"):
        local_time.convert(root, Plan(KVM, Selection({}, {})))
    assert not root.exists("/etc/adjtime") and not root.exists("/etc/default/rcS")
    assert not root.changes()
