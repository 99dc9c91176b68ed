# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The tools of other hypervisors in Windows: off, uninstalled by the first boot, and never what the guest needs."""

from __future__ import annotations

import pytest

from ansible_collections.virttools.guestconv.plugins.module_utils.aspects.windows import tools
from ansible_collections.virttools.guestconv.plugins.module_utils.aspects.windows.steps import UninstallProduct
from ansible_collections.virttools.guestconv.plugins.module_utils.aspects.windows.tools_catalogue import TOOLS
from ansible_collections.virttools.guestconv.plugins.module_utils.model.tools import DEFAULTS, policy_from
from ansible_collections.virttools.guestconv.tests.unit.plugins.module_utils.aspects.windows.windows_guests import (
    converted,
    plan,
    text_of,
    windows,
)

CODE = "{5BF4C3A1-6B0B-4B8B-9E4C-0123456789AB}"
SERVICES = "ControlSet001\\Services"


def starts(**services):
    return "".join(f'[{SERVICES}\\{name}]\n"Start"=dword:0000000{start}\n' for name, start in services.items())


def product(key=CODE, name="VMware Tools", publisher="VMware, Inc."):
    return (
        f"[Microsoft\\Windows\\CurrentVersion\\Uninstall\\{key}]\n"
        f'"DisplayName"="{name}"\n"DisplayVersion"="11.0.5"\n"Publisher"="{publisher}"\n'
        f'"UninstallString"="MsiExec.exe /I{key}"\n'
    )


# As in the Windows 10 hive of shared/hives.
VMWARE = starts(
    VMTools=2, VGAuthService=2, vmvss=3, VMMemCtl=2, vmhgfs=3, VMRawDsk=1, vmmouse=3, VMUsbMouse=3, vmci=0
) + (f'[{SERVICES}\\vmxnet3ndis6]\n"vwdk.installers"=multi:"MSI"\n')
OFF = ("VMTools", "VGAuthService", "vmvss", "VMMemCtl", "vmhgfs", "VMRawDsk")


def guest(more=VMWARE, software="", policy=None, **options):
    root = windows(more=more, software=software or product(), **options)
    root.guest.tools = policy_from(policy)
    return root


def done(root, chosen=None):
    """The findings of an inspection, what conversion changes in the SYSTEM hive, and its plan."""
    found = tools.inspect(root)
    chosen = chosen or plan(root)
    added, gone = converted(root, tools, chosen)
    return found, added, gone, chosen


def test_the_services_of_vmware_tools_are_off_and_the_first_boot_uninstalls_them():
    root = guest()
    found, added, gone, chosen = done(root)
    assert added == {(f"{SERVICES}\\{name}", '"Start"=dword:00000004') for name in OFF}
    assert {key for key, _line in gone} == {key for key, _line in added}
    assert chosen.windows_first_boot == [UninstallProduct(CODE, "VMware Tools")]
    assert found.info == {"source": "vmware"}
    assert found.tools == {"vmware": "remove", "remove_dependencies": False}
    assert [concern.code for concern in found.concerns] == ["vmware-tools-installed"]
    # Their records stay: the uninstaller goes by them.
    assert f"[Microsoft\\Windows\\CurrentVersion\\Uninstall\\{CODE}]" in text_of(root, "SOFTWARE")


def test_a_second_conversion_changes_nothing_and_asks_for_the_same():
    root = guest()
    _found, _added, _gone, first = done(root)
    changes = root.changes()
    _found, added, gone, second = done(root)
    assert (added, gone) == (set(), set()) and root.changes() == changes
    assert second.windows_first_boot == first.windows_first_boot


@pytest.mark.parametrize("driver", ["vmxnet3", "pvscsi"])
def test_tools_whose_driver_was_chosen_stay_installed(driver):
    root = guest()
    chosen = plan(root, **{"network": driver} if driver == "vmxnet3" else {"block": driver})
    _found, added, _gone, chosen = done(root, chosen)
    assert chosen.windows_first_boot == [] and len(added) == len(OFF)
    (concern,) = chosen.concerns
    assert concern.code == "windows-tools-needed" and driver in concern.message


@pytest.mark.parametrize(
    "policy, code, changed, uninstalled",
    [
        ("keep", "vmware-tools-left", 0, 0),
        ("disable", "tools-disabled", len(OFF), 0),
        ("remove", "vmware-tools-installed", 6, 1),
    ],
)
def test_the_policy_decides(policy, code, changed, uninstalled):
    found, added, _gone, chosen = done(guest(policy={"vmware": policy}))
    assert [concern.code for concern in found.concerns] == [code]
    assert (len(added), len(chosen.windows_first_boot)) == (changed, uninstalled)


def test_on_their_own_hypervisor_tools_stay():
    found, added, _gone, chosen = done(guest(target="vmware"), plan(guest(target="vmware"), "ahci", "e1000e"))
    assert (found.info["source"], found.tools, found.concerns) == ("vmware", {}, [])
    assert added == set() and chosen.windows_first_boot == []


def test_a_product_without_a_code_is_only_turned_off():
    name = "Oracle VM VirtualBox Guest Additions 6.1.4"
    root = guest(
        starts(VBoxService=2, VBoxGuest=0, VBoxMouse=3), product("Oracle VM VirtualBox Guest Additions", name, "Oracle")
    )
    found, added, _gone, chosen = done(root)
    assert added == {(f"{SERVICES}\\VBoxService", '"Start"=dword:00000004')}
    assert chosen.windows_first_boot == [] and [each.code for each in found.concerns] == ["tools-disabled"]


@pytest.mark.parametrize("place", ["", "Wow6432Node\\"])
def test_a_bundle_is_only_turned_off_and_what_it_installed_is_uninstalled(place):
    """Nutanix Guest Tools: msiexec does not know the code of a bundle of WiX, and would end as if all were done."""
    bundle = product("{0B2D5C4E-1111-2222-3333-0123456789AB}", "Nutanix Guest Tools", "Nutanix, Inc.")
    bundle += '"BundleCachePath"="C:\\\\ProgramData\\\\Package Cache\\\\{0B2D5C4E}\\\\setup.exe"\n'
    agent = product(CODE, "Nutanix Guest Agent", "Nutanix, Inc.")
    more = f'[{SERVICES}\\Nutanix Guest Agent]\n"Start"=dword:00000002\n'
    found, _added, _gone, chosen = done(guest(more, (bundle + agent).replace("[", f"[{place}")))
    assert chosen.windows_first_boot == [UninstallProduct(CODE, "Nutanix Guest Agent")]
    assert found.concerns[0].message.endswith(" uninstalls Nutanix Guest Agent.")
    found, _added, _gone, chosen = done(guest(more, bundle.replace("[", f"[{place}")))
    assert chosen.windows_first_boot == [] and [each.code for each in found.concerns] == ["tools-disabled"]


def test_a_product_of_another_publisher_is_not_uninstalled():
    found, _added, _gone, chosen = done(guest("", product(publisher="Somebody")))
    assert (found.info["source"], found.concerns, chosen.windows_first_boot) == (None, [], [])


def test_a_filter_goes_before_its_service():
    classes = (
        '[ControlSet001\\Control\\Class\\{4d36e967}]\n"UpperFilters"=multi:"PartMgr","PRL_STRG"\n"LowerFilters"=multi:"prl_strg"\n'
        '[ControlSet001\\Control\\Class\\{4d36e96f}]\n"UpperFilters"=multi:"vmmouse","mouclass"\n'
    )
    _found, added, gone, _plan = done(guest(starts(prl_strg=0) + classes, product(name="x")))
    key = "ControlSet001\\Control\\Class\\{4d36e967}"
    assert added == {
        (f"{SERVICES}\\prl_strg", '"Start"=dword:00000004'),
        (key, '"UpperFilters"=multi:"PartMgr"'),
        (key, '"LowerFilters"=multi:'),
    }
    assert len(gone) == 3


def test_drivers_of_parallels_do_not_start_leave_their_classes_and_are_forgotten_by_their_uninstaller():
    """They stop a machine of another hypervisor, and uninstalled, the filter takes the disks with it."""
    names = ("prl_boot", "prl_dd", "prl_fs", "prl_memdev", "prl_mouf", "prl_pv64", "prl_strg", "prl_tg")
    disks, mice = (f"ControlSet001\\Control\\Class\\{{4d36e9{each}}}" for each in ("67", "6f"))
    more = (
        starts(**dict.fromkeys(names, 0))
        + f'[{SERVICES}\\prl_strg\\DriverInfo]\n"RefCount"=dword:00000002\n"Inf"="oem9.inf"\n'
        + f'[{disks}]\n"LowerFilters"=multi:"prl_strg"\n[{mice}]\n"UpperFilters"=multi:"prl_mouf","mouclass"\n'
    )
    _found, added, gone, chosen = done(guest(more, product(name="Virtuozzo Tools", publisher="Virtuozzo")))
    assert added == {
        *((f"{SERVICES}\\{name}", '"Start"=dword:00000004') for name in names),
        (disks, '"LowerFilters"=multi:'),
        (mice, '"UpperFilters"=multi:"mouclass"'),
    }
    assert (f"{SERVICES}\\prl_strg\\DriverInfo", '"RefCount"=dword:00000002') in gone and len(gone) == len(added) + 1
    assert chosen.windows_first_boot == [
        UninstallProduct(CODE, "Virtuozzo Tools", ("PREVENT_REBOOT=Yes", "LAUNCHED_BY_SETUP_EXE=Yes"))
    ]


@pytest.mark.parametrize(
    "name, source",
    [
        ("Oracle VM VirtualBox Guest Additions 6.1.50", "virtualbox"),
        ("Oracle VirtualBox Guest Additions 7.1.6", "virtualbox"),
        ("Citrix Tools for Virtual Machines", "xen"),
        ("Citrix XenServer Windows Management Agent", "xen"),
        ("Citrix Hypervisor PV Tools", "xen"),
        ("XCP-ng Windows PV Tools", "xen"),
        ("Citrix XenCenter", None),
        ("Oracle VM VirtualBox", None),
    ],
)
def test_tools_are_known_by_all_names_that_their_products_had(name, source):
    assert tools.inspect(guest("", product(name=name, publisher="x"))).info == {"source": source}


def test_the_filters_of_xen_go_except_on_xen():
    keys = [f"ControlSet001\\Control\\Class\\{{{guid}}}" for guid in ("4d36e96a", "4d36e97d")]
    classes = "".join(f'[{key}]\n"UpperFilters"=multi:"XENFILT"\n' for key in keys)
    drivers = starts(xenfilt=0, xenbus=0, xenvbd=0) + classes
    found, added, _gone, _plan = done(guest(drivers, product(name="x")))
    assert found.info["source"] == "xen" and [each.code for each in found.concerns] == ["tools-disabled"]
    assert added == {
        (f"{SERVICES}\\xenfilt", '"Start"=dword:00000004'),
        *((key, '"UpperFilters"=multi:') for key in keys),
    }
    root = guest(drivers, product(name="x"), target="xen")
    assert done(root, plan(root, "ide", "e1000"))[1] == set()


def test_the_agent_of_a_cloud_is_turned_off_by_default():
    found, added, _gone, chosen = done(guest(starts(RdAgent=2, WindowsAzureGuestAgent=2), product(name="x")))
    assert len(added) == 2 and not chosen.windows_first_boot
    assert [each.code for each in found.concerns] == ["tools-disabled"]
    found = tools.inspect(guest(starts(RdAgent=2), product(name="x"), policy={"azure": "keep"}))
    assert [each.code for each in found.concerns] == ["hypervisor-agent-left"]


def test_no_row_turns_off_what_a_guest_starts_from_or_points_with():
    never = {
        "pvscsi",
        "lsi_sas",
        "vmxnet3ndis6",
        "vmmouse",
        "vmusbmouse",
        "vmci",
        "vsock",
        "vboxguest",
        "xenvbd",
        "viostor",
    }
    assert not [name for row in TOOLS for name in row.services if name.casefold() in never]
    assert {row.hypervisor for row in TOOLS} <= set(DEFAULTS)
