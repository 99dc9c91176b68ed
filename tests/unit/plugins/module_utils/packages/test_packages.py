# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The guest's packages: what is installed, what only some needed, and what a removal leaves."""

from __future__ import annotations

from dataclasses import replace

import pytest

from ansible_collections.virttools.guestconv.plugins.module_utils import packages
from ansible_collections.virttools.guestconv.plugins.module_utils.packages import dpkg, pacman, rpm
from ansible_collections.virttools.guestconv.plugins.module_utils.packages.dependencies import (
    judged,
    only_needed_by,
)
from ansible_collections.virttools.guestconv.plugins.module_utils.packages.dpkg import Dpkg
from ansible_collections.virttools.guestconv.plugins.module_utils.packages.manager import Package
from ansible_collections.virttools.guestconv.tests.unit.plugins.module_utils.guest.fake_root import FakeRoot

CONF = "/etc/initramfs-tools/update-initramfs.conf"
UPDATES = "/var/lib/dpkg/updates"
POLICY = "/usr/sbin/policy-rc.d"
STATES = "/var/lib/apt/extended_states"
# Stanzas as Debian 12 has them, shortened.
STATUS = """\
Package: libc6
Status: install ok installed
Architecture: amd64
Multi-Arch: same
Version: 2.36-9+deb12u14

Package: open-vm-tools
Status: install ok installed
Architecture: amd64
Version: 2:12.2.0-1+deb12u4
Pre-Depends: init-system-helpers (>= 1.54~)
Depends: libc6 (>= 2.34), libxmlsec1:amd64 (>= 1.2.31) | libxmlsec, pci.ids
Recommends: fuse3
Conffiles:
 /etc/vmware-tools/tools.conf 0cc175b9c0f1b6a831c399e269772661
 /etc/pam.d/vmtoolsd 92eb5ffee6ae2fec3ad71c777531578f
Description: Open VMware Tools for virtual machines hosted on VMware (CLI)
 The Open Virtual Machine Tools (open-vm-tools) project is an open source
 .
 Depends: this is text

Package: libxmlsec1
Status: install ok installed
Architecture: amd64
Version: 1.2.37-2
Depends: libc6

Package: pci.ids
Status: install ok installed
Architecture: all
Version: 0.0~2023.04.11-1

Package: gone
Status: deinstall ok config-files
Architecture: amd64
Version: 1-1

Package: dash
Essential: yes
Status: hold ok installed
Architecture: amd64
Version: 0.5.12-2
"""
AUTOMATIC = """\
Package: libxmlsec1
Architecture: amd64
Auto-Installed: 1

Package: pci.ids
Architecture: amd64
Auto-Installed: 1

Package: dash
Architecture: amd64
Auto-Installed: 1

"""


def package(name, depends="", recommends="", suggests="", provides="", removable=True):
    groups = tuple(frozenset(group.split("|")) for group in depends.split())
    names = (frozenset(field.split()) for field in (recommends, suggests, f"{name} {provides}"))
    return Package(name, "1-1", "amd64", removable, groups, *names)


def names(found):
    return [one.name for one in found]


def guest(**files):
    return FakeRoot({Dpkg._STATUS: STATUS, STATES: AUTOMATIC, **files})


def test_what_dpkg_has_installed_is_read():
    found = {one.name: one for one in dpkg.parse_status(STATUS, AUTOMATIC)}
    assert sorted(found) == ["dash", "libc6", "libxmlsec1", "open-vm-tools", "pci.ids"]
    tools = found["open-vm-tools"]
    assert tools.depends[2:] == (frozenset(("libxmlsec1", "libxmlsec")), frozenset(("pci.ids",)))
    assert tools.pulls_in() == {"init-system-helpers", "libc6", "libxmlsec1", "libxmlsec", "pci.ids", "fuse3"}
    assert tools.conffiles[1] == ("/etc/pam.d/vmtoolsd", "92eb5ffee6ae2fec3ad71c777531578f")
    # dash is essential; what is not in extended_states was installed by hand; pci.ids is there as amd64 for all.
    assert [name for name, one in found.items() if one.removable] == ["libxmlsec1", "pci.ids"]


@pytest.mark.parametrize(
    "others, going_too",
    (
        pytest.param([package("liba"), package("libb")], ["liba", "libb"], id="depends and recommends"),
        pytest.param([package("liba", removable=False), package("libb")], ["libb"], id="installed by hand"),
        pytest.param([package("liba", "deep"), package("deep", "liba")], ["deep", "liba"], id="a ring below"),
        pytest.param(
            [package("liba", "deep"), package("deep"), package("user", "deep", removable=False)], ["liba"], id="shared"
        ),
        pytest.param([package("liba"), package("user", "x|liba")], [], id="an alternative of another's"),
        pytest.param([package("liba"), package("user", suggests="liba")], [], id="suggested by another"),
        pytest.param([package("liba", provides="virt"), package("user", "virt")], [], id="provided to another"),
        pytest.param([package("liba"), package("orphan", "liba")], [], id="needed by an orphan, which stays"),
        pytest.param([package("extra"), package("other")], [], id="merely suggested, or unrelated"),
    ),
)
def test_what_only_the_going_needed_goes_too(others, going_too):
    tools = package("tools", "liba", "libb", "extra", removable=False)
    assert names(only_needed_by([tools], [tools, *others])) == going_too


@pytest.mark.parametrize(
    "depends, provides, is_needed",
    (("tools", "", True), ("tools|other", "", False), ("virt", "virt", True), ("absent", "", False)),
)
def test_packages_that_others_need_stay_with_the_names_of_these(depends, provides, is_needed):
    tools = package("tools", provides=provides)
    found = judged([tools], [tools, package("other"), package("user", depends)])
    assert found.staying == (((tools, "user cannot do without it"),) if is_needed else ())
    assert found.going == (() if is_needed else (tools,))


def test_of_two_packages_that_need_each_other_both_go():
    pair = [package("a", "b"), package("b", "a")]
    assert judged(pair, pair).going == tuple(pair)


def test_what_only_packages_that_stay_need_is_no_dependency_that_is_left():
    tools = replace(package("tools", "lib"), hold="it is on hold")
    found = judged([tools], [tools, package("lib")])
    assert (found.going, found.dependencies) == ((), ())


def test_packages_that_may_be_there_are_told_by_files():
    root = FakeRoot({"/var/lib/dpkg/info/open-vm-tools.list": "", "/var/lib/dpkg/info/libdrm2:amd64.list": ""})
    assert Dpkg(root).names() == ["libdrm2", "open-vm-tools"]


class RootWithInitramfsTools(FakeRoot):
    """Notes what was there when the command ran, and which files were watched."""

    def run(self, argv, detail, touches=(), replaces=(), seconds=0):
        self.during, self.watched = dict(self.files), list(touches)
        return super().run(argv, detail, touches)


def purge(root):
    manager = Dpkg(root)
    going = [
        one for one in dpkg.parse_status(STATUS, AUTOMATIC) if one.name in ("open-vm-tools", "libxmlsec1", "pci.ids")
    ]
    manager.remove(going, "removed open-vm-tools")


def test_oracle_10_no_initrd_is_made_while_packages_go():
    files = {Dpkg._STATUS: STATUS, CONF: "update_initramfs=all\n"}
    root = RootWithInitramfsTools(files)
    purge(root)
    assert root.during[CONF].splitlines()[-1] == "update_initramfs=no"
    assert root.files[CONF] == "update_initramfs=all\n"
    assert root.commands == [["dpkg", "--purge", "open-vm-tools", "libxmlsec1", "pci.ids"]]


@pytest.mark.parametrize("policy", (None, "#!/bin/sh\nexit 0\n"))
def test_no_service_is_touched_while_packages_go_unless_the_guest_has_a_policy_of_its_own(policy):
    files = {Dpkg._STATUS: STATUS, CONF: "", **({POLICY: policy} if policy else {})}
    root = RootWithInitramfsTools(files)
    purge(root)
    assert root.during[POLICY] == (policy or "#!/bin/sh\nexit 101\n")
    assert root.files.get(POLICY) == policy


class RootWithUpdates(FakeRoot):
    """Has dpkg's journal: an empty directory, as a rule."""

    def is_dir(self, path):
        return path == UPDATES or super().is_dir(path)


@pytest.mark.parametrize("interrupted", (False, True))
def test_dpkgs_journal_is_in_memory_unless_it_has_something_to_go_on_from(interrupted):
    root = RootWithUpdates({Dpkg._STATUS: STATUS, **({f"{UPDATES}/0001": "Package: a\n"} if interrupted else {})})
    purge(root)
    purged = ["dpkg", "--purge", "open-vm-tools", "libxmlsec1", "pci.ids"]
    assert root.commands == ([purged] if interrupted else [["in memory", UPDATES], purged, ["on disk", UPDATES]])


def test_configuration_that_somebody_changed_is_recorded_when_it_goes():
    tools_conf, pam = "/etc/vmware-tools/tools.conf", "/etc/pam.d/vmtoolsd"
    # STATUS has the MD5 sums of "a" and "b".
    root = RootWithInitramfsTools({Dpkg._STATUS: STATUS, CONF: "", tools_conf: "a", pam: "changed"})
    purge(root)
    assert root.watched == [pam]


def test_apt_forgets_that_the_purged_were_automatic_and_keeps_the_rest():
    root = guest()
    purge(root)
    assert root.files[STATES] == "Package: dash\nArchitecture: amd64\nAuto-Installed: 1\n\n"


def test_packages_of_two_architectures_are_told_apart_when_they_are_purged():
    root = FakeRoot()
    going = [Package("libdrm2", "1-1", arch) for arch in ("amd64", "i386")]
    Dpkg(root).remove([*going, Package("pciutils", "1-1", "amd64")], "")
    assert root.commands == [["dpkg", "--purge", "libdrm2:amd64", "libdrm2:i386", "pciutils"]]


@pytest.mark.parametrize(
    "version, parts",
    (
        ("2:12.2.0-1+deb12u4", (2, "12.2.0", "1+deb12u4")),
        ("2025b-0+deb12u2", (None, "2025b", "0+deb12u2")),
        ("1:2.3-4-5", (1, "2.3-4", "5")),
        ("20230311", (None, "20230311", None)),
        ("99999999999:1", (None, "99999999999:1", None)),
        pytest.param("9" * 5000 + ":1", (None, "9" * 5000 + ":1", None), id="no epoch"),
    ),
)
def test_versions_of_debian_are_split(version, parts):
    assert tuple(dpkg.split_version(version)) == parts


def test_applications_of_dpkg_are_listed_without_a_command():
    root = guest()
    found = packages.applications(root)
    assert [one["name"] for one in found] == ["dash", "libc6", "libxmlsec1", "open-vm-tools", "pci.ids"]
    assert found[3] == {
        "name": "open-vm-tools",
        "epoch": 2,
        "version": "12.2.0",
        "release": "1+deb12u4",
        "arch": "amd64",
    }
    assert root.commands == []


def test_applications_of_rpm_are_listed_with_one_command():
    root = FakeRoot(info={"package_format": "rpm"})
    lines = "gpg-pubkey\t(none)\t1\t2\t(none)\n", "zlib\t(none)\t1.2\t40.el9\tx86_64\n", "bind\t32\t9\t1\tnoarch\n"
    root.ask = lambda argv, seconds: "".join(lines)
    assert packages.applications(root) == [
        {"name": "bind", "epoch": 32, "version": "9", "release": "1", "arch": "noarch"},
        {"name": "zlib", "epoch": None, "version": "1.2", "release": "40.el9", "arch": "x86_64"},
    ]


@pytest.mark.parametrize("epoch", ("x", "", "\N{SUPERSCRIPT TWO}", "-1", "9" * 5000))
def test_an_epoch_that_is_no_number_is_none(epoch):
    root = FakeRoot(info={"package_format": "rpm"})
    root.ask = lambda argv, seconds: f"bind\t{epoch}\t9\t1\tnoarch\n"
    assert [(one["name"], one["epoch"]) for one in packages.applications(root)] == [("bind", None)]


def test_apt_forgets_the_stanzas_of_packages_and_nothing_else():
    stanza = "Package: {}\nArchitecture: amd64\nAuto-Installed: 1\n"
    kept = "\n\n" + stanza.format("a") + "\n\n\n"
    text = kept + stanza.format("b") + "\n" + stanza.format("c")
    assert dpkg.forget(text, [Package("b", "1", "amd64")]) == kept + stanza.format("c")
    assert dpkg.forget(text, []) == text


def test_guest_without_a_known_package_format_has_no_applications():
    assert packages.applications(FakeRoot(info={"package_format": None})) == []


@pytest.mark.parametrize("parse", (rpm.needed_by, rpm.dnf5_locks, pacman.ignored_packages))
@pytest.mark.parametrize("blank", ("\n", " "))
def test_a_long_text_of_blanks_is_read_in_time(parse, blank):
    # With an expression that begins again at each of its lines it would take a minute and more, and hours at the limit.
    assert parse(blank * 200_000) == []


def _tool(number, *depends, provides=""):
    name = f"tool{number}"
    needs = tuple(frozenset((one,)) for one in depends)
    return Package(name, "1", "amd64", depends=needs, names=frozenset((name, provides or name)))


def test_a_long_chain_of_packages_is_judged_in_time():
    # Each of them stays for the sake of the one before, so that there are as many rounds as packages.
    own = [_tool(number, f"tool{number + 1}") for number in range(20_000)]
    user = Package("user", "1", "amd64", depends=(frozenset(("tool0",)),), names=frozenset(("user",)))
    found = judged(own, [*own, user])
    assert (found.going, found.staying[1]) == ((), (own[1], "tool0 cannot do without it"))
    assert len(found.staying) == len(own)


def test_a_reason_names_some_of_many_users():
    own = [_tool(number, provides="all") for number in range(20_000)]
    users = [Package(f"user{number}", "1", "amd64", depends=(frozenset(("all",)),)) for number in range(20_000)]
    reason = judged(own, [*own, *users]).staying[-1][1]
    assert reason == f"{', '.join(f'user{number}' for number in range(10))} and others cannot do without it"


def test_a_pattern_that_is_no_name_is_passed_over_in_time():
    # Python's fnmatch takes half an hour for it.
    brackets = "[" * 262_144
    root = FakeRoot({"/etc/dnf/plugins/versionlock.list": f"{brackets}\n"})
    root.ask = lambda argv, seconds: ""
    tools = Package("open-vm-tools", "12.3-1", "x86_64")
    assert rpm.Rpm(root).judged([tools], [tools]).going == (tools,)
    assert pacman.parse_desc("%NAME%\na\n\n%VERSION%\n1-1\n", [brackets]).hold == ""
