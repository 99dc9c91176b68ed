# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The removal of packages by the real rpm, on a real database of packages that are made for it."""

from __future__ import annotations

import os
import shutil
import subprocess

import pytest

from ansible_collections.virttools.guestconv.plugins.module_utils.errors import CommandFailed
from ansible_collections.virttools.guestconv.plugins.module_utils.packages.manager import DatabaseDamaged
from ansible_collections.virttools.guestconv.plugins.module_utils.packages.rpm import Rpm
from ansible_collections.virttools.guestconv.tests.unit.plugins.module_utils.guest.fake_root import FakeRoot

pytestmark = pytest.mark.skipif(
    not (shutil.which("rpm") and shutil.which("rpmbuild")), reason="rpm and rpmbuild are not installed (package rpm)"
)

SPEC = """\
Name: {name}
Version: {version}
Release: 1.el9
Summary: A package
License: GPL
BuildArch: noarch
{requires}
%description
A package.
%files
"""
# {name: what it requires}.
PACKAGES = {
    "rpm": "",
    "libmspack": "",
    "open-vm-tools": "Requires: libmspack",
    "open-vm-tools-desktop": "Requires: open-vm-tools = 12.1",
    "kmod-virtualbox": "",
    "xe-guest-utilities": "Provides: xen-tools = 7",
    "company-base": "Requires: xen-tools >= 7",
}
ENVIRONMENT = {**os.environ, "LC_ALL": "C"}


class Root(FakeRoot):
    """Runs the real rpm on a database of its own; what it is asked to remove is only removed from that."""

    def __init__(self, database, files=None):
        super().__init__(files, info={"package_format": "rpm"})
        self._database = str(database)

    def ask(self, argv, seconds=0):
        self.commands.append(list(argv))
        command = ["rpm", "--dbpath", self._database, *(["--justdb"] if "-e" in argv else []), *argv[1:]]
        ran = subprocess.run(command, capture_output=True, text=True, env=ENVIRONMENT, timeout=600, check=False)
        if ran.returncode:
            raise CommandFailed("guest-command-failed", ran.stderr)
        return ran.stdout

    def run(self, argv, detail, touches=(), replaces=(), seconds=0):
        return self.ask(argv)


@pytest.fixture(scope="session")
def built(tmp_path_factory):
    """The packages' files."""
    top = tmp_path_factory.mktemp("rpms")
    for name, requires in PACKAGES.items():
        spec = top / f"{name}.spec"
        spec.write_text(SPEC.format(name=name, requires=requires, version="12.1"))
        command = ["rpmbuild", "--quiet", "--define", f"_topdir {top}", "--define", f"_rpmdir {top}", "-bb", str(spec)]
        subprocess.run(command, check=True, capture_output=True, env=ENVIRONMENT)
    return sorted(map(str, top.glob("noarch/*.rpm")))


@pytest.fixture
def database(built, tmp_path):
    command = ["rpm", "--dbpath", str(tmp_path), "--justdb", "--nodeps", "-i", *built]
    subprocess.run(command, check=True, capture_output=True, env=ENVIRONMENT)
    return tmp_path


def judged(root, *names):
    manager = Rpm(root)
    everything = manager.packages()
    return manager.judged([each for each in everything if each.name in names], everything)


def names(packages):
    return [each.name for each in packages]


def test_exactly_what_is_asked_for_is_removed(database):
    root = Root(database)
    found = judged(root, "open-vm-tools", "open-vm-tools-desktop")
    assert found.staying == ()
    Rpm(root).remove(found.going, "removed")
    assert {one["name"] for one in Rpm(root).applications()} == set(PACKAGES) - {
        "open-vm-tools",
        "open-vm-tools-desktop",
    }
    assert root.commands[-2][:2] == ["rpm", "-e"] and "open-vm-tools-12.1-1.el9.noarch" in root.commands[-2]


def test_what_another_package_needs_by_a_name_that_it_provides_stays(database):
    found = judged(Root(database), "xe-guest-utilities", "open-vm-tools", "open-vm-tools-desktop")
    assert sorted(names(found.going)) == ["open-vm-tools", "open-vm-tools-desktop"]
    (stays,) = found.staying
    assert stays[0].name == "xe-guest-utilities" and stays[1] == "company-base-12.1-1.el9.noarch cannot do without it"


def test_what_a_package_that_stays_needs_stays_too(database):
    root = Root(database, {"/etc/dnf/plugins/versionlock.list": "# Added\nopen-vm-tools-desktop-0:12.1-1.el9.*\n"})
    found = judged(root, "open-vm-tools", "open-vm-tools-desktop")
    assert found.going == ()
    assert {each.name: why for each, why in found.staying} == {
        "open-vm-tools-desktop": "its version is locked",
        "open-vm-tools": "open-vm-tools-desktop-12.1-1.el9.noarch cannot do without it",
    }


@pytest.mark.parametrize(
    "path, text",
    [
        ("/etc/yum/pluginconf.d/versionlock.list", "0:open-vm-tools-desktop-12.1-1.el9.*\n"),
        (
            "/etc/zypp/locks",
            "type: package\nmatch_type: glob\ncase_sensitive: on\nsolvable_name: open-vm-tools-desk*\n",
        ),
        (
            "/etc/dnf/versionlock.toml",
            'version = "1.0"\n[[packages]]\nname = "open-vm-tools-desktop"\ncomment = "a"\n',
        ),
    ],
)
def test_locks_of_each_kind_are_heeded(database, path, text):
    found = judged(Root(database, {path: text}), "open-vm-tools-desktop")
    assert [why for _each, why in found.staying] == ["its version is locked"]


def test_a_lock_of_another_package_or_an_exclusion_is_none(database):
    text = "open-vm-tools-0:12.1-1.el9.*\n!open-vm-tools-desktop-0:13-1.el9.*\n"
    found = judged(Root(database, {"/etc/dnf/plugins/versionlock.list": text}), "open-vm-tools-desktop")
    assert names(found.going) == ["open-vm-tools-desktop"]


def test_packages_of_kernel_modules_stay(database):
    found = judged(Root(database), "kmod-virtualbox")
    assert found.staying[0][1] == "it has kernel modules, and its removal would rebuild initrds"


def test_a_damaged_database_is_known_before_anything_is_removed(database):
    for path in database.glob("rpmdb.sqlite*"):
        path.write_bytes(b"garbage" * 1000)
    with pytest.raises(DatabaseDamaged):
        judged(Root(database), "open-vm-tools")


def test_a_database_that_is_gone_is_damaged(tmp_path):
    with pytest.raises(DatabaseDamaged, match="rpm lists no packages"):
        judged(Root(tmp_path), "open-vm-tools")
