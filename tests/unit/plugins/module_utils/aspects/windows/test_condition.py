# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What keeps a Windows from being converted, and what a person should know before."""

from __future__ import annotations

import pytest

from ansible_collections.virttools.guestconv.plugins.module_utils.aspects.windows import condition, pending
from ansible_collections.virttools.guestconv.tests import hives
from ansible_collections.virttools.guestconv.tests.unit.plugins.module_utils import complete_windows
from ansible_collections.virttools.guestconv.tests.unit.plugins.module_utils.aspects.windows.plans import plan
from ansible_collections.virttools.guestconv.tests.unit.plugins.module_utils.guest.storage.storage_nodes import (
    filesystem,
)

SYSTEM, SOFTWARE = (f"{complete_windows.CONFIGURATION}/{name}" for name in ("SYSTEM", "SOFTWARE"))
VERSION = r"[Microsoft\Windows NT\CurrentVersion]"
SETUP, MANAGER = "[Setup]", r"[ControlSet001\Control\Session Manager]"
UNINSTALL = r"[Microsoft\Windows\CurrentVersion\Uninstall"
RESTRICTIONS = r"[Policies\Microsoft\Windows\DeviceInstall\Restrictions]"


def told(**guest):
    """{code: severity} of the concerns about a guest that is made with these."""
    root = complete_windows.make(**guest)
    found = condition.inspect(root).concerns
    assert root.changes() == [] and all(each.message.endswith(".") for each in found)
    return {each.code: each.severity for each in found}


def test_nothing_is_told_of_a_windows_that_was_shut_down():
    assert told() == {}


@pytest.mark.parametrize(
    "guest, code, severity",
    [
        ({"files": {"/hiberfil.sys": "HIBR"}}, "guest-hibernated", "error"),
        ({"files": {"/hiberfil.sys": "hibr"}}, "guest-hibernated", "error"),
        ({"files": {"/hiberfil.sys": "RSTR"}}, "guest-hibernated", "error"),
        (
            {"files": {SYSTEM: hives.stand_in(complete_windows.SYSTEM, is_dirty=True)}},
            "registry-dirty",
            "error",
        ),
        (
            {"files": {SOFTWARE: hives.stand_in(complete_windows.SOFTWARE, is_dirty=True)}},
            "registry-dirty",
            "error",
        ),
        ({"files": {SYSTEM: None}}, "registry-malformed", "error"),
        ({"files": {SOFTWARE: b"regf"}}, "registry-malformed", "error"),
        ({"system": '[Select]\n"Current"=dword:00000002'}, "windows-version-not-supported", "error"),
        (
            {"software": f'{VERSION}\n"CurrentMajorVersionNumber"=hex(0):\n"CurrentVersion"="5.2"'},
            "windows-version-not-supported",
            "error",
        ),
        (
            {"system": '[ControlSet001\\Control\\Session Manager\\Environment]\n"PROCESSOR_ARCHITECTURE"="ARM64"'},
            "windows-version-not-supported",
            "error",
        ),
        (
            {"software": f'{VERSION}\n"CurrentMajorVersionNumber"=hex(0):\n"CurrentVersion"="6.0"'},
            "windows-version-untested",
            "warning",
        ),
        ({"software": f'{VERSION}\n"CurrentBuildNumber"="29000"'}, "windows-version-untested", "warning"),
        ({"software": f'{VERSION}\n"CurrentMajorVersionNumber"=dword:0000000b'}, "windows-version-untested", "warning"),
        ({"files": {"/Windows/WinSxS/pending.xml": "<x/>"}}, "windows-update-pending", "error"),
        (
            {"software": "[Microsoft\\Windows\\CurrentVersion\\Component Based Servicing\\RebootPending]"},
            "windows-update-pending",
            "warning",
        ),
        ({"system": f'{SETUP}\n"SystemSetupInProgress"=dword:00000001'}, "windows-setup-pending", "error"),
        ({"system": f'{SETUP}\n"SetupType"=dword:00000002'}, "windows-setup-pending", "error"),
        (
            {"system": f'{MANAGER}\n"BootExecute"=multi:"autocheck autochk /r \\\\??\\\\C:"'},
            "windows-boot-execute",
            "warning",
        ),
        (
            {"system": f'{MANAGER}\n"BootExecute"=multi:"autocheck autochk *","defrag"'},
            "windows-boot-execute",
            "warning",
        ),
        ({"system": f'{MANAGER}\n"PendingFileRenameOperations"=multi:"a"'}, "windows-renames-pending", "info"),
        ({"software": f'{RESTRICTIONS}\n"DenyUnspecified"=dword:00000001'}, "windows-driver-policy", "warning"),
        (
            {"software": f'{UNINSTALL}\\{{1}}]\n"DisplayName"="McAfee VirusScan"\n"Publisher"="McAfee, Inc."'},
            "windows-antivirus",
            "warning",
        ),
        ({"filesystems": [filesystem("/dev/sda2", "BitLocker")]}, "windows-bitlocker", "warning"),
        ({"filesystems": [filesystem("/dev/sda2", "", parttype="0x42")]}, "windows-dynamic-disk", "error"),
        (
            {
                "disks": ("sda", "sdb"),
                "filesystems": [filesystem("/dev/sdb1", "", parttype="e75caf8f-f680-4cee-afa3-b001e56efc2d")],
            },
            "windows-dynamic-disk",
            "warning",
        ),
    ],
)
def test_each_state_has_its_code(guest, code, severity):
    assert told(**guest) == {code: severity}


@pytest.mark.parametrize(
    "state, severity",
    [
        ("GENERALIZE_RESEAL_TO_OOBE", "info"),
        ("GENERALIZE_RESEAL_TO_AUDIT", "info"),
        ("SPECIALIZE_RESEAL_TO_OOBE", "info"),
        ("SPECIALIZE_RESEAL_TO_AUDIT", "info"),
        ("UNDEPLOYABLE", "error"),
        ("COMPLETE", "error"),
    ],
)
def test_a_setup_that_is_pending_may_be_what_sysprep_left(state, severity):
    software = f'[Microsoft\\Windows\\CurrentVersion\\Setup\\State]\n"ImageState"="IMAGE_STATE_{state}"'
    system = f'{SETUP}\n"SetupType"=dword:00000002\n"SystemSetupInProgress"=dword:00000001'
    assert told(system=system, software=software) == {"windows-setup-pending": severity}


@pytest.mark.parametrize(
    "guest",
    [
        {"files": {"/hiberfil.sys": "wake"}},
        {"files": {"/hiberfil.sys": ""}},
        {"files": {"/hiberfil.sys": "\0\0\0\0"}},
        {"system": f'{MANAGER}\n"BootExecute"=multi:"autocheck autochk /k:C *"'},
        {"system": f'{MANAGER}\n"BootExecute"=multi:"autocheck autochk /k:C*"'},
        {"system": f'{MANAGER}\n"BootExecute"=multi:"autocheck autochk /k:D /k:E: *"'},
        {"system": f'{MANAGER}\n"BootExecute"=multi:"autocheck autochk /q /v *"'},
        {"software": f'{RESTRICTIONS}\n"DenyUnspecified"=dword:00000000'},
        {"software": f'{UNINSTALL}\\{{1}}]\n"DisplayName"="Panda\'s text editor"\n"SystemComponent"=dword:00000001'},
    ],
)
def test_what_is_harmless_is_not_told(guest):
    assert told(**guest) == {}


@pytest.mark.parametrize(
    "length, size, is_truncated",
    [(0x2000, 0x3000, False), (0x2000, 0x4000, False), (0x2000, 0x2FFF, True), (0x2000, 44, True), (0, 512, False)],
)
def test_a_hive_whose_end_is_missing(length, size, is_truncated):
    header = hives.header()[:40] + length.to_bytes(4, "little")
    assert pending.is_truncated(header, size) is is_truncated
    assert not pending.is_truncated(b"x" + header[1:], size)


def test_a_truncated_hive_is_an_error():
    whole = hives.stand_in(complete_windows.SYSTEM)
    truncated = whole[:40] + (len(whole)).to_bytes(4, "little") + whole[44:]
    assert told(files={SYSTEM: truncated}) == {"registry-malformed": "error"}


def test_texts_of_a_hostile_guest_are_not_told_whole():
    programs = ",".join(f'"{letter * 100_000}"' for letter in "ABCDEFG")
    name = "McAfee " + "x" * 100_000
    root = complete_windows.make(
        system=f'{MANAGER}\n"BootExecute"=multi:{programs}', software=f'{UNINSTALL}\\{{1}}]\n"DisplayName"="{name}"'
    )
    found = {each.code: each.message for each in condition.inspect(root).concerns}
    assert set(found) == {"windows-boot-execute", "windows-antivirus"}
    assert all(len(message) < 5000 for message in found.values()) and "EEE...; ...." in found["windows-boot-execute"]


def test_a_dirty_volume_is_an_error_where_windows_is_on_it():
    root = complete_windows.make(filesystems=[filesystem("/dev/sda2", "ntfs", "NT-2")])
    for dirty, severity in (("/dev/sda1", "error"), ("/dev/sda2", "warning")):
        root.guest.is_dirty = lambda each, dirty=dirty: each.name == dirty
        (concern,) = condition.inspect(root).concerns
        assert (concern.code, concern.severity) == ("windows-volume-dirty", severity)


def test_a_volume_that_was_not_unmounted_is_an_error_where_windows_is_on_it():
    root = complete_windows.make(filesystems=[filesystem("/dev/sda2", "ntfs", "NT-2")])
    root.guest.has_open_journal = lambda each: True
    (concern,) = condition.inspect(root).concerns
    assert (concern.code, concern.severity) == ("windows-volume-dirty", "error")
    assert "/dev/sda1" in concern.message and "journal" in concern.message


def test_little_room_is_told():
    root = complete_windows.make()
    root.room = 1 << 20
    assert [each.code for each in condition.inspect(root).concerns] == ["filesystem-full"]


def test_disks_on_a_server_come_online_at_the_first_boot():
    asked = plan()
    condition.convert(complete_windows.make(disks=("sda", "sdb")), asked)
    (wanted,) = asked.windows_until_first_boot
    assert (wanted.path, wanted.name, wanted.number) == (r"Services\partmgr\Parameters", "SanPolicy", 1)


def test_an_only_disk_needs_no_policy():
    asked = plan()
    condition.convert(complete_windows.make(), asked)
    assert asked.windows_until_first_boot == []
