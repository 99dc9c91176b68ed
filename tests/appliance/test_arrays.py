# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Arrays (md) and volumes as mdadm, LVM and the kernel of the appliance really have them. Each test is a launch or two."""

from __future__ import annotations

import re

import pytest

from ansible_collections.virttools.guestconv.plugins.module_utils.devices.targets import KVM
from ansible_collections.virttools.guestconv.plugins.module_utils.disks.images import disks_from_option
from ansible_collections.virttools.guestconv.plugins.module_utils.errors import GuestconvError
from ansible_collections.virttools.guestconv.plugins.module_utils.guest.guest import Guest
from ansible_collections.virttools.guestconv.plugins.module_utils.guest.storage import incomplete, roots
from ansible_collections.virttools.guestconv.plugins.module_utils.guest.storage.keyring import Key
from ansible_collections.virttools.guestconv.plugins.module_utils.guest.storage.layers.array import Array
from ansible_collections.virttools.guestconv.plugins.module_utils.guest.storage.layers.logical_volume import (
    LogicalVolume,
)
from ansible_collections.virttools.guestconv.plugins.module_utils.systems import SYSTEMS
from ansible_collections.virttools.guestconv.tests.any_call import Appliance

# Bytes of the partitions of the first two disks, and where the first of them begins.
_LENGTH, _FIRST = 20 << 20, 1 << 20
KEY = Key(b"secret", "keys[0]")
# What mdadm makes of the partitions of the disks A and B, and of the disks D and E; A9 and B9 are encrypted.
ARRAYS = (
    "--assume-clean --level=1 --metadata=1.2 --name=0 A1 B1",
    "--assume-clean --level=1 --metadata=1.0 --name=esp A2 B2",
    "--assume-clean --level=1 --metadata=0.90 A3 B3",
    "--level=0 --metadata=1.1 --name=3 A4 B4",
    "--assume-clean --level=1 --metadata=1.2 --name=4 A5 missing",
    "--assume-clean --level=1 --metadata=1.2 --name=pv A6 B6",
    "--assume-clean --level=1 --metadata=1.2 --name=6 --bitmap=internal --spare-devices=1 A7 B7 B8",
    "--assume-clean --level=1 --metadata=1.2 --name=7 /dev/mapper/locked-a /dev/mapper/locked-b",
    "--level=1 --metadata=1.2 --name=8 A10 B10",
    "--level=1 --metadata=0.90 A11 B11",
    "--assume-clean --level=1 --metadata=1.0 --name=10 D E",
)
# Their numbers.
UNCLEAN, UNTOUCHED = (8, 9), (0, 3, 4, 5)
WRITTEN = ("/dev/md/esp", "/dev/md2", "/dev/md6", "/dev/md7", "/dev/md8", "/dev/md9", "/dev/md10p1")
# In a member of each array that is not clean, and not in the other one: it is there until the kernel writes it anew.
MARK, MARK_AT = b"only here", 15 << 20
MAKE = f"""exec 2>&1; set -ex
modprobe -a raid1 raid0 dm-crypt; mkdir -p /run/cryptsetup /tmp/mounted
for limit in min max; do echo 1 >/proc/sys/dev/raid/speed_limit_$limit; done
for disk in A B; do
  {{ echo label: gpt; for each in 1 2 3 4 5 6 7 8 9 10 11; do echo size={_LENGTH >> 10}KiB; done; }} | sfdisk -q $disk
done
udevadm settle
for each in B10 B11; do printf "{MARK.decode()}" | dd bs=512 seek={MARK_AT >> 9} of=$each; done
lock() {{
  printf {KEY.secret.decode()} | cryptsetup luksFormat -q --type luks1 --pbkdf-force-iterations 1000 $1 -
  printf {KEY.secret.decode()} | cryptsetup open --key-file - $1 $2
}}
lock A9 locked-a; lock B9 locked-b
make() {{
  number=$1; shift; mdadm --create /dev/md$number --run --homehost=web --raid-devices=2 "$@"
  case $number in {"|".join(map(str, UNCLEAN))}) echo frozen >/sys/block/md$number/md/sync_action;; esac
}}
{chr(10).join(f"make {number} {array}" for number, array in enumerate(ARRAYS))}
for each in 0 10; do {{ echo label: gpt; echo size=8MiB; }} | sfdisk -q /dev/md$each; done
udevadm settle
mkfs.vfat /dev/md1
for each in 0p1 2 3 4 6 7 8 9 10p1; do mke2fs -q -t ext4 /dev/md$each; done
lvm vgcreate vg /dev/md5; lvm lvcreate -y -n my-root -L 8m vg; mke2fs -q -t ext4 /dev/vg/my-root
lvm vgcreate thin C; lvm lvcreate -y -T -L 64m -V 100m -n data thin/pool; mke2fs -q -t ext4 /dev/thin/data
lvm lvcreate -y -s -n data-before thin/data
install() {{
  mount $1 /tmp/mounted; mkdir /tmp/mounted/etc; echo ID=debian >/tmp/mounted/etc/os-release
  echo "$2" >/tmp/mounted/etc/fstab; umount /tmp/mounted
}}
install /dev/vg/my-root "/dev/mapper/vg-my--root / ext4 ro 0 1"
lvm lvcreate -y -s -n a-snapshot -L 4m vg/my-root
install /dev/md0p1 "/dev/md0p1 / ext4 defaults 0 1"
lvm vgchange -an; mdadm --stop --scan; cryptsetup close locked-a; cryptsetup close locked-b
"""


def on(appliance, script):
    """What a script prints, in which A1 is the first partition of the first disk.

    libguestfs has other names of disks than the appliance's kernel, when that finds them in another order.
    """
    return appliance.shell(
        re.sub(r"\b([A-E])(\d*)\b", lambda found: f"/dev/disk/guestfs/disk{found[1].lower()}{found[2]}", script)
    )


@pytest.fixture(scope="module")
def paths(tmp_path_factory):
    """Disks with arrays of most kinds, and a third with volumes in a thin pool, as a guest leaves them."""
    directory = tmp_path_factory.mktemp("arrays")
    made = [str(directory / name) for name in ("sda", "sdb", "sdc", "sdd", "sde")]
    for path, size in zip(made, (240, 240, 160, 24, 24)):
        with open(path, "wb") as disk:
            disk.truncate(size << 20)
    with Appliance(disks_from_option(made), read_only=False) as appliance:
        print(on(appliance, MAKE))
        appliance.close()
    return made


def opened(appliance):
    return Guest.opened(appliance, list(appliance.disks), KVM, {}, [KEY])


def partition(path, number, begin=0, count=_LENGTH):
    """What is in a partition of the image of one of the first two disks."""
    with open(path, "rb") as disk:
        disk.seek(_FIRST + (number - 1) * _LENGTH + begin)
        return disk.read(count)


def test_arrays_of_all_kinds_are_found_and_written_to_on_all_members_and_are_as_before_but_for_that(paths):
    untouched = [partition(path, number + 1) for path in paths[:2] for number in UNTOUCHED]
    with Appliance(disks_from_option(paths), read_only=False) as appliance:
        guest = opened(appliance)
        _check_found(guest)
        for name in WRITTEN:
            appliance.umount_all()
            appliance.mount(guest.storage.filesystem(name).device, "/")
            appliance.write("/file", b"x" * 99999)
        guest.close()
        # What libguestfs writes to a member has udev assemble the array again, which stays read-only.
        states = appliance.shell("cat /sys/block/md*/md/array_state 2>/dev/null || true").split()
        assert set(states) <= {"read-auto", "inactive"} and len(states) <= len([2, 9])
        assert appliance.shell("dmsetup ls --target crypt").strip() == "No devices found"
        appliance.close()
    assert untouched == [partition(path, number + 1) for path in paths[:2] for number in UNTOUCHED]
    _check_written(paths)


def _check_found(guest):
    storage = guest.storage
    arrays = {array.name: array for array in storage.of_kind(Array)}
    assert {name: (array.level, array.metadata, bool(array.device)) for name, array in arrays.items()} == {
        "/dev/md0": ("raid1", "1.2", True),
        "/dev/md/esp": ("raid1", "1.0", True),
        "/dev/md2": ("raid1", "0.90", True),
        "/dev/md3": ("raid0", "1.1", True),
        "/dev/md4": ("raid1", "1.2", True),
        "/dev/md/pv": ("raid1", "1.2", True),
        "/dev/md6": ("raid1", "1.2", True),
        "/dev/md7": ("raid1", "1.2", True),
        "/dev/md8": ("raid1", "1.2", True),
        "/dev/md9": ("raid1", "0.90", True),
        "/dev/md10": ("raid1", "1.0", True),
    }
    assert [name for name, array in arrays.items() if not array.condition.is_settled] == ["/dev/md8", "/dev/md9"]
    members = {each.name for array in arrays.values() for each in array.parents}
    assert {each.name: each.type for each in storage.filesystems if each.name not in members} == {
        "/dev/md0p1": "ext4",
        "/dev/md/esp": "vfat",
        **{f"/dev/md{number}": "ext4" for number in (2, 3, 4, 6, 7, 8, 9)},
        "/dev/md/pv": "LVM2_member",
        "/dev/md10p1": "ext4",
        "/dev/sdc": "LVM2_member",
        # Of these nothing was made.
        "/dev/sda8": "",
        "/dev/sdb5": "",
        "/dev/sda9": "crypto_LUKS",
        "/dev/sdb9": "crypto_LUKS",
        "/dev/vg/my-root": "ext4",
        "/dev/thin/data": "ext4",
    }
    assert storage.disks_of(storage.filesystem("/dev/mapper/vg-my--root")) == {"sda", "sdb"}
    assert {each.name: (bool(each.device), each.is_snapshot) for each in storage.of_kind(LogicalVolume)} == {
        "/dev/vg/my-root": (True, False),
        "/dev/vg/a-snapshot": (True, True),
        "/dev/thin/data": (True, False),
        "/dev/thin/data-before": (False, True),
    }
    (concern,) = incomplete.concerns(storage, lambda nodes: False)
    assert concern.code == "array-degraded" and "/dev/md4 (RAID 1, metadata 1.2) has 1 of its 2" in concern.message
    roots.find(guest, SYSTEMS)
    assert [root.name for root in guest.roots] == ["/dev/md0p1", "/dev/vg/my-root"]


def _check_written(paths):
    """What was written is on both members, clean; and the kernel wrote nothing else to one that was not clean before."""
    # With metadata 0.90 and 1.0 the data begins where the member begins.
    first, second = (partition(path, 2, count=16 << 20) for path in paths[:2])
    assert first == second and b"x" * 4096 in first
    for number in UNCLEAN:
        assert partition(paths[0], number + 2, MARK_AT, len(MARK)) != MARK
        assert partition(paths[1], number + 2, MARK_AT, len(MARK)) == MARK
        assert b"x" * 4096 in partition(paths[0], number + 2) and b"x" * 4096 in partition(paths[1], number + 2)
    with Appliance(disks_from_option(paths), read_only=True) as appliance:
        guest = opened(appliance)
        arrays = {array.name: array for array in guest.storage.of_kind(Array)}
        assert [(name, array.minor) for name, array in arrays.items() if array.metadata == "0.90"] == [
            ("/dev/md2", 2),
            ("/dev/md9", 9),
        ]
        conditions = {name: (each.condition.in_use, each.condition.is_settled) for name, each in arrays.items()}
        assert conditions == {
            **dict.fromkeys(arrays, (2, True)),
            "/dev/md4": (1, True),
            "/dev/md8": (2, False),
            "/dev/md9": (2, False),
        }
        for member in ("A3", "B3", "A11", "B11", "A7", "B7", "B8", "D"):
            examined = on(appliance, f"mdadm --examine {member}")
            assert re.search(r"^ +Checksum : \w+ - correct$", examined, re.MULTILINE), examined
        # What is encrypted with two keys is not the same where nothing was written.
        locked = [guest.keyring.read(member.device, 0, 16 << 20) for member in arrays["/dev/md7"].parents]
        assert all(b"x" * 4096 in data for data in locked)
        compared = [name for name in arrays if conditions[name] == (2, True) and name not in ("/dev/md3", "/dev/md7")]
        checked = [arrays[name].device[5:] for name in compared]
        printed = appliance.shell(
            f"cd /sys/block; for each in {' '.join(checked)}; do echo check >$each/md/sync_action; done; "
            f"for each in {' '.join(checked)}; do mdadm --wait /dev/$each || true; cat $each/md/mismatch_cnt; done"
        )
        assert dict(zip(compared, printed.split())) == dict.fromkeys(compared, "0")


def test_what_a_forgotten_disk_leaves_is_not_touched_and_named(paths):
    with Appliance(disks_from_option(paths[:1]), read_only=True) as appliance:
        guest = opened(appliance)
        assert {each.type for each in guest.storage.filesystems} == {"linux_raid_member", "crypto_LUKS", "ext4", ""}
        concerns = incomplete.concerns(guest.storage, lambda nodes: False)
        assert {each.code for each in concerns} - {"storage-incomplete"} == {"array-degraded"}
        named = [re.match(r"The array (\S+) ", each.message)[1] for each in concerns]
        assert sorted(named) == sorted(
            ["/dev/md/esp", "/dev/md/pv", *(f"/dev/md{number}" for number in (0, 2, 3, 4, 6, 7, 8, 9))]
        )
        assert "The array /dev/md0 (RAID 1, metadata 1.2) has 1 of its 2 members on the given disks (/dev/sda1)." in (
            concerns[0].message
        )
        with pytest.raises(GuestconvError) as caught:
            roots.find(guest, SYSTEMS)
        assert caught.value.code == "storage-incomplete" and "/dev/md0" in caught.value.message


def test_a_copy_of_a_physical_volume_is_named_and_its_group_found_on_neither(paths, tmp_path):
    copy = tmp_path / "copy"
    with open(paths[2], "rb") as original:
        copy.write_bytes(original.read())
    with Appliance(disks_from_option([paths[2], str(copy)]), read_only=True) as appliance:
        (concern,) = incomplete.concerns(opened(appliance).storage, lambda nodes: True)
        assert (concern.code, concern.severity) == ("volume-group-ambiguous", "error")
        assert "/dev/sda, /dev/sdb" in concern.message
