# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The tools that hypervisors, and the agents that clouds, have in their guests, as data."""

from __future__ import annotations

import fnmatch
from collections.abc import Iterable
from dataclasses import dataclass

from .records import VIRTUALBOX, VMWARE, Record


@dataclass(frozen=True)
class Tools:
    """The tools of one hypervisor, or the agent of one cloud.

    hypervisor: its name, as `source` has it in the root's info, and as the policy calls the tools; a target's where it is
        one.
    title: what people call them, within a sentence. family: what the codes of concerns begin with. is_agent: whether it is
        the agent of a cloud.
    packages: shell patterns of the names of their packages, in all formats.
    programs: shell patterns of files that are there when they are installed, whatever with.
    services: patterns of the names of their services: of systemd with the ending of the unit, of other inits without.
    unpackaged: shell patterns of files that only an installation without a package has.
    record: what an installer without packages has left of what it did, which conversion can go by.
    effect: what they do elsewhere, a sentence. severity: of the concern where they stay and run.
    remedy: how a person removes them where they have no package, "" where that is not known.
    """

    hypervisor: str
    title: str
    packages: tuple[str, ...]
    programs: tuple[str, ...]
    services: tuple[str, ...]
    effect: str
    family: str = "hypervisor"
    is_agent: bool = False
    unpackaged: tuple[str, ...] = ()
    record: Record | None = None
    severity: str = "info"
    remedy: str = ""

    def has_package(self, name: str) -> bool:
        """Whether a package of this name is theirs."""
        return any(fnmatch.fnmatchcase(name, pattern) for pattern in self.packages)

    def evidence(self, paths: Iterable[str]) -> list[str]:
        """Those of the paths that are there because the tools are, those of installations without a package first."""
        patterns = (*self.unpackaged, *self.programs)
        return [path for pattern in patterns for path in fnmatch.filter(paths, pattern)]


# The more a row says about where the guest comes from, the earlier it stands: images for Azure have Hyper-V's daemons too,
# and qemu-guest-agent is in many images that were never on KVM.
TOOLS = (
    Tools(
        "vmware",
        "VMware Tools",
        # open-vm-tools with all that is called after it (-desktop, -dev, -dkms, -sdmp, -salt-minion, -containerinfo,
        # Alpine's -openrc) and the older open-vm-toolbox; and the packages that VMware itself offered.
        # xserver-xorg-video-vmware and xserver-xorg-input-vmmouse are no tools: X's metapackages bring them everywhere.
        ("open-vm-tool*", "vmware-tools-*", "vmware-open-vm-tools*", "VMwareTools"),
        ("/usr/bin/vmtoolsd", "/usr/sbin/vmtoolsd", "/usr/sbin/vmware-guestd"),
        (
            "open-vm-tools.service",
            "vmtoolsd.service",
            "vgauth.service",
            "vgauthd.service",
            # It has a backslash there, which escapes in a pattern.
            "run-vmblock?x2dfuse.mount",
            "vmware-vmblock-fuse.service",
            "vmware-tools.service",
            "vmware-tools-thinprint.service",
            "open-vm-tools",
            "vmtoolsd",
            "vmware-tools",
            "vmware-tools-services",
            "vmware-tools-thinprint",
        ),
        "Outside VMware their services do not start.",
        family="vmware",
        # The tarball's installer keeps what it did in `locations`; open-vm-tools has a /etc/vmware-tools, but not that.
        unpackaged=("/etc/vmware-tools/locations", "/usr/bin/vmware-uninstall-tools.pl"),
        record=VMWARE,
        remedy="run vmware-uninstall-tools.pl in the guest",
    ),
    Tools(
        "virtualbox",
        "the VirtualBox Guest Additions",
        ("virtualbox-guest-*",),
        ("/usr/sbin/VBoxService", "/usr/bin/VBoxService", "/usr/bin/VBoxClient"),
        (
            "virtualbox-guest-utils.service",
            "vboxservice.service",
            "vboxclient.service",
            "vboxdrmclient.service",
            "vboxdrmclient.path",
            "vboxadd.service",
            "vboxadd-service.service",
            "virtualbox-guest-utils",
            "virtualbox-guest-additions",
            "vboxadd",
            "vboxadd-service",
            "vboxadd-x11",
        ),
        "Without VirtualBox's virtual device their services do not start.",
        unpackaged=("/var/lib/VBoxGuestAdditions/config", "/opt/VBoxGuestAdditions-*"),
        record=VIRTUALBOX,
        remedy="run /opt/VBoxGuestAdditions-*/uninstall.sh in the guest",
    ),
    Tools(
        "parallels",
        "Parallels Tools",
        (),
        ("/usr/bin/prltoolsd",),
        (
            *(f"{name}.service" for name in ("prltoolsd", "prl-x11", "prltools_updater", "prlfsmountd")),
            *("prltoolsd", "prl-x11", "prltools_updater", "prlfsmountd"),
        ),
        "Their service and kernel modules find no device of Parallels.",
        unpackaged=("/usr/lib/parallels-tools",),
        remedy="run /usr/lib/parallels-tools/install -r in the guest",
    ),
    Tools(
        "nutanix",
        "Nutanix Guest Tools",
        ("nutanix-guest-*",),
        (),
        (
            "ngt_guest_agent.service",
            "ngt_self_service_restore.service",
            "ngt_guest_agent",
            "ngt_self_service_restore",
        ),
        "Their agent goes on trying to reach the Nutanix cluster.",
        unpackaged=("/usr/local/nutanix/ngt",),
        remedy="run /usr/local/nutanix/ngt/python/bin/uninstall_ngt.sh in the guest",
    ),
    Tools(
        "virtuozzo",
        "the Virtuozzo guest tools",
        ("prl_nettool", "vz-guest-tools*", "vz-guest-udev", "qemu-guest-agent-vz"),
        ("/usr/sbin/prl_nettool", "/usr/bin/prl_nettool"),
        ("prl_nettool.service", "prl_nettool"),
        "Their service waits for a device of Virtuozzo.",
    ),
    Tools(
        "azure",
        "the Azure Linux Agent",
        ("walinuxagent*", "waagent", "WALinuxAgent*", "python-azure-agent*"),
        ("/usr/sbin/waagent", "/usr/bin/waagent"),
        (
            "walinuxagent.service",
            "waagent.service",
            "walinuxagent-network-setup.service",
            "waagent-network-setup.service",
            "walinuxagent",
            "waagent",
        ),
        # azurelinuxagent/pa/provision/default.py, check_provisioned_file(): the identifier is the machine's UUID (SMBIOS).
        "On a machine with another UUID it takes the guest for a new one, clears its own state and tries to provision it.",
        severity="warning",
        is_agent=True,
    ),
    Tools(
        "gcp",
        "the Google guest agent",
        ("google-guest-agent", "google-compute-engine*", "gce-compute-image-packages", "google-osconfig-agent"),
        ("/usr/bin/google_guest_agent", "/usr/bin/google_accounts_daemon", "/usr/bin/google_osconfig_agent"),
        (
            "google-guest-agent.service",
            "google-guest-agent-manager.service",
            "google-guest-compat-manager.service",
            "google-startup-scripts.service",
            "google-shutdown-scripts.service",
            "google-accounts-daemon.service",
            "google-clock-skew-daemon.service",
            "google-instance-setup.service",
            "google-network-daemon.service",
            "google-ip-forwarding-daemon.service",
            "google-osconfig-agent.service",
            "google-oslogin-cache.timer",
            "gce-workload-cert-refresh.timer",
            # Jobs of upstart, in Enterprise Linux 6.
            "google-guest-agent",
            "google-startup-scripts",
            "google-shutdown-scripts",
        ),
        "It goes on asking for Google's metadata server, which is not there, and no longer maintains the users' SSH keys.",
        is_agent=True,
    ),
    Tools(
        "oracle",
        "the Oracle Cloud Agent",
        ("oracle-cloud-agent",),
        ("/usr/libexec/oracle-cloud-agent",),
        (
            "oracle-cloud-agent.service",
            "oracle-cloud-agent-updater.service",
            "snap.oracle-cloud-agent.oracle-cloud-agent.service",
            "snap.oracle-cloud-agent.oracle-cloud-agent-updater.service",
        ),
        "It goes on trying to reach Oracle's cloud.",
        unpackaged=("/snap/oracle-cloud-agent",),
        remedy="run `snap remove oracle-cloud-agent` in the guest",
        is_agent=True,
    ),
    Tools(
        "xen",
        "the Xen guest tools",
        ("xe-guest-utilities*", "xen-guest-agent"),
        (
            "/usr/sbin/xe-daemon",
            "/usr/bin/xe-daemon",
            "/usr/sbin/xe-linux-distribution",
            "/usr/sbin/xen-guest-agent",
            "/usr/bin/xen-guest-agent",
        ),
        (
            "xe-linux-distribution.service",
            "xe-daemon.service",
            "xen-guest-agent.service",
            "xe-linux-distribution",
            "xe-daemon",
            "xe-guest-utilities",
        ),
        "Without XenStore their services do not start.",
    ),
    Tools(
        "hyperv",
        "Hyper-V's daemons",
        (
            "hyperv-daemons*",
            "hyperv-tools",
            "hypervkvpd",
            "hypervvssd",
            "hypervfcopyd",
            "linux-cloud-tools-*",
            "hyper-v",
            "hyperv",
            "hvtools*",
            "microsoft-hyper-v",
        ),
        ("/usr/sbin/hv_*_daemon", "/usr/bin/hv_*_daemon", "/usr/sbin/hypervkvpd", "/usr/sbin/hypervvssd"),
        (
            *(f"hv-{kind}-daemon.service" for kind in ("kvp", "vss", "fcopy", "fcopy-uio")),
            *(f"hv_{kind}_daemon.service" for kind in ("kvp", "vss", "fcopy", "fcopy_uio")),
            # Debian's.
            "hyperv-daemons.hv-*-daemon.service",
            *(f"hyperv{kind}d.service" for kind in ("kvp", "vss", "fcopy", "fcopyuio")),
            *(f"hv_{kind}_daemon" for kind in ("kvp", "vss", "fcopy")),
            *(f"hyperv{kind}d" for kind in ("kvp", "vss", "fcopy")),
            # Jobs of upstart, in Ubuntu 14.04.
            *(f"hv-{kind}-daemon" for kind in ("kvp", "vss", "fcopy")),
        ),
        "Without Hyper-V's virtual devices they do not start.",
    ),
    Tools(
        "aws",
        "the Amazon SSM Agent",
        ("amazon-ssm-agent",),
        ("/usr/bin/amazon-ssm-agent",),
        (
            "amazon-ssm-agent.service",
            "snap.amazon-ssm-agent.amazon-ssm-agent.service",
            "amazon-ssm-agent",
        ),
        "It goes on trying to reach AWS; a guest with a hybrid activation can still be controlled from there.",
        unpackaged=("/snap/amazon-ssm-agent",),
        remedy="run `snap remove amazon-ssm-agent` in the guest",
        is_agent=True,
    ),
    Tools(
        "kvm",
        "the QEMU guest agent",
        ("qemu-guest-agent", "qemu-guest-agent-openrc", "qemu-ga"),
        ("/usr/bin/qemu-ga", "/usr/sbin/qemu-ga"),
        ("qemu-guest-agent.service", "qemu-ga.service", "qemu-guest-agent"),
        "Without its virtual serial port it does not start.",
    ),
)
