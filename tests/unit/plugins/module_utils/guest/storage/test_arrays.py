# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Arrays (md): what their superblocks say, what the guest calls them, and when they are not whole."""

from __future__ import annotations

import base64
import zlib

import pytest

from ansible_collections.virttools.guestconv.plugins.module_utils.guest.storage import incomplete, md_superblock
from ansible_collections.virttools.guestconv.plugins.module_utils.guest.storage.layers.array import Array
from ansible_collections.virttools.guestconv.plugins.module_utils.guest.storage.layers.logical_volume import (
    LogicalVolume,
)
from ansible_collections.virttools.guestconv.tests.text_guests import arrays
from ansible_collections.virttools.guestconv.tests.unit.plugins.module_utils.guest.storage.stand_in_appliance import (
    StandInAppliance,
    opened,
)
from ansible_collections.virttools.guestconv.tests.unit.plugins.module_utils.guest.storage.storage_nodes import SIZE

UUID = "0123456789abcdef" * 2

# Superblocks that mdadm 4.2 wrote, deflated.
REAL = {
    "0.90": (
        "c-s5pr@fK^2%;DeAir0Ija`;En-R!9;K{(i#DKsca95Z6@Tr!ICf3t-tze)Ka6#=sHXj5uRxzqELfJ6-KM*jC0;&TJAXbF3+30LH"
        "Bh-FFD4T6GI!3`L7zLwX6pVsVFbYP&C>RB!{V$pT00qnu;{"
    ),
    "1.0": (
        "c-s5pr@fMq0Rg-g6**<Iv$C~VYCQ1oc(JuSHOVR|Kfi<l2Vj%s%?8mhGaAAXrZF)P4<11EeF$g7DsLJVeYC8x;8)y)3X$y#B7h<s"
        "3_t$=|IY=rA7<BoC}6zh`LKZ~n;GGHMj~Js1*2dTjDk@x3P!;w7zLwX6pVsVFd_f|(&r%j"
    ),
    "1.1": (
        "c-s5pr@fMq0RaM|Hp$Llin(Dm*(=-g>Z8c=)Fdlo2Hb#MmNy$jvjQ;_h~WV>jfH`MnSlr(0HGK?81X6#)%-2Y-MYFwYR$u99rnX}"
        "85lUgTDhS1GeOn;hl2IHER7n7v7dnvsQ3Sf1q`EL6pVsVFbYP&C>RB!U=)mkQ7{Td1ONcI{}-b"
    ),
    "1.2": (
        "c-s5pr@fMq0RgJD%eNT#=5Z{0db#3+ZG2XFYLb-!18%@3%bN|N;b!z8<d_(U02~m?u?K~V0m?R1E)@!{)eAAY=yu%p$8(TM0iZY+"
        ")P9&<|DhmQzB{IY82f=P|388O!zdU9qhJ(_f>AIEM!_f;1*2dTjDisX0K(rIsQ"
    ),
    "degraded": (
        "c-s5pr@fMq0RfT?l;71EOWmtXdNTW#jfqNmYLb-+18%?}%bN|N;b!z8<d_(U02~m?u?K~V0W$AJpGdV$-8dm-`FWjnw`D;p1wihF"
        "+Rp`5_a6%OIeM*aAjW>Uj*$r%M!_f;1*2dTjDk@x3P!;w7zLwX6pRP}04Dq$;Q"
    ),
    "spare": (
        "c-s5pr@fMq0RdL~DxVeo5V`29<IS$Uiz;uHrzTmMG2jLqvb@<K8g51pLXL@n2*3fM9D7i>7-ndDXllG+`toqUNA|%-E=P($Dg}Vz"
        "#&Qt**`VtFL%~n(^QRk#u^;I2|05VMjDk@x3P!;w7zLwX6pVsVFbYP&C>Rj{0Kgm`G5"
    ),
}
KNOWN = {
    # metadata, uuid, label, level, minor, total, role, roles
    "0.90": ("0.90", "06248d6f:c30b2ddd:34d184ca:a8ba963b", "", "raid1", 2, 2, 0, {0, 1}),
    "1.0": ("1.0", "4aa27242:6b070506:843928e0:4f88e8b5", "web:boot", "raid1", None, 2, 0, {0, 1}),
    "1.1": ("1.1", "515ab21d:98025cd8:3a934a6b:49d5e259", "web:3", "raid5", None, 3, 0, {0, 1, 2}),
    "1.2": ("1.2", "7b2b77b4:304d6e08:a6e5d378:c83d5f6a", "web:0", "raid1", None, 2, 0, {0, 1}),
    "degraded": ("1.2", "633023ee:7e331ade:7962e49b:da3c3424", "web:4", "raid1", None, 2, 0, {0}),
    "spare": ("1.2", "ab4d23cd:15f059a2:f541d98a:bda279d9", "web:6", "raid1", None, 2, None, {0, 1}),
}


def state(array, roles, **members):
    """The condition of an array of which the members with these roles are there."""
    return md_superblock.condition([md_superblock.parsed(arrays.superblock(array, role, **members)) for role in roles])


@pytest.mark.parametrize("name", KNOWN)
def test_what_mdadm_writes_is_read(name):
    found = md_superblock.parsed(zlib.decompress(base64.b85decode(REAL[name])))
    known = (found.metadata, found.uuid, found.label, found.level, found.minor, found.total, found.role, found.roles)
    assert known == KNOWN[name]
    assert found.is_clean and not found.is_rebuilding


@pytest.mark.parametrize("metadata", arrays.METADATA)
def test_members_that_were_in_use_and_are_not_there_are_absent_and_others_were_out_of_use(metadata):
    whole = arrays.Array(UUID, "raid5", metadata, total=3, in_use=(0, 1, 2))
    left = arrays.Array(UUID, "raid5", metadata, total=3, in_use=(0, 1))

    def counts(found):
        return found.in_use, found.absent, found.unused

    assert counts(state(whole, (0, 1, 2))) == (3, 0, 0)
    assert counts(state(whole, (0, 2, None))) == (2, 1, 0)
    assert counts(state(left, (0, 1))) == (2, 0, 1)
    assert counts(state(left, (1,))) == (1, 1, 1)


def test_a_member_that_stayed_behind_is_out_of_use():
    array = arrays.Array(UUID, in_use=(0,))
    superblocks = [arrays.superblock(array, 0, 10), arrays.superblock(array, 1, 3)]
    found = md_superblock.condition([md_superblock.parsed(each) for each in superblocks])
    assert (found.in_use, found.absent, found.unused) == (1, 0, 1)


def test_a_member_that_is_being_rebuilt_is_not_in_use_yet_and_nothing_is_settled():
    array = arrays.Array(UUID)
    superblocks = [arrays.superblock(array, 0), arrays.superblock(array, 1, is_rebuilding=True)]
    found = md_superblock.condition([md_superblock.parsed(each) for each in superblocks])
    assert (found.in_use, found.absent, found.unused, found.is_settled) == (1, 0, 1, False)
    assert not state(arrays.Array(UUID, is_clean=False), (0, 1)).is_settled


def test_a_superblock_is_sought_where_its_metadata_has_it():
    assert [md_superblock.offset(metadata, SIZE) for metadata in ("0.90.0", "1.0", "1.1", "1.2")] == [
        arrays.place(metadata, SIZE) for metadata in arrays.METADATA
    ]
    assert md_superblock.offset("0.90.0", 4096) is md_superblock.offset("1.0", 512) is None
    assert md_superblock.offset("ddf", SIZE) is None


def guest(*made, started=True, **options):
    """A guest whose arrays have two members each, on sda and sdb. made: arrays, and the roles of the given members."""
    tags, data, running = {"/dev/sda": {}, "/dev/sdb": {}}, {}, {}
    for number, (array, roles) in enumerate(made, 1):
        members = [f"/dev/sd{'ab'[place]}{number}" for place, _role in enumerate(roles)]
        for device, role in zip(members, roles):
            tags[device] = arrays.blkid(array)
            data[device, arrays.place(array.metadata, SIZE)] = arrays.superblock(array, role)
        if started:
            running[f"/dev/md{128 - number}"] = members
            tags[f"/dev/md{128 - number}"] = {"TYPE": "ext4", "UUID": f"u-{number}"}
    appliance = StandInAppliance(tags, arrays=running, data=data, **options)
    return opened(appliance, "sda", "sdb").storage, appliance


@pytest.mark.parametrize(
    "array, name, others",
    (
        (
            arrays.Array(UUID, label="web:0"),
            "/dev/md0",
            ("/dev/md/0", "/dev/md/web:0", "/dev/disk/by-id/md-name-web:0", "/dev/md_d0"),
        ),
        (arrays.Array(UUID, metadata="0.90", minor=3), "/dev/md3", ("/dev/md/3",)),
        (arrays.Array(UUID, label="web:root"), "/dev/md/root", ("/dev/md/web:root", "/dev/md127")),
        (arrays.Array(UUID, label="root"), "/dev/md/root", ("/dev/disk/by-id/md-name-root", "/dev/md127")),
        (arrays.Array(UUID), "/dev/disk/by-id/md-uuid-01234567:89abcdef:01234567:89abcdef", ("/dev/md127",)),
    ),
)
def test_an_array_is_called_as_its_superblocks_say(array, name, others):
    storage, _appliance = guest((array, (0, 1)))
    (found,) = storage.of_kind(Array)
    assert (found.name, found.device, found.identity) == (name, "/dev/md127", "MD=01234567:89abcdef:01234567:89abcdef")
    for each in (name, *others, "/dev/disk/by-id/md-uuid-01234567:89abcdef:01234567:89abcdef", "UUID=u-1"):
        assert [filesystem.uuid for filesystem in storage.filesystems_called(each)] == ["u-1"]
    assert storage.filesystems_called("/dev/md9") == []
    assert storage.disks_of(found) == {"sda", "sdb"}


def test_a_name_that_two_arrays_would_have_is_of_neither():
    first, second = arrays.Array(UUID, label="web:0"), arrays.Array(UUID[::-1], label="old:0")
    storage, _appliance = guest((first, (0, 1)), (second, (0, 1)))
    names = ("/dev/md0", "/dev/md/web:0", "/dev/md/old:0", "/dev/md127")
    assert [[each.uuid for each in storage.filesystems_called(name)] for name in names] == [[], ["u-1"], ["u-2"], []]
    assert [array.name for array in storage.of_kind(Array)] == ["/dev/md/web:0", "/dev/md/old:0"]


def test_members_are_no_filesystems_whatever_they_look_like():
    storage, _appliance = guest((arrays.Array(UUID, metadata="1.0", label="web:0"), (0, 1)))
    assert [(each.name, each.type) for each in storage.filesystems] == [
        ("/dev/sda1", "linux_raid_member"),
        ("/dev/sdb1", "linux_raid_member"),
        ("/dev/md0", "ext4"),
    ]


@pytest.mark.parametrize(
    "array, roles, started, code, words",
    (
        (
            arrays.Array(UUID, label="web:0"),
            (0,),
            False,
            "storage-incomplete",
            "has 1 of its 2 members on the given disks (/dev/sda1). 1 more was in use",
        ),
        (arrays.Array(UUID, label="web:0", in_use=(0,)), (0,), True, "array-degraded", "RAID 1, metadata 1.2"),
        (
            arrays.Array(UUID, "raid5", label="web:0", is_clean=False),
            (0, 1),
            False,
            "array-not-started",
            "could not be started",
        ),
    ),
)
def test_what_is_wrong_with_an_array_is_named(array, roles, started, code, words):
    storage, _appliance = guest((array, roles), started=started)
    (found,) = storage.of_kind(Array)
    for needed, severity in (([found], "error"), ([], "warning")):
        (concern,) = incomplete.concerns(storage, needed.__eq__)
        assert (concern.code, concern.severity) == (code, severity)
        assert words in concern.message and "/dev/md0" in concern.message and concern.hint


def test_nothing_is_wrong_with_a_whole_array():
    assert incomplete.concerns(guest((arrays.Array(UUID), (0, 1)))[0], lambda nodes: True) == []


def test_an_array_is_stopped_at_the_end_and_its_members_have_the_number_again_that_the_kernel_wrote_over():
    original, other = zlib.decompress(base64.b85decode(REAL["0.90"])), arrays.Array(UUID, label="web:0")
    place = arrays.place("0.90", SIZE)
    known = md_superblock.parsed(original)
    tags = dict.fromkeys(
        ("/dev/sda1", "/dev/sdb1"), arrays.blkid(arrays.Array(known.uuid.replace(":", ""), metadata="0.90"))
    )
    tags |= {"/dev/sda": {}, "/dev/sdb": {}, "/dev/md126": {"TYPE": "ext4"}, "/dev/md127": {"TYPE": "ext4"}}
    tags["/dev/sda2"] = arrays.blkid(other)
    changed = md_superblock.with_minor(original, 126)
    data = {("/dev/sda1", place): original, ("/dev/sdb1", place): original}
    data["/dev/sda2", arrays.SIZE] = arrays.superblock(other, 0)
    appliance = StandInAppliance(
        tags, arrays={"/dev/md126": ["/dev/sda1", "/dev/sdb1"], "/dev/md127": ["/dev/sda2"]}, data=data
    )
    found = opened(appliance, "sda", "sdb")
    # With the first write.
    appliance.pwrite_device("/dev/sda1", changed, place)
    appliance.asked.clear()
    found.close()
    assert [call[:2] for call in appliance.asked if call[0] in ("md_stop", "pwrite_device")] == [
        ("md_stop", "/dev/md127"),
        ("md_stop", "/dev/md126"),
        ("pwrite_device", "/dev/sda1"),
    ]
    assert changed != original and appliance.pread_device("/dev/sda1", arrays.SIZE, place) == original


def test_only_a_superblock_with_a_number_gets_another_one():
    original = zlib.decompress(base64.b85decode(REAL["0.90"]))
    changed = md_superblock.with_minor(original, 127)
    assert md_superblock.parsed(changed).minor == 127 and md_superblock.with_minor(changed, 2) == original
    for other in (b"", bytes(arrays.SIZE), zlib.decompress(base64.b85decode(REAL["1.2"])), original):
        assert md_superblock.with_minor(other, 2) == other


def test_the_kernel_is_kept_from_writing_members_anew_where_it_would():
    def kept(appliance):
        return [call for call in appliance.asked if call[0] == "shell" and "frozen" in call[1]]

    assert len(kept(guest((arrays.Array(UUID, is_clean=False), (0, 1)))[1])) == 1
    assert kept(guest((arrays.Array(UUID), (0, 1)))[1]) == []
    # A spare would take the place of one that is lost.
    assert len(kept(guest((arrays.Array(UUID, in_use=(0,)), (0, None)))[1])) == 1


def test_a_volume_group_in_an_array_is_not_taken_to_be_on_a_physical_volume_outside():
    array = arrays.Array(UUID, label="web:0")
    outside = {"TYPE": "LVM2_member", "UUID": "pv-b"}
    tags = {"/dev/sda": {}, "/dev/sda1": arrays.blkid(array), "/dev/sdb": outside}
    tags |= {"/dev/md127": {"TYPE": "LVM2_member", "UUID": "pv-a"}, "/dev/a/x": {}, "/dev/b/x": {}}
    appliance = StandInAppliance(
        tags,
        volumes={"/dev/a/x": "1", "/dev/b/x": "2"},
        members={"a": ["pv-a"], "b": ["pv-b"]},
        arrays={"/dev/md127": ["/dev/sda1"]},
        data={("/dev/sda1", arrays.SIZE): arrays.superblock(array, 0)},
    )
    storage = opened(appliance, "sda", "sdb").storage
    volumes = {volume.name: storage.disks_of(volume) for volume in storage.of_kind(LogicalVolume)}
    assert volumes == {"/dev/a/x": {"sda"}, "/dev/b/x": {"sdb"}}


def test_partitions_of_an_array_are_called_after_it():
    array = arrays.Array(UUID, label="web:data")
    tags = {"/dev/sda": {}, "/dev/sda1": arrays.blkid(array), "/dev/md127": {"PTTYPE": "gpt"}}
    tags["/dev/md127p1"] = {"TYPE": "ext4", "UUID": "u-1", "PART_ENTRY_UUID": "p-1", "PART_ENTRY_NAME": "first"}
    data = {("/dev/sda1", arrays.SIZE): arrays.superblock(array, 0)}
    appliance = StandInAppliance(tags, arrays={"/dev/md127": ["/dev/sda1"]}, data=data)
    storage = opened(appliance, "sda").storage
    assert [each.name for each in storage.filesystems] == ["/dev/sda1", "/dev/md/data1"]
    uuid = "01234567:89abcdef:01234567:89abcdef"
    for name in (
        *("/dev/md/data1", "/dev/md/web:data1", "/dev/md127p1", "PARTUUID=p-1", "PARTLABEL=first", "UUID=u-1"),
        *("/dev/disk/by-id/md-name-web:data-part1", f"/dev/disk/by-id/md-uuid-{uuid}-part1"),
    ):
        assert [each.uuid for each in storage.filesystems_called(name)] == ["u-1"], name
    for name in ("/dev/md/data", "/dev/md/datap1", "/dev/md127", "/dev/md1271", "/dev/md127p2", "/dev/md/data-part1"):
        assert storage.filesystems_called(name) == [], name


@pytest.mark.parametrize(
    "level, total, in_use, may",
    (
        ("raid1", 2, 1, True),
        ("raid0", 2, 1, False),
        ("linear", 2, 1, False),
        ("raid5", 3, 2, True),
        ("raid5", 3, 1, False),
        ("raid6", 4, 2, True),
        ("raid10", 4, 2, True),
    ),
)
def test_a_guest_starts_an_array_without_as_many_members_as_its_level_spares(level, total, in_use, may):
    condition = md_superblock.Condition(total, in_use, total - in_use, 0)
    assert Array("", (), UUID, ("/dev/md0",), level=level, condition=condition).may_start is may
    assert Array("", (), UUID, ("/dev/md0",)).may_start
