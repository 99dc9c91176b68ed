# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Real hives, edited as the library edits them, differ by what was asked for and by nothing else: three readers agree."""

from __future__ import annotations

import functools

import pytest

from ansible_collections.virttools.guestconv.plugins.module_utils.texts import registry
from ansible_collections.virttools.guestconv.tests.unit.plugins.module_utils.guest.fake_root import FakeRoot
from tests.guests import windows_hives
from tests.hive_readers import READERS, by_hivex, differences

pytestmark = pytest.mark.skipif(bool(windows_hives.MISSING), reason=windows_hives.MISSING or "they are there")

SYSTEM = "/Windows/System32/config/SYSTEM"


@functools.cache
def read(reader, name):
    """What a reader finds in a real hive before it is edited."""
    return reader(windows_hives.system(name))


def edited(hive, edit):
    """The bytes of a hive after an edit, and the changes that the door recorded."""
    root = FakeRoot({SYSTEM: hive})
    with root.on_behalf_of("drivers"):
        edit(root.hive("SYSTEM", "a driver"))
    return root.files[SYSTEM], root.changes()


def add_driver(hive):
    services = hive.key("ControlSet001\\Services")
    driver = services.create("viostor")
    driver.set("Start", registry.dword(0))
    driver.set("ImagePath", registry.expand("system32\\drivers\\viostor.sys"))
    driver.create("Parameters\\PnpInterface").set("5", registry.dword(1))
    hive.key("ControlSet001\\Control\\Class").create("PCI#VEN_1AF4&DEV_1001&REV_00").set(
        "Service", registry.string("viostor")
    )
    services.key("DISK").set("start", registry.dword(3))


def take_driver_away(hive):
    hive.key("ControlSet001\\Services\\viostor").delete()
    hive.key("ControlSet001\\Control\\Class\\PCI#VEN_1AF4&DEV_1001&REV_00").delete()
    hive.key("ControlSet001\\Services\\disk").set("Start", registry.dword(0))


def lowered(found):
    """Differences with paths and names in one letter case: the hives spell "Services" and "Disk" in several ways."""
    return {(path.lower(), name and name.lower()): value for (path, name), value in found.items()}


def wide(text):
    return text.encode("utf-16-le") + b"\0\0"


SERVICE = "controlset001\\services\\viostor"
DEVICE = "controlset001\\control\\class\\pci#ven_1af4&dev_1001&rev_00"
EXPECTED = {
    (SERVICE, None): (None, True),
    (SERVICE, "start"): (None, (4, bytes(4))),
    (SERVICE, "imagepath"): (None, (2, wide("system32\\drivers\\viostor.sys"))),
    (f"{SERVICE}\\parameters", None): (None, True),
    (f"{SERVICE}\\parameters\\pnpinterface", None): (None, True),
    (f"{SERVICE}\\parameters\\pnpinterface", "5"): (None, (4, b"\1\0\0\0")),
    (DEVICE, None): (None, True),
    (DEVICE, "service"): (None, (1, wide("viostor"))),
    ("controlset001\\services\\disk", "start"): ((4, bytes(4)), (4, b"\3\0\0\0")),
}
# reglookup prints data in its own way.
PRINTED = {
    **EXPECTED,
    (SERVICE, "start"): (None, ("DWORD", "0x00000000")),
    (SERVICE, "imagepath"): (None, ("EXPAND_SZ", "system32\\drivers\\viostor.sys")),
    (f"{SERVICE}\\parameters\\pnpinterface", "5"): (None, ("DWORD", "0x00000001")),
    (DEVICE, "service"): (None, ("SZ", "viostor")),
    ("controlset001\\services\\disk", "start"): (("DWORD", "0x00000000"), ("DWORD", "0x00000003")),
}


@pytest.mark.parametrize("name", windows_hives.NAMES)
def test_an_edit_of_a_real_hive_is_what_three_readers_find_and_all_they_find(name):
    before = windows_hives.system(name)
    after, changes = edited(before, add_driver)
    assert changes
    for reader in READERS:
        expected = PRINTED if reader.__name__ == "by_reglookup" else EXPECTED
        assert lowered(differences(read(reader, name), reader(after))) == expected, reader.__name__
    again, changes = edited(after, add_driver)
    assert (again, changes) == (after, [])


@pytest.mark.parametrize("name", windows_hives.NAMES)
def test_what_was_added_to_a_real_hive_and_deleted_is_gone(name):
    after, changes = edited(edited(windows_hives.system(name), add_driver)[0], take_driver_away)
    assert changes
    assert differences(read(by_hivex, name), by_hivex(after)) == {}


def test_the_real_hives_were_taken_from_running_machines_and_are_clean_here():
    for name in windows_hives.NAMES:
        hive = windows_hives.system(name)
        assert hive[4:8] == hive[8:12]
        assert windows_hives.dirty(hive)[4:8] != hive[8:12]
        assert hive[512:] == windows_hives.taken_live(name)[512:]
