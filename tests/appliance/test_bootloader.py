# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The UEFI fallback on FAT, which tells no upper case from lower, and the files of default/grub.d with Augeas."""

from __future__ import annotations

import os
import posixpath
import subprocess

import pytest

from ansible_collections.virttools.guestconv.plugins.module_utils.aspects.boot import uefi

SHIM, GRUB = b"MZ shim" * 1000, b"MZ grub" * 700_000
TOP = "/boot/efi/EFI"
DEBIAN = {f"{TOP}/debian/SHIMX64.EFI": SHIM, f"{TOP}/debian/grubx64.efi": GRUB}


@pytest.fixture
def make_guest(make_root, appliance, tmp_path):
    """A root with these files on FAT at /boot/efi."""
    image = tmp_path / "system-partition"
    with open(image, "wb") as file:
        os.truncate(file.fileno(), 32 << 20)
    # libguestfs's appliance is made of the host's programs, of which this is one.
    subprocess.run(["/usr/sbin/mkfs.vfat", str(image)], check=True, capture_output=True)

    def make(files):
        root = make_root(
            {"/partition": image.read_bytes()},
            info={"mountpoints": {"/": "/dev/sda1", "/boot/efi": "/dev/sda2"}, "arch": "x86_64"},
        )
        appliance.mkdir_p("/boot/efi")
        appliance.mount_loop("/partition", "/boot/efi")
        for path, content in files.items():
            appliance.mkdir_p(posixpath.dirname(path))
            appliance.write(path, content[: 1 << 20])
            for offset in range(1 << 20, len(content), 1 << 20):
                appliance.write_append(path, content[offset : offset + (1 << 20)])
        return root

    yield make
    appliance.umount("/boot/efi")


def convert(root):
    with root.on_behalf_of("bootloader"):
        made = uefi.convert(root, is_needed=True)
    return made, [(change.action, change.path) for change in root.changes()]


def test_oracle_19_the_fallback_is_made_once_on_fat(make_guest):
    root = make_guest(DEBIAN)
    made = [("created", f"{TOP}/BOOT/BOOTX64.EFI"), ("created", f"{TOP}/BOOT/grubx64.efi")]
    assert convert(root) == (True, made)
    assert root.read_bytes(f"{TOP}/boot/bootx64.efi") == SHIM
    assert root.read_bytes(f"{TOP}/BOOT/GRUBX64.EFI") == GRUB
    assert convert(root) == (False, made)


def test_oracle_19_a_fallback_is_known_in_any_spelling(make_guest):
    root = make_guest({**DEBIAN, f"{TOP}/Boot/bootx64.EFI": b"MZ mine"})
    assert convert(root) == (False, [])
