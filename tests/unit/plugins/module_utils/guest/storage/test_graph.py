# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Questions to the graph: names, and identity, which outlives a new partition table."""

from __future__ import annotations

import hashlib
import json

import pytest

from ansible_collections.virttools.guestconv.plugins.module_utils.devices.targets import KVM
from ansible_collections.virttools.guestconv.plugins.module_utils.errors import GuestconvError
from ansible_collections.virttools.guestconv.plugins.module_utils.guest.guest import Guest
from ansible_collections.virttools.guestconv.plugins.module_utils.guest.root import GuestRoot
from ansible_collections.virttools.guestconv.plugins.module_utils.guest.storage.layers.filesystem import Filesystem
from ansible_collections.virttools.guestconv.plugins.module_utils.guest.storage.layers.partition import Partition
from ansible_collections.virttools.guestconv.plugins.module_utils.guest.storage.layers.subvolume import Subvolume
from ansible_collections.virttools.guestconv.plugins.module_utils.model import description, selection
from ansible_collections.virttools.guestconv.tests.unit.plugins.module_utils.guest.storage.storage_nodes import (
    SIZE,
    disk,
    filesystem,
    graph,
    image,
)


def test_a_link_by_path_is_a_partition_of_the_only_disk_and_of_none_where_there_are_two():
    link = "/dev/disk/by-path/pci-0000:03:00.0-scsi-0:0:0:0-part2"
    nodes = [filesystem("/dev/nvme0n1p1"), filesystem("/dev/nvme0n1p2", "xfs")]
    assert graph(nodes).filesystem(link).name == "/dev/nvme0n1p2"
    assert graph([*nodes, filesystem("/dev/sdb2")]).filesystem(link) is None


def test_a_partition_with_nothing_on_it_that_is_known_is_named_by_its_own_uuid():
    plain_swap = filesystem("/dev/sda3", "", partuuid="p-3")
    assert graph([plain_swap]).stable_name("/dev/sda3") == "PARTUUID=p-3"


@pytest.mark.parametrize("label, stable", (("data", "LABEL=data"), ("my data", None)))
def test_a_label_names_a_filesystem_that_has_nothing_better_if_no_file_would_have_to_quote_it(label, stable):
    assert graph([filesystem("/dev/sda1", label=label)]).stable_name("/dev/sda1") == stable


@pytest.mark.parametrize("spec", ("", "UUID=", "LABEL=''", "FOO=u-1", "/dev/disk/by-uuid/", "u-1", "none", "/dev/sda9"))
def test_what_names_nothing_leads_to_nothing(spec):
    assert graph([filesystem("/dev/sda1", uuid="u-1")]).filesystems_called(spec) == []


def test_a_mount_shows_the_subvolume_that_its_options_select():
    btrfs = filesystem("/dev/sda1", "btrfs", "u-1")
    home = Subvolume(btrfs, "@home", 257)
    storage = graph([btrfs, Subvolume(btrfs, "@", 256), home])
    assert storage.mountable(btrfs, ["subvol=/@home"]) == storage.mountable(btrfs, ["subvolid=257"]) == home
    assert storage.mountable(btrfs, []) == storage.mountable(btrfs, ["subvol=elsewhere"]) == btrfs
    assert (home.identity, home.name) == ("UUID=u-1 subvol=/@home", "/dev/sda1[/@home]")


ESP = "c12a7328-f81f-11d2-ba4b-00a0c93ec93b"


def before_and_after_a_partition_table():
    """A disk that is filled by a filesystem, and the same when it got a partition table and a system partition."""
    data = filesystem("/dev/sdb1", "xfs", "u-2")
    bare = graph([filesystem("/dev/sda", "ext4", "u-1"), data])
    esp = filesystem("/dev/sda1", "vfat", "AB-CD", partuuid="p-1", parttype=ESP)
    return bare, graph([esp, filesystem("/dev/sda2", "ext4", "u-1", partuuid="p-2"), data])


def described(storage, name):
    """The description of a guest that has a system on the filesystem called name."""
    guest = Guest(None, [image("sda"), image("sdb")], KVM, {}, storage)
    root = GuestRoot(None, name, guest)
    root.info = {"mountpoints": {"/": name}, "identity": storage.identities()[name]}
    guest.roots = [root]
    usable = {kind: {model.driver: "" for model in models} for kind, models in KVM.models.items()}
    findings = description.Findings(devices={"block": {"sda": {"position": 0}, "sdb": {"position": 1}}}, usable=usable)
    return description.describe(guest, {name: [findings]})


def test_a_description_from_before_a_partition_table_was_made_is_good_after_it():
    before, after = before_and_after_a_partition_table()
    asked, found = described(before, "/dev/sda"), described(after, "/dev/sda2")
    assert (list(asked["roots"]), list(found["roots"])) == (["/dev/sda"], ["/dev/sda2"])
    del asked["devices"]["block"]["sdb"]
    selection.check(asked)
    selection.check_fingerprint(asked, (after.fingerprint(), after.first_fingerprint()))
    selected = selection.select(asked, found)
    assert (selected.drivers["block"], selected.removed["block"]) == ({"sda": "virtio-blk-pci"}, ["sdb"])
    assert selection.only_root(asked, after.identities()) == "/dev/sda2"
    assert selection.only_root(asked, before.identities()) == "/dev/sda"


def test_the_fingerprint_is_the_same_when_the_disk_grows_and_when_the_guest_hibernates():
    def fingerprint(size, swap):
        sda = disk("sda", size)
        parts = (Partition("/dev/appliance/sda1", sda, 1), Partition("/dev/appliance/sda2", sda, 2))
        return graph([Filesystem(parts[:1], "ext4", "u-1"), Filesystem(parts[1:], swap, "u-2")]).fingerprint()

    assert fingerprint(SIZE, "swap") == fingerprint(SIZE * 2, "swap") == fingerprint(SIZE, "swsuspend")


@pytest.mark.parametrize(
    "other",
    (
        [filesystem("/dev/sda1", "ext4", "u-9"), filesystem("/dev/sdb1", "xfs", "u-2")],
        [filesystem("/dev/sda1", "ext4", "u-1")],
        [filesystem("/dev/sda1", "ext4", "u-2"), filesystem("/dev/sdb1", "xfs", "u-1")],
        [filesystem("/dev/hda1", "ext4", "u-1"), filesystem("/dev/sdb1", "xfs", "u-2")],
        [filesystem("/dev/sda1", "ext4", "u-1"), filesystem("/dev/sdb1", "xfs", "u-2"), disk("sdc")],
    ),
)
def test_other_disks_and_disks_in_another_order_have_another_fingerprint(other):
    ours = graph([filesystem("/dev/sda1", "ext4", "u-1"), filesystem("/dev/sdb1", "xfs", "u-2")])
    assert graph(other).fingerprint() != ours.fingerprint()
    with pytest.raises(GuestconvError) as caught:
        selection.check_fingerprint({"fingerprint": ours.fingerprint()}, (graph(other).fingerprint(),))
    assert caught.value.code == "description-of-another-guest"


def test_an_empty_disk_is_known_by_its_size():
    assert graph([disk("sda", 1)]).fingerprint() != graph([disk("sda", 2)]).fingerprint()
    assert graph([disk("sda", 1)]).fingerprint() == graph([disk("sda", 1), Filesystem((disk("sda", 1),))]).fingerprint()


def test_what_a_key_or_lvm_shows_has_no_part_in_the_fingerprint():
    member = filesystem("/dev/sda1", "LVM2_member", "pv")
    opened = graph([member, filesystem("/dev/vg/root", "ext4", "u-1", members=[member])])
    assert opened.fingerprint() == graph([member]).fingerprint()


def test_the_fingerprint_that_descriptions_had_at_first_is_still_known():
    member = filesystem("/dev/sda2", "LVM2_member", "pv", partuuid="p-2")
    storage = graph(
        [
            filesystem("/dev/sda1", "ext4", "u-1", partuuid="p-1"),
            member,
            filesystem("/dev/vg/root", "xfs", "u-3", members=[member]),
        ]
    )
    identity = [
        ["sda", SIZE],
        ["/dev/sda1", "ext4", "u-1", "p-1"],
        ["/dev/sda2", "LVM2_member", "pv", "p-2"],
        ["/dev/vg/root", "xfs", "u-3", ""],
    ]
    assert storage.first_fingerprint() == "sha256:" + hashlib.sha256(json.dumps(identity).encode()).hexdigest()
