# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The engine: the order of the aspects, and that it knows nothing else of them."""

from __future__ import annotations

from contextlib import contextmanager, nullcontext
from types import SimpleNamespace

import pytest

from ansible_collections.virttools.guestconv.plugins.module_utils.devices.targets import KVM
from ansible_collections.virttools.guestconv.plugins.module_utils.guest.boot_menu import BootMenu, Entry
from ansible_collections.virttools.guestconv.plugins.module_utils.guest.storage.mounts import Mount, MountPlan
from ansible_collections.virttools.guestconv.plugins.module_utils.model.description import Findings
from ansible_collections.virttools.guestconv.plugins.module_utils.model.selection import select
from ansible_collections.virttools.guestconv.plugins.module_utils.systems import engine, linux
from ansible_collections.virttools.guestconv.tests.unit.plugins.module_utils.guest.storage.storage_nodes import (
    filesystem,
    graph,
    image,
)


class FakeGuest:
    """Two roots, which are mounted one at a time. The entries of their menus do not say what their roots are."""

    target = KVM
    hardware = {}
    transform = ()

    def __init__(self, log, menus=(BootMenu([Entry("/vmlinuz", (), "ro")]),) * 2, not_searched=()):
        self.log = log
        self.disks, self.windows = [image("sda")], ()
        filesystems = [filesystem(name, uuid=name) for name in ("/dev/sda1", "/dev/sda2")]
        self.storage = graph(filesystems, ["sda"])
        self.roots = [
            SimpleNamespace(
                name=one.name,
                guest=self,
                started_by=(),
                info={"os": "linux", "package_format": "deb"},
                on_behalf_of=lambda aspect: nullcontext(),
                restore_labels=list,
                boot_menu=menu,
                mount_plan=MountPlan((Mount("/", one),)),
                not_searched=list(not_searched),
                list=lambda path: [],
            )
            for one, menu in zip(filesystems, menus)
        ]

    def fingerprint(self):
        return "sha256:" + "0" * 64

    @contextmanager
    def mounted(self, root, read_only):
        self.log.append(("mount", root.name, "ro" if read_only else "rw"))
        yield root
        self.log.append(("umount", root.name))


@pytest.fixture
def log(monkeypatch):
    """What the aspects `first` and `second` were asked, in order."""
    calls = []

    def aspect(name, after=()):
        def inspect(root):
            calls.append(("inspect", name, root.name))
            return Findings(info={name: root.name}, devices={"block": {"sda": {name: True}}}, usable={})

        def convert(root, plan):
            calls.append(("convert", name, root.name))
            plan.hardware.interfaces.append({"name": f"{name} {plan.initrd.mode}"})

        return SimpleNamespace(NAME=name, INSPECT_AFTER=(), CONVERT_AFTER=after, inspect=inspect, convert=convert)

    monkeypatch.setattr(linux, "ASPECTS", (aspect("first", after=("second",)), aspect("second")))
    return calls


def test_the_aspects_work_in_their_order_one_root_after_the_other(log):
    guest = FakeGuest(log)
    description = engine.inspect(guest)
    assert log == [
        ("mount", "/dev/sda1", "ro"),
        ("inspect", "first", "/dev/sda1"),
        ("inspect", "second", "/dev/sda1"),
        ("umount", "/dev/sda1"),
        ("mount", "/dev/sda2", "ro"),
        ("inspect", "first", "/dev/sda2"),
        ("inspect", "second", "/dev/sda2"),
        ("umount", "/dev/sda2"),
    ]
    log.clear()
    engine.convert(guest, description, select(description, description))
    assert [call[:2] for call in log if call[0] == "convert"] == [("convert", "second"), ("convert", "first")] * 2
    assert [call for call in log if call[0] == "mount"] == [("mount", "/dev/sda1", "rw"), ("mount", "/dev/sda2", "rw")]


def test_what_the_aspects_found_is_described_per_root_and_per_device(log):
    description = engine.inspect(FakeGuest(log))
    info = description["roots"]["/dev/sda2"]["info"]
    assert info == {"os": "linux", "package_format": "deb", "first": "/dev/sda2", "second": "/dev/sda2"}
    assert description["current"]["block"] == {"sda": {"first": True, "second": True}}


def test_the_hardware_has_what_the_aspects_of_all_roots_know(log):
    guest = FakeGuest(log)
    description = engine.inspect(guest)
    hardware = engine.convert(guest, description, select(description, description), initrd="rebuild")
    assert (hardware["firmware"], hardware["machine"]) == ("bios", "q35")
    assert hardware["interfaces"] == [{"name": "second rebuild"}, {"name": "first rebuild"}]


def test_each_aspect_is_told_of_as_it_begins(log):
    guest, told = FakeGuest(log), []
    description = engine.inspect(guest, tell=lambda *what: told.append(what))
    assert told == [("first", 0), ("second", 0.25), ("first", 0.5), ("second", 0.75)]
    told.clear()
    engine.convert(guest, description, select(description, description), tell=lambda *what: told.append(what))
    assert told == [("second", 0), ("first", 0.25), ("second", 0.5), ("first", 0.75)]


NO_MENU = BootMenu()
MENU = BootMenu([Entry("/vmlinuz", (), "root=/dev/mapper/root ro")])


@pytest.mark.parametrize("not_searched, times", [((), 1), (("what was not searched",), 2)])
def test_a_root_that_nothing_starts_is_named_and_left_alone(log, not_searched, times):
    guest = FakeGuest(log, (NO_MENU, MENU), not_searched)
    guest.roots[1].not_searched = []
    description = engine.inspect(guest)
    assert list(description["roots"]) == ["/dev/sda2"]
    assert [(each["code"], each["severity"]) for each in description["concerns"]] == [("system-not-started", "info")]
    assert "/dev/sda1" in description["concerns"][0]["message"]
    # The first root says what was not searched: that is another one now.
    assert guest.roots[0].not_searched == list(not_searched)
    assert log.count(("inspect", "first", "/dev/sda2")) == times
    log.clear()
    engine.convert(guest, description, select(description, description))
    assert [call for call in log if call[0] == "mount"] == [("mount", "/dev/sda2", "rw")]
