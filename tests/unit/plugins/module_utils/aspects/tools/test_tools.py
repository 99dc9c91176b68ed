# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The tools of the old hypervisor: found, reported, and removed with what only they needed."""

from __future__ import annotations

import pytest

from ansible_collections.virttools.guestconv.plugins.module_utils.aspects import tools
from ansible_collections.virttools.guestconv.plugins.module_utils.aspects.plan import Plan
from ansible_collections.virttools.guestconv.plugins.module_utils.devices.targets import TARGETS
from ansible_collections.virttools.guestconv.plugins.module_utils.errors import GuestconvError
from ansible_collections.virttools.guestconv.plugins.module_utils.model.selection import Selection
from ansible_collections.virttools.guestconv.tests.unit.plugins.module_utils.guest.fake_root import FakeRoot

EVIDENCE = "/var/lib/dpkg/info/open-vm-tools.list"
STATUS = "/var/lib/dpkg/status"
STATES = "/var/lib/apt/extended_states"


def stanza(name, status="install ok installed", **fields):
    lines = {"Package": name, "Status": status, "Architecture": "amd64", "Version": "1.0-1", **fields}
    return "".join(f"{field}: {value}\n" for field, value in lines.items()) + "\n"


TOOLS = stanza("open-vm-tools", Depends="libmspack0 (>= 0.4), libc6")
LIBRARY = stanza("libmspack0", Depends="libc6")
AUTOMATIC = "Package: libmspack0\nArchitecture: amd64\nAuto-Installed: 1\n\n"


def guest(*stanzas, target="kvm", **files):
    files = {EVIDENCE: "", STATUS: "".join(stanzas), STATES: AUTOMATIC, **files}
    return FakeRoot(files, target=target)


def convert(root, target="kvm"):
    tools.convert(root, Plan(TARGETS[target], Selection({}, {})))


def inspect(root):
    """What inspection says: the source, and the codes of the concerns with their severities."""
    findings = tools.inspect(root)
    return findings.info["source"], [(concern.code, concern.severity) for concern in findings.concerns]


def test_oracle_14_tools_go_with_what_only_they_needed():
    root = guest(TOOLS, LIBRARY, stanza("libc6"))
    assert inspect(root) == ("vmware", [("vmware-tools-installed", "info")])
    convert(root)
    assert root.commands == [["dpkg", "--purge", "open-vm-tools", "libmspack0"]]
    assert ("ran", "dpkg", "removed open-vm-tools, and what only they needed: libmspack0") in root.changes()


def test_oracle_13_packages_are_not_removed_where_their_database_has_no_room_for_it():
    root = guest(TOOLS, LIBRARY, stanza("libc6"))
    root.room = 1 << 20
    concern = tools.inspect(root).concerns[-1]
    assert (concern.code, concern.severity) == ("filesystem-full", "error")
    with pytest.raises(GuestconvError, match="1024 KiB free; 1025 KiB are needed to remove open-vm-tools") as caught:
        convert(root)
    assert caught.value.code == "filesystem-full" and root.changes() == []
    root.room += 1024
    convert(root)
    assert root.commands


def test_guest_without_tools_costs_no_reading_of_the_database_and_no_command():
    root = FakeRoot({STATUS: "must not be read"})
    root.read = None
    assert inspect(root) == (None, [])
    convert(root)
    assert root.changes() == []


def test_tools_that_were_removed_but_left_their_configuration_are_no_tools():
    root = guest(stanza("open-vm-tools", status="deinstall ok config-files"))
    assert inspect(root) == (None, [])
    convert(root)
    assert root.changes() == []


def test_tools_of_the_target_stay():
    root = guest(TOOLS, LIBRARY, target="vmware")
    assert inspect(root) == ("vmware", [])
    convert(root, "vmware")
    assert root.changes() == []


def test_tools_that_another_package_depends_on_stay_with_a_warning():
    root = guest(TOOLS, LIBRARY, stanza("company-base", Depends="open-vm-tools"))
    assert inspect(root) == ("vmware", [("vmware-tools-needed", "warning")])
    convert(root)
    assert root.changes() == []


@pytest.mark.parametrize("path", ("/etc/vmware-tools/locations", "/usr/bin/vmware-uninstall-tools.pl"))
def test_tools_without_a_package_are_reported_and_left(path):
    root = FakeRoot({path: ""})
    assert inspect(root) == ("vmware", [("vmware-tools-tarball", "warning")])
    convert(root)
    assert root.changes() == []


VMTOOLSD = "/usr/bin/vmtoolsd"


@pytest.mark.parametrize("package_format", ["rpm", None])
def test_tools_in_packages_of_another_format_are_reported_and_left(package_format):
    root = FakeRoot({VMTOOLSD: ""}, info={"package_format": package_format})
    assert inspect(root) == ("vmware", [("vmware-tools-left", "info")])
    convert(root)
    assert (root.changes(), root.commands) == ([], [])


def test_tools_in_packages_that_are_removed_are_not_said_to_stay():
    assert inspect(guest(TOOLS, LIBRARY, **{VMTOOLSD: ""})) == ("vmware", [("vmware-tools-installed", "info")])


def test_tools_of_the_tarball_are_reported_once():
    root = FakeRoot({VMTOOLSD: "", "/etc/vmware-tools/locations": ""}, info={"package_format": "rpm"})
    assert inspect(root) == ("vmware", [("vmware-tools-tarball", "warning")])


def test_guest_of_another_package_format_is_left_alone():
    root = FakeRoot({EVIDENCE: ""}, info={"package_format": None})
    assert inspect(root) == (None, [])
