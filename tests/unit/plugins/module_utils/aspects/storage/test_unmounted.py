# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Lines of fstab that lead nowhere: which of them the guest waits for, and which come to be when it starts."""

from __future__ import annotations

import pytest

from ansible_collections.virttools.guestconv.plugins.module_utils.aspects.storage import unmounted
from ansible_collections.virttools.guestconv.plugins.module_utils.aspects.storage.names import Names
from ansible_collections.virttools.guestconv.plugins.module_utils.guest.storage.mounts import Mount, planned
from ansible_collections.virttools.guestconv.plugins.module_utils.texts import fstab
from ansible_collections.virttools.guestconv.tests.unit.plugins.module_utils.guest.fake_root import FakeRoot
from ansible_collections.virttools.guestconv.tests.unit.plugins.module_utils.guest.storage.storage_nodes import (
    filesystem,
)

ROOT = filesystem("/dev/sda1", "ext4", "u-1", partuuid="p-1")
RAID = filesystem("/dev/sdb1", "linux_raid_member", "u-raid")
LUKS = filesystem("/dev/sdc1", "crypto_LUKS", "u-luks")


def told(line, filesystems=(ROOT,), files=()):
    """(severity, message) of each concern about a guest with this line in its fstab."""
    root = FakeRoot({"/etc/fstab": line + "\n", **dict(files)}, filesystems=filesystems)
    root.mount_plan = planned(fstab.parse(line), root.guest.storage, Mount("/", ROOT))
    concerns = unmounted.concerns(root, Names(root.guest.storage, frozenset()))
    assert {concern.code for concern in concerns} <= {"mount-source-missing"}
    return [(concern.severity, concern.message) for concern in concerns]


@pytest.mark.parametrize(
    "spec", ("UUID=gone", "LABEL=gone", "PARTUUID=gone", "/dev/disk/by-uuid/gone", "/dev/cciss/c0d1p1", "/dev/vg/srv")
)
@pytest.mark.parametrize(
    "options, severity",
    (
        ("defaults", "error"),
        ("x-systemd.device-timeout=5", "error"),
        ("nofail", "warning"),
        ("noauto", "warning"),
        ("x-systemd.automount", "warning"),
        ("comment=systemd.automount", "warning"),
        ("_netdev", None),
    ),
)
def test_oracle_05_a_line_that_leads_nowhere_is_an_error_where_the_guest_waits_for_it(spec, options, severity):
    found = told(f"{spec} /srv ext4 {options} 0 2")
    assert [one for one, _message in found] == ([severity] if severity else [])
    assert all(f"/etc/fstab mounts {spec} at /srv" in message for _severity, message in found)


@pytest.mark.parametrize(
    "line, severity",
    (
        ("UUID=gone none swap sw 0 0", "warning"),
        ("UUID=gone / ext4 defaults 0 1", "warning"),
        ("/dev/root / ext4 defaults 0 1", None),
        ("UUID=u-1 / ext4 defaults 0 1", None),
        ("UUID=gone /boot ext4 defaults 0 1", "error"),
        ("/dev/sr0 /media iso9660 noauto 0 0", None),
        # The target has no such drive.
        ("/dev/sr0 /media iso9660 ro 0 0", "error"),
        ("/dev/cdrom /media auto ro,nofail 0 0", None),
        ("UUID=2019-01-01-00-00-00-00 /mnt udf,iso9660 noauto 0 0", None),
        ("LABEL=DISC /media/cdrom0 auto user,noauto 0 0", None),
        ("LABEL=gone /media/disk auto user,noauto 0 0", "warning"),
        ("/dev/pts /chroot/dev/pts none bind 0 0", None),
        ("/dev/shm /dev/shm tmpfs defaults 0 0", None),
        ("/dev/zram0 none swap defaults 0 0", None),
        ("/dev/loop3 /srv ext4 defaults 0 0", None),
        ("/dev/drbd0 /srv ext4 defaults 0 0", "warning"),
        ("nas:/srv /srv nfs defaults 0 0", None),
        ("//nas/srv /srv cifs defaults 0 0", None),
        ("/swapfile none swap sw 0 0", None),
        (".host:/ /mnt/hgfs fuse.vmhgfs-fuse defaults 0 0", "warning"),
        ("share /mnt/share virtiofs defaults 0 0", "warning"),
        ("share /mnt/share 9p trans=virtio,version=9p2000.L 0 0", "warning"),
        ("192.0.2.1 /mnt/share 9p trans=tcp 0 0", None),
        ("share /mnt/share vboxsf nofail 0 0", "warning"),
    ),
)
def test_what_no_disk_is_missing_for_is_no_error(line, severity):
    assert [one for one, _message in told(line)] == ([severity] if severity else [])


MAPPED = {"/etc/crypttab": "data UUID=u-luks none luks\nfile /srv/file none\nswap UUID=gone /dev/urandom swap\n"}
LINKED = {"/etc/udev/rules.d/99-a.rules": 'KERNEL=="x", SYMLINK+="asm/a data%k"\n'}


@pytest.mark.parametrize(
    "spec, filesystems, files, expected",
    (
        ("/dev/md0", [RAID], (), ("warning", "/dev/sdb1 are members of a RAID")),
        ("/dev/md/data", [], (), ("error", "wait for it")),
        ("/dev/md/data", [LUKS], (), ("error", "wait for it")),
        ("UUID=gone", [RAID], (), ("warning", "/dev/sdb1 may hold it")),
        ("/dev/vg/data", [LUKS], (), ("warning", "/dev/sdc1 may hold it")),
        ("/dev/mapper/data", [LUKS], MAPPED, ("info", "/etc/crypttab makes it of UUID=u-luks")),
        ("/dev/mapper/file", [], MAPPED, ("info", "makes it of /srv/file")),
        ("/dev/mapper/swap", [LUKS], MAPPED, ("error", "wait for it")),
        ("/dev/mapper/data", [], MAPPED, ("error", "wait for it")),
        ("/dev/asm/a", [], LINKED, ("warning", "configuration of its own")),
        ("/dev/datasdb", [], LINKED, ("warning", "rules in /etc/udev/rules.d give that name")),
        ("/dev/other", [], LINKED, ("error", "wait for it")),
    ),
)
def test_what_software_of_the_guest_makes_of_the_disks_is_no_error(spec, filesystems, files, expected):
    ((severity, message),) = told(f"{spec} /srv ext4 defaults 0 2", [ROOT, *filesystems], files)
    assert severity == expected[0]
    assert expected[1] in message


@pytest.mark.parametrize(
    "line, filesystems, expected",
    (
        ("/dev/mapper/data /srv ext4 nofail 0 2", [LUKS], ["info"]),
        ("/dev/mapper/other /srv ext4 nofail 0 2", [LUKS], ["warning"]),
        ("/dev/mapper/data /srv ext4 nofail 0 2", [], ["warning"]),
        ("/dev/md1 /srv ext4 noauto 0 2", [RAID], ["warning"]),
        ("/dev/mapper/data none swap sw 0 0", [LUKS], []),
        ("/dev/mapper/other none swap sw 0 0", [LUKS], ["warning"]),
        ("/dev/mapper/swap none swap sw 0 0", [LUKS], ["warning"]),
        ("/dev/mapper/swap none swap sw 0 0", [], ["warning"]),
    ),
)
def test_what_the_guest_starts_without_and_makes_itself_is_no_warning(line, filesystems, expected):
    assert [severity for severity, _message in told(line, [ROOT, *filesystems], MAPPED)] == expected
