# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Boot menus that start another system than the one that has them."""

from __future__ import annotations

from dataclasses import replace

import pytest

from ansible_collections.virttools.guestconv.plugins.module_utils.aspects.boot import shared
from ansible_collections.virttools.guestconv.plugins.module_utils.guest.boot_menu import BootMenu, Entry
from ansible_collections.virttools.guestconv.plugins.module_utils.guest.storage.mounts import Mount, MountPlan
from ansible_collections.virttools.guestconv.tests.unit.plugins.module_utils.guest.fake_root import FakeRoot
from ansible_collections.virttools.guestconv.tests.unit.plugins.module_utils.guest.storage.storage_nodes import (
    filesystem,
    image,
)

OLD, NEW, BOOT = (filesystem(f"/dev/{name}", uuid=f"u-{name}") for name in ("sda1", "sdb1", "sda2"))
ENTRY = Entry("/boot/vmlinuz", ("/boot/initrd",), "root=UUID=u-sdb1")
OWN = Entry("/boot/vmlinuz", ("/boot/initrd",), "root=UUID=u-sda1")


def told(entry=ENTRY, own=(), old=(), new=()):
    """What is told of the system on NEW, which entry of the menu of that on OLD starts. old, new: what they mount further."""
    disks = [image("sda"), image("sdb")]
    other = FakeRoot(disks=disks, filesystems=[OLD, NEW, BOOT])
    root = FakeRoot(disks=disks, filesystems=[OLD, NEW, BOOT])
    root.name = "/dev/sdb1"
    root.guest.roots = [other, root]
    other.boot_menu = BootMenu([entry, *own], own[0] if own else None)
    root.started_by = [entry]
    other.mount_plan = MountPlan((Mount("/", OLD), *old))
    root.mount_plan = MountPlan((Mount("/", NEW), *new))
    return [(each.code, each.severity) for each in shared.concerns(root)]


def test_a_kernel_that_the_started_system_does_not_mount_is_not_prepared():
    assert told() == [("boot-files-of-another-system", "error")]
    assert told(own=[OWN]) == [("boot-files-of-another-system", "warning")]


@pytest.mark.parametrize(
    "entry, old, new, expected",
    [
        # os-prober's entries name the files of the other system.
        (replace(ENTRY, is_elsewhere=True), (), (), 0),
        (ENTRY, (Mount("/boot", BOOT),), (Mount("/boot", BOOT),), 0),
        (ENTRY, (Mount("/boot", BOOT),), (), 1),
    ],
)
def test_what_both_systems_mount_or_the_started_one_has_itself_is_prepared(entry, old, new, expected):
    assert len(told(entry, old=old, new=new)) == expected
