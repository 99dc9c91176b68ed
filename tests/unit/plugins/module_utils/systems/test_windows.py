# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The facts of a Windows, by its registry."""

from __future__ import annotations

import pytest

from ansible_collections.virttools.guestconv.plugins.module_utils.aspects.windows import release
from ansible_collections.virttools.guestconv.plugins.module_utils.systems import windows
from ansible_collections.virttools.guestconv.plugins.module_utils.texts.inf import Release
from ansible_collections.virttools.guestconv.tests.unit.plugins.module_utils import complete_windows
from ansible_collections.virttools.guestconv.tests.unit.plugins.module_utils.guest.storage.storage_nodes import (
    filesystem,
)

VERSION = r"[Microsoft\Windows NT\CurrentVersion]"
PARAMETERS = r"[ControlSet001\Services\Tcpip\Parameters]"
UNINSTALL = r"Microsoft\Windows\CurrentVersion\Uninstall"


def facts(**guest):
    return windows.facts(complete_windows.make(**guest))


def test_the_facts_of_a_server():
    assert facts() == {
        "hostname": "app01",
        "os": "windows",
        "distribution": "windows",
        "product_name": "Windows Server 2019 Standard",
        "edition": "ServerStandard",
        "product_variant": "server",
        "version": {"major": 10, "minor": 0},
        "build": 17763,
        "arch": "x86_64",
        "drives": {},
        "package_format": None,
        "package_management": None,
        "init": None,
        "source": None,
    }


@pytest.mark.parametrize(
    "system, name",
    [
        (f'{PARAMETERS}\n"HostName"="DESKTOP-1"', "DESKTOP-1"),
        (f'{PARAMETERS}\n"Hostname"=""\n"NV Hostname"="nv"', "nv"),
        (
            f'{PARAMETERS}\n"Hostname"=""\n[ControlSet001\\Control\\ComputerName\\ComputerName]\n"ComputerName"="NETBIOS"',
            "NETBIOS",
        ),
        (f'{PARAMETERS}\n"Hostname"=""', None),
        # Another control set is in use.
        ('[Select]\n"Current"=dword:00000002\n[ControlSet002\\Services\\Tcpip\\Parameters]\n"Hostname"="two"', "two"),
    ],
)
def test_the_host_name_in_any_spelling(system, name):
    assert facts(system=system)["hostname"] == name


@pytest.mark.parametrize(
    "software, product_type, found",
    [
        ("", "ServerNT", Release("amd64", 10, 0, 17763, True)),
        ("", "LanmanNT", Release("amd64", 10, 0, 17763, True)),
        ("", "WinNT", Release("amd64", 10, 0, 17763, False)),
        (
            '"CurrentMajorVersionNumber"=hex(0):\n"CurrentVersion"="6.1"\n"CurrentBuildNumber"=""\n"CurrentBuild"="7601"',
            "WinNT",
            Release("amd64", 6, 1, 7601, False),
        ),
        ('"CurrentMajorVersionNumber"=hex(0):\n"CurrentVersion"="x.y"', "WinNT", None),
        ('"CurrentMajorVersionNumber"=hex(0):\n"CurrentVersion"=""', "WinNT", None),
    ],
)
def test_which_windows_it_is(software, product_type, found):
    system = f'[ControlSet001\\Control\\ProductOptions]\n"ProductType"="{product_type}"'
    root = complete_windows.make(system=system, software=f"{VERSION}\n{software}")
    assert release.of(root) == found


def test_windows_11_calls_itself_10_in_the_registry():
    client = '[ControlSet001\\Control\\ProductOptions]\n"ProductType"="WinNT"'
    name = f'{VERSION}\n"ProductName"="Windows 10 Pro"\n"CurrentBuildNumber"='
    assert facts(system=client, software=f'{name}"19045"')["product_name"] == "Windows 10 Pro"
    assert facts(system=client, software=f'{name}"22631"')["product_name"] == "Windows 11 Pro"


def test_without_a_registry_nothing_is_known():
    for files in (
        {f"{complete_windows.CONFIGURATION}/SYSTEM": None},
        {f"{complete_windows.CONFIGURATION}/SYSTEM": "x"},
    ):
        found = facts(files=files)
        assert (found["hostname"], found["version"], found["arch"]) == (None, {"major": None, "minor": None}, None)


def test_drive_letters_by_the_partition_table():
    # As in a hive of Windows 10: the signature of the disk and the byte; and a GUID, in the byte order of Windows.
    mounted = (
        "[MountedDevices]\n"
        '"\\\\DosDevices\\\\C:"=hex:ae,45,46,df,00,00,50,1f,00,00,00,00\n'
        '"\\\\DosDevices\\\\e:"=hex:44,4d,49,4f,3a,49,44,3a,04,03,02,01,06,05,08,07,09,0a,0b,0c,0d,0e,0f,10\n'
        '"\\\\DosDevices\\\\F:"=hex:e5,1b,2b,00,00,00,10,00,00,00,00,00\n'
        '"\\\\DosDevices\\\\D:"=hex:5c,00,3f,00,3f,00\n'
        '"\\\\??\\\\Volume{a}"=hex:ae,45,46,df,00,00,50,1f,00,00,00,00\n'
    )
    more = [
        filesystem("/dev/sda2", "ntfs", partuuid="df4645ae-02", start=0x1F500000 // 512),
        filesystem("/dev/sdb1", "ntfs", partuuid="01020304-0506-0708-090a-0b0c0d0e0f10"),
        filesystem("/dev/sdb2", "ntfs", partuuid="002b1be5-02"),
    ]
    assert facts(system=mounted, filesystems=more)["drives"] == {"C": "/dev/sda2", "E": "/dev/sdb1"}


def test_an_installation_is_known_by_its_guid():
    assert windows.instance(complete_windows.make()) == "4a4b4c4d-0000-1111-2222-333344445555"
    assert windows.instance(complete_windows.make({f"{complete_windows.CONFIGURATION}/SOFTWARE": b"x"})) == ""


def test_what_is_installed_of_32_and_64_bits():
    software = (
        f'[{UNINSTALL}\\{{A}}]\n"DisplayName"="VMware Tools"\n"DisplayVersion"="12.1"\n'
        f'[{UNINSTALL}\\hidden]\n"DisplayName"="Part"\n"SystemComponent"=dword:00000001\n'
        f'[{UNINSTALL}\\KB1]\n"ParentKeyName"="a"\n'
        f'[Wow6432Node\\{UNINSTALL}\\b]\n"DisplayName"="Editor"\n'
    )
    assert windows.applications(complete_windows.make(software=software)) == [
        {"name": "Editor", "epoch": None, "version": "", "release": None, "arch": "i686"},
        {"name": "VMware Tools", "epoch": None, "version": "12.1", "release": None, "arch": None},
    ]


def test_it_has_a_kernel():
    assert windows.has_kernel(complete_windows.make())
    assert not windows.has_kernel(complete_windows.make({"/Windows/System32/ntoskrnl.exe": None}))


def test_a_kernel_that_compactos_has_compressed_is_there_as_a_link_that_leads_nowhere():
    root = complete_windows.make({"/Windows/System32/ntoskrnl.exe": None})
    root.links["/Windows/System32/ntoskrnl.exe"] = "unsupported reparse point"
    assert windows.has_kernel(root) and windows.detect(root)
