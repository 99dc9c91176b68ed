# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which of several systems something starts."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from ansible_collections.virttools.guestconv.plugins.module_utils.guest.boot_menu import BootMenu, Entry
from ansible_collections.virttools.guestconv.plugins.module_utils.guest.storage.mounts import Mount, MountPlan
from ansible_collections.virttools.guestconv.plugins.module_utils.model.concerns import Concern
from ansible_collections.virttools.guestconv.plugins.module_utils.model.description import Findings
from ansible_collections.virttools.guestconv.plugins.module_utils.systems import started
from ansible_collections.virttools.guestconv.plugins.module_utils.texts.fstab import parse
from ansible_collections.virttools.guestconv.tests.unit.plugins.module_utils.guest.storage.storage_nodes import (
    filesystem,
    graph,
    image,
)


def guest(hardware=None, missing=None, uuids=None, **menus):
    """A guest with the disks sda and sdb, with a root for each of these partitions.

    menus: {partition: the command lines of its boot menu}. missing: {partition: what its fstab mounts in vain}.
    uuids: {partition: its UUID, by default "u-" and its name}.
    """
    filesystems = {name: filesystem(f"/dev/{name}", uuid=(uuids or {}).get(name, f"u-{name}")) for name in menus}
    roots = [
        SimpleNamespace(
            name=f"/dev/{name}",
            info={"os": "linux", "product_name": "Debian"},
            started_by=(),
            boot_menu=BootMenu([Entry("/vmlinuz", (), line) for line in lines]),
            mount_plan=MountPlan((Mount("/", filesystems[name]),), tuple(parse((missing or {}).get(name, "")))),
        )
        for name, lines in menus.items()
    ]
    disks = [image("sda"), image("sdb")]
    storage = graph(list(filesystems.values()), ["sda", "sdb"])
    made = SimpleNamespace(disks=disks, hardware=hardware or {}, storage=storage, roots=roots)
    for root in roots:
        root.guest = made
    return made


def left(guest, *with_kernel, with_files=("/dev/sda1", "/dev/sda2", "/dev/sdb1")):
    """with_files: the roots that have files of a boot menu."""
    signs = {root.name: started.Signs(root.name in with_kernel, root.name in with_files) for root in guest.roots}
    return [root.name for root in started.not_started(guest, signs)]


def test_a_chroot_and_an_old_system_on_a_data_disk_are_not_started():
    assert left(guest(sda1=["root=UUID=u-sda1 ro"], sdb1=[]), "/dev/sda1") == ["/dev/sdb1"]
    assert left(guest(sda1=["root=UUID=u-sda1 ro"], sdb1=[]), "/dev/sda1", "/dev/sdb1") == ["/dev/sdb1"]
    assert left(guest(sda1=[], sda2=["root=/dev/sda2"]), "/dev/sda2") == ["/dev/sda1"]


def test_systems_that_start_by_one_menu_or_by_their_own_all_stay():
    assert left(guest(sda1=["root=UUID=u-sda1", "root=UUID=u-sda2"], sda2=[]), "/dev/sda1", "/dev/sda2") == []
    assert left(guest(sda1=["root=UUID=u-sda1"], sdb1=["root=UUID=u-sdb1"])) == []


def test_a_copy_of_a_system_has_a_menu_that_starts_the_original():
    assert left(guest(sda1=["root=UUID=u-sda1"], sdb1=["root=UUID=u-sda1"])) == ["/dev/sdb1"]


def test_a_copy_next_to_the_original_shares_its_menu():
    # Of a logical volume, say, with the same /boot.
    lines = ["root=UUID=u-sda1"]
    assert left(guest(sda1=lines, sda2=lines), "/dev/sda1", "/dev/sda2") == ["/dev/sda2"]


def test_a_clone_has_the_same_name_so_it_stays():
    assert left(guest(sda1=["root=UUID=u"], sdb1=["root=UUID=u"], uuids={"sda1": "u", "sdb1": "u"})) == []


@pytest.mark.parametrize("line", ["ro quiet", "root=/dev/mapper/unknown", "root=UUID=u-sda1 root=/dev/nfs"])
def test_a_menu_that_does_not_say_what_its_root_is_starts_its_own(line):
    assert left(guest(sda1=["root=UUID=u-sda1"], sdb1=[line])) == []


def test_a_system_on_the_disk_that_boots_may_have_a_menu_that_is_not_known():
    # systemd-boot's, say, and GRUB's is left from an older system on another partition.
    assert left(guest(sda1=[], sda2=["root=UUID=u-sda2"]), "/dev/sda1", "/dev/sda2") == []
    assert left(guest(sda1=[], sdb1=["root=UUID=u-sdb1"]), "/dev/sda1", "/dev/sdb1") == []
    assert left(guest(sda1=[], sdb1=["root=UUID=u-sdb1"])) == []


def test_an_old_system_without_files_of_a_menu_is_not_started_wherever_it_is():
    both = ("/dev/sda1", "/dev/sda2")
    assert left(guest(sda1=[], sda2=["root=UUID=u-sda2"]), *both, with_files=()) == ["/dev/sda1"]
    assert left(guest(sda1=["root=UUID=u-sda1"], sda2=[]), *both, with_files=["/dev/sda1"]) == ["/dev/sda2"]


def test_a_menu_that_names_a_root_by_a_uuid_that_is_gone_starts_nothing():
    assert left(guest(sda1=["root=UUID=u-sda1"], sda2=["root=UUID=gone ro"]), "/dev/sda2") == ["/dev/sda2"]


def test_a_system_whose_boot_is_not_among_the_disks_may_have_its_menu_there():
    fstab = "UUID=gone /boot ext4 defaults 0 2\n"
    both = ("/dev/sda1", "/dev/sdb1")
    assert left(guest(sda1=["root=UUID=u-sda1"], sdb1=[], missing={"sdb1": fstab}), *both) == []
    assert left(guest(sda1=["root=UUID=u-sda1"], sdb1=[], missing={"sdb1": fstab}), "/dev/sda1") == ["/dev/sdb1"]


def test_the_source_says_which_disk_boots():
    hardware = {"disks": [{"boot_order": 2}, {"boot_order": 1}]}
    assert left(guest(hardware, sda1=[], sdb1=["root=UUID=u-sdb1"]), "/dev/sda1", "/dev/sdb1") == ["/dev/sda1"]


def test_the_only_root_stays_and_so_do_all_where_there_is_no_menu():
    assert left(guest(sda1=[])) == []
    assert left(guest(sda1=[], sdb1=[])) == []


def test_what_a_person_is_told():
    concern = started.concern(guest(sdb1=[]).roots[0])
    assert (concern.code, concern.severity) == ("system-not-started", "info")
    assert "/dev/sdb1 has a system (Debian)" in concern.message and "`root: /dev/sdb1`" in concern.hint


def test_a_root_without_a_menu_is_started_by_the_entries_of_another_one_that_name_it():
    found = guest(sda1=["root=UUID=u-sda1", "root=UUID=u-sda2"], sda2=[])
    first, second = found.roots
    assert [entry.root for entry in started.by_others(second)] == ["UUID=u-sda2"]
    assert started.by_others(first) == []
    # With a menu of its own it needs no other.
    assert started.by_others(guest(sda1=["root=UUID=u-sda2"], sda2=["root=UUID=u-sda2"]).roots[1]) == []


def beside_windows(windows, **menus):
    """A guest as guest() makes it, of which this partition has a Windows."""
    made = guest(**{**menus, windows: []})
    root = next(each for each in made.roots if each.name == f"/dev/{windows}")
    root.info = {"os": "windows", "product_name": "Windows 10 Pro"}
    return made


def test_a_windows_on_a_data_disk_of_a_linux_is_not_started():
    made = beside_windows("sdb1", sda1=["root=UUID=u-sda1"])
    assert left(made, "/dev/sda1", "/dev/sdb1") == ["/dev/sdb1"]
    concern = started.concern(made.roots[1])
    assert (concern.code, concern.severity) == ("windows-not-prepared", "warning")
    assert "/dev/sdb1 has Windows" in concern.message and "does not start it" in concern.message


def test_a_linux_on_a_data_disk_of_a_windows_is_not_started():
    made = beside_windows("sda1", sdb1=["root=UUID=u-sdb1"])
    assert left(made, "/dev/sda1", "/dev/sdb1") == ["/dev/sdb1"]
    assert started.concern(made.roots[-1]).code in ("system-not-started", "windows-not-prepared")


def test_of_two_windows_the_one_that_the_boot_configuration_names_is_started():
    made = beside_windows("sda1", sdb1=[])
    made.roots[0].info = made.roots[1].info
    both = frozenset(each.name for each in made.roots)

    def left_by(**starts):
        signs = {f"/dev/{name}": started.Signs(True, True, frozenset(named)) for name, named in starts.items()}
        return [root.name for root in started.not_started(made, signs)]

    assert left_by(sda1=["/dev/sda1"], sdb1=["/dev/sdb1"]) == ["/dev/sdb1"]
    assert left_by(sda1=both, sdb1=["/dev/sdb1"]) == []
    # One that names no partition starts any.
    assert left_by(sda1=[], sdb1=["/dev/sdb1"]) == []


def test_both_systems_of_a_dual_boot_stay_and_that_is_told():
    for made in (beside_windows("sda1", sda2=["root=UUID=u-sda2"]), beside_windows("sda2", sda1=["root=UUID=u-sda1"])):
        assert left(made, "/dev/sda1", "/dev/sda2") == []
        (concern,) = started.dual_boot(made)
        assert (concern.code, concern.severity) == ("dual-boot", "info")
    assert started.dual_boot(guest(sda1=[], sda2=[])) == []


def test_a_windows_that_cannot_be_converted_is_left_out_only_next_to_another_system():
    error = Findings(concerns=[Concern("guest-hibernated", "error", "It is hibernated."), Concern("a", "info", "No.")])
    made = beside_windows("sda2", sda1=["root=UUID=u-sda1"])
    found = {"/dev/sda1": [error], "/dev/sda2": [Findings(), error]}
    assert started.not_prepared(made.roots, found) == {"/dev/sda2": "It is hibernated."}
    assert started.not_prepared(made.roots, {**found, "/dev/sda2": []}) == {}
    made.roots = made.roots[1:]
    assert started.not_prepared(made.roots, found) == {}
