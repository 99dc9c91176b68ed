# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Arrays (md) and volumes as mdadm, LVM and the kernel of the appliance really have them. Each test is a launch."""

from __future__ import annotations

import pytest

from ansible_collections.virttools.guestconv.plugins.module_utils.devices.targets import KVM
from ansible_collections.virttools.guestconv.plugins.module_utils.disks.images import disks_from_option
from ansible_collections.virttools.guestconv.plugins.module_utils.errors import GuestconvError
from ansible_collections.virttools.guestconv.plugins.module_utils.guest.guest import Guest
from ansible_collections.virttools.guestconv.plugins.module_utils.guest.storage import incomplete, roots
from ansible_collections.virttools.guestconv.plugins.module_utils.systems import SYSTEMS
from ansible_collections.virttools.guestconv.tests.any_call import Appliance

# Sectors.
_FIRST, _LENGTH = 2048, 40960
# Partition of both disks: what mdadm makes of it.
ARRAYS = {
    1: "--level=1 --metadata=1.2 --name=0",
    2: "--level=1 --metadata=1.0 --name=esp",
    3: "--level=1 --metadata=0.90",
    4: "--level=0 --metadata=1.1 --name=4",
    5: "--level=1 --metadata=1.2 --name=5",
    6: "--level=1 --metadata=1.2 --name=pv",
}
UNCLEAN, DEGRADED, VOLUMES = 3, 5, 6


@pytest.fixture(scope="module")
def paths(tmp_path_factory):
    """Two disks with arrays of most kinds, and a third with volumes in a thin pool, as a guest leaves them."""
    directory = tmp_path_factory.mktemp("arrays")
    made = [str(directory / name) for name in ("sda", "sdb", "sdc")]
    for path in made:
        with open(path, "wb") as disk:
            disk.truncate(160 << 20)
    with Appliance(disks_from_option(made), read_only=False) as appliance:
        _make(appliance)
        appliance.close()
    return made


def _make(appliance):
    disks = [appliance.device(index) for index in range(3)]
    for disk in disks[:2]:
        appliance.part_init(disk, "gpt")
        for number in ARRAYS:
            begin = _FIRST + (number - 1) * _LENGTH
            appliance.part_add(disk, "p", begin, begin + _LENGTH - 1)
    # What is not clean is not to become so before it is frozen.
    appliance.shell(
        "modprobe raid1; echo 1 | tee /proc/sys/dev/raid/speed_limit_min /proc/sys/dev/raid/speed_limit_max >&2"
    )
    for number, options in ARRAYS.items():
        second = "missing" if number == DEGRADED else f"{disks[1]}{number}"
        clean = "" if number in (UNCLEAN, 4) else "--assume-clean"
        appliance.shell("udevadm settle")
        appliance.shell(
            f"mdadm --create /dev/md{number - 1} --run --homehost=web {clean} {options} --raid-devices=2 "
            f"{disks[0]}{number} {second} >&2 && (echo frozen >/sys/block/md{number - 1}/md/sync_action || true)"
        )
    for array, kind in ((0, "ext4"), (1, "vfat"), (2, "ext4"), (3, "ext4"), (4, "ext4")):
        appliance.mkfs(kind, f"/dev/md{array}")
    appliance.shell(
        "exec >&2; set -e; lvm vgcreate vg /dev/md5; lvm lvcreate -n my-root -L 8m vg; "
        f"lvm vgcreate thin {disks[2]}; lvm lvcreate -y -T -L 64m -V 100m -n data thin/pool; "
        "lvm lvcreate -y -s -n data-before thin/data"
    )
    appliance.mkfs("ext4", "/dev/vg/my-root")
    appliance.mkfs("ext4", "/dev/thin/data")
    _write_system(appliance, "/dev/vg/my-root", "UUID=%s / ext4 ro 0 1\n" % appliance.vfs_uuid("/dev/vg/my-root"))
    appliance.shell("exec >&2; lvm lvcreate -y -s -n a-snapshot -L 4m vg/my-root")
    _write_system(appliance, "/dev/md0", "/dev/md0 / ext4 defaults 0 1\n/dev/md127 /nowhere ext4 noauto 0 0\n")
    appliance.shell("exec >&2; lvm vgchange -an; mdadm --stop --scan")


def _write_system(appliance, device, fstab):
    appliance.mount(device, "/")
    appliance.mkdir("/etc")
    appliance.write("/etc/os-release", b"ID=debian\n")
    appliance.write("/etc/fstab", fstab.encode())
    appliance.umount_all()


def opened(appliance):
    return Guest.opened(appliance, list(appliance.disks), KVM, {})


def test_what_a_forgotten_disk_leaves_is_not_touched_and_named(paths):
    with Appliance(disks_from_option(paths[:1]), read_only=True) as appliance:
        guest = opened(appliance)
        assert {each.type for each in guest.storage.filesystems} == {"linux_raid_member", "ext4"}
        concerns = incomplete.concerns(guest.storage, lambda nodes: False)
        assert [each.code for each in concerns] == [
            *["storage-incomplete"] * 4,
            "array-degraded",
            "storage-incomplete",
        ]
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
