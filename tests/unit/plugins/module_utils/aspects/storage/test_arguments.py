# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Each argument that names a device leads to something that is there, or is a concern; and is said on any hardware."""

from __future__ import annotations

import pytest

from ansible_collections.virttools.guestconv.plugins.module_utils.aspects.boot.command_line import CommandLine
from ansible_collections.virttools.guestconv.plugins.module_utils.aspects.storage import arguments
from ansible_collections.virttools.guestconv.plugins.module_utils.aspects.storage.names import Names
from ansible_collections.virttools.guestconv.plugins.module_utils.devices.targets import KVM
from ansible_collections.virttools.guestconv.plugins.module_utils.guest.boot_menu import BootMenu, Entry
from ansible_collections.virttools.guestconv.plugins.module_utils.guest.guest import Guest
from ansible_collections.virttools.guestconv.plugins.module_utils.guest.storage.layers.subvolume import Subvolume
from ansible_collections.virttools.guestconv.tests.unit.plugins.module_utils.guest.fake_root import FakeRoot, menu
from ansible_collections.virttools.guestconv.tests.unit.plugins.module_utils.guest.storage.storage_nodes import (
    filesystem,
    graph,
    image,
)

LUKS = "12345678-9abc-4ef0-8000-000000000001"
PV = filesystem("/dev/sda5", "LVM2_member", "pv-1")
FILESYSTEMS = [
    filesystem("/dev/sda1", uuid="abcd-0001", label="my root", partuuid="0011aabb-01"),
    filesystem("/dev/sda2", "swap", "abcd-0002", partuuid="0011aabb-02"),
    filesystem("/dev/sda3", uuid="abcd-0003"),
    filesystem("/dev/sda6", "crypto_LUKS", LUKS),
    filesystem("/dev/sda7", "linux_raid_member", "aaaabbbb-ccccdddd-eeeeffff-00001111"),
    filesystem("/dev/sda8", "zfs_member", "1234", label="tank"),
    filesystem("/dev/vg/home", members=[PV], uuid="abcd-0006"),
    filesystem("/dev/sdb1", "swap", "abcd-0007"),
]
UNKNOWN, STOPS = ("device-name-unknown", "warning"), ("device-name-unknown", "error")
ELSEWHERE = ("root-not-on-disks", "error")
ANOTHER = ("root-of-another-system", "error")
LEFT = ("kernel-argument-left", "warning")


def make_root(*lines, files=None, filesystems=None, boot_menu=None):
    guest = Guest(
        None,
        [image("sda"), image("sdb")],
        KVM,
        {},
        graph(FILESYSTEMS if filesystems is None else filesystems, ("sda", "sdb")),
    )
    root = FakeRoot(files, boot_menu=boot_menu or menu(*lines))
    root.guest = guest
    return root


def names_of(root):
    return Names(root.guest.storage, frozenset())


def told(*lines, **root):
    root = make_root(*lines, **root)
    return [(concern.code, concern.severity) for concern in arguments.concerns(root, names_of(root))]


def edited(line, removed=()):
    names = names_of(make_root())
    return CommandLine([lambda argument: arguments.edited(names, argument, removed)]).edited(line)


@pytest.mark.parametrize(
    "value",
    (
        "UUID=abcd-0001",
        "UUID=ABCD-0001",
        "LABEL=my\\x20root",
        "PARTUUID=0011aabb-01",
        "PARTUUID=0011AABB-01",
        "PARTUUID=0011aabb-02/PARTNROFF=-1",
        "/dev/sda1",
        "/dev/disk/by-uuid/abcd-0001",
        "/dev/disk/by-label/my\\x20root",
        "block:/dev/sda1",
        "block:UUID=abcd-0001",
        "8:1",
        "801",
        "0801",
        "gpt-auto",
        "fstab",
        "",
    ),
)
def test_a_root_that_is_there_is_no_concern(value):
    assert told(f"root={value} ro") == []


@pytest.mark.parametrize(
    "line", ('"root=LABEL=my root" ro', 'ro root="LABEL=my root"', 'root=LABEL="my root"', "quiet")
)
def test_quotes_are_the_kernels_and_a_root_need_not_be_named(line):
    assert told(line) == []


@pytest.mark.parametrize(
    "value, expected",
    (
        ("UUID=gone", STOPS),
        ("LABEL=gone", STOPS),
        ("LABEL=", STOPS),
        ("PARTUUID=gone", STOPS),
        ("PARTUUID=0011aabb-01/PARTNROFF=9", STOPS),
        ("PARTUUID=0011aabb-01/PARTNROFF=x", STOPS),
        ("/dev/dm-0", STOPS),
        ("/dev/mapper/mpatha1", STOPS),
        ("/dev/mapper/vg-root", STOPS),
        ("/dev/md0", STOPS),
        ("/dev/disk/by-uuid/gone", STOPS),
        ("sda1", STOPS),
        ("block:/dev/sdz1", STOPS),
        ("8:99", STOPS),
        ("259:1", STOPS),
        ("deadbeef", STOPS),
        ("/dev/nfs", ELSEWHERE),
        ("/dev/root", ELSEWHERE),
        ("nfs:10.0.0.1:/srv", ELSEWHERE),
        ("iscsi:10.0.0.1::::iqn.a:b", ELSEWHERE),
        ("nbd:10.0.0.1:a", ELSEWHERE),
        ("live:/dev/sda1", ELSEWHERE),
        ("zfs:tank/root", ELSEWHERE),
        ("ZFS=tank/root", ELSEWHERE),
        ("dhcp", ELSEWHERE),
        ("tmpfs", ELSEWHERE),
        # There, but not what is converted.
        ("UUID=abcd-0003", ANOTHER),
        ("/dev/sda3", ANOTHER),
    ),
)
def test_a_default_root_that_leads_elsewhere_is_an_error_and_of_another_entry_a_warning(value, expected):
    assert told(f"root={value} ro") == [expected]
    others = [] if value in ("UUID=abcd-0003", "/dev/sda3") else [(expected[0], "warning")]
    assert told("root=UUID=abcd-0001", f"root={value}") == others


def test_the_last_root_of_a_command_line_counts():
    assert told("root=UUID=gone root=UUID=abcd-0001") == []
    assert told("root=UUID=abcd-0001 root=UUID=gone") == [STOPS]


def test_an_entry_of_another_system_is_not_looked_at_further():
    assert told("root=UUID=abcd-0001", "root=UUID=abcd-0003 resume=UUID=gone") == []


def test_what_several_entries_say_is_one_concern():
    assert told("root=UUID=gone", "root=UUID=gone single") == [STOPS]


DRACUT = {"/usr/bin/dracut": ""}
CRYPTTAB = {"/etc/crypttab": "swap /dev/sda2 /dev/urandom swap\n"}


@pytest.mark.parametrize(
    "argument, files, expected",
    (
        ("resume=UUID=abcd-0002", None, []),
        ("resume=UUID=gone", None, [UNKNOWN]),
        ("resume=/dev/mapper/swap", CRYPTTAB, []),
        ("resume=/dev/mapper/other", CRYPTTAB, [UNKNOWN]),
        ("resume=none", None, []),
        (f"cryptdevice=UUID={LUKS}:a resume=/dev/mapper/a", None, []),
        (f"rd.luks.name={LUKS}=a resume=/dev/mapper/a", None, []),
        (f"rd.luks.uuid=luks-{LUKS} resume=/dev/mapper/luks-{LUKS}", None, []),
        ("cryptopts=source=/dev/sda6,target=a,x resume=/dev/mapper/a", None, []),
        (f"cryptdevice=UUID={LUKS}:a resume=/dev/mapper/b", None, [UNKNOWN]),
        ("boot=UUID=abcd-0003", None, []),
        ("boot=/dev/sda9", None, [UNKNOWN]),
        ("boot=live", None, []),
        ("mount.usr=UUID=gone", None, [STOPS]),
        ("mount.usr=/dev/mapper/usr", None, [STOPS]),
        ("mount.usr=/dev/mapper/usr verity.usr=PARTUUID=0011aabb-02", None, []),
        ("real_root=/dev/sdc9", None, [STOPS]),
        ("rootflags=rw,logdev=/dev/sda3", None, []),
        ("rootflags=subvol=@,device=/dev/sdd1,device=/dev/sda3", None, [STOPS]),
        ("rd.lvm.lv=vg/home", DRACUT, []),
        ("rd.lvm.lv=vg/swap", DRACUT, [STOPS]),
        # Nothing waits for it, or reads it at all.
        ("rd.lvm.lv=vg/swap", None, [UNKNOWN]),
        ("rd_LVM_LV=vg/swap", DRACUT, [UNKNOWN]),
        ("rd.lvm.vg=vg", DRACUT, []),
        ("rd.lvm.vg=other", DRACUT, [STOPS]),
        ("rd.luks.uuid=luks-12345678-9abc-4ef0-8000-000000000001", DRACUT, []),
        ("rd.luks.uuid=12345678", DRACUT, []),
        ("rd.luks.uuid=99999999", DRACUT, [STOPS]),
        ("rd.luks.name=12345678-9abc-4ef0-8000-000000000001=data", DRACUT, []),
        ("luks.name=99999999-9abc-4ef0-8000-000000000001=data", None, [UNKNOWN]),
        ("rd.luks.options=discard rd.luks=0 rd.break rd.lvm=1", DRACUT, []),
        ("rd.luks.key=/key:UUID=abcd-0003", None, []),
        ("rd.luks.key=/key:LABEL=gone", None, [UNKNOWN]),
        ("rd.md.uuid=aaaabbbb:ccccdddd:eeeeffff:00001111", DRACUT, []),
        ("rd.md.uuid=aaaabbbb:ccccdddd:eeeeffff:00002222", DRACUT, [STOPS]),
        ("cryptdevice=UUID=12345678-9abc-4ef0-8000-000000000001:luks:allow-discards", None, []),
        ("cryptdevice=/dev/sda9:luks", None, [UNKNOWN]),
        ("cryptopts=target=a,source=/dev/sda6,key=none", None, []),
        ("zfs=bootfs", None, []),
        ("zfs=tank/data", None, []),
        ("zfs=lake/root", None, [STOPS]),
        ("systemd.mount-extra=UUID=gone:/srv:ext4", None, [STOPS]),
        ("systemd.mount-extra=UUID=gone", None, [STOPS]),
        ("systemd.mount-extra=UUID=gone:/srv:ext4:ro,nofail", None, [UNKNOWN]),
        ("systemd.swap-extra=UUID=gone", None, [UNKNOWN]),
        ("netroot=iscsi:10.0.0.1::::iqn.a:b", None, [LEFT]),
        ("nfsroot=10.0.0.1:/srv,v3", None, [LEFT]),
        ("nfsroot= rd.iscsi.firmware=0", None, []),
        ("rd.iscsi.initiator=iqn.a:b", None, [LEFT]),
        ("md=0,/dev/sda1,/dev/sdb1", None, [LEFT, LEFT]),
        ("rd.luks.serial=WD-1", None, [LEFT]),
        ('dm-mod.create="a,,,ro, 0 4096 linear 8:1 0"', None, [LEFT]),
        ("my.tool=disk:/dev/sda3,x", None, [LEFT]),
        ("init=/sbin/init BOOT_IMAGE=/vmlinuz console=ttyS0 quiet", None, []),
    ),
)
def test_every_other_argument_that_names_a_device_leads_to_one_or_is_a_concern(argument, files, expected):
    assert told(f"root=UUID=abcd-0001 {argument}", files=files) == expected
    assert told("root=UUID=abcd-0001", f"root=UUID=abcd-0001 {argument}", files=files) == [
        (code, "warning") for code, _severity in expected
    ]


def test_a_root_within_an_encrypted_device_is_not_what_is_converted():
    assert told("root=/dev/mapper/swap", files=CRYPTTAB) == [STOPS]


def test_genkernels_first_root_is_in_memory():
    assert told("root=/dev/ram0 real_root=/dev/sda1") == []
    assert told("root=/dev/ram0") == [ELSEWHERE]


@pytest.mark.parametrize(
    "before, after",
    (
        ("root=/dev/sda1  ro", "root=UUID=abcd-0001  ro"),
        ('"root=/dev/sda1" ro', '"root=UUID=abcd-0001" ro'),
        ("root=block:/dev/sda1", "root=block:UUID=abcd-0001"),
        ("root=8:1", "root=UUID=abcd-0001"),
        ("root=0801", "root=UUID=abcd-0001"),
        ("root=8:99", "root=8:99"),
        ("root=UUID=gone resume=/dev/sda2", "root=UUID=gone resume=UUID=abcd-0002"),
        ("fips=1 boot=/dev/sda3", "fips=1 boot=UUID=abcd-0003"),
        ("real_root=/dev/sda1 mount.usr=/dev/sda3", "real_root=UUID=abcd-0001 mount.usr=UUID=abcd-0003"),
        (
            "cryptdevice=/dev/sda6:luks:allow-discards",
            "cryptdevice=UUID=12345678-9abc-4ef0-8000-000000000001:luks:allow-discards",
        ),
        (
            "rootflags=rw,logdev=/dev/sda3,rtdev=/dev/sda1",
            "rootflags=rw,logdev=/dev/disk/by-uuid/abcd-0003,rtdev=/dev/disk/by-uuid/abcd-0001",
        ),
        ("cryptopts=target=a,source=/dev/sda3,key=b", "cryptopts=target=a,source=UUID=abcd-0003,key=b"),
        ("cryptkey=/dev/sda3:ext4:/key", "cryptkey=UUID=abcd-0003:ext4:/key"),
        ("rd.luks.key=/key:/dev/sda3", "rd.luks.key=/key:UUID=abcd-0003"),
        ("md=0,/dev/sda1 other=/dev/sda1 rd.lvm.lv=vg/home", "md=0,/dev/sda1 other=/dev/sda1 rd.lvm.lv=vg/home"),
    ),
)
def test_what_the_hardware_named_is_named_by_uuid(before, after):
    assert edited(before) == after
    assert edited(after) == after


@pytest.mark.parametrize(
    "before, removed, after",
    (
        ("root=UUID=abcd-0001 resume=/dev/sdb1 ro", ("sdb",), "root=UUID=abcd-0001 ro"),
        ("root=UUID=abcd-0001 resume=UUID=abcd-0007 ro", ("sdb",), "root=UUID=abcd-0001 ro"),
        ("resume=/dev/sda2 rd.lvm.lv=vg/home", ("sdb",), "resume=UUID=abcd-0002 rd.lvm.lv=vg/home"),
        ("ro rd.lvm.lv=vg/home rd.md.uuid=aaaabbbb:ccccdddd:eeeeffff:00001111", ("sda",), "ro"),
    ),
)
def test_what_is_on_a_removed_disk_is_not_waited_for(before, removed, after):
    assert edited(before, removed) == after


@pytest.mark.parametrize(
    "partuuid, initrds, unified, expected",
    (
        ("", (), False, [("device-name-ambiguous", "error")]),
        ("p-1", (), False, []),
        ("", ("/initrd",), False, []),
        ("", (), True, []),
    ),
)
def test_a_kernel_without_an_initrd_needs_a_partition_that_has_a_uuid(partuuid, initrds, unified, expected):
    entry = Entry("/vmlinuz", initrds, "root=/dev/sda1", unified=unified)
    root = {"filesystems": [filesystem("/dev/sda1", uuid="u-1", partuuid=partuuid)]}
    assert told(boot_menu=BootMenu([entry], entry), **root) == expected


@pytest.mark.parametrize(
    "options, expected",
    (
        ("rw,subvol=@", [ANOTHER]),
        ("subvolid=256", [ANOTHER]),
        ("subvol=/", []),
        ("subvolid=5", []),
        ("subvol=@gone,compress=zstd", [STOPS]),
        ("subvolid=999", [STOPS]),
    ),
)
def test_the_roots_subvolume_is_there_and_is_the_one_that_is_converted_or_a_concern(options, expected):
    btrfs = filesystem("/dev/sda1", "btrfs", "abcd-0001")
    nodes = [btrfs, Subvolume(btrfs, "@", 256)]
    assert told(f"root=UUID=abcd-0001 rootflags={options}", filesystems=nodes) == expected
    # What could not be read is not missed.
    assert told(f"root=UUID=abcd-0001 rootflags={options}", filesystems=nodes[:1]) == []


def test_the_messages_name_what_is_wrong():
    root = make_root("root=UUID=gone resume=/dev/sdz1")
    first, second = arguments.concerns(root, names_of(root))
    assert "(root=) names UUID=gone" in first.message and "would not start" in first.message
    assert "(resume=) names /dev/sdz1" in second.message and "would not start" not in second.message
