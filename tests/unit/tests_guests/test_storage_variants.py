# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The table of guests that differ by the layout of their disks."""

from __future__ import annotations

from unittest import mock

import pytest

from ansible_collections.virttools.guestconv.plugins.module_utils.texts import fstab
from tests.guests import storage_layouts, storage_workshop
from tests.guests.storage_guest import HOST
from tests.guests.storage_variants import VARIANTS


class FakeWorkshop(storage_workshop.Workshop):
    """Notes the scripts that the appliance would run."""

    def __init__(self, *disks):
        self._kernel_names = dict(disks)
        self.scripts = []

    def shell(self, script):
        self.scripts.append(script)


@pytest.mark.parametrize("name", VARIANTS)
def test_a_row_expects_what_its_fstab_mounts(name):
    variant = VARIANTS[name]
    entries = fstab.parse(variant.fstab)
    assert sorted(entry.path for entry in entries if entry.is_mount) == list(variant.mounts)
    assert sum(entry.type == "swap" for entry in entries) == variant.swaps
    (root,) = [entry for entry in entries if entry.path == "/"]
    assert root.type == variant.filesystem
    assert variant.root in ("", root.spec)


class Filled(FakeWorkshop):
    """Notes what is mounted when the system is copied."""

    def __init__(self, count):
        super().__init__(*((f"sd{letter}", f"/dev/sd{letter}") for letter in "abc"[:count]))
        self.mounted, self.filled = [], []
        self.appliance = mock.Mock()

    def mount(self, name, path="/", options=""):
        self.mounted.append(path)

    def unmount(self):
        self.mounted = []

    def fill(self):
        self.filled.append(list(self.mounted))

    def read(self, path):
        return f"/dev/sda1 {HOST}"

    def write(self, path, text):
        assert text


@pytest.mark.parametrize("name", VARIANTS)
def test_each_system_is_copied_to_what_its_fstab_mounts(name):
    variant = VARIANTS[name]
    workshop = Filled(len(variant.sizes))
    variant.lay_out(workshop)
    assert [sorted(mounted) for mounted in workshop.filled] == [list(variant.mounts)] * len(variant.roots)


def test_disks_and_partitions_have_the_names_that_the_appliances_kernel_gave_them():
    workshop = FakeWorkshop(("sda", "/dev/sdb"), ("sdb", "/dev/sda"))
    assert [workshop.device(name) for name in ("sda", "sda2", "sdb1", "/dev/md0")] == [
        "/dev/sdb",
        "/dev/sdb2",
        "/dev/sda1",
        "/dev/md0",
    ]
    workshop.volume_group("vg0", "sda2", "sdb")
    assert workshop.scripts == ["pvcreate -q -ff -y /dev/sdb2 /dev/sda && vgcreate -q vg0 /dev/sdb2 /dev/sda"]


def test_partitions_follow_each_other_from_the_first_mebibyte():
    workshop = FakeWorkshop(("sda", "/dev/sda"))
    workshop.partition("sda", (1, "bios"), (64, "esp"), (0, ""), table="gpt")
    (script,) = workshop.scripts
    assert "label: gpt\nstart=2048, size=2048, type=21686148-" in script
    assert "\nstart=4096, size=131072, type=C12A7328-" in script
    assert "\nstart=135168\n" in script


def test_the_uuid_of_an_array_is_written_as_mdadm_writes_it():
    written = storage_layouts.array_uuid("lvm-on-md", "md0")
    assert [len(part) for part in written.split(":")] == [8, 8, 8, 8]
    assert written != storage_layouts.array_uuid("lvm-on-md", "md1")
