# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Windows guests of the tests of drivers: small hives with what real ones have, and files of drivers."""

from __future__ import annotations

from types import SimpleNamespace

from ansible_collections.virttools.guestconv.plugins.module_utils.aspects.plan import Plan
from ansible_collections.virttools.guestconv.plugins.module_utils.devices.targets import TARGETS
from ansible_collections.virttools.guestconv.plugins.module_utils.model.selection import Selection
from ansible_collections.virttools.guestconv.plugins.module_utils.virtio_win.library import VirtioWin
from ansible_collections.virttools.guestconv.tests.unit.plugins.module_utils.guest.fake_root import FakeRoot
from ansible_collections.virttools.guestconv.tests.unit.plugins.module_utils.guest.storage.storage_nodes import (
    filesystem,
)
from ansible_collections.virttools.guestconv.tests.unit.plugins.module_utils.virtio_win import virtio_win_files

SET = "ControlSet001"
_HEAD = r"""
[Select]
"Current"=dword:00000001
[ControlSet001\Control\Session Manager\Environment]
"PROCESSOR_ARCHITECTURE"="AMD64"
[ControlSet001\Control\ProductOptions]
"ProductType"="{product}"
[ControlSet001\Control\CriticalDeviceDatabase]
"""
# Names of services: how they start.
WINDOWS_10 = {"storahci": 0, "stornvme": 0, "LSI_SAS": 0, "intelide": 0, "atapi": 0, "pciide": 3}
WINDOWS_7 = {"msahci": 3, "LSI_SAS": 0, "intelide": 0, "atapi": 0, "pciide": 3}
_DEVICES = {
    "storahci": ("CC_010601", "mshdc.inf"),
    "msahci": ("CC_010601", "mshdc.inf"),
    "stornvme": ("CC_010802", "stornvme.inf"),
    "LSI_SAS": ("VEN_1000&DEV_0054", "lsi_sas.inf"),
    "intelide": ("VEN_8086&DEV_7010", "mshdc.inf"),
    "pvscsi": ("VEN_15AD&DEV_07C0", "oem4.inf"),
}


def service(name, start=3, image=None):
    """The text of a service that is a driver."""
    image = rf"System32\\drivers\\{name}.sys" if image is None else image
    return (
        f"[{SET}\\Services\\{name}]\n"
        f'"Type"=dword:00000001\n"Start"=dword:0000000{start}\n"ErrorControl"=dword:00000003\n"ImagePath"=expand:"{image}"\n'
    )


def system_text(version, services, more="", product="WinNT"):
    """The text of a SYSTEM hive of a version of NT, with these services of disks."""
    text = _HEAD.format(product=product)
    for name, start in services.items():
        text += service(name, start)
        identifier, inf = _DEVICES.get(name, ("", ""))
        if not identifier:
            continue
        if version >= (6, 2):
            text += f'[DriverDatabase\\DeviceIds\\PCI\\{identifier}]\n"{inf}"=hex:01,ff,00,00\n'
        else:
            text += f'[{SET}\\Control\\CriticalDeviceDatabase\\PCI#{identifier}]\n"Service"="{name}"\n'
    if version >= (6, 2):
        text += (
            '[DriverDatabase\\DriverInfFiles\\mshdc.inf]\n"Active"="mshdc.inf_amd64_18632ebfbf46b676"\n'
            '"Configurations"=multi:"ahci","intelide"\n'
            '[DriverDatabase\\DriverPackages\\mshdc.inf_amd64_18632ebfbf46b676]\n"Version"=hex:ff,ff,09,00'
            + ",00" * 44
            + "\n"
        )
    return text + more


def software_text(version, build, more=""):
    """The text of a SOFTWARE hive."""
    text = (
        r"[Microsoft\Windows NT\CurrentVersion]"
        f'\n"CurrentVersion"="{"6.3" if version >= (10, 0) else ".".join(map(str, version))}"\n'
        f'"CurrentBuildNumber"="{build}"\n'
    )
    if version >= (10, 0):
        text += f'"CurrentMajorVersionNumber"=dword:{version[0]:08x}\n"CurrentMinorVersionNumber"=dword:00000000\n'
    return text + '[Microsoft\\Windows\\CurrentVersion]\n"DevicePath"=expand:"%SystemRoot%\\\\inf"\n' + more


def windows(version=(10, 0), build=18362, services=None, more="", virtio_win=None, files=(), **options):
    """The root of a Windows guest with two disks. files: names of further drivers in System32\\drivers."""
    services = (WINDOWS_10 if version >= (6, 2) else WINDOWS_7) if services is None else services
    drivers = {f"/Windows/System32/drivers/{name}.sys": name for name in (*services, *files)}
    software = options.pop("software", "")
    root = FakeRoot(
        {**drivers, "/Windows/System32/ntoskrnl.exe": "", **options.pop("others", {})},
        info={"os": "windows", "mountpoints": {"/": "/dev/sda2"}},
        disks=[SimpleNamespace(device=name, virtual_size=10) for name in ("sda", "sdb")],
        filesystems=[filesystem("/dev/sda2", "ntfs", "a")],
        hives={
            "SYSTEM": system_text(version, services, more, options.pop("product", "WinNT")),
            "SOFTWARE": software_text(version, build, software),
        },
        **options,
    )
    root.guest.virtio_win = virtio_win
    return root


def virtio_win(directory, systems=("w7", "2k8R2", "w8", "2k12", "w10"), files=None):
    """A virtio-win of the tests in a directory."""
    return VirtioWin.opened(virtio_win_files.unpacked(directory, files or virtio_win_files.tree(systems)))


def plan(root, block="virtio-blk-pci", network="virtio-net-pci", removed=()):
    """A plan in which all disks have one driver."""
    drivers = {
        "network": {"eth0": network},
        "block": {disk.device: block for disk in root.guest.disks if disk.device not in removed},
        "graphics": {"video0": "VGA"},
        "console": {"console": "isa-serial"},
    }
    gone = {"network": [], "block": list(removed), "graphics": [], "console": []}
    return Plan(TARGETS[root.guest.target.name], Selection(drivers, gone))


def text_of(root, name="SYSTEM"):
    """The lines of a hive of root."""
    content = root.files[f"/Windows/System32/config/{name}"]
    return content[512:].decode().splitlines()


def with_keys(lines):
    """{(key, line of a value)} of a hive's lines; (key, "") for a key."""
    found, key = set(), ""
    for line in lines:
        if line.startswith("["):
            key = line.strip("[]")
            found.add((key, ""))
        else:
            found.add((key, line))
    return found


def converted(root, aspect, chosen):
    """What an aspect's conversion adds to and takes from the SYSTEM hive: two sets as of with_keys."""
    before = with_keys(text_of(root))
    with root.on_behalf_of(aspect.NAME):
        aspect.convert(root, chosen)
    after = with_keys(text_of(root))
    return after - before, before - after
