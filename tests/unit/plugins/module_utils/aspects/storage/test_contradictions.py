# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Signs that the disks were given in another order than the guest knew them in."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from ansible_collections.virttools.guestconv.plugins.module_utils.aspects import storage
from ansible_collections.virttools.guestconv.plugins.module_utils.aspects.storage import contradictions, references
from ansible_collections.virttools.guestconv.plugins.module_utils.aspects.storage.names import Names
from ansible_collections.virttools.guestconv.plugins.module_utils.guest.storage.layers.filesystem import Filesystem
from ansible_collections.virttools.guestconv.plugins.module_utils.guest.storage.mounts import Mount, MountPlan
from ansible_collections.virttools.guestconv.tests.unit.plugins.module_utils.guest.fake_root import FakeRoot
from ansible_collections.virttools.guestconv.tests.unit.plugins.module_utils.guest.storage.storage_nodes import (
    device,
    filesystem,
)

ROOT = filesystem("/dev/sda1", "ext4", "u-1", partuuid="p-1")
DATA = filesystem("/dev/sdb1", "ext4", "u-2")


def told(fstab, *filesystems, crypttab="", roots=()):
    root = FakeRoot({"/etc/fstab": fstab, "/etc/crypttab": crypttab}, filesystems=[ROOT, *filesystems])
    plans = {name: MountPlan((Mount("/", root.guest.storage.filesystem(name)),)) for name in roots}
    root.guest.roots = [SimpleNamespace(name=name, mount_plan=plan) for name, plan in plans.items()]
    concerns = contradictions.concerns(root, Names(root.guest.storage, frozenset()))
    assert {concern.code for concern in concerns} <= {"disk-order-contradicted"}
    return [(concern.severity, concern.message) for concern in concerns]


@pytest.mark.parametrize(
    "expected, found, contradicts",
    (
        ("xfs", "ext4", True),
        ("ext4", "", True),
        ("ext4", "swap", True),
        ("xfs", "LVM2_member", True),
        ("xfs", "crypto_LUKS", True),
        ("vfat", "ext4", True),
        ("xfs,btrfs", "ext4", True),
        ("ext3", "ext4", False),
        ("ext4", "ext2", False),
        ("msdos", "vfat", False),
        ("ntfs-3g", "ntfs", False),
        ("auto", "ext4", False),
        ("none", "ext4", False),
        ("xfs,ext4", "ext4", False),
        ("zfs", "zfs_member", False),
        ("fuse.sshfs", "ext4", False),
    ),
)
def test_a_type_that_the_name_does_not_lead_to_contradicts(expected, found, contradicts):
    data = filesystem("/dev/sdb1", found, "u-2")
    messages = told(f"/dev/sdb1 /srv {expected} defaults 0 0\n", data)
    assert [severity for severity, _message in messages] == (["error"] if contradicts else [])
    for _severity, message in messages:
        assert (
            f"/etc/fstab says that /dev/sdb1 is {expected}, and on the given disks it is {found or 'empty'}" in message
        )
    # A UUID names the same filesystem in any order.
    assert told(f"UUID=u-2 /srv {expected} defaults 0 0\n", data) == []


@pytest.mark.parametrize(
    "line, severity",
    (
        ("/dev/sdb1 /srv xfs nofail 0 0", "warning"),
        ("/dev/sdb1 /srv xfs noauto 0 0", "warning"),
        ("/dev/sdb1 none swap sw 0 0", "warning"),
        ("/dev/sdb1 /srv none bind 0 0", None),
        ("/dev/sdz1 /srv xfs defaults 0 0", None),
    ),
)
def test_what_the_guest_does_not_wait_for_is_a_warning(line, severity):
    found = told(line + "\n", filesystem("/dev/sdb1", "ext4", "u-2"))
    assert [one for one, _message in found] == ([severity] if severity else [])


@pytest.mark.parametrize(
    "labels, count",
    ((("/backup", "/srv"), 2), (("backup", "SRV"), 2), (("/srv", "/backup"), 0), (("", ""), 0), (("old", "older"), 0)),
)
def test_labels_that_are_the_mount_points_of_each_other_contradict(labels, count):
    fstab = "/dev/sdb1 /srv ext4 defaults 0 0\n/dev/sdc1 /backup ext4 defaults 0 0\n"
    one, other = (filesystem(f"/dev/sd{name}1", "ext4", f"u-{name}", label) for name, label in zip("bc", labels))
    assert [severity for severity, _message in told(fstab, one, other)] == ["warning"] * count


def test_labels_of_partitions_are_labels():
    fstab = "/dev/sdb1 /srv ext4 defaults 0 0\n/dev/sdc1 /backup ext4 defaults 0 0\n"
    data = Filesystem((device("/dev/sdb1", partlabel="backup"),), "ext4", "u-2")
    ((severity, message),) = told(fstab, data)
    assert (severity, "/dev/sdb1 is /srv, and on the given disks its label is backup" in message) == ("warning", True)


@pytest.mark.parametrize(
    "line, kind, severity",
    (
        ("/dev/sdb1 /srv auto defaults 0 0", "LVM2_member", "error"),
        ("/dev/sdb1 /srv auto nofail 0 0", "linux_raid_member", "warning"),
        ("/dev/sdb1 /srv", "swap", "error"),
        ("/dev/sdb1 /srv auto defaults 0 0", "ext4", None),
        ("/dev/sdb1 /srv auto defaults 0 0", "", None),
        ("/dev/sdb1 /boot/efi auto defaults 0 0", "ext4", "error"),
        ("/dev/sdb1 /boot/efi auto defaults 0 0", "vfat", None),
    ),
)
def test_what_no_type_can_mount_contradicts(line, kind, severity):
    found = told(line + "\n", filesystem("/dev/sdb1", kind, "u-2"))
    assert [one for one, _message in found] == ([severity] if severity else [])


def test_a_unit_that_mounts_another_type_contradicts():
    unit = "/etc/systemd/system/srv.mount"
    files = {unit: "[Mount]\nWhat=/dev/sdb1\nWhere=/srv\nType=xfs\n"}
    root = FakeRoot(files, filesystems=[ROOT, filesystem("/dev/sdb1", "ext4", "u-2")])
    (found,) = [each for each in storage.inspect(root).concerns if each.code == "disk-order-contradicted"]
    assert (found.severity, f"{unit} says that /dev/sdb1 is xfs" in found.message) == ("warning", True)


def test_a_root_that_is_elsewhere_contradicts_where_no_other_system_is_there():
    line = "/dev/sdb1 / ext4 defaults 0 1\n"
    data = filesystem("/dev/sdb1", "ext4", "u-2")
    ((severity, message),) = told(line, data, roots=["/dev/sda1"])
    assert (severity, "/dev/sdb1 is the root, and on the given disks that is /dev/sda1" in message) == ("error", True)
    assert told(line, data, roots=["/dev/sda1", "/dev/sdb1"]) == []
    assert told("/dev/sda1 / ext4 defaults 0 1\n", data, roots=["/dev/sda1"]) == []


@pytest.mark.parametrize(
    "row, kind, severity",
    (
        ("swap /dev/sdb1 /dev/urandom swap", "ext4", "error"),
        ("data /dev/sdb1 none luks", "xfs", "warning"),
        ("swap /dev/sdb1 /dev/urandom swap", "LVM2_member", "error"),
        ("swap /dev/sdb1 /dev/urandom swap", "crypto_LUKS", "warning"),
        ("data /dev/sdb1 none luks", "linux_raid_member", "warning"),
        ("swap /dev/sdb1 /dev/urandom swap", "swap", None),
        ("swap /dev/sdb1 /dev/urandom swap", "", None),
        ("data /dev/sdb1 none luks", "crypto_LUKS", None),
        ("data UUID=u-2 /dev/urandom swap", "ext4", None),
        ("data", "ext4", None),
    ),
)
def test_a_mapping_over_a_filesystem_contradicts(row, kind, severity):
    found = told("", filesystem("/dev/sdb1", kind, "u-2"), crypttab=row + "\n")
    assert [one for one, _message in found] == ([severity] if severity else [])
    assert all(("destroy" in message) == (severity == "error") for _severity, message in found)


@pytest.mark.parametrize("partuuid, after", (("p-2", "PARTUUID=p-2"), ("", "/dev/sdb1")))
def test_swap_space_with_a_random_key_is_named_by_what_is_not_written_over(partuuid, after):
    swap = filesystem("/dev/sdb1", "swap", "u-2", partuuid=partuuid)
    root = FakeRoot({"/etc/crypttab": "swap /dev/sdb1 /dev/urandom swap\n"}, filesystems=[ROOT, swap])
    names = Names(root.guest.storage, frozenset())
    told_of = [concern.code for concern in references.concerns(root, names)]
    assert told_of == ([] if partuuid else ["device-name-ambiguous"])
    references.rename(root, names, references.references_in(root)[1], ())
    assert root.files["/etc/crypttab"] == f"swap {after} /dev/urandom swap\n"


def test_fstab_is_read_once_however_many_lines_may_contradict(monkeypatch):
    parsed = []
    monkeypatch.setattr(
        contradictions.fstab, "parse", lambda text, parse=contradictions.fstab.parse: parsed.append(text) or parse(text)
    )
    messages = told("UUID=u-2 /srv ext4 defaults 0 0\n" + "/dev/sdb1 /data ext4 defaults 0 0\n" * 3, DATA)
    assert len(parsed) == 1
    assert [message.count("mounted at /srv") for _severity, message in messages] == [1, 1, 1]
