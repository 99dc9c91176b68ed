# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Guests with real hives, converted by the whole engine: three readers find what is intended, and nothing else."""

from __future__ import annotations

import datetime
import functools
import random
import re

import pytest

from ansible_collections.virttools.guestconv.plugins.module_utils.virtio_win.library import VirtioWin
from tests.guests import windows_drivers, windows_hives
from tests.hive_readers import by_hivex, by_python_registry, by_reglookup, differences
from tests.unit.tests_windows import intended
from tests.unit.tests_windows.real_guests import (
    MACHINES,
    SOFTWARE,
    SYSTEM,
    WINDOWS_7,
    WINDOWS_8,
    WINDOWS_10,
    RealGuest,
)

pytestmark = pytest.mark.skipif(bool(windows_hives.MISSING), reason=windows_hives.MISSING or "they are there")

NAMES = [machine.name for machine in MACHINES]
DATE = datetime.datetime(2023, 7, 12)
VMWARE_7 = {"VMTools": 2, "VMUpgradeHelper": 2, "VMMEMCTL": 2, "vmdebug": 1}
GATEWAYS_7 = intended.gateways("192.168.1.1", "10.3.58.1")
VMWARE_10 = {"VMTools": 2, "VGAuthService": 2, "VMMemCtl": 2, "vmvss": 3, "vmhgfs": 3, "VMRawDsk": 1}
ADDITIONS_8 = {"VBoxService": 2}


@pytest.fixture(scope="module")
def drivers(tmp_path_factory):
    folder = tmp_path_factory.mktemp("drivers") / "virtio-win"
    windows_drivers.write_folder(folder)
    return VirtioWin.opened(str(folder))


@pytest.fixture
def converted(tmp_path, drivers):
    """converted(machine, choices) gives the guest after its conversion."""

    def convert(machine, choices="", **more):
        guest = RealGuest(machine, tmp_path, choices, drivers=drivers, **more)
        outcome = guest.run()
        assert outcome.is_converted, (outcome.crash, outcome.said)
        return guest

    return convert


@functools.cache
def before(reader, hive):
    return reader(hive)


def lowered(found):
    """Differences in one letter case: hives spell "Services" and names of services in several ways."""
    return {(path.lower(), name and name.lower()): value for (path, name), value in found.items()}


def changed(guest, reader=by_hivex):
    return lowered(differences(before(reader, guest.hive), reader(guest.read(SYSTEM))))


def package_of(found):
    """The name of the driver package that was added, which has a hash of the INF in it."""
    (name,) = {
        path.split("\\")[2] for path, _name in found if path.startswith(f"{intended.DATABASE}\\driverpackages\\")
    }
    return name


def expected(machine, name, devices, bus_type, found):
    """What converting a machine to a virtio disk is meant to change."""
    services = {WINDOWS_7.name: VMWARE_7, WINDOWS_8.name: ADDITIONS_8, WINDOWS_10.name: VMWARE_10}[machine.name]
    common = {
        **intended.service(name, bus_type),
        **intended.turned_off(**services),
        **intended.first_boot(),
    }
    if machine == WINDOWS_7:
        return {**common, **GATEWAYS_7, **intended.critical_devices(name, devices)}
    numbers = {WINDOWS_8.name: (63, 101, 58, 24000), WINDOWS_10.name: (100, 101, 58, 24000)}[machine.name]
    package = package_of(found)
    assert package.startswith(f"{name}.inf_amd64_") and len(package) == len(f"{name}.inf_amd64_") + 16
    return {**common, **intended.driver_database(name, devices, package, (DATE, numbers))}


@pytest.mark.parametrize(
    ("driver", "name", "devices", "bus_type"),
    [
        ("virtio-blk-pci", "viostor", intended.BLOCK, 1),
        ("virtio-scsi-pci", "vioscsi", intended.SCSI, 10),
    ],
)
@pytest.mark.parametrize("machine", MACHINES, ids=NAMES)
def test_oracle_w1_a_virtio_disk_changes_what_is_intended_and_nothing_else(
    converted, machine, driver, name, devices, bus_type
):
    guest = converted(machine, f"@choose block {driver}")
    found = changed(guest)
    assert found == expected(machine, name, devices, bus_type, found)


@pytest.mark.parametrize("machine", MACHINES, ids=NAMES)
def test_the_other_readers_find_the_same_changes_and_a_second_conversion_makes_none(converted, machine):
    guest = converted(machine)
    found = changed(guest)
    other = changed(guest, by_python_registry)
    # python-registry reads four bytes where a text of one character has two, or an empty one none.
    assert {place: value for place, value in other.items() if value != found.get(place)}.keys() <= GATEWAYS_7.keys()
    assert other.keys() == found.keys()
    assert changed(guest, by_reglookup).keys() == found.keys()
    once = guest.read(SYSTEM), guest.read(SOFTWARE)
    second = guest.second()
    assert second.is_converted and second.changes == []
    assert (guest.read(SYSTEM), guest.read(SOFTWARE)) == once


@pytest.mark.parametrize("machine", MACHINES, ids=NAMES)
def test_of_the_software_only_the_device_path_changes(converted, machine):
    guest = converted(machine)
    for reader in (by_hivex, by_python_registry):
        assert differences(reader(guest.software), reader(guest.read(SOFTWARE))) == {
            ("Microsoft\\Windows\\CurrentVersion", "DevicePath"): (
                (windows_hives.EXPAND, intended.wide("%SystemRoot%\\inf")),
                (windows_hives.EXPAND, intended.wide("%SystemRoot%\\inf;%SystemRoot%\\Drivers\\VirtIO")),
            )
        }


def test_oracle_w2_w3_a_boot_driver_of_windows_starts_and_is_not_overridden(converted):
    found = changed(converted(WINDOWS_10, "@choose block nvme"))
    storage = {place for place in found if "stornvme" in place[0]}
    assert storage == {
        (f"{intended.SERVICES}\\stornvme\\startoverride", None),
        (f"{intended.SERVICES}\\stornvme\\startoverride", "0"),
    }
    assert all(found[place][1] is None for place in storage)


def test_oracle_w3_ahci_on_windows_7_starts_at_boot(converted):
    found = changed(converted(WINDOWS_7, "@choose block ahci"))
    assert found[f"{intended.SERVICES}\\msahci", "start"] == (intended.dword(3), intended.dword(0))
    others = {**intended.turned_off(**VMWARE_7), **intended.first_boot(), **GATEWAYS_7}
    assert found.keys() - others.keys() == {(f"{intended.SERVICES}\\msahci", "start")}


@pytest.mark.parametrize(("machine", "choice"), [(WINDOWS_7, "mptsas1068"), (WINDOWS_10, "mptsas1068")])
def test_oracle_w3_the_controller_that_windows_starts_from_today_needs_no_change(converted, machine, choice):
    services = VMWARE_7 if machine == WINDOWS_7 else VMWARE_10
    found = changed(converted(machine, f"@choose block {choice}"))
    gateways = GATEWAYS_7 if machine == WINDOWS_7 else {}
    assert found == {**intended.turned_off(**services), **intended.first_boot(), **gateways}


def test_oracle_w4_each_static_address_is_in_the_first_boot_under_the_mac_address_of_its_card(converted):
    guest = converted(WINDOWS_7)
    script = guest.read("/Windows/Guestconv/firstboot.cmd").decode()
    cards = {each["addresses"][0].partition("/")[0]: each["mac"] for each in guest.outcome.hardware["interfaces"]}
    assert cards == {"192.168.1.123": "00:0c:29:71:07:3c", "10.3.58.5": "00:0c:29:71:07:46"}
    for address, mac in cards.items():
        (number,) = [line.split()[2] for line in script.splitlines() if "call :run" in line and mac in line]
        step = script.partition(f":step_{number}\r\n")[2].partition("\r\n:")[0]
        assert f"address={address} mask=255.255.255.0" in step
        assert all(f"address={other} " not in step for other in cards if other != address)


def test_oracle_w5_the_same_card_needs_no_step_and_the_definition_gives_its_identity(converted):
    guest = converted(WINDOWS_10, "@choose network e1000e")
    (card,) = guest.outcome.hardware["interfaces"]
    assert (card["driver"], card["mac"]) == ("e1000e", "00:0c:29:f3:ff:de")
    assert (card["subsystem_vendor"], card["subsystem_device"]) == ("15ad", "07d0")
    script = guest.read("/Windows/Guestconv/firstboot.cmd").decode()
    assert "netsh" not in script and "remove-device" not in script


def test_oracle_w6_a_hive_that_was_taken_from_a_running_machine_is_refused_and_stays(tmp_path, drivers):
    hive = windows_hives.taken_live(WINDOWS_10.name)
    guest = RealGuest(WINDOWS_10, tmp_path, system=hive, drivers=drivers)
    outcome = guest.run()
    assert not outcome.is_converted and not outcome.crash
    assert "registry-dirty" in [each["code"] for each in outcome.concerns if each["severity"] == "error"]
    assert guest.read(SYSTEM) == hive


@pytest.mark.parametrize(
    ("code", "more", "options"),
    [
        ("guest-hibernated", "@file /hiberfil.sys\nhibr", ""),
        ("windows-dynamic-disk", "", "parttype=0x42"),
        ("windows-update-pending", "@file /Windows/WinSxS/pending.xml\n<x/>", ""),
    ],
)
def test_oracle_20_w6_what_must_not_be_converted_is_refused_and_nothing_is_written(
    tmp_path, drivers, code, more, options
):
    guest = RealGuest(WINDOWS_10, tmp_path, drivers=drivers, more=more, options=options)
    outcome = guest.run()
    assert not outcome.is_converted and not outcome.crash
    assert code in [each["code"] for each in outcome.concerns if each["severity"] == "error"], outcome.said
    assert guest.read(SYSTEM) == guest.hive


@pytest.mark.parametrize("part", [1 / 2, 3 / 4, 0.999])
def test_a_real_hive_whose_end_is_missing_is_refused(tmp_path, drivers, part):
    hive = windows_hives.system(WINDOWS_7.name)
    outcome = RealGuest(WINDOWS_7, tmp_path, system=hive[: int(len(hive) * part) // 4096 * 4096], drivers=drivers).run()
    assert not outcome.is_converted and not outcome.crash
    assert "registry-malformed" in [each["code"] for each in outcome.concerns if each["severity"] == "error"]


# The binding of hivex complains when a hive that it could not open is forgotten.
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
@pytest.mark.parametrize("seed", range(6))
def test_a_real_hive_with_damaged_keys_is_refused_or_converted_and_never_a_crash(tmp_path, drivers, seed):
    chance = random.Random(seed)
    hive = bytearray(windows_hives.system(WINDOWS_7.name))
    cells = [match.start() for match in re.finditer(rb"[nv]k", hive)]
    for _number in range(chance.choice((20, 200, 2000))):
        hive[chance.choice(cells) + chance.randrange(2, 60)] = chance.randrange(256)
    outcome = RealGuest(WINDOWS_7, tmp_path, system=bytes(hive), drivers=drivers).run()
    assert not outcome.crash
    assert outcome.is_converted or outcome.said


def test_oracle_w7_all_disks_come_online_and_the_policy_of_the_server_is_restored(converted):
    policy = "Services\\partmgr\\Parameters"
    hive = windows_hives.changed(
        windows_hives.system(WINDOWS_10.name), {f"ControlSet001\\{policy}": {"SanPolicy": windows_hives.number(2)}}
    )
    guest = converted(WINDOWS_10, system=hive, more="@part sdb1 type=ntfs uuid=NT-D\n@file /data\nx")
    found = changed(guest)
    assert found[f"{intended.SET}\\{policy.lower()}", "sanpolicy"] == (intended.dword(2), intended.dword(1))
    restored = {f"{policy.lower()}\\sanpolicy": intended.dword(2)}
    wanted = intended.first_boot(restored)
    assert {place: found.get(place) for place in wanted} == wanted
    assert "SanPolicy" in guest.read("/Windows/Guestconv/firstboot.cmd").decode()


@pytest.mark.parametrize("machine", MACHINES, ids=NAMES)
def test_oracle_w8_what_windows_needs_today_is_not_touched(converted, machine):
    found = changed(converted(machine))
    names = {path.removeprefix(f"{intended.SERVICES}\\").split("\\")[0] for path, _name in found}
    assert names.isdisjoint(("pvscsi", "lsi_sas", "vmmouse", "vmusbmouse", "storahci", "vmci", "vsock"))
    assert {place for place, (_before, after) in found.items() if after is None} <= GATEWAYS_7.keys()
    assert not any("filters" in (name or "") for _path, name in found)


def test_oracle_w9_the_machine_has_the_uuid_that_windows_knew(converted):
    hardware = converted(WINDOWS_10).outcome.hardware
    assert hardware["uuid"] == "25194d56-caef-8737-5c44-50fe82f3ffde"
    assert (hardware["clock"], hardware["windows"], hardware["hyperv"]) == ("localtime", "10.0.18362", True)


@pytest.mark.parametrize("machine", MACHINES, ids=NAMES)
def test_oracle_w10_without_virtio_win_no_virtio_disk_is_offered(tmp_path, machine):
    guest = RealGuest(machine, tmp_path)
    outcome = guest.run()
    assert outcome.is_converted, outcome.said
    offered = outcome.description["choices"]["block"]["sda"]["driver"]
    assert offered and not any(each.startswith("virtio") for each in offered)
    assert {"virtio-blk-pci", "virtio-scsi-pci"} <= set(outcome.description["unavailable"]["block"]["sda"])
    assert not any("viostor" in path or "vioscsi" in path for path, _name in changed(guest))
