# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The tools of hypervisors and the agents of clouds: found, reported, and removed, disabled or kept by policy."""

from __future__ import annotations

import pytest

from ansible_collections.virttools.guestconv.plugins.module_utils.aspects import tools
from ansible_collections.virttools.guestconv.plugins.module_utils.aspects.plan import Plan
from ansible_collections.virttools.guestconv.plugins.module_utils.aspects.tools.catalogue import TOOLS
from ansible_collections.virttools.guestconv.plugins.module_utils.devices.targets import TARGETS
from ansible_collections.virttools.guestconv.plugins.module_utils.errors import CommandFailed, GuestconvError
from ansible_collections.virttools.guestconv.plugins.module_utils.model.selection import Selection
from ansible_collections.virttools.guestconv.plugins.module_utils.model.tools import DEFAULTS, policy_from
from ansible_collections.virttools.guestconv.tests.unit.plugins.module_utils.guest.fake_root import FakeRoot

STATUS = "/var/lib/dpkg/status"
STATES = "/var/lib/apt/extended_states"
DIVERSIONS = "/var/lib/dpkg/diversions"


def stanza(name, status="install ok installed", **fields):
    lines = {"Package": name, "Status": status, "Architecture": "amd64", "Version": "1.0-1", **fields}
    return "".join(f"{field}: {value}\n" for field, value in lines.items()) + "\n"


VMWARE = stanza("open-vm-tools", Depends="libmspack0 (>= 0.4), libc6")
DESKTOP = stanza("open-vm-tools-desktop", Depends="open-vm-tools")
LIBRARY = stanza("libmspack0", Depends="libc6")
LIBC = stanza("libc6")
AUTOMATIC = "Package: libmspack0\nArchitecture: amd64\nAuto-Installed: 1\n\n"


def guest(*stanzas, target="kvm", policy=None, info=None, **files):
    """A guest with these packages of dpkg."""
    names = [line[len("Package: ") :] for text in stanzas for line in text.splitlines() if line.startswith("Package: ")]
    lists = {f"/var/lib/dpkg/info/{name}.list": f"/usr/share/doc/{name}\n" for name in names}
    root = FakeRoot({**lists, STATUS: "".join(stanzas), STATES: AUTOMATIC, **files}, target=target, info=info)
    root.guest.tools = policy_from(policy)
    return root


def without_dpkg(*paths, policy=None, target="kvm", package_format=None, **files):
    """A guest of an unknown package format, or another one than dpkg's, with these files."""
    root = FakeRoot({**dict.fromkeys(paths, ""), **files}, info={"package_format": package_format}, target=target)
    root.guest.tools = policy_from(policy)
    return root


def convert(root):
    plan = Plan(root.guest.target, Selection({}, {}))
    tools.convert(root, plan)
    return plan


def codes(root):
    return [(concern.code, concern.severity) for concern in tools.inspect(root).concerns]


def messages(root):
    return " | ".join(f"{concern.message} {concern.hint}" for concern in tools.inspect(root).concerns)


def source(root):
    return tools.inspect(root).info["source"]


def test_oracle_14_exactly_the_packages_of_the_tools_go():
    root = guest(VMWARE, DESKTOP, LIBRARY, LIBC)
    assert source(root) == "vmware"
    assert codes(root) == [("vmware-tools-installed", "info"), ("tools-dependencies", "info")]
    assert "Packages stay on /dev/sda1 that only open-vm-tools, open-vm-tools-desktop needed: libmspack0." in messages(
        root
    )
    convert(root)
    assert root.commands == [["dpkg", "--purge", "open-vm-tools", "open-vm-tools-desktop"]]
    assert ("ran", "dpkg", "removed open-vm-tools, open-vm-tools-desktop") in root.changes()


def test_what_only_they_needed_goes_too_where_that_is_asked_for():
    root = guest(VMWARE, LIBRARY, LIBC, policy={"remove_dependencies": True})
    assert "Conversion also removes what only they needed on /dev/sda1: libmspack0." in messages(root)
    convert(root)
    assert root.commands == [["dpkg", "--purge", "open-vm-tools", "libmspack0"]]
    assert ("ran", "dpkg", "removed open-vm-tools, and what only they needed: libmspack0") in root.changes()


def test_the_description_says_what_becomes_of_which_tools():
    root = guest(VMWARE, stanza("walinuxagent"), policy={"vmware": "keep"})
    assert tools.inspect(root).tools == {"vmware": "keep", "azure": "disable", "remove_dependencies": False}
    assert tools.inspect(guest(LIBC)).tools == {}


def test_oracle_13_packages_are_not_removed_where_their_database_has_no_room_for_it():
    root = guest(VMWARE, LIBRARY, LIBC)
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
    root = FakeRoot({STATUS: "must not be read", "/var/lib/dpkg/info/bash.list": ""})
    root.read = None
    assert (source(root), codes(root)) == (None, [])
    convert(root)
    assert root.changes() == []


def test_tools_that_were_removed_but_left_their_configuration_are_no_tools():
    root = guest(stanza("open-vm-tools", status="deinstall ok config-files"))
    assert (source(root), codes(root)) == (None, [])
    convert(root)
    assert root.changes() == []


def test_tools_of_the_target_stay():
    root = guest(VMWARE, LIBRARY, target="vmware")
    assert (source(root), codes(root)) == ("vmware", [])
    convert(root)
    assert root.changes() == []


# What stays

UNIT = "/lib/systemd/system/open-vm-tools.service"
MASK = "/etc/systemd/system/open-vm-tools.service"


@pytest.mark.parametrize(
    "stanzas, files, reason",
    [
        ([VMWARE, LIBRARY, stanza("company-base", Depends="open-vm-tools")], {}, "company-base cannot do without it"),
        ([stanza("open-vm-tools", status="hold ok installed")], {}, "it is on hold"),
        ([stanza("open-vm-tools", status="install reinstreq half-installed")], {}, "its installation was not finished"),
        ([stanza("open-vm-tools", Protected="yes")], {}, "dpkg protects it"),
        (
            [VMWARE],
            {DIVERSIONS: "/usr/share/doc/open-vm-tools\n/usr/share/doc/open-vm-tools.orig\n:\n"},
            "its file /usr/share/doc/open-vm-tools is diverted",
        ),
    ],
)
def test_what_must_stay_is_named_and_disabled(stanzas, files, reason):
    root = guest(*stanzas, **{UNIT: ""}, **files)
    assert codes(root) == [("vmware-tools-needed", "warning")]
    assert f"open-vm-tools, as {reason}" in messages(root)
    convert(root)
    assert root.commands == [] and root.links == {MASK: "/dev/null"}
    convert(root)
    assert [(action, path) for action, path, _detail in root.changes()] == [("created", MASK)]


def test_a_diversion_by_the_package_itself_is_not_in_the_way():
    diversion = "/usr/share/doc/open-vm-tools\n/usr/share/doc/open-vm-tools.orig\nopen-vm-tools\n"
    root = guest(VMWARE, LIBC, **{DIVERSIONS: diversion})
    assert codes(root) == [("vmware-tools-installed", "info")]


def test_of_several_packages_those_go_that_can():
    root = guest(stanza("open-vm-tools", status="hold ok installed"), DESKTOP, LIBC)
    assert codes(root) == [("vmware-tools-installed", "info"), ("vmware-tools-needed", "warning")]
    convert(root)
    assert root.commands == [["dpkg", "--purge", "open-vm-tools-desktop"]]


def test_what_a_package_that_stays_needs_stays_too():
    root = guest(VMWARE, stanza("open-vm-tools-desktop", status="hold ok installed", Depends="open-vm-tools"), LIBC)
    assert codes(root) == [("vmware-tools-needed", "warning")]
    assert "open-vm-tools, as open-vm-tools-desktop cannot do without it" in messages(root)


@pytest.mark.parametrize(
    "files",
    [
        {STATUS: ""},
        {STATUS: VMWARE + "\0" * 100},
        {STATUS: VMWARE + "Package libc6\n"},
        {STATUS: VMWARE + "Version: 1\n"},
        {"/var/lib/dpkg/updates/0001": stanza("open-vm-tools")},
    ],
    ids=["empty", "zeros", "a line without a colon", "a stanza without a package", "interrupted"],
)
def test_a_damaged_database_is_reported_and_no_package_removed(files):
    root = guest(VMWARE, **{UNIT: "", "/usr/bin/vmtoolsd": "", **files})
    assert ("package-database-damaged", "warning") in codes(root)
    convert(root)
    assert root.commands == [] and root.links == {MASK: "/dev/null"}


def test_a_removal_that_fails_says_how_the_guest_can_be_converted_without_it():
    root = guest(VMWARE, LIBC)
    tools.inspect(root)

    def fail(*_arguments):
        raise CommandFailed("guest-command-failed", "dpkg failed.")

    root.run = fail
    with pytest.raises(CommandFailed) as caught:
        convert(root)
    assert caught.value.hint == "To convert the guest without removing packages, set tools.vmware to disable."


# Policy


def test_tools_are_kept_by_policy():
    root = guest(VMWARE, policy={"vmware": "keep"}, **{UNIT: ""})
    assert codes(root) == [("vmware-tools-left", "info")]
    convert(root)
    assert root.changes() == []


def test_tools_are_disabled_by_policy():
    root = guest(VMWARE, policy={"vmware": "disable"}, **{UNIT: ""})
    assert codes(root) == [("tools-disabled", "info")]
    convert(root)
    assert root.commands == [] and root.links == {MASK: "/dev/null"}


def test_the_agent_of_a_cloud_is_disabled_by_default_and_removed_where_that_is_asked_for():
    unit = "/lib/systemd/system/walinuxagent.service"
    root = guest(stanza("walinuxagent"), **{unit: ""})
    assert codes(root) == [("tools-disabled", "info")]
    convert(root)
    assert list(root.links) == ["/etc/systemd/system/walinuxagent.service"]
    root = guest(stanza("walinuxagent"), policy={"azure": "remove"}, **{unit: ""})
    assert codes(root) == [("hypervisor-tools-installed", "info")]
    convert(root)
    assert root.commands == [["dpkg", "--purge", "walinuxagent"]] and root.links == {}


def test_an_agent_that_may_change_the_guest_is_kept_with_a_warning():
    root = guest(stanza("walinuxagent"), policy={"azure": "keep"})
    assert codes(root) == [("hypervisor-agent-left", "warning")]
    assert "clears its own state" in messages(root)


# What is found, and says where the guest comes from


@pytest.mark.parametrize(
    "path, name, title",
    [
        ("/usr/sbin/VBoxService", "virtualbox", "VirtualBox"),
        ("/usr/bin/prltoolsd", "parallels", "Parallels"),
        ("/usr/sbin/prl_nettool", "virtuozzo", "Virtuozzo"),
        ("/usr/sbin/waagent", "azure", "Azure"),
        ("/usr/bin/google_guest_agent", "gcp", "Google"),
        ("/usr/libexec/oracle-cloud-agent/agent", "oracle", "Oracle"),
        ("/usr/sbin/xe-daemon", "xen", "Xen"),
        ("/usr/sbin/xen-guest-agent", "xen", "Xen"),
        ("/usr/sbin/hv_kvp_daemon", "hyperv", "Hyper-V"),
        ("/usr/bin/amazon-ssm-agent", "aws", "Amazon"),
        ("/usr/bin/vmtoolsd", "vmware", "VMware"),
    ],
)
def test_what_is_found_by_a_file_alone_is_named_and_disabled(path, name, title):
    root = without_dpkg(path)
    assert source(root) == name
    assert ("tools-disabled", "info") in codes(root)
    assert title in messages(root) and "package manager" in messages(root) or "run " in messages(root)


@pytest.mark.parametrize(
    "package, name",
    [
        ("virtualbox-guest-utils", "virtualbox"),
        ("walinuxagent", "azure"),
        ("google-guest-agent", "gcp"),
        ("xe-guest-utilities", "xen"),
        ("hyperv-daemons", "hyperv"),
        ("linux-cloud-tools-5.15.0-100-generic", "hyperv"),
        ("amazon-ssm-agent", "aws"),
    ],
)
def test_what_is_found_by_a_package_of_dpkg_is_named_by_it(package, name):
    root = guest(stanza(package))
    assert source(root) == name and package in messages(root)


def test_a_package_of_several_architectures_is_found():
    root = FakeRoot({"/var/lib/dpkg/info/walinuxagent:amd64.list": "", STATUS: stanza("walinuxagent")})
    assert source(root) == "azure"


def test_the_qemu_guest_agent_belongs_on_kvm_and_goes_elsewhere():
    root = guest(stanza("qemu-guest-agent"))
    assert (source(root), codes(root)) == ("kvm", [])
    assert convert(root).hardware.guest_agent
    root = guest(stanza("qemu-guest-agent"), target="vmware")
    assert source(root) == "kvm"
    assert not convert(root).hardware.guest_agent
    assert root.commands == [["dpkg", "--purge", "qemu-guest-agent"]]


@pytest.mark.parametrize(
    "paths, name",
    [
        # An image for Azure.
        (["/usr/sbin/hv_kvp_daemon", "/usr/sbin/waagent"], "azure"),
        # Prepared for the move to KVM.
        (["/usr/bin/vmtoolsd", "/usr/sbin/qemu-ga"], "vmware"),
        # With a hybrid activation.
        (["/usr/bin/vmtoolsd", "/usr/bin/amazon-ssm-agent"], "vmware"),
    ],
)
def test_of_several_the_source_is_the_one_with_the_best_evidence(paths, name):
    assert source(without_dpkg(*paths)) == name


def test_each_row_can_be_found_and_says_what_it_does():
    assert {each.hypervisor for each in TOOLS} == set(DEFAULTS)
    assert all(set(target.hypervisors) & set(DEFAULTS) for target in TARGETS.values())
    for each in TOOLS:
        assert each.programs or each.unpackaged
        assert each.effect.endswith(".") and not each.remedy.endswith(".") and each.services
        assert each.packages or each.remedy


@pytest.mark.parametrize(
    "path, name",
    [
        ("/usr/bin/vmware-uninstall-tools.pl", "vmware"),
        ("/opt/VBoxGuestAdditions-7.0.10/uninstall.sh", "virtualbox"),
        ("/usr/local/nutanix/ngt/ngtcli/ngtcli.py", "nutanix"),
        ("/usr/lib/parallels-tools/version", "parallels"),
    ],
)
def test_tools_without_a_package_or_record_are_reported_and_turned_off(path, name):
    family = "vmware" if name == "vmware" else "hypervisor"
    root = without_dpkg(path)
    assert source(root) == name and codes(root) == [(f"{family}-tools-tarball", "warning")]
    convert(root)
    assert root.changes() == [] and path in root.files


def test_tools_of_other_hypervisors_have_the_same_concerns():
    needing = stanza("company", Depends="virtualbox-guest-utils")
    assert codes(guest(stanza("virtualbox-guest-utils"), needing)) == [("hypervisor-tools-needed", "warning")]
    root = guest(stanza("virtualbox-guest-utils"), policy={"virtualbox": "keep"})
    assert codes(root) == [("hypervisor-tools-left", "info")]
    assert ("hypervisor-tools-tarball", "warning") in codes(without_dpkg("/opt/VBoxGuestAdditions-7.0.10/uninstall.sh"))
