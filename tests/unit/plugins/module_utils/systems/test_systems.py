# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Every registered system keeps to the interface; and another, with an aspect of its own, goes the whole way."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from ansible_collections.virttools.guestconv.plugins.module_utils import systems
from ansible_collections.virttools.guestconv.plugins.module_utils.aspects.aspect import Aspect
from ansible_collections.virttools.guestconv.plugins.module_utils.guest.storage import roots
from ansible_collections.virttools.guestconv.plugins.module_utils.guest.storage.mounts import MountPlan
from ansible_collections.virttools.guestconv.plugins.module_utils.model.description import Findings
from ansible_collections.virttools.guestconv.plugins.module_utils.systems import SYSTEMS, linux, order, windows
from ansible_collections.virttools.guestconv.plugins.module_utils.systems.system import System
from ansible_collections.virttools.guestconv.tests.unit.plugins.module_utils import complete_guest, complete_windows
from ansible_collections.virttools.guestconv.tests.unit.plugins.module_utils.conformance import lacks
from ansible_collections.virttools.guestconv.tests.unit.plugins.module_utils.guest.storage.stand_in_appliance import (
    StandInAppliance,
    opened,
)

ASPECTS = [aspect for system in SYSTEMS for aspect in system.ASPECTS]


@pytest.mark.parametrize("system", SYSTEMS, ids=lambda system: system.NAME)
def test_each_registered_system_keeps_to_the_interface(system):
    assert lacks(system, System) == []
    assert len({aspect.NAME for aspect in system.ASPECTS}) == len(system.ASPECTS) > 0
    assert system.__doc__


def test_systems_have_different_names():
    assert len({system.NAME for system in SYSTEMS}) == len(SYSTEMS)


@pytest.mark.parametrize("aspect", ASPECTS, ids=lambda aspect: aspect.NAME)
def test_each_aspect_of_a_system_keeps_to_the_interface(aspect):
    assert lacks(aspect, Aspect) == []
    assert aspect.__doc__


@pytest.mark.parametrize(
    "system, complete",
    [(linux, complete_guest), (windows, complete_windows)],
    ids=lambda one: one.__name__.rpartition(".")[2],
)
def test_each_aspect_inspects_without_writing(system, complete):
    root = complete.make()
    # Those before one leave what it reads.
    for each in order.inspection(system.ASPECTS):
        assert isinstance(each.inspect(root), Findings)
    assert (root.changes(), root.commands) == ([], [])


class Motd:
    """An aspect: a greeting that names the hypervisor."""

    NAME = "motd"
    INSPECT_AFTER = ()
    CONVERT_AFTER = ()

    def inspect(self, root):
        return Findings(info={"greeting": root.read("/etc/motd")})

    def convert(self, root, plan):
        root.write("/etc/motd", f"Welcome to {plan.target.name}\n", "the greeting names the hypervisor")


class Toy:
    """A system that is known by a file of its own."""

    NAME = "toy"
    ROOT_FILESYSTEMS = frozenset(("minix",))
    ASPECTS = (Motd(),)

    def mounts(self, root, mount):
        return MountPlan((mount,))

    def instance(self, root):
        return ""

    def detect(self, root):
        return root.is_file("/etc/toy")

    def facts(self, root):
        return {"os": self.NAME, "hostname": root.read("/etc/toy")}

    def concerns(self, root):
        return []

    def applications(self, root):
        return []

    def has_kernel(self, root):
        return root.exists("/kernel")

    def starts(self, root):
        return frozenset()

    def may_have_menu(self, root):
        return False


def test_another_system_is_found_on_the_disks():
    tags = {"/dev/sda1": {"TYPE": "minix", "UUID": "u"}}
    guest = opened(StandInAppliance(tags, files={"/dev/sda1": {"/etc/toy": "mine"}}), "sda")
    roots.find(guest, (linux, Toy()))
    (root,) = guest.roots
    assert (root.info["os"], root.info["hostname"], root.info["mountpoints"]) == ("toy", "mine", {"/": "/dev/sda1"})


def test_another_system_is_inspected_and_converted_by_its_own_aspects(monkeypatch):
    assert lacks(Toy, System) == [] and lacks(Motd, Aspect) == []
    monkeypatch.setattr(systems, "SYSTEMS", (*SYSTEMS, Toy()))
    root = complete_guest.make({"/etc/motd": "Welcome to vmware\n"}, info={"os": "toy"})
    found = complete_guest.inspected(root)
    assert found["roots"]["/dev/sda1"]["info"]["greeting"] == "Welcome to vmware\n"
    hardware = complete_guest.converted(root)
    assert root.files["/etc/motd"] == "Welcome to kvm\n"
    assert [change[:2] for change in root.changes()] == [("changed", "/etc/motd")]
    assert (hardware["firmware"], hardware["machine"]) == ("bios", "q35")


def test_another_aspect_of_linux_works_with_the_others(monkeypatch):
    monkeypatch.setattr(linux, "ASPECTS", (*linux.ASPECTS, Motd()))
    root = complete_guest.make({"/etc/motd": "hello\n"})
    hardware = complete_guest.converted(root)
    assert root.files["/etc/motd"] == "Welcome to kvm\n"
    assert [disk["name_on_target"] for disk in hardware["disks"]] == ["/dev/vda"]
    assert [card["name"] for card in hardware["interfaces"]] == ["ens192"]
    assert "root=UUID=u-1" in root.files["/boot/grub/grub.cfg"]


def test_an_aspect_recalls_what_it_remembered_and_nothing_else():
    root = complete_guest.make()
    root.remember(SimpleNamespace(a=1))
    assert root.recall(SimpleNamespace).a == 1
    with pytest.raises(KeyError):
        root.recall(Findings)
