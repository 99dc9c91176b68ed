# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Every registered package manager keeps to the interface; and another goes the whole way."""

from __future__ import annotations

import pytest

from ansible_collections.virttools.guestconv.plugins.module_utils import packages
from ansible_collections.virttools.guestconv.plugins.module_utils.packages import MANAGERS
from ansible_collections.virttools.guestconv.plugins.module_utils.packages.dependencies import judged
from ansible_collections.virttools.guestconv.plugins.module_utils.packages.manager import (
    Application,
    DatabaseDamaged,
    Package,
    PackageManager,
    Removal,
)
from ansible_collections.virttools.guestconv.tests.unit.plugins.module_utils import complete_guest
from ansible_collections.virttools.guestconv.tests.unit.plugins.module_utils.conformance import lacks
from ansible_collections.virttools.guestconv.tests.unit.plugins.module_utils.guest.fake_root import FakeRoot

by_format = pytest.mark.parametrize("manager", MANAGERS, ids=lambda manager: manager.FORMAT)


@by_format
def test_each_registered_package_manager_keeps_to_the_interface(manager):
    assert lacks(manager, PackageManager) == []
    root = FakeRoot(info={"package_format": manager.FORMAT})
    assert isinstance(packages.manager_for(root), manager)
    assert packages.applications(root) == []
    removal = manager(root).removal()
    assert removal is None or (lacks(type(removal), Removal) == [] and not removal.names())


@by_format
def test_a_database_that_is_empty_is_damaged(manager):
    root = FakeRoot({"/var/lib/pacman/db.lck": ""}, info={"package_format": manager.FORMAT})
    with pytest.raises(DatabaseDamaged):
        manager(root).removal().packages()


def test_package_managers_have_different_formats():
    assert len({manager.FORMAT for manager in MANAGERS}) == len(MANAGERS)


DATABASE = "/var/lib/toy"


class Toy:
    """Its database has a package a line, with the names of those that it needs."""

    FORMAT = "toy"
    KNOWS_DEPENDENCIES = True
    REMOVES_DEPENDENCIES = False

    def __init__(self, root):
        self._root = root

    def applications(self):
        return [Application(name=one.name, epoch=None, version="1", release=None, arch=None) for one in self.packages()]

    def removal(self):
        return self

    def names(self):
        return [one.name for one in self.packages()]

    def packages(self):
        rows = [line.split() for line in self._root.read(DATABASE).splitlines()]
        return [
            Package(
                name,
                "1",
                "",
                name.startswith("lib"),
                tuple(frozenset((one,)) for one in needs),
                names=frozenset((name,)),
            )
            for name, *needs in rows
        ]

    def judged(self, own, packages):
        return judged(own, packages)

    def room(self):
        return "/lib", 1024

    def remove(self, packages, detail):
        gone = {one.name for one in packages}
        kept = [line for line in self._root.read(DATABASE).splitlines() if line.split()[0] not in gone]
        self._root.write(DATABASE, "\n".join(kept) + "\n", detail)


@pytest.fixture
def toy(monkeypatch):
    monkeypatch.setattr(packages, "MANAGERS", (*MANAGERS, Toy))


def test_another_package_manager_lists_packages_and_removes_exactly_those_of_tools(toy):
    assert lacks(Toy, PackageManager) == [] and lacks(Toy, Removal) == []
    database = "base\nopen-vm-tools libmspack base\nlibmspack\n"
    root = complete_guest.make({DATABASE: database}, info={"package_format": "toy"})
    info = complete_guest.inspected(root, applications=True)["roots"]["/dev/sda1"]["info"]
    assert [one["name"] for one in info["applications"]] == ["base", "libmspack", "open-vm-tools"]
    assert info["source"] == "vmware"
    complete_guest.converted(root)
    assert root.files[DATABASE] == "base\nlibmspack\n"


def test_what_another_package_needs_stays_with_any_package_manager(toy):
    database = "open-vm-tools\ncompany open-vm-tools\n"
    root = complete_guest.make({DATABASE: database}, info={"package_format": "toy"})
    complete_guest.converted(root)
    assert root.files[DATABASE] == database
