# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The engine: the order of the aspects, and that it knows nothing else of them."""

from __future__ import annotations

from contextlib import contextmanager, nullcontext
from types import SimpleNamespace

import pytest

from ansible_collections.virttools.guestconv.plugins.module_utils.devices.targets import KVM
from ansible_collections.virttools.guestconv.plugins.module_utils.model.description import Findings
from ansible_collections.virttools.guestconv.plugins.module_utils.model.selection import select
from ansible_collections.virttools.guestconv.plugins.module_utils.systems import engine


class FakeGuest:
    """Two roots, which are mounted one at a time."""

    target = KVM
    hardware = {}

    def __init__(self, log):
        self.log = log
        self.roots = [
            SimpleNamespace(name=name, info={}, on_behalf_of=lambda aspect: nullcontext())
            for name in ("/dev/sda1", "/dev/sda2")
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

    def aspect(name):
        def inspect(root):
            calls.append(("inspect", name, root.name))
            return Findings(info={name: root.name}, devices={"block": {"sda": {name: True}}}, usable={})

        def convert(root, conversion):
            calls.append(("convert", name, root.name))
            conversion.hardware[name] = conversion.initrd

        return SimpleNamespace(NAME=name, inspect=inspect, convert=convert)

    monkeypatch.setattr(engine, "_ASPECTS", (aspect("first"), aspect("second")))
    return calls


def test_inspection_goes_down_the_list_and_conversion_up_it_one_root_after_the_other(log):
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
    assert description["roots"]["/dev/sda2"]["info"] == {"first": "/dev/sda2", "second": "/dev/sda2"}
    assert description["current"]["block"] == {"sda": {"first": True, "second": True}}


def test_the_hardware_is_the_machine_and_what_the_aspects_add(log):
    guest = FakeGuest(log)
    description = engine.inspect(guest)
    hardware = engine.convert(guest, description, select(description, description), initrd="rebuild")
    assert hardware == {"firmware": "bios", "machine": "q35", "first": "rebuild", "second": "rebuild"}


def test_the_hardware_is_as_large_as_that_of_the_source(log):
    guest = FakeGuest(log)
    guest.hardware = {"cpus": 4, "memory": 65536, "disks": [{"controller": "pvscsi"}]}
    description = engine.inspect(guest)
    hardware = engine.convert(guest, description, select(description, description))
    assert description["hardware"] == guest.hardware
    assert (hardware["cpus"], hardware["memory"], "disks" in hardware) == (4, 65536, False)


def test_each_aspect_is_told_of_as_it_begins(log):
    guest, told = FakeGuest(log), []
    description = engine.inspect(guest, tell=lambda *what: told.append(what))
    assert told == [("first", 0), ("second", 0.25), ("first", 0.5), ("second", 0.75)]
    told.clear()
    engine.convert(guest, description, select(description, description), tell=lambda *what: told.append(what))
    assert told == [("second", 0), ("first", 0.25), ("second", 0.5), ("first", 0.75)]


def test_what_several_roots_say_of_one_machine_is_brought_together(log, monkeypatch):
    says = iter(
        [
            {"interfaces": [{"name": "ens192", "mac": None, "addresses": ["10.0.2.15"]}], "video": None},
            {
                "interfaces": [{"name": "ens192", "mac": "00:50:56:aa:bb:cc", "addresses": []}, {"name": "ens224"}],
                "video": {"driver": "virtio-vga"},
            },
            {"interfaces": []},
        ]
    )
    monkeypatch.setattr(
        engine,
        "_ASPECTS",
        (SimpleNamespace(NAME="network", convert=lambda root, conversion: conversion.hardware.update(next(says))),),
    )
    guest = FakeGuest(log)
    guest.roots.append(SimpleNamespace(name="/dev/sdb1", info={}, on_behalf_of=lambda aspect: nullcontext()))
    hardware = engine.convert(guest, {"boot": {"firmware": "bios"}}, None)
    assert hardware["interfaces"] == [
        {"name": "ens192", "mac": "00:50:56:aa:bb:cc", "addresses": ["10.0.2.15"]},
        {"name": "ens224"},
    ]
    assert hardware["video"] == {"driver": "virtio-vga"}
