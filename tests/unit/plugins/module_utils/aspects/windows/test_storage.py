# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Disks of Windows: which drivers it can start with, and what conversion writes so that it does."""

from __future__ import annotations

import pytest

from ansible_collections.virttools.guestconv.plugins.module_utils.aspects.windows import storage
from ansible_collections.virttools.guestconv.plugins.module_utils.errors import GuestconvError
from ansible_collections.virttools.guestconv.tests.unit.plugins.module_utils.aspects.windows import windows_guests
from ansible_collections.virttools.guestconv.tests.unit.plugins.module_utils.aspects.windows.windows_guests import (
    converted,
    plan,
    service,
    virtio_win,
    windows,
)
from ansible_collections.virttools.guestconv.tests.unit.plugins.module_utils.virtio_win import virtio_win_files

SERVICES = "ControlSet001\\Services"
NOT_GIVEN = "Windows has no driver for it, and virtio_win is not given"
WITHOUT = {
    "virtio-blk-pci": NOT_GIVEN,
    "virtio-scsi-pci": NOT_GIVEN,
    "ahci": "",
    "nvme": "",
    "mptsas1068": "",
    "pvscsi": "Windows has no driver for it",
}
SERVICE_OF_VIOSTOR = {
    (f"{SERVICES}\\viostor", ""),
    (f"{SERVICES}\\viostor", '"Type"=dword:00000001'),
    (f"{SERVICES}\\viostor", '"Start"=dword:00000000'),
    (f"{SERVICES}\\viostor", '"ErrorControl"=dword:00000001'),
    (f"{SERVICES}\\viostor", '"Group"="SCSI miniport"'),
    (f"{SERVICES}\\viostor", '"Tag"=dword:00000021'),
    (f"{SERVICES}\\viostor", '"ImagePath"=expand:"system32\\\\drivers\\\\viostor.sys"'),
    (f"{SERVICES}\\viostor", '"Owners"=multi:"viostor.inf"'),
    (f"{SERVICES}\\viostor\\Parameters", ""),
    (f"{SERVICES}\\viostor\\Parameters", '"BusType"=dword:00000001'),
    (f"{SERVICES}\\viostor\\Parameters\\PnpInterface", ""),
    (f"{SERVICES}\\viostor\\Parameters\\PnpInterface", '"5"=dword:00000001'),
}
IDS = {
    "VEN_1AF4&DEV_1001&SUBSYS_00021AF4&REV_00": "01",
    "VEN_1AF4&DEV_1001&REV_00": "01",
    "VEN_1AF4&DEV_1001": "02",
    "VEN_1AF4&DEV_1042&SUBSYS_11001AF4&REV_01": "01",
    "VEN_1AF4&DEV_1042&REV_01": "01",
    "VEN_1AF4&DEV_1042": "02",
}
SCSI_ADAPTER = "{4D36E97B-E325-11CE-BFC1-08002BE10318}"


def usable(root):
    return storage.inspect(root).usable["block"]


def test_oracle_w10_without_virtio_win_a_guest_starts_with_what_windows_has():
    assert usable(windows()) == WITHOUT


def test_windows_7_has_no_nvme():
    assert usable(windows((6, 1), 7601)) == {**WITHOUT, "nvme": "Windows has no driver for it"}


@pytest.mark.parametrize("version, build", [((6, 1), 7601), ((6, 2), 9200), ((10, 0), 18362), ((10, 0), 22631)])
def test_with_virtio_win_disks_of_virtio_are_choices(tmp_path, version, build):
    found = usable(windows(version, build, virtio_win=virtio_win(tmp_path)))
    assert (found["virtio-blk-pci"], found["virtio-scsi-pci"], found["ahci"]) == ("", "", "")


def test_what_virtio_win_lacks_is_the_reason(tmp_path):
    files = virtio_win_files.tree()
    del files["viostor/w10/amd64/viostor.sys"]
    found = usable(windows(virtio_win=virtio_win(tmp_path, files=files)))
    assert found["virtio-blk-pci"] == "viostor.sys is missing in virtio-win's folder w10/amd64"
    assert found["virtio-scsi-pci"] == ""
    found = usable(windows((6, 1), 7601, virtio_win=virtio_win(tmp_path, files=files)))
    assert found["virtio-blk-pci"] == f"virtio-win at {tmp_path} has no folder for Windows 6.1.7601 (amd64)"


def test_a_driver_of_before_virtio_1_0_does_not_drive_what_the_target_has(tmp_path):
    old = virtio_win_files.inf_files.storage().replace("DEV_1042", "DEV_1001")
    files = {f"viostor/w10/amd64/{name}": each for name, each in virtio_win_files.driver("viostor", old).items()}
    found = usable(windows(virtio_win=virtio_win(tmp_path, files=files)))
    assert found["virtio-blk-pci"] == "viostor.inf in virtio-win's folder w10/amd64 does not know VEN_1AF4&DEV_1042"


STUB = f'[{SERVICES}\\pvscsi]\n"vwdk.installers"=multi:"MSI"\n[DriverDatabase\\DeviceIds\\PCI\\VEN_15AD&DEV_07C0]\n'


@pytest.mark.parametrize(
    "services, more, files, expected",
    [
        ({}, STUB, ["pvscsi"], WITHOUT["pvscsi"]),
        ({"pvscsi": 0}, "", [], ""),
        ({"pvscsi": 3}, "", [], ""),
        ({}, service("pvscsi"), ["pvscsi"], WITHOUT["pvscsi"]),
        ({}, service("pvscsi") + STUB.partition("\n")[2].partition("\n")[2], [], WITHOUT["pvscsi"]),
    ],
    ids=["VMware's stub", "at boot", "on demand", "without its device", "without its file"],
)
def test_a_driver_is_there_if_its_service_has_a_file_and_its_device_leads_to_it(services, more, files, expected):
    assert (
        usable(windows(services={**windows_guests.WINDOWS_10, **services}, more=more, files=files))["pvscsi"]
        == expected
    )


@pytest.mark.parametrize(
    "image",
    [
        r"System32\\drivers\\storahci.sys",
        r"\\SystemRoot\\system32\\DRIVERS\\STORAHCI.SYS",
        r"%SystemRoot%\\System32\\drivers\\storahci.sys",
        r"\\??\\C:\\Windows\\System32\\drivers\\storahci.sys",
    ],
)
def test_the_file_of_a_service_is_found_however_it_is_named(image):
    known = '[DriverDatabase\\DeviceIds\\PCI\\CC_010601]\n"mshdc.inf"=hex:01,ff,00,00\n'
    more = service("storahci", 0, image) + known
    assert usable(windows(services={}, more=more, files=["storahci"]))["ahci"] == ""


@pytest.mark.parametrize(
    "image", [r"..\\..\\storahci.sys", "", r"System32\\drivers\\other.sys", r"C:\\storahci.sys", "/a.sys"]
)
def test_a_service_without_such_a_file_is_no_driver(image):
    known = '[DriverDatabase\\DeviceIds\\PCI\\CC_010601]\n"mshdc.inf"=hex:01,ff,00,00\n'
    more = service("storahci", 0, image) + known
    assert usable(windows(services={}, more=more, files=["storahci"]))["ahci"] != ""


def test_each_disk_is_a_device_and_the_one_of_windows_has_its_mountpoint():
    found = storage.inspect(windows(hardware={"disks": [{"controller": "pvscsi"}]})).devices["block"]
    assert found["sda"] == {
        "name": "sda",
        "driver": "pvscsi",
        "name_on_target": None,
        "position": 0,
        "size": 10,
        "mountpoints": ["/"],
    }
    assert (found["sdb"]["driver"], found["sdb"]["mountpoints"]) == (None, [])


def test_a_hive_that_says_nothing_leaves_the_choices_to_others():
    root = windows()
    del root.files["/Windows/System32/config/SOFTWARE"]
    assert storage.inspect(root).usable == {}


def test_windows_7_finds_viostor_by_its_critical_devices(tmp_path):
    root = windows((6, 1), 7601, virtio_win=virtio_win(tmp_path))
    added, gone = converted(root, storage, plan(root))
    devices = {
        (f"ControlSet001\\Control\\CriticalDeviceDatabase\\PCI#{each}", line)
        for each in IDS
        for line in ("", '"Service"="viostor"', f'"ClassGUID"="{SCSI_ADAPTER}"')
    }
    assert added == SERVICE_OF_VIOSTOR | devices and not gone
    assert root.files["/Windows/System32/drivers/viostor.sys"] == b"viostor.sys of a test"


def test_oracle_21_windows_8_and_later_find_viostor_by_the_driver_database(tmp_path):
    root = windows((6, 2), 9200, virtio_win=virtio_win(tmp_path))
    added, gone = converted(root, storage, plan(root))
    database = "DriverDatabase"
    (package,) = {key.split("\\")[2] for key, _line in added if key.startswith(f"{database}\\DriverPackages")}
    assert package.startswith("viostor.inf_amd64_") and len(package) == 34
    key = f"{database}\\DriverPackages\\{package}"
    # 2023-07-21 as a FILETIME, and 24000, 104, 93, 100.
    version = "00ff0900000000007be9364d25e3ce11bfc108002be1031800c0ca4a66bbd901c05d68005d0064000000000000000000"
    expected = {
        (f"{database}\\DeviceIds\\{SCSI_ADAPTER.lower()}", ""),
        (f"{database}\\DeviceIds\\{SCSI_ADAPTER.lower()}", '"viostor.inf"=hex(0):'),
        (f"{database}\\DriverInfFiles\\viostor.inf", ""),
        (f"{database}\\DriverInfFiles\\viostor.inf", f'@=multi:"{package}"'),
        (f"{database}\\DriverInfFiles\\viostor.inf", f'"Active"="{package}"'),
        (f"{database}\\DriverInfFiles\\viostor.inf", '"Configurations"=multi:"inst"'),
        (key, ""),
        (key, '@="viostor.inf"'),
        (key, '"Catalog"="viostor.cat"'),
        (key, '"Provider"="A Vendor, Inc."'),
        (key, '"Version"=hex:' + ",".join(version[at : at + 2] for at in range(0, 96, 2))),
        (f"{key}\\Configurations", ""),
        (f"{key}\\Configurations\\inst", ""),
        (f"{key}\\Configurations\\inst", '"ConfigFlags"=dword:00000000'),
        (f"{key}\\Configurations\\inst", '"Service"="viostor"'),
        (f"{key}\\Descriptors", ""),
        (f"{key}\\Descriptors\\PCI", ""),
    }
    for each, rank in IDS.items():
        expected |= {
            (f"{database}\\DeviceIds\\PCI\\{each}", ""),
            (f"{database}\\DeviceIds\\PCI\\{each}", f'"viostor.inf"=hex:{rank},ff,00,00'),
            (f"{key}\\Descriptors\\PCI\\{each}", ""),
            (f"{key}\\Descriptors\\PCI\\{each}", '"Configuration"="inst"'),
            (f"{key}\\Descriptors\\PCI\\{each}", '"Description"="A \\"viostor\\" controller"'),
            (f"{key}\\Descriptors\\PCI\\{each}", '"Manufacturer"="A Vendor, Inc."'),
        }
    assert (added - expected - SERVICE_OF_VIOSTOR, (expected | SERVICE_OF_VIOSTOR) - added) == (set(), set())
    assert not gone


@pytest.mark.parametrize("version, build", [((6, 0), 6002), ((6, 1), 7601), ((6, 3), 9600), ((10, 0), 19045)])
@pytest.mark.parametrize("driver", ["virtio-blk-pci", "virtio-scsi-pci", "ahci", "mptsas1068"])
def test_a_second_conversion_changes_nothing_and_finds_the_driver_in_the_guest(tmp_path, version, build, driver):
    systems = ("2k8", "w7", "w8.1", "w10")
    root = windows(version, build, virtio_win=virtio_win(tmp_path, systems), more=OVERRIDDEN)
    converted(root, storage, plan(root, driver))
    changes = root.changes()
    assert converted(root, storage, plan(root, driver)) == (set(), set())
    assert root.changes() == changes
    root.guest.virtio_win = None
    assert usable(root)[driver] == ""
    assert converted(root, storage, plan(root, driver)) == (set(), set())


OVERRIDDEN = "".join(
    f'[{SERVICES}\\{name}\\StartOverride]\n"0"=dword:00000003\n'
    for name in ("storahci", "stornvme", "LSI_SAS", "viostor")
)


def test_what_windows_has_is_started_at_boot_whatever_it_did_before():
    root = windows(more=OVERRIDDEN)
    added, gone = converted(root, storage, plan(root, "ahci"))
    assert added == set()
    assert gone == {
        (f"{SERVICES}\\storahci\\StartOverride", ""),
        (f"{SERVICES}\\storahci\\StartOverride", '"0"=dword:00000003'),
    }
    root = windows((6, 1), 7601)
    assert converted(root, storage, plan(root, "ahci")) == (
        {(f"{SERVICES}\\msahci", '"Start"=dword:00000000')},
        {(f"{SERVICES}\\msahci", '"Start"=dword:00000003')},
    )


def test_a_disk_on_ahci_of_windows_7_needs_the_driver_of_its_ports_too():
    """msahci's ports are channels, which atapi drives. Setup turns off what the machine does not need (KB922976)."""
    root = windows((6, 1), 7601, services={**windows_guests.WINDOWS_7, "atapi": 3})
    added, _gone = converted(root, storage, plan(root, "ahci"))
    assert added == {(f"{SERVICES}\\{name}", '"Start"=dword:00000000') for name in ("msahci", "atapi")}
    without = {name: start for name, start in windows_guests.WINDOWS_7.items() if name != "atapi"}
    assert usable(windows((6, 1), 7601, services=without))["ahci"] == "Windows has no driver for it"


def test_a_disk_on_ide_needs_all_of_its_drivers():
    root = windows(target="xen")
    assert usable(root)["ide"] == ""
    added, gone = converted(root, storage, plan(root, "ide"))
    assert (added, gone) == (
        {(f"{SERVICES}\\pciide", '"Start"=dword:00000000')},
        {(f"{SERVICES}\\pciide", '"Start"=dword:00000003')},
    )
    without = {name: start for name, start in windows_guests.WINDOWS_10.items() if name != "atapi"}
    assert usable(windows(target="xen", services=without))["ide"] == "Windows has no driver for it"


def test_disks_of_hyper_v_start_with_its_bus_and_with_ide_for_the_boot_disk():
    names = ("vmbus", "storvsc", "storflt", "intelide", "atapi")
    more = "".join(f'[{SERVICES}\\{name}\\StartOverride]\n"0"=dword:00000003\n' for name in names)
    root = windows(target="hyperv", services=dict.fromkeys(names, 0), more=more)
    assert usable(root) == {"hv_storvsc": ""}
    added, gone = converted(root, storage, plan(root, "hv_storvsc"))
    assert added == set() and {key for key, _line in gone} == {f"{SERVICES}\\{name}\\StartOverride" for name in names}
    without = windows(target="hyperv", services={"storvsc": 0})
    assert usable(without) == {"hv_storvsc": "Windows has no driver for it"}


@pytest.mark.parametrize("driver", ["virtio-blk-pci", "virtio-scsi-pci", "ahci", "nvme"])
def test_the_bus_of_the_disk_is_started_too_where_the_old_machine_had_none(tmp_path, driver):
    """Hyper-V's machines of generation 2 have no PCI."""
    override = f"{SERVICES}\\pci\\StartOverride"
    services = {**windows_guests.WINDOWS_10, "pci": 0}
    root = windows(services=services, virtio_win=virtio_win(tmp_path), more=f'[{override}]\n"0"=dword:00000003\n')
    _added, gone = converted(root, storage, plan(root, driver))
    assert gone == {(override, ""), (override, '"0"=dword:00000003')}


@pytest.mark.parametrize(
    "configured, reason", [("", "Windows has no driver for it"), ('"Configurations"=multi:"x"\n', "")]
)
def test_a_package_that_was_only_added_to_the_driver_store_does_not_start_windows(configured, reason):
    """pvscsi of VMware Tools in a guest that never had such a controller."""
    services = {**windows_guests.WINDOWS_10, "pvscsi": 0}
    more = f'[DriverDatabase\\DriverInfFiles\\oem4.inf]\n"Active"="pvscsi.inf_amd64_b0d59727d712523f"\n{configured}'
    assert usable(windows(services=services, more=more))["pvscsi"] == reason


def test_a_driver_that_compact_os_has_compressed_is_there():
    """ntfs-3g has files with a reparse point that it does not read as symbolic links that lead nowhere."""
    root = windows()
    del root.files["/Windows/System32/drivers/storahci.sys"]
    assert usable(root)["ahci"] == "Windows has no driver for it"
    root.links["/Windows/System32/drivers/storahci.sys"] = "unsupported reparse tag 0x80000017"
    assert usable(root)["ahci"] == ""


def test_the_override_of_a_driver_that_is_installed_goes_and_others_stay(tmp_path):
    root = windows(virtio_win=virtio_win(tmp_path), more=OVERRIDDEN)
    _added, gone = converted(root, storage, plan(root))
    assert {key for key, _line in gone} == {f"{SERVICES}\\viostor\\StartOverride"}


def test_oracle_22_a_driver_that_is_not_there_any_more_is_an_error(tmp_path):
    root = windows()
    with pytest.raises(GuestconvError) as caught:
        storage.convert(root, plan(root))
    assert (caught.value.code, caught.value.path) == ("driver-not-available", "guest.devices.block")
    assert NOT_GIVEN in caught.value.message and "virtio_win" in caught.value.hint


def test_a_disk_that_windows_does_not_need_can_be_removed_and_its_own_not():
    root = windows()
    storage.convert(root, plan(root, "ahci", removed=["sdb"]))
    with pytest.raises(GuestconvError) as caught:
        storage.convert(root, plan(root, "ahci", removed=["sda"]))
    assert (caught.value.code, caught.value.path) == ("device-required", "guest.devices.block.sda")


def test_the_package_is_for_the_processor_that_windows_own_packages_are_for(tmp_path):
    root = windows(virtio_win=virtio_win(tmp_path))
    root.files["/Windows/System32/config/SYSTEM"] = root.files["/Windows/System32/config/SYSTEM"].replace(
        b"hex:ff,ff,09,00", b"hex:ff,ff,00,00"
    )
    added, _gone = converted(root, storage, plan(root))
    assert any(line.startswith('"Version"=hex:00,ff,00,00') for _key, line in added)
