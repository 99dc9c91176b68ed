# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The tools of hypervisors and the agents of clouds in Windows, as data.

The services are those of the hives in regipy's test data, of virt-v2v (convert/convert_windows.ml), of Forklift and coriolis
(osmorphing/windows.py), and of XCP-ng's XenClean (win-pv-drivers, XenDriverUtils/XenCleanup.cs). Not among them are drivers
that a guest may start from or work with on the target (pvscsi, vmxnet3), and those that are filters of other devices' drivers
(vmmouse, vmusbmouse): without their file, or turned off, the mouse is gone, or the guest does not start.
"""

from __future__ import annotations

from dataclasses import dataclass

from ...devices import models
from ...devices.model import Model


@dataclass(frozen=True)
class Tools:
    """The tools of one hypervisor, or the agent of one cloud.

    hypervisor: its name, as `source` has it in the root's info, and as the policy calls the tools.
    title: what people call them, within a sentence. family: what the codes of concerns begin with.
    services: that are turned off, be they programs or drivers. filters: those of them that may be filters of a class.
    products: how the names of their products in the list of what is installed begin. publishers: theirs.
    drives: the models whose drivers come with the product, and go with it.
    properties: what the Windows Installer needs besides, so that it uninstalls a product without questions.
    forgotten: (path below Services, value) that is deleted, so that a product's uninstallation leaves that driver alone.
    is_agent: whether it is the agent of a cloud.
    """

    hypervisor: str
    title: str
    services: tuple[str, ...]
    products: tuple[str, ...] = ()
    publishers: tuple[str, ...] = ()
    drives: tuple[Model, ...] = ()
    filters: tuple[str, ...] = ()
    family: str = "hypervisor"
    properties: tuple[str, ...] = ()
    forgotten: tuple[tuple[str, str], ...] = ()
    is_agent: bool = False


# Of Parallels Desktop and Virtuozzo 6. They call the hypervisor by RDPMC, at which a machine of another one without
# performance counters stops. Uninstalled, the filter of disks takes the guest's disks with it, unless its installation
# is forgotten (virt-v2v, convert/convert_windows.ml and its history).
_PARALLELS = (
    "prl_boot",
    "prl_dd",
    "prl_eth5",
    "prl_fs",
    "prl_memdev",
    "prl_mouf",
    "prl_pv32",
    "prl_pv64",
    "prl_scsi",
    "prl_sound",
    "prl_strg",
    "prl_tg",
    "prl_time",
    "prl_uprof",
    "prl_va",
)

# The more a row says about where the guest comes from, the earlier it stands.
TOOLS = (
    Tools(
        "vmware",
        "VMware Tools",
        (
            "VMTools",
            "VGAuthService",
            "VMUpgradeHelper",
            "vm3dservice",
            "vmvss",
            "VMMemCtl",
            "vmhgfs",
            "VMRawDsk",
            "vmdebug",
            "GISvc",
            "vnetflt",
            "vnetWFP",
            "vsepflt",
        ),
        ("VMware Tools",),
        ("VMware", "Broadcom"),
        (models.VMXNET3, models.PVSCSI),
        family="vmware",
    ),
    Tools(
        "virtualbox",
        "the VirtualBox Guest Additions",
        ("VBoxService",),
        # The first until 7.0.
        ("Oracle VM VirtualBox Guest Additions", "Oracle VirtualBox Guest Additions"),
    ),
    Tools(
        "parallels",
        "Parallels Tools",
        _PARALLELS,
        ("Parallels Tools", "Virtuozzo Tools"),
        filters=_PARALLELS,
        properties=("PREVENT_REBOOT=Yes", "LAUNCHED_BY_SETUP_EXE=Yes"),
        forgotten=((r"prl_strg\DriverInfo", "RefCount"),),
    ),
    Tools(
        "nutanix",
        "Nutanix Guest Tools",
        ("Nutanix Guest Agent", "Nutanix Self Service Restore Gateway"),
        ("Nutanix Guest Tools", "Nutanix Guest Agent"),
        ("Nutanix",),
    ),
    Tools(
        "azure",
        "the Azure VM Agent",
        ("WindowsAzureGuestAgent", "RdAgent", "WindowsAzureTelemetryService"),
        is_agent=True,
    ),
    Tools(
        "aws", "the agents of EC2", ("Ec2Config", "Amazon EC2Launch", "AmazonSSMAgent", "AWSLiteAgent"), is_agent=True
    ),
    Tools("gcp", "the Google guest agent", ("GCEAgent", "google_osconfig_agent"), is_agent=True),
    # xenbus and xenvbd start with Xen's devices only. xenfilt is in the way of all devices of the classes System and HDC
    # (win-xenbus, src/coinst/coinst.c), and elsewhere Windows stops with 0x7B; XCP-ng's XenBootFix takes both filters out.
    Tools(
        "xen",
        "the Xen guest tools",
        (
            "xenagent",
            "xensvc",
            "xenlite",
            "xenbus_monitor",
            "xencons_monitor",
            "XenInstall",
            "rhelscsi",
            "xenfilt",
            "scsifilt",
        ),
        (
            # Up to XenServer 6.
            "Citrix Tools for Virtual Machines",
            "Citrix XenServer Tools",
            "Citrix XenServer Windows",
            "Citrix Hypervisor PV Tools",
            "XenServer VM Tools",
            "XenServer Windows Management Agent",
            "XCP-ng Windows",
        ),
        filters=("xenfilt", "scsifilt"),
    ),
    Tools(
        "kvm",
        "QEMU's guest agent",
        ("QEMU-GA", "QEMU Guest Agent VSS Provider", "vdservice", "spice-agent"),
        ("QEMU guest agent", "Virtio-win-guest-tools"),
        ("RedHat", "Red Hat, Inc."),
        (models.VIRTIO_BLK, models.VIRTIO_SCSI, models.VIRTIO_NET, models.VIRTIO_VGA),
    ),
)
