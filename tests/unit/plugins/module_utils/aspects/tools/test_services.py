# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Services are turned off as the guest's own init has it, and a second time changes nothing."""

from __future__ import annotations

import pytest

from ansible_collections.virttools.guestconv.plugins.module_utils.aspects.tools.catalogue import TOOLS
from ansible_collections.virttools.guestconv.plugins.module_utils.aspects.tools.services import turn_off
from ansible_collections.virttools.guestconv.tests.unit.plugins.module_utils.guest.fake_root import FakeRoot

NAMES = ("vmtoolsd.service", "vgauthd.service", "vmtoolsd", "vmware-tools")
UNITS = "/etc/systemd/system"


def turned_off(root):
    turn_off(root, NAMES, "off")
    first = [(action, path) for action, path, _detail in root.changes()]
    turn_off(root, NAMES, "off")
    assert [(action, path) for action, path, _detail in root.changes()] == first
    return first


def test_units_that_are_there_are_masked():
    root = FakeRoot({"/usr/lib/systemd/system/vmtoolsd.service": ""})
    assert turned_off(root) == [("created", f"{UNITS}/vmtoolsd.service")]
    assert root.links == {f"{UNITS}/vmtoolsd.service": "/dev/null"}


def test_a_script_that_systemd_makes_a_unit_of_is_masked():
    root = FakeRoot({"/etc/init.d/vmware-tools": ""})
    turned_off(root)
    assert root.links == {f"{UNITS}/vmware-tools.service": "/dev/null"}


def test_a_unit_in_etc_is_not_started_any_more_and_stays():
    wants = f"{UNITS}/multi-user.target.wants/vmtoolsd.service"
    root = FakeRoot({f"{UNITS}/vmtoolsd.service": "mine"}, links={wants: "../vmtoolsd.service"})
    assert turned_off(root) == [("removed", wants)]
    assert root.files[f"{UNITS}/vmtoolsd.service"] == "mine"


def test_an_alias_in_etc_becomes_a_mask():
    files = {"/usr/lib/systemd/system/vmtoolsd.service": ""}
    root = FakeRoot(files, links={f"{UNITS}/vmtoolsd.service": "/usr/lib/systemd/system/vmtoolsd.service"})
    turned_off(root)
    assert root.links == {f"{UNITS}/vmtoolsd.service": "/dev/null"}


@pytest.mark.parametrize("init", ("sysvinit", "openrc", None))
@pytest.mark.parametrize(
    "link", ("/etc/rc2.d/S20vmtoolsd", "/etc/rc.d/rc3.d/S90vmware-tools", "/etc/runlevels/default/vmtoolsd")
)
def test_links_that_start_a_script_are_removed_and_those_that_stop_it_stay(init, link):
    stop = "/etc/rc0.d/K01vmtoolsd"
    scripts = {"/etc/init.d/vmtoolsd": "", "/etc/init.d/vmware-tools": ""}
    root = FakeRoot(scripts, info={"init": init}, links={link: "/etc/init.d/vmtoolsd", stop: "/etc/init.d/vmtoolsd"})
    assert turned_off(root) == [("removed", link)]
    assert list(root.links) == [stop]


def test_jobs_of_upstart_are_made_manual():
    root = FakeRoot({"/etc/init/vmware-tools.conf": "start on started\n"}, info={"init": "upstart"})
    turned_off(root)
    assert root.files["/etc/init/vmware-tools.override"] == "manual\n"


def test_a_directory_of_links_that_is_a_link_itself_is_looked_at_once():
    links = {"/etc/rc2.d": "rc.d/rc2.d", "/etc/rc.d/rc2.d/S20vmtoolsd": "../init.d/vmtoolsd"}
    root = FakeRoot({"/etc/init.d/vmtoolsd": ""}, info={"init": "sysvinit"}, links=links)
    assert len(turned_off(root)) == 1


@pytest.mark.parametrize(
    "name, unit",
    (
        # Debian's hyperv-daemons, Fedora's virtualbox-guest-additions, and Google's google-guest-agent.
        ("hyperv", "hyperv-daemons.hv-kvp-daemon.service"),
        ("virtualbox", "vboxclient.service"),
        ("gcp", "gce-workload-cert-refresh.timer"),
    ),
)
def test_units_by_the_names_of_distributions_are_masked(name, unit):
    root = FakeRoot({f"/lib/systemd/system/{unit}": ""})
    turn_off(root, next(tools.services for tools in TOOLS if tools.hypervisor == name), "off")
    assert root.links == {f"{UNITS}/{unit}": "/dev/null"}


@pytest.mark.parametrize(
    "name, job",
    (("hyperv", "hv-kvp-daemon"), ("gcp", "google-guest-agent")),
    ids=("Ubuntu 14.04", "Enterprise Linux 6"),
)
def test_jobs_by_the_names_of_distributions_are_made_manual(name, job):
    root = FakeRoot({f"/etc/init/{job}.conf": "start on runlevel [2345]\n"}, info={"init": None})
    turn_off(root, next(tools.services for tools in TOOLS if tools.hypervisor == name), "off")
    assert root.files[f"/etc/init/{job}.override"] == "manual\n"
