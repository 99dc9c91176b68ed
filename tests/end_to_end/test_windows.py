# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A stand-in of Windows 10 with the registry of a real one: inspected, converted, converted again. It cannot boot."""

from __future__ import annotations

import shutil

import pytest

from tests.end_to_end.conftest import digest
from tests.guests import windows_disk, windows_drivers, windows_hives, windows_stand_in
from tests.guests.windows_hives import BINARY, DWORD, EXPAND, STRING
from tests.hive_readers import by_hivex, differences
from tests.windows_proof.side_by_side import HARDWARE

pytestmark = pytest.mark.skipif(bool(windows_hives.MISSING), reason=windows_hives.MISSING or "all is there")

SYSTEM = "/Windows/System32/config/SYSTEM"
SOFTWARE = "/Windows/System32/config/Software"
VIRTIO = "/Windows/Drivers/VirtIO"
SERVICES = "ControlSet001\\Services"


@pytest.fixture(scope="module")
def drivers():
    return windows_stand_in.virtio_win()


@pytest.fixture(scope="module")
def disk(scratch):
    path = scratch / "windows.qcow2"
    shutil.copyfile(windows_stand_in.bios(), path)
    return path


@pytest.fixture(scope="module")
def inspected(module, disk, drivers):
    before = digest(disk)
    result = module(
        "guestconv_inspect", disks=[str(disk)], hardware=HARDWARE, virtio_win=str(drivers[1]), applications=True
    )
    assert not result.get("failed"), result
    assert digest(disk) == before
    return result


@pytest.fixture(scope="module")
def converted(module, disk, inspected, drivers):
    """With the ISO at the inspection and the folder here: they have the same drivers."""
    result = module("guestconv_convert", disks=[str(disk)], guest=inspected["guest"], virtio_win=str(drivers[0]))
    assert not result.get("failed"), result
    return result


@pytest.fixture(scope="module")
def volume(disk, converted, scratch):
    """C: of the converted guest, without the appliance."""
    with windows_disk.opened(disk, windows_stand_in.SYSTEM_START, scratch) as opened:
        yield opened


@pytest.fixture(scope="module")
def changed(volume):
    """{(path, name): (value before, value after)} of the hive SYSTEM."""
    return differences(by_hivex(windows_stand_in.system_hive()), by_hivex(volume.read(SYSTEM)))


def wide(text):
    return text.encode("utf-16-le") + b"\0\0"


def test_inspection_reads_what_the_registry_has(inspected):
    guest = inspected["guest"]
    root = guest["roots"]["/dev/sda2"]
    info = root["info"]
    assert (info["os"], info["product_name"], info["arch"]) == ("windows", "Windows 10 Pro", "x86_64")
    assert (info["version"], info["build"]) == ({"major": 10, "minor": 0}, 18362)
    assert info["hostname"] == windows_stand_in.HOST
    assert info["drives"] == {"C": "/dev/sda2", "E": "/dev/sda1"}
    assert {"VMware Tools", "7-Zip 19.00"} <= {each["name"] for each in info["applications"]}
    assert guest["convertible"] is True, guest["concerns"]
    assert guest["choices"]["block"]["sda"]["driver"][0] == "virtio-blk-pci"
    assert {"virtio-scsi-pci", "ahci", "ide-hd"} & set(guest["choices"]["block"]["sda"]["driver"])
    assert inspected["timeline"]["launches"] == 1


def test_inspection_finds_the_static_address_under_its_mac(inspected):
    (nic,) = inspected["guest"]["current"]["network"].values()
    assert nic["mac"] == windows_stand_in.MAC
    assert nic["addresses"] == [f"{windows_stand_in.ADDRESS}/24"]
    assert nic["gateway"] == windows_stand_in.GATEWAY


def test_oracle_21_and_w1_the_driver_of_a_virtio_disk_starts_at_boot(changed):
    service = f"{SERVICES}\\viostor"
    for name, value in {
        "Type": (DWORD, b"\1\0\0\0"),
        "Start": (DWORD, bytes(4)),
        "ErrorControl": (DWORD, b"\1\0\0\0"),
        "Group": (STRING, wide("SCSI miniport")),
        "ImagePath": (EXPAND, wide("system32\\drivers\\viostor.sys")),
    }.items():
        assert changed[service, name] == (None, value)
    assert changed[f"{service}\\Parameters", "BusType"] == (None, (DWORD, b"\1\0\0\0"))
    devices = "DriverDatabase\\DeviceIds\\PCI"
    for device in ("VEN_1AF4&DEV_1001", "VEN_1AF4&DEV_1042"):
        ids = [path for path, name in changed if path.startswith(f"{devices}\\{device}") and name]
        assert any("SUBSYS" in each for each in ids) and any("SUBSYS" not in each for each in ids)
    (package,) = {path.split("\\")[2] for path, _name in changed if path.startswith("DriverDatabase\\DriverPackages\\")}
    version = changed[f"DriverDatabase\\DriverPackages\\{package}", "Version"][1]
    assert version[0] == BINARY and len(version[1]) == 48


def test_oracle_21_files_of_the_driver_and_where_windows_looks_for_more(volume, converted, drivers):
    stored = windows_drivers.blob("viostor", "w10", "amd64", "sys")
    assert volume.read("/Windows/System32/drivers/viostor.sys") == stored
    names = set(volume.names(VIRTIO))
    assert {"viostor.inf", "viostor.sys", "viostor.cat", "netkvm.inf", "netkvmco.exe", "vioser.sys"} <= names
    assert not [name for name in names if name.endswith(".pdb") or name.startswith("vioprot")]
    found = differences(by_hivex(windows_stand_in.software_hive()), by_hivex(volume.read(SOFTWARE)))
    assert found == {
        ("Microsoft\\Windows\\CurrentVersion", "DevicePath"): (
            (EXPAND, wide("%SystemRoot%\\inf")),
            (EXPAND, wide("%SystemRoot%\\inf;%SystemRoot%\\Drivers\\VirtIO")),
        )
    }


def test_oracle_w8_what_windows_needs_to_start_today_stays(changed):
    untouched = ("pvscsi", "LSI_SAS", "vmmouse", "VMUsbMouse", "storahci")
    assert [path for path, _name in changed if path.split("\\")[2:3] and path.split("\\")[2] in untouched] == []
    assert changed[f"{SERVICES}\\VMTools", "Start"] == ((DWORD, b"\2\0\0\0"), (DWORD, b"\4\0\0\0"))
    # Nothing is taken away but what keeps a driver from starting.
    gone = [path for (path, _name), (_before, after) in changed.items() if after is None]
    assert all("StartOverride" in path for path in gone)


def test_oracle_w4_the_address_is_in_the_first_boot_under_its_mac(converted, volume):
    (script,) = [change["path"] for change in converted["changes"] if change["path"].lower().endswith(".cmd")]
    text = volume.read(script).decode()
    assert windows_stand_in.ADDRESS in text and windows_stand_in.GATEWAY in text
    mac = windows_stand_in.MAC
    assert any(mac.replace(":", separator).lower() in text.lower() for separator in (":", "-", ""))
    assert text.count("\n") == text.count("\r\n")


def test_the_other_volume_and_the_partition_table_are_as_they_were(disk, converted, scratch):
    with windows_disk.opened(disk, windows_stand_in.BOOT_START, scratch) as boot:
        assert boot.read("/Boot/BCD") is not None
        assert boot.names("/") == ["Boot", "bootmgr"]


def test_oracle_24_a_second_conversion_changes_nothing_even_in_check_mode(module, disk, inspected, converted, drivers):
    before = digest(disk)
    second = module(
        "guestconv_convert", check=True, disks=[str(disk)], guest=inspected["guest"], virtio_win=str(drivers[0])
    )
    assert second["changed"] is False, second
    assert second["changes"] == [] and second["diff"] == []
    assert digest(disk) == before


# A launch more, for what the text guest windows-2022-uefi shows without one.
@pytest.mark.matrix
def test_with_uefi_the_fallback_is_made_and_check_mode_writes_nothing(module, drivers, scratch):
    path = scratch / "windows-uefi.qcow2"
    shutil.copyfile(windows_stand_in.uefi(), path)
    before = digest(path)
    hardware = {**HARDWARE, "firmware": "uefi"}
    result = module("guestconv_convert", check=True, disks=[str(path)], hardware=hardware, virtio_win=str(drivers[1]))
    assert not result.get("failed") and result["changed"] is True, result
    made = [change["path"].lower() for change in result["changes"]]
    assert any(each.endswith("/efi/boot/bootx64.efi") for each in made), made
    assert digest(path) == before
