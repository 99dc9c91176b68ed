# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What names the disks, as far as it takes no editing of files: the command line, clones, hibernation, removal."""

from __future__ import annotations

import re
from contextlib import nullcontext
from dataclasses import replace

import pytest

from ansible_collections.virttools.guestconv.plugins.module_utils.aspects import storage
from ansible_collections.virttools.guestconv.plugins.module_utils.aspects.plan import Plan
from ansible_collections.virttools.guestconv.plugins.module_utils.devices.targets import KVM
from ansible_collections.virttools.guestconv.plugins.module_utils.errors import GuestconvError
from ansible_collections.virttools.guestconv.plugins.module_utils.guest.guest import Guest
from ansible_collections.virttools.guestconv.plugins.module_utils.guest.storage.attachment import Attachment
from ansible_collections.virttools.guestconv.plugins.module_utils.guest.storage.graph import Graph
from ansible_collections.virttools.guestconv.plugins.module_utils.guest.storage.layers.disk import Disk
from ansible_collections.virttools.guestconv.plugins.module_utils.model.selection import Selection
from ansible_collections.virttools.guestconv.tests.unit.plugins.module_utils.guest.fake_root import FakeRoot, menu
from ansible_collections.virttools.guestconv.tests.unit.plugins.module_utils.guest.storage.storage_nodes import (
    filesystem,
    graph,
    image,
)

BY_PATH = "/dev/disk/by-path/pci-0000:03:00.0-scsi-0:0:0:0"


def make_root(filesystems, disks=("sda",), mountpoints=None, lines=(), files=None):
    """lines: the kernel's command lines, the default one first."""
    guest = Guest(None, [image(name) for name in disks], KVM, {}, graph(filesystems, disks))
    root = FakeRoot(files, info={"mountpoints": mountpoints or {"/": "/dev/sda1"}}, boot_menu=menu(*lines))
    root.guest = guest
    return root


def concerns(root):
    return [(concern.code, concern.severity) for concern in storage.inspect(root).concerns]


def converted(root, removed=()):
    kept = {disk.device: "virtio-blk-pci" for disk in root.guest.disks if disk.device not in removed}
    conversion = Plan(KVM, Selection({"block": kept}, {"block": list(removed)}))
    storage.convert(root, conversion)
    return conversion


ROOT = filesystem("/dev/sda1", uuid="u-1", partuuid="p-1")


@pytest.mark.parametrize(
    "lines, expected",
    (
        (["root=/dev/sda1 ro"], []),
        (["root=/dev/hda1 ro"], [("device-name-unknown", "error")]),
        (["root=/dev/sda1 resume=/dev/hda5"], [("device-name-unknown", "warning")]),
        (["root=/dev/sda1", "root=/dev/hda1"], [("device-name-unknown", "warning")]),
        (["root=/dev/hda1", "root=/dev/hda1 single"], [("device-name-unknown", "error")]),
        (
            ["root=/dev/mapper/vg-root resume=/dev/vg/swap"],
            [("device-name-unknown", "error"), ("device-name-unknown", "warning")],
        ),
        ([f"root=/dev/disk/by-id/dm-uuid-LVM-{'a' * 64}"], [("device-name-unknown", "error")]),
        (["root=UUID=elsewhere"], [("device-name-unknown", "error")]),
        ([], []),
    ),
)
def test_oracle_05_an_argument_that_names_lost_hardware_is_a_concern(lines, expected):
    assert concerns(make_root([ROOT], lines=lines)) == expected


def test_the_concern_names_the_argument():
    (concern,) = storage.inspect(make_root([ROOT], lines=["root=/dev/hda1"])).concerns
    assert "(root=) names /dev/hda1" in concern.message


def test_oracle_03_on_the_only_disk_links_by_path_are_resolved_on_the_command_line():
    line = f"root={BY_PATH}-part1 ro"
    assert concerns(make_root([ROOT], lines=[line])) == []
    assert converted(make_root([ROOT], lines=[line])).command_line.edited(line) == "root=UUID=u-1 ro"


def test_where_a_file_names_another_disk_links_by_path_are_not_guessed():
    other = "/dev/disk/by-path/pci-0000:03:00.0-scsi-0:0:1:0-part1"
    line = f"root={BY_PATH}-part1 ro"
    root = make_root([ROOT], lines=[line], files={"/etc/crypttab": f"# {other}\n"})
    assert concerns(root) == []
    root = make_root([ROOT], lines=[line, f"root={other}"])
    assert concerns(root) == [("device-name-unknown", "error"), ("device-name-unknown", "warning")]
    assert converted(root).command_line.edited(line) == line


@pytest.mark.parametrize(
    "clone, stable",
    (
        (filesystem("/dev/sdb1", uuid="u-2", partuuid="p-1"), "UUID=u-1"),
        (filesystem("/dev/sdb1", uuid="u-1", partuuid="p-2"), "PARTUUID=p-1"),
        (filesystem("/dev/sdb1", uuid="u-1", partuuid="p-1"), None),
    ),
)
def test_a_filesystem_is_named_by_what_no_clone_of_it_has_too(clone, stable):
    root = make_root([ROOT, clone], disks=("sda", "sdb"), lines=["root=/dev/sda1"])
    assert root.guest.storage.stable_name("/dev/sda1") == stable
    assert concerns(root) == ([] if stable else [("device-name-ambiguous", "warning")])
    if stable:
        assert converted(root).command_line.edited("root=/dev/sda1") == f"root={stable}"


def test_oracle_04_on_several_buses_names_lead_to_filesystems_and_not_to_the_disk_of_that_number():
    data = [
        filesystem("/dev/nvme0n1p1", "xfs", "u-n"),
        filesystem("/dev/sdb1", "ext4", "u-b"),
        filesystem("/dev/sdc1", "ext4", "u-c"),
    ]
    fstab = (
        "/dev/nvme0n1p1 /fast xfs nofail\n/dev/sdb1 /scsi ext4 nofail\n"
        "/dev/disk/by-path/pci-0000:00:1f.2-ata-3-part1 /sata ext4 nofail\n"
        "/dev/disk/by-id/scsi-36000c29a1b2c3d4e5f60718293a4b5c6-part1 /scsi2 ext4 nofail\n"
    )
    known = {"sda": "ide", "nvme0n1": "nvme", "sdb": "scsi", "sdc": "sata"}
    nodes = [ROOT, *data]
    root = FakeRoot({"/etc/fstab": fstab}, disks=[image(name) for name in known])
    disks = {name: Disk(name, f"/dev/{name}", 1, attached=Attachment(bus)) for name, bus in known.items()}
    root.guest.storage = Graph(
        [
            *disks.values(),
            *(
                node
                for each in nodes
                for part in [replace(each.partition, disk=disks[each.disk])]
                for node in (part, replace(each, parents=(part,)))
            ),
        ]
    )
    converted(root)
    assert root.files["/etc/fstab"] == (
        "UUID=u-n /fast xfs nofail\nUUID=u-b /scsi ext4 nofail\nUUID=u-c /sata ext4 nofail\nUUID=u-b /scsi2 ext4 nofail\n"
    )


CLONES = [ROOT, filesystem("/dev/sdb1", uuid="u-1", partuuid="p-1")]


def test_oracle_22_a_name_that_stays_has_a_driver_recommended_that_keeps_it_and_others_are_refused():
    root = make_root(CLONES, disks=("sda", "sdb"), lines=["root=/dev/sda1"])
    found = storage.inspect(root)
    assert found.preferred == {"block": ["virtio-scsi-pci", "ahci"]}
    assert "keeps its name with virtio-scsi-pci, ahci alone" in found.concerns[0].message
    for driver, prefix, is_refused in (("virtio-blk-pci", "vd", True), ("virtio-scsi-pci", "sd", False)):
        chosen = {"block": {"sda": driver, "sdb": driver}}
        names = {each: f"/dev/{prefix}{each[-1]}" for each in ("sda", "sdb")}
        plan = Plan(KVM, Selection(chosen, {"block": []}), names)
        with pytest.raises(GuestconvError, match="names /dev/sda1") if is_refused else nullcontext():
            storage.convert(root, plan)


def test_a_name_that_a_link_gave_is_kept_by_no_driver():
    root = make_root(CLONES, disks=("sda", "sdb"), lines=["root=/dev/disk/by-id/wwn-0x5-part1"])
    assert concerns(root) == [("device-name-unknown", "error")]


def test_a_kernel_without_initrd_can_be_given_the_tags_that_it_understands():
    assert graph([ROOT]).stable_name("/dev/sda1", tags=("PARTUUID",)) == "PARTUUID=p-1"
    bare = graph([filesystem("/dev/sda1", uuid="u-1")])
    assert bare.stable_name("/dev/sda1", tags=("PARTUUID",)) is None


def test_oracle_20_a_hibernated_guest_is_not_convertible():
    asleep = filesystem("/dev/sda5", "swsuspend", "u-5")
    assert concerns(make_root([ROOT, asleep])) == [("guest-hibernated", "error")]
    assert concerns(make_root([ROOT, filesystem("/dev/sda5", "swap", "u-5")])) == []


@pytest.mark.parametrize(
    "signature, argument, expected",
    (
        (b"S1SUSPEND\0", "resume_offset=4096", [("guest-hibernated", "error")]),
        (b"SWAPSPACE2", "resume_offset=4096", []),
        # Without the argument nothing looks for it, and nor do we.
        (b"S1SUSPEND\0", "quiet", []),
    ),
)
def test_a_swap_file_that_the_kernel_would_resume_from_is_looked_into(signature, argument, expected):
    fstab = "/swap.img none swap sw 0 0\n/dev/vg/swap none swap sw 0 0\n"
    root = make_root([ROOT], lines=[f"root=UUID=u-1 {argument}"], files={"/etc/fstab": fstab, "/swap.img": ""})
    root.head = lambda _path, count: (bytes(4086) + signature)[:count]
    assert concerns(root) == [("mount-source-missing", "warning"), *expected]


@pytest.mark.parametrize(
    "before, after",
    (
        ("RESUME=/dev/sda1\n", "RESUME=UUID=u-1\n"),
        ('RESUME="/dev/sda1"\n', 'RESUME="UUID=u-1"\n'),
        ("export RESUME='/dev/sda1' # swap\n", "export RESUME='UUID=u-1' # swap\n"),
        ("# RESUME=/dev/sda1\n", "# RESUME=/dev/sda1\n"),
        ("RESUME=/dev/sdz1\n", "RESUME=/dev/sdz1\n"),
        ("RESUME=/dev/mapper/vg-swap\n", "RESUME=/dev/mapper/vg-swap\n"),
        ("RESUME=none\n", "RESUME=none\n"),
        ("ROOT=/dev/sda1\n", "ROOT=UUID=u-1\n"),
    ),
)
def test_resume_in_the_initrds_configuration_is_renamed_in_all_its_files(before, after):
    planned = converted(make_root([ROOT])).initrd.edits[0]
    assert planned.edit(before) == after
    assert re.fullmatch(planned.pattern, "conf/conf.d/resume") and re.fullmatch(planned.pattern, "conf/initramfs.conf")
    assert not re.fullmatch(planned.pattern, "conf/arch.conf")


PV_A, PV_B, PV_C = MEMBERS = [
    filesystem("/dev/sda2", "LVM2_member", "pv-a"),
    filesystem("/dev/sdb", "LVM2_member", "pv-b"),
    filesystem("/dev/sdc", "LVM2_member", "pv-c"),
]
LVM = [
    filesystem("/dev/sda1", "ext4", "u-1"),
    *MEMBERS,
    filesystem("/dev/vg/srv", members=[PV_A, PV_B]),
    filesystem("/dev/data/srv", members=[PV_C]),
]


def lvm_root(path, volume):
    return make_root(LVM, ("sda", "sdb", "sdc"), {"/": "/dev/sda1", path: volume})


def test_what_stands_on_a_volume_group_is_told_of_all_its_disks():
    devices = storage.inspect(lvm_root("/srv", "/dev/vg/srv")).devices["block"]
    assert {name: facts["mountpoints"] for name, facts in devices.items()} == {
        "sda": ["/", "/srv"],
        "sdb": ["/srv"],
        "sdc": [],
    }


@pytest.mark.parametrize(
    "path, volume, removed",
    # A part of a volume group, and the whole of one that the guest needs.
    (("/srv", "/dev/vg/srv", "sdb"), ("/var", "/dev/data/srv", "sdc")),
)
def test_a_disk_of_a_volume_group_that_is_used_cannot_be_removed(path, volume, removed):
    with pytest.raises(GuestconvError) as caught:
        converted(lvm_root(path, volume), [removed])
    assert (caught.value.code, caught.value.path) == ("device-required", f"guest.devices.block.{removed}")
    assert f"{path} is on it" in caught.value.message


SWAP = filesystem("/dev/sdb1", "swap", uuid="u-s")
RESUME = "/etc/initramfs-tools/conf.d/resume"


@pytest.mark.parametrize(
    "before, removed, after, told",
    (
        ("RESUME=/dev/sdb1\n", (), "RESUME=UUID=u-s\n", []),
        ("RESUME='/dev/sdb1'  # swap\nA=/dev/sdb1\n", (), "RESUME='UUID=u-s'  # swap\nA=/dev/sdb1\n", []),
        ("RESUME=none\n#RESUME=/dev/sdb1\n", ("sdb",), "RESUME=none\n#RESUME=/dev/sdb1\n", []),
        ("A=1; RESUME=UUID=u-s\n", ("sdb",), "A=1; RESUME=\n", []),
        ("RESUME=/dev/sdb1\nRESUME=auto\n", ("sdb",), "RESUME=\nRESUME=auto\n", []),
        ("RESUME=/dev/sdz9\n", (), "RESUME=/dev/sdz9\n", [("device-name-unknown", "warning")]),
    ),
)
def test_oracle_05_the_device_to_resume_from_is_named_by_uuid_or_not_at_all(before, removed, after, told):
    root = make_root([ROOT, SWAP], disks=("sda", "sdb"), files={RESUME: before})
    assert concerns(root) == told
    converted(root, removed=removed)
    assert root.files[RESUME] == after
    converted(root, removed=removed)
    assert (root.files[RESUME], len(root.changes())) == (after, int(before != after))


CONF = "/etc/dracut.conf.d/a.conf"


@pytest.mark.parametrize(
    "before, removed, after, told",
    (
        ('kernel_cmdline="root=/dev/sda1 ro"\n', (), 'kernel_cmdline="root=UUID=u-1 ro"\n', []),
        ('kernel_cmdline+=" rd.x resume=/dev/sdb1 "\n', (), 'kernel_cmdline+=" rd.x resume=UUID=u-s "\n', []),
        ('kernel_cmdline+=" rd.x resume=/dev/sdb1 "\n', ("sdb",), 'kernel_cmdline+=" rd.x  "\n', []),
        ('# kernel_cmdline="root=/dev/sda1"\n', (), '# kernel_cmdline="root=/dev/sda1"\n', []),
        ('add_device+=" /dev/sda1 "\n', (), 'add_device+=" /dev/disk/by-uuid/u-1 "\n', []),
        (
            'kernel_cmdline="root=/dev/sdz9"\n',
            (),
            'kernel_cmdline="root=/dev/sdz9"\n',
            [("device-name-unknown", "warning")],
        ),
    ),
)
def test_what_dracut_puts_into_initrds_names_no_hardware(before, removed, after, told):
    root = make_root([ROOT, SWAP], disks=("sda", "sdb"), files={CONF: before})
    assert concerns(root) == told
    edits = converted(root, removed=removed).initrd.edits
    (of_dracut,) = (each.edit for each in edits if re.fullmatch(each.pattern, "etc/cmdline.d/95root-dev.conf"))
    assert of_dracut("root=block:/dev/sda1\n") == "root=block:UUID=u-1\n"
    assert root.files[CONF] == after
