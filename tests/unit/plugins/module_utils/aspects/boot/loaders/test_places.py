# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Where the files are that a boot loader names, and which of them are kernels."""

from __future__ import annotations

import pytest

from ansible_collections.virttools.guestconv.plugins.module_utils.aspects.boot.loaders import places
from ansible_collections.virttools.guestconv.tests.unit.plugins.module_utils import complete_guest
from ansible_collections.virttools.guestconv.tests.unit.plugins.module_utils.guest.fake_root import FakeRoot

ROOT = FakeRoot(info={"mountpoints": {"/": "/dev/sda2", "/boot": "/dev/sda1", "/boot/efi": "/dev/sda3"}})


@pytest.mark.parametrize(
    "path, mount",
    [
        ("/boot/grub/menu.lst", "/boot"),
        ("/boot", "/boot"),
        ("/bootstrap/x", "/"),
        ("/boot/efi/EFI/x", "/boot/efi"),
        ("/etc/x", "/"),
    ],
)
def test_a_path_is_on_the_filesystem_that_is_mounted_nearest_to_it(path, mount):
    assert places.mount_of(ROOT, path) == mount


@pytest.mark.parametrize(
    "mount, path, found",
    [
        ("/boot", "/vmlinuz", "/boot/vmlinuz"),
        ("/boot", "/x/../../../vmlinuz", "/boot/vmlinuz"),
        ("/", "//boot/./vmlinuz", "/boot/vmlinuz"),
        ("/boot", "/", "/boot"),
    ],
)
def test_a_path_is_found_below_the_top_of_its_filesystem(mount, path, found):
    assert places.below(mount, path) == found


def multiboot(magic, flags, checksum):
    return bytes(64) + b"".join(each.to_bytes(4, "little") for each in (magic, flags, checksum)) + bytes(99)


XEN = multiboot(0x1BADB002, 3, (-0x1BADB002 - 3) % (1 << 32))


@pytest.mark.parametrize(
    "path, content, expected",
    [
        ("/boot/vmlinuz", complete_guest.bzimage("6.1"), True),
        ("/boot/vmlinuz", b"", True),
        ("/boot/vmlinuz", None, True),
        ("/boot/xen", XEN, False),
        ("/boot/grub/core.img", XEN, False),
        ("/boot/vmlinuz", complete_guest.bzimage("6.1") + XEN, True),
        ("/boot/vmlinuz", multiboot(0x1BADB002, 3, 5), True),
        ("/boot/memtest86+.bin", complete_guest.bzimage("6.1"), False),
        ("/boot/memdisk", b"", False),
        ("/boot/test", complete_guest.bzimage("Memtest86+ v6.10"), False),
        ("/boot/ipxe.lkrn", None, False),
    ],
)
def test_a_kernel_is_told_from_what_only_boots_as_one(path, content, expected):
    assert places.is_linux(FakeRoot({path: content} if content is not None else {}), path) is expected
