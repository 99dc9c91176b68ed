# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How Windows boots: the boot manager, the fallback of UEFI, the boot configuration, and what follows a crash."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from ansible_collections.virttools.guestconv.plugins.module_utils.aspects.windows import boot
from ansible_collections.virttools.guestconv.plugins.module_utils.guest.storage.mounts import Mount, MountPlan
from ansible_collections.virttools.guestconv.tests import hives
from ansible_collections.virttools.guestconv.tests.unit.plugins.module_utils import complete_windows
from ansible_collections.virttools.guestconv.tests.unit.plugins.module_utils.aspects.windows.plans import plan
from ansible_collections.virttools.guestconv.tests.unit.plugins.module_utils.guest.fake_root import FakeRoot
from ansible_collections.virttools.guestconv.tests.unit.plugins.module_utils.guest.storage.storage_nodes import (
    filesystem,
)

ESP = "c12a7328-f81f-11d2-ba4b-00a0c93ec93b"
MICROSOFT = "/EFI/Microsoft/Boot"
MANAGER = b"MZ" + "Windows Boot Manager".encode("utf-16-le")
# A first sector whose only partition covers a GPT.
PROTECTIVE = bytes(450) + b"\xee" + bytes(59) + b"\x55\xaa"
BCD = r"""
[Objects\{1}\Elements\16000046]
"Element"=hex:01
[Objects\{1}\Elements\22000002]
"Element"="\\Windows"
[Objects\{2}\Elements\22000002]
"Element"="a"
"""


def with_uefi(files=None, configuration=BCD, is_dirty=False, hardware=None):
    """A guest with an EFI system partition that has the boot manager, and these files."""
    there = {
        f"{MICROSOFT}/bootmgfw.efi": MANAGER,
        f"{MICROSOFT}/BCD": hives.stand_in(configuration, is_dirty),
        **(files or {}),
    }
    root = complete_windows.make(filesystems=[filesystem("/dev/sda2", "vfat", parttype=ESP)], hardware=hardware)
    root.guest.boot_sector = lambda index: PROTECTIVE
    root.volumes["/dev/sda2"] = FakeRoot({path: content for path, content in there.items() if content is not None})
    return root


def told(root):
    return {each.code: each.severity for each in boot.inspect(root).concerns}


def test_a_windows_with_bios_has_its_boot_manager_on_the_active_partition():
    root = complete_windows.make()
    found = boot.inspect(root)
    assert (found.boot, found.concerns) == (
        {"firmware": "bios", "loaders": {"sda": {"type": "bios", "name": "windows"}}},
        [],
    )
    assert boot.may_have_menu(root)


def test_without_a_boot_manager_the_guest_may_not_boot():
    assert told(complete_windows.make({"/bootmgr": None})) == {"boot-loader-missing": "warning"}
    assert told(complete_windows.make(hardware={"firmware": "uefi"})) == {"boot-loader-missing": "warning"}
    root = with_uefi({f"{MICROSOFT}/BCD": None})
    assert told(root) == {"boot-loader-missing": "warning"} and not boot.may_have_menu(root)


def test_a_windows_with_uefi_gets_the_fallback_and_a_video_mode_once():
    root = with_uefi()
    found = boot.inspect(root)
    assert (found.boot, found.concerns) == (
        {"firmware": "uefi", "loaders": {"sda": {"type": "uefi", "name": "windows"}}},
        [],
    )
    boot.convert(root, plan())
    volume = root.volumes["/dev/sda2"]
    assert volume.files["/EFI/BOOT/BOOTX64.EFI"] == MANAGER
    elements = volume.hive(f"{MICROSOFT}/BCD", "").key(r"Objects\{1}\Elements")
    assert [each.name for each in elements.keys()] == ["22000002"]
    changes = root.changes()
    assert [change.path for change in changes][:2] == [
        "/EFI/BOOT/BOOTX64.EFI",
        rf"{MICROSOFT}/BCD\Objects\{{1}}\Elements\16000046",
    ]
    assert told(root) == {}
    boot.convert(root, plan())
    assert root.changes() == changes


@pytest.mark.parametrize(
    "files, concerns",
    [
        ({"/EFI/Boot/bootx64.efi": MANAGER + b"older"}, {}),
        ({"/EFI/BOOT/BOOTX64.EFI": b"MZ GRUB"}, {"windows-fallback-foreign": "warning"}),
    ],
)
def test_a_fallback_that_is_there_stays(files, concerns):
    root = with_uefi(files)
    assert told(root) == concerns
    boot.convert(root, plan())
    fallback = {path: content for path, content in root.volumes["/dev/sda2"].files.items() if "bootx64" in path.lower()}
    assert fallback == files


def test_next_to_another_system_the_fallback_is_that_of_the_other():
    root = with_uefi()
    boot.inspect(root)
    root.guest.roots = [root, FakeRoot({}, info={"os": "linux"})]
    boot.convert(root, plan())
    assert [path for path in root.volumes["/dev/sda2"].files if "BOOTX64" in path] == []


def test_of_two_windows_one_makes_the_fallback():
    first, second = with_uefi(), with_uefi()
    second.volumes = first.volumes
    for root in (first, second):
        boot.inspect(root)
    for root in (first, second):
        root.guest.roots = [first, second]
        boot.convert(root, plan())
    assert "/EFI/BOOT/BOOTX64.EFI" in [each.path for each in first.changes()]
    assert "/EFI/BOOT/BOOTX64.EFI" not in [each.path for each in second.changes()]


def test_a_boot_configuration_that_is_not_complete_is_an_error():
    assert told(with_uefi(is_dirty=True)) == {"registry-dirty": "error"}


def test_the_source_knows_the_firmware():
    assert boot.inspect(with_uefi(hardware={"firmware": "bios"})).boot["firmware"] == "bios"


def on_two_disks(where, files):
    """A guest with an EFI system partition on its second disk, which has these files; the first has an MBR. where: of
    the volume with Windows."""
    root = complete_windows.make(
        {} if where == "/dev/sda1" else {"/bootmgr": None},
        disks=("sda", "sdb"),
        filesystems=[filesystem("/dev/sdb1", "vfat", parttype=ESP)],
    )
    root.volumes["/dev/sdb1"] = FakeRoot(files)
    return root


@pytest.mark.parametrize("files", [{}, {"/EFI/BOOT/BOOTX64.EFI": b"MZ GRUB"}, {f"{MICROSOFT}/bootmgfw.efi": MANAGER}])
def test_a_data_disk_with_an_efi_system_partition_does_not_make_a_guest_one_for_uefi(files):
    root = on_two_disks("/dev/sda1", files)
    assert boot.inspect(root).boot == {"firmware": "bios", "loaders": {"sda": {"type": "bios", "name": "windows"}}}
    assert told(root) == {}


def test_a_boot_manager_for_uefi_counts_where_there_is_none_for_a_bios():
    files = {f"{MICROSOFT}/bootmgfw.efi": MANAGER, f"{MICROSOFT}/BCD": hives.stand_in(BCD)}
    root = on_two_disks("", files)
    assert boot.inspect(root).boot == {"firmware": "uefi", "loaders": {"sdb": {"type": "uefi", "name": "windows"}}}


def test_a_boot_manager_for_a_bios_on_another_disk_starts_a_windows_on_a_gpt():
    root = with_uefi({f"{MICROSOFT}/BCD": None})
    root.guest.boot_sector = lambda index: PROTECTIVE[:446] + b"\x80" + PROTECTIVE[447:]
    assert boot.inspect(root).boot["firmware"] == "bios"


def test_a_gpt_is_for_uefi_though_its_boot_manager_is_gone():
    root = complete_windows.make({"/bootmgr": None})
    root.guest.boot_sector = lambda index: PROTECTIVE
    assert boot.inspect(root).boot == {"firmware": "uefi", "loaders": {}}
    assert told(root) == {"boot-loader-missing": "warning"}


def device(partition, table, disk, kind=6):
    """A device of a boot configuration, as bcdedit makes it for a partition: hexadecimal digits."""
    data = bytes(16) + kind.to_bytes(8, "little") + (0x48).to_bytes(8, "little") + partition.ljust(20, b"\0")
    data += table.to_bytes(4, "little") + disk.ljust(16, b"\0") + bytes(16)
    return data.hex(",")


# As in MountedDevices: the signature of the disk and the byte at which the partition begins.
OF_MBR = device((0x100000).to_bytes(8, "little"), 1, bytes.fromhex("ae4546df"))
GUID = "01020304-0506-0708-090a-0b0c0d0e0f10"
OF_GPT = device(bytes.fromhex("0403020106050807090a0b0c0d0e0f10"), 0, bytes(range(16)))


@pytest.mark.parametrize(
    "partition, element, is_named",
    [
        ({"partuuid": "df4645ae-02", "start": 2048}, OF_MBR, True),
        ({"partuuid": "df4645ae-02", "start": 4096}, OF_MBR, False),
        ({"partuuid": "df4645af-02", "start": 2048}, OF_MBR, False),
        ({"partuuid": GUID}, OF_GPT, True),
        ({"partuuid": GUID}, OF_MBR, False),
        # The partition of the boot manager, as generalized images have it; a table of another kind; and no device.
        ({"partuuid": GUID}, device(b"", 0, b"", kind=5), False),
        ({"partuuid": GUID}, device(b"", 2, b""), False),
        ({"partuuid": GUID}, "01,02", False),
    ],
)
def test_which_windows_the_boot_configuration_starts(partition, element, is_named):
    bcd = f'[Objects\\{{1}}\\Elements\\21000001]\n"Element"=hex:{element}\n[Objects\\{{2}}\\Elements\\22000002]\n"Element"="a"'
    root = complete_windows.make({"/Boot/BCD": hives.stand_in(bcd)})
    other = SimpleNamespace(
        name="/dev/sdb1",
        mount_plan=MountPlan((Mount("/", filesystem("/dev/sdb1", "ntfs", **partition)),)),
    )
    root.guest.roots = [root, other]
    boot.inspect(root)
    assert boot.starts(root) == (frozenset(["/dev/sdb1"]) if is_named else frozenset())


def test_a_boot_configuration_on_its_own_volume_or_that_cannot_be_read():
    root = with_uefi(configuration=f'[Objects\\{{1}}\\Elements\\21000001]\n"Element"=hex:{OF_GPT}')
    other = SimpleNamespace(
        name="/dev/sda3", mount_plan=MountPlan((Mount("/", filesystem("/dev/sda3", "ntfs", partuuid=GUID)),))
    )
    root.guest.roots = [root, other]
    boot.inspect(root)
    assert boot.starts(root) == {"/dev/sda3"}
    damaged = complete_windows.make({"/Boot/BCD": b"regf"})
    boot.inspect(damaged)
    assert boot.starts(damaged) == frozenset()
    none = complete_windows.make({"/bootmgr": None})
    boot.inspect(none)
    assert boot.starts(none) == frozenset()


def test_a_crash_of_the_first_boot_does_not_restart_it():
    root = complete_windows.make()
    boot.inspect(root)
    asked = plan()
    boot.convert(root, asked)
    (wanted,) = asked.windows_until_first_boot
    assert (wanted.path, wanted.name, wanted.number) == (r"Control\CrashControl", "AutoReboot", 0)
    assert root.changes() == []
