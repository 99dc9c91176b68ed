# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Tools of hypervisors and agents of clouds that conversion leaves in the guest: which they are, and which are there."""

from __future__ import annotations

import fnmatch
from collections.abc import Iterable
from dataclasses import dataclass

from ... import packages
from ...guest.root import GuestRoot
from ...model.concerns import Concern

_DPKG_INFO = "/var/lib/dpkg/info"


@dataclass(frozen=True)
class Agent:
    """What a hypervisor or a cloud has in its guests.

    hypervisor: as `source` has it in the root's info; a target's name where it is one.
    title: what people call it.
    packages: shell patterns of the names of its packages, in all formats.
    programs: shell patterns of files that are there when it is installed, whatever with.
    effect: what it does elsewhere, a sentence. severity: of the concern about it.
    remedy: how it is removed if it has no package.
    """

    hypervisor: str
    title: str
    packages: tuple[str, ...]
    programs: tuple[str, ...]
    effect: str
    severity: str = "info"
    remedy: str = ""

    def packages_among(self, names: Iterable[str]) -> list[str]:
        """Those of the names that are packages of it."""
        return [name for name in names if any(fnmatch.fnmatchcase(name, pattern) for pattern in self.packages)]


# The more a row says about where the guest comes from, the earlier it stands: images for Azure have Hyper-V's daemons too,
# and qemu-guest-agent is in many images that were never on KVM.
AGENTS = (
    Agent(
        "virtualbox",
        "The VirtualBox Guest Additions",
        ("virtualbox-guest-*", "virtualbox-guest-additions"),
        ("/usr/sbin/VBoxService", "/usr/bin/VBoxService", "/usr/bin/VBoxClient", "/opt/VBoxGuestAdditions-*"),
        "Without VirtualBox's virtual device their services do not start.",
        remedy="run /opt/VBoxGuestAdditions-*/uninstall.sh in the guest",
    ),
    Agent(
        "parallels",
        "Parallels Tools",
        (),
        ("/usr/bin/prltoolsd", "/usr/lib/parallels-tools"),
        "Their service and kernel modules find no device of Parallels.",
        remedy="run /usr/lib/parallels-tools/install -r in the guest",
    ),
    Agent(
        "nutanix",
        "Nutanix Guest Tools",
        ("nutanix-guest-*",),
        ("/usr/local/nutanix/ngt",),
        "Their agent goes on trying to reach the Nutanix cluster.",
        remedy="run /usr/local/nutanix/ngt/python/bin/uninstall_ngt.sh in the guest",
    ),
    Agent(
        "azure",
        "The Azure Linux Agent",
        ("walinuxagent", "waagent", "WALinuxAgent", "python-azure-agent"),
        ("/usr/sbin/waagent", "/usr/bin/waagent"),
        # azurelinuxagent/pa/provision/default.py, check_provisioned_file(): the identifier is the machine's UUID (SMBIOS).
        "On a machine with another UUID it takes the guest for a new one, clears its own state and tries to provision it.",
        "warning",
        "set Provisioning.Enabled=n in /etc/waagent.conf, and disable the service",
    ),
    Agent(
        "gcp",
        "The Google guest agent",
        ("google-guest-agent", "google-compute-engine*", "gce-compute-image-packages"),
        ("/usr/bin/google_guest_agent", "/usr/bin/google_accounts_daemon"),
        "It goes on asking for Google's metadata server, which is not there, and no longer maintains the users' SSH keys.",
    ),
    Agent(
        "oracle",
        "The Oracle Cloud Agent",
        ("oracle-cloud-agent",),
        ("/usr/libexec/oracle-cloud-agent", "/snap/oracle-cloud-agent"),
        "It goes on trying to reach Oracle's cloud.",
        remedy="run `snap remove oracle-cloud-agent` in the guest",
    ),
    Agent(
        "xen",
        "The Xen guest tools",
        ("xe-guest-utilities*", "xen-guest-agent"),
        (
            "/usr/sbin/xe-daemon",
            "/usr/bin/xe-daemon",
            "/usr/sbin/xe-linux-distribution",
            "/usr/sbin/xen-guest-agent",
            "/usr/bin/xen-guest-agent",
        ),
        "Without XenStore their services do not start.",
        remedy="disable the services xe-linux-distribution and xen-guest-agent in the guest",
    ),
    Agent(
        "hyperv",
        "Hyper-V's daemons",
        ("hyperv-daemons", "hypervkvpd", "hypervvssd", "hypervfcopyd", "linux-cloud-tools-*", "hyper-v", "hvtools"),
        ("/usr/sbin/hv_*_daemon", "/usr/bin/hv_*_daemon", "/usr/sbin/hypervkvpd", "/usr/sbin/hypervvssd"),
        "Without Hyper-V's virtual devices they do not start.",
    ),
    Agent(
        "aws",
        "The Amazon SSM Agent",
        ("amazon-ssm-agent",),
        ("/usr/bin/amazon-ssm-agent", "/snap/amazon-ssm-agent"),
        "It goes on trying to reach AWS; a guest with a hybrid activation can still be controlled from there.",
        remedy="run `snap remove amazon-ssm-agent` in the guest",
    ),
    Agent(
        "kvm",
        "The QEMU guest agent",
        ("qemu-guest-agent",),
        ("/usr/bin/qemu-ga", "/usr/sbin/qemu-ga"),
        "Without its virtual serial port it does not start.",
    ),
)


@dataclass(frozen=True)
class InstalledAgent:
    """An agent that is installed. package: the name of its package; "" where that is not known. path: a file of it."""

    agent: Agent
    package: str = ""
    path: str = ""


def installed(root: GuestRoot) -> list[InstalledAgent]:
    """The agents that are installed in root, in the order of AGENTS. dpkg's database is only read when it may have one."""
    listed = _listed_packages(root)
    has_any = any(agent.packages_among(listed) for agent in AGENTS)
    there = _installed_packages(root) if has_any else []
    # One call for all of them.
    paths = root.glob(*(pattern for agent in AGENTS for pattern in agent.programs))
    found = []
    for agent in AGENTS:
        package = next(iter(agent.packages_among(there)), "")
        path = next((path for pattern in agent.programs for path in fnmatch.filter(paths, pattern)), "")
        if package or path:
            found.append(InstalledAgent(agent, package, path))
    return found


def concern(root: GuestRoot, found: InstalledAgent) -> Concern:
    """What a person should know of an agent of another hypervisor than the target."""
    agent = found.agent
    remedies = ["remove its package with the guest's package manager", *filter(None, [agent.remedy])]
    if found.package:
        remedies = [f"remove the package {found.package} with the guest's package manager"]
    return Concern(
        "hypervisor-agent-left",
        agent.severity,
        f"{agent.title} ({found.package or found.path}) on {root.name}: conversion does not remove it. {agent.effect}",
        f"If it is not used on the target, {', or '.join(remedies)}.",
    )


def _listed_packages(root: GuestRoot) -> list[str]:
    """The names of packages that dpkg has a list of files of: what is installed, or was and left its configuration."""
    if root.info["package_format"] != "deb":
        return []
    # The file is NAME:ARCH.list for packages that may be there for several architectures at once.
    return [name[: -len(".list")].partition(":")[0] for name in root.list(_DPKG_INFO) if name.endswith(".list")]


def _installed_packages(root: GuestRoot) -> list[str]:
    manager = packages.manager_for(root)
    removal = manager.removal() if manager else None
    return [package.name for package in removal.packages()] if removal else []
