# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Settings that Windows has until its first boot, which restores them."""

from __future__ import annotations

import pytest

from ansible_collections.virttools.guestconv.plugins.module_utils.aspects.windows import first_boot, restoring, steps
from ansible_collections.virttools.guestconv.plugins.module_utils.texts import registry
from ansible_collections.virttools.guestconv.tests.unit.plugins.module_utils import complete_windows
from ansible_collections.virttools.guestconv.tests.unit.plugins.module_utils.aspects.windows.plans import plan

CRASH, CURRENT = r"Control\CrashControl", r"SYSTEM\CurrentControlSet"
WANTED = steps.Temporary(CRASH, "AutoReboot", 0, "stops at a crash")


def setting(root, name="AutoReboot"):
    return root.hive("SYSTEM", "").key(rf"ControlSet001\{CRASH}").value(name)


def converted(root, wanted=WANTED):
    asked = plan()
    asked.windows_until_first_boot.append(wanted)
    with root.on_behalf_of("first_boot"):
        first_boot.convert(root, asked)
    return root.changes()


def test_a_setting_is_restored_and_a_second_conversion_still_knows_what_it_was():
    root = complete_windows.make()
    step = steps.SetNumber(rf"{CURRENT}\{CRASH}", "AutoReboot", 1)
    assert restoring.restored(root, [WANTED]) == [step]
    changes = converted(root)
    assert setting(root) == registry.dword(0)
    kept = root.hive("SYSTEM", "").key(rf"ControlSet001\{restoring.KEPT}").values()
    assert kept == {rf"{CRASH}\AutoReboot": registry.dword(1)}
    assert restoring.restored(root, [WANTED]) == [step]
    assert converted(root) == changes


def test_a_setting_that_was_not_there_is_deleted_again():
    root = complete_windows.make()
    wanted = steps.Temporary(CRASH, "Absent", 5, "")
    converted(root, wanted)
    assert setting(root, "Absent") == registry.dword(5)
    assert restoring.restored(root, [wanted]) == [steps.SetNumber(rf"{CURRENT}\{CRASH}", "Absent", None)]


def test_a_setting_is_known_also_where_the_service_was_to_be_deleted():
    root = complete_windows.make()
    converted(root)
    service = root.hive("SYSTEM", "").key(r"ControlSet001\Services\guestconv")
    with root.on_behalf_of("Windows"):
        service.set("DeleteFlag", registry.dword(1))
    wanted = steps.Temporary(CRASH, "Absent", 5, "")
    converted(root, wanted)
    service = root.hive("SYSTEM", "").key(r"ControlSet001\Services\guestconv")
    assert service.value("DeleteFlag") is None
    assert set(service.key("Restore").values()) == {rf"{CRASH}\AutoReboot", rf"{CRASH}\Absent"}


def test_a_setting_that_is_not_asked_for_any_more_is_restored_too():
    root = complete_windows.make()
    converted(root)
    assert restoring.restored(root, []) == [steps.SetNumber(rf"{CURRENT}\{CRASH}", "AutoReboot", 1)]


@pytest.mark.parametrize(
    "wanted", [steps.Temporary(CRASH, "AutoReboot", 1, ""), steps.Temporary("No\\Key", "AutoReboot", 0, "")]
)
def test_what_is_so_already_or_has_no_key_asks_for_nothing(wanted):
    root = complete_windows.make()
    assert restoring.restored(root, [wanted]) == []
    assert converted(root, wanted) == []


def test_after_the_first_boot_the_setting_stays_restored():
    root = complete_windows.make()
    converted(root)
    # What the script does at the end of the first boot.
    directory = "/Windows/Guestconv"
    with root.on_behalf_of("the script"):
        root.rename(f"{directory}/pending", f"{directory}/ran", "")
        current = root.hive("SYSTEM", "").key("ControlSet001")
        current.key(CRASH).set("AutoReboot", registry.dword(1))
        current.key(r"Services\guestconv").delete()
    before = root.changes()
    assert converted(root) == before
    assert setting(root) == registry.dword(1)
