# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The tools and agents that conversion leaves: found by their files or packages, and named."""

from __future__ import annotations

import pytest

from ansible_collections.virttools.guestconv.plugins.module_utils.aspects import tools
from ansible_collections.virttools.guestconv.plugins.module_utils.aspects.plan import Plan
from ansible_collections.virttools.guestconv.plugins.module_utils.aspects.tools import agents
from ansible_collections.virttools.guestconv.plugins.module_utils.devices.targets import TARGETS
from ansible_collections.virttools.guestconv.plugins.module_utils.model.selection import Selection
from ansible_collections.virttools.guestconv.tests.unit.plugins.module_utils.guest.fake_root import FakeRoot

STATUS = "/var/lib/dpkg/status"


def packaged(name, status="install ok installed", arch=""):
    """The files of dpkg's that say that a package of this name is installed."""
    stanza = f"Package: {name}\nStatus: {status}\nArchitecture: amd64\nVersion: 1\n\n"
    return {STATUS: stanza, f"/var/lib/dpkg/info/{name}{arch}.list": f"/usr/share/doc/{name}\n"}


def inspect(files, target="kvm", package_format="deb"):
    """What inspection says: the source, and the concerns."""
    root = FakeRoot(files, info={"package_format": package_format}, target=target)
    findings = tools.inspect(root)
    tools.convert(root, Plan(TARGETS[target], Selection({}, {})))
    assert (root.changes(), root.commands) == ([], [])
    return findings.info["source"], findings.concerns


@pytest.mark.parametrize(
    "path, source, title, severity",
    [
        ("/opt/VBoxGuestAdditions-7.0.10/uninstall.sh", "virtualbox", "VirtualBox", "info"),
        ("/usr/sbin/VBoxService", "virtualbox", "VirtualBox", "info"),
        ("/usr/bin/prltoolsd", "parallels", "Parallels", "info"),
        ("/usr/local/nutanix/ngt/ngtcli/ngtcli.py", "nutanix", "Nutanix", "info"),
        ("/usr/sbin/waagent", "azure", "Azure", "warning"),
        ("/usr/bin/google_guest_agent", "gcp", "Google", "info"),
        ("/usr/libexec/oracle-cloud-agent/agent", "oracle", "Oracle", "info"),
        ("/usr/sbin/xe-daemon", "xen", "Xen", "info"),
        ("/usr/sbin/xen-guest-agent", "xen", "Xen", "info"),
        ("/usr/sbin/hv_kvp_daemon", "hyperv", "Hyper-V", "info"),
        ("/usr/bin/amazon-ssm-agent", "aws", "Amazon", "info"),
    ],
)
def test_what_is_found_by_a_file_is_named_and_says_where_the_guest_comes_from(path, source, title, severity):
    found, concerns = inspect({path: ""}, package_format="rpm")
    assert found == source
    assert [(each.code, each.severity) for each in concerns] == [("hypervisor-agent-left", severity)]
    assert title in concerns[0].message and path.startswith(concerns[0].message.partition("(")[2].partition(")")[0])
    assert "package manager" in concerns[0].hint


@pytest.mark.parametrize(
    "name, source",
    [
        ("virtualbox-guest-utils", "virtualbox"),
        ("walinuxagent", "azure"),
        ("google-guest-agent", "gcp"),
        ("xe-guest-utilities", "xen"),
        ("hyperv-daemons", "hyperv"),
        ("amazon-ssm-agent", "aws"),
    ],
)
@pytest.mark.parametrize("arch", ["", ":amd64"])
def test_what_is_found_by_a_package_of_dpkg_is_named_by_it(name, source, arch):
    found, concerns = inspect(packaged(name, arch=arch))
    assert found == source
    assert f"({name})" in concerns[0].message and f"the package {name} " in concerns[0].hint


def test_a_package_that_left_its_configuration_is_not_there():
    assert inspect(packaged("walinuxagent", status="deinstall ok config-files")) == (None, [])


def test_a_guest_without_any_costs_no_reading_of_the_database():
    root = FakeRoot({"/var/lib/dpkg/info/bash.list": "", STATUS: "must not be read"})
    root.read = None
    assert agents.installed(root) == []


def test_the_qemu_guest_agent_belongs_on_kvm_and_is_named_elsewhere():
    files = {"/usr/sbin/qemu-ga": ""}
    assert inspect(files) == ("kvm", [])
    source, concerns = inspect(files, target="vmware")
    assert source == "kvm" and "QEMU guest agent" in concerns[0].message


@pytest.mark.parametrize(
    "paths, source",
    [
        # An image for Azure.
        (["/usr/sbin/hv_kvp_daemon", "/usr/sbin/waagent"], "azure"),
        # Prepared for the move to KVM.
        (["/usr/bin/vmtoolsd", "/usr/sbin/qemu-ga"], "vmware"),
        # With a hybrid activation.
        (["/usr/bin/vmtoolsd", "/usr/bin/amazon-ssm-agent"], "vmware"),
    ],
)
def test_of_several_the_source_is_the_one_with_the_best_evidence(paths, source):
    root = FakeRoot(dict.fromkeys(paths, ""), info={"package_format": "rpm"})
    assert tools.inspect(root).info["source"] == source


def test_each_row_can_be_found_and_says_what_it_does():
    for agent in agents.AGENTS:
        assert agent.programs and agent.effect.endswith(".") and not agent.remedy.endswith(".")
        assert agent.packages or agent.remedy
