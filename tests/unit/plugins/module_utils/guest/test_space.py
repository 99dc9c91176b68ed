# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import pytest

from ansible_collections.virttools.guestconv.plugins.module_utils.guest.space import Space, space

KIB = 1024


@pytest.mark.parametrize(
    "status, free, inodes",
    (
        # ext4 with blocks that are reserved for root; without inodes; btrfs and FAT, which count none.
        ({"frsize": 1024, "bavail": 0, "bfree": 4096, "files": 51200, "favail": 51179}, 0, 51179),
        ({"frsize": 1024, "bavail": 10, "files": 40, "favail": 0}, 10 * KIB, 0),
        ({"frsize": 4096, "bavail": 30464, "files": 0, "favail": 0}, 30464 * 4 * KIB, None),
    ),
)
def test_room_is_what_anyone_may_write(status, free, inodes):
    found = space("/etc", "/", "/dev/sda1", status)
    assert (found.free, found.inodes) == (free, inodes)


def test_what_is_needed_is_compared_with_what_is_there():
    there = Space("/etc", "/", "/dev/sda1", 4096, 1)
    assert there.has(4096, 1)
    assert not there.has(4097) and not there.has(1, 2)
    assert Space("/etc", "/", "/dev/sda1", 4096).has(1, 1 << 40)


def test_files_take_whole_clusters():
    there = Space("/boot/efi", "/boot/efi", "/dev/sda1", 1 << 20, None, 4096)
    assert there.taken_by([1, 4096, 4097, 0]) == (1 + 1 + 2) * 4096


@pytest.mark.parametrize(
    "path, code",
    (
        ("/boot", "boot-full"),
        ("/boot/efi/EFI", "boot-full"),
        ("/efi", "boot-full"),
        ("/bootstrap", "filesystem-full"),
        ("/var/lib/dpkg", "filesystem-full"),
    ),
)
def test_oracle_13_an_error_says_where_and_what_is_needed_and_what_is_there(path, code):
    error = Space(path, "/mnt", "/dev/vg/lv", 3 * KIB, 7).full(5 * KIB + 1, "to do that")
    assert (error.code, error.message) == (
        code,
        "/mnt in the guest (/dev/vg/lv) has 3 KiB free; 6 KiB are needed to do that.",
    )
    assert error.hint
    assert error.extra == {"needed": 5 * KIB + 1, "available": 3 * KIB}
    assert "no inode for a new file" in Space(path, "/", "/dev/sda1", 3 * KIB, 0).full(1, "to do that").message
