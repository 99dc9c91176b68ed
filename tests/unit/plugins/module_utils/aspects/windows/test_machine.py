# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What Windows expects of the virtual machine."""

from __future__ import annotations

import pytest

from ansible_collections.virttools.guestconv.plugins.module_utils.aspects.plan import Plan
from ansible_collections.virttools.guestconv.plugins.module_utils.aspects.windows import machine
from ansible_collections.virttools.guestconv.plugins.module_utils.devices.targets import TARGETS
from ansible_collections.virttools.guestconv.plugins.module_utils.errors import GuestconvError
from ansible_collections.virttools.guestconv.plugins.module_utils.model.selection import Selection
from ansible_collections.virttools.guestconv.tests.unit.plugins.module_utils.guest.fake_root import FakeRoot

# As of the hive of Windows 10 1903 in ../shared/hives. VMware has this uuid.bios: "56 4d 19 25 ef ca 37 87-...".
UUID = "25194d56-caef-8737-5c44-50fe82f3ffde"
SYSTEM = """[Select]
"Current"=dword:00000001
[HardwareConfig]
"LastConfig"="{%s}"
[ControlSet001\\Control\\Session Manager\\Environment]
"PROCESSOR_ARCHITECTURE"="AMD64"
[ControlSet001\\Control\\TimeZoneInformation]
"TimeZoneKeyName"="Pacific Standard Time"
"""
SOFTWARE = """[Microsoft\\Windows NT\\CurrentVersion]
"CurrentMajorVersionNumber"=dword:0000000a
"CurrentMinorVersionNumber"=dword:00000000
"CurrentBuildNumber"="18362"
"""


def guest(uuid=UUID, more=""):
    return FakeRoot({}, hives={"SYSTEM": SYSTEM % uuid + more, "SOFTWARE": SOFTWARE})


def converted(root, target="kvm"):
    plan = Plan(TARGETS[target], Selection({}, {}))
    with root.on_behalf_of("machine"):
        machine.convert(root, plan)
    return plan.hardware.of_guest


def test_the_machine_has_the_uuid_the_clock_and_the_interface_that_windows_knows():
    root = guest()
    expected = {"uuid": UUID, "clock": "localtime", "windows": "10.0.18362", "hyperv": True}
    assert converted(root) == expected
    assert not root.changes()


@pytest.mark.parametrize("target", ["kvm", "kubevirt"])
def test_the_machine_has_a_tpm_if_the_source_had_one(target):
    root = guest()
    assert "tpm" not in converted(root, target)
    root.guest.hardware = {"tpm": True}
    assert converted(root, target)["tpm"] is True


@pytest.mark.parametrize("value", ["dword:00000001", "hex(b):01,00,00,00,00,00,00,00"])
def test_the_clock_is_at_utc_where_windows_takes_it_for_that(value):
    assert converted(guest(more=f'"RealTimeIsUniversal"={value}\n'))["clock"] == "utc"


@pytest.mark.parametrize("uuid", ["0" * 8 + "-0000-0000-0000-" + "0" * 12, "no", "25194d56"])
def test_what_is_no_uuid_is_left_out(uuid):
    assert "uuid" not in converted(guest(uuid))


def test_windows_takes_the_clock_for_utc_where_the_target_has_no_other():
    root = guest()
    assert converted(root, "kubevirt")["clock"] == "utc"
    zone = root.hive("SYSTEM", "").key(r"ControlSet001\Control\TimeZoneInformation")
    assert zone.value("RealTimeIsUniversal").number == 1
    before = len(root.changes())
    assert converted(root, "kubevirt")["clock"] == "utc"
    assert len(root.changes()) == before


def test_a_registry_without_time_zone_is_refused_where_the_clock_must_be_at_utc():
    root = FakeRoot({}, hives={"SYSTEM": '[Select]\n"Current"=dword:00000001\n[ControlSet001]\n'})
    with pytest.raises(GuestconvError) as caught:
        converted(root, "kubevirt")
    assert caught.value.code == "registry-malformed"


def test_another_hypervisor_than_kvm_has_no_interface_of_hyperv():
    assert "hyperv" not in converted(guest(), "vmware")
