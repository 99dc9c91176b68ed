# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A complete Windows guest on the test double of the door, which all aspects of Windows inspect and convert by the engine."""

from __future__ import annotations

from contextlib import nullcontext

from ansible_collections.virttools.guestconv.tests import hives
from ansible_collections.virttools.guestconv.tests.unit.plugins.module_utils.guest.fake_root import FakeRoot
from ansible_collections.virttools.guestconv.tests.unit.plugins.module_utils.guest.storage.storage_nodes import (
    filesystem,
    image,
)

CONFIGURATION = "/Windows/System32/config"
SYSTEM = r"""
[ControlSet001\Control\CrashControl]
"AutoReboot"=dword:00000001
[ControlSet001\Control\ProductOptions]
"ProductType"="ServerNT"
[ControlSet001\Control\Session Manager]
"BootExecute"=multi:"autocheck autochk *"
[ControlSet001\Control\Session Manager\Environment]
"PROCESSOR_ARCHITECTURE"="AMD64"
[ControlSet001\Services\partmgr\Parameters]
"SanPolicy"=dword:00000002
[ControlSet001\Services\Tcpip\Parameters]
"Hostname"="app01"
[MountedDevices]
[Select]
"Current"=dword:00000001
[Setup]
"SetupType"=dword:00000000
"SystemSetupInProgress"=dword:00000000
"""
SOFTWARE = r"""
[Microsoft\Cryptography]
"MachineGuid"="4a4b4c4d-0000-1111-2222-333344445555"
[Microsoft\Windows NT\CurrentVersion]
"ProductName"="Windows Server 2019 Standard"
"EditionID"="ServerStandard"
"CurrentVersion"="6.3"
"CurrentMajorVersionNumber"=dword:0000000a
"CurrentMinorVersionNumber"=dword:00000000
"CurrentBuildNumber"="17763"
"""
BOOT_SECTOR = b"\x33\xc0".ljust(510, b"\0") + b"\x55\xaa"


def make(files=None, system="", software="", disks=("sda",), filesystems=(), info=None, hardware=None):
    """The guest: Windows Server 2019 in one partition of an MBR, with its boot manager.

    system, software: text that is appended to the hives. files: more, or others; None for one that is not there.
    filesystems: further ones (storage_nodes.filesystem). disks: their ids.
    """
    there = {
        "/Windows/System32/ntoskrnl.exe": "MZ",
        f"{CONFIGURATION}/SYSTEM": hives.stand_in(SYSTEM + system),
        f"{CONFIGURATION}/SOFTWARE": hives.stand_in(SOFTWARE + software),
        "/bootmgr": "x",
        "/Boot/BCD": hives.stand_in("[Objects]"),
        **(files or {}),
    }
    root = FakeRoot(
        {path: content for path, content in there.items() if content is not None},
        info={"os": "windows", "package_format": None, "init": None, "source": None, **(info or {})},
        disks=[image(name) for name in disks],
        filesystems=[filesystem("/dev/sda1", "ntfs", "NT-1", partuuid="df4645ae-01"), *filesystems],
        hardware=hardware,
    )
    # The first partition is active.
    sector = BOOT_SECTOR[:446] + b"\x80" + BOOT_SECTOR[447:]
    root.guest.boot_sector = lambda index: sector if index == 0 else bytes(512)
    root.guest.first_sector = lambda partition: b"BOOTMGR".ljust(510, b"\0") + b"\x55\xaa"
    root.guest.is_dirty = root.guest.has_open_journal = lambda filesystem: False
    root.guest.roots = [root]
    root.guest.mounted = lambda root, read_only: nullcontext(root)
    return root
