# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which script GRUB starts with."""

from __future__ import annotations

import pytest

from ansible_collections.virttools.guestconv.plugins.module_utils.aspects.boot.evidence import Evidence
from ansible_collections.virttools.guestconv.plugins.module_utils.aspects.boot.loaders.grub2 import starts
from ansible_collections.virttools.guestconv.plugins.module_utils.aspects.boot.loaders.grub2.paths import RootFiles
from ansible_collections.virttools.guestconv.plugins.module_utils.aspects.boot.system_partition import SystemPartition
from ansible_collections.virttools.guestconv.tests.unit.plugins.module_utils.guest.fake_root import FakeRoot

BOTH = {"/boot/grub/grub.cfg": "", "/boot/grub2/grub.cfg": ""}
EFI = "/boot/efi/EFI"


def paths(files, firmware="bios", kind="deb", program=""):
    root = FakeRoot(files, info={"package_format": kind, "arch": "x86_64"})
    names = {name: root.list(f"{EFI}/{name}") for name in root.list(EFI)}
    evidence = Evidence(firmware, SystemPartition(EFI, names) if names else None, program=program)
    return [(each.path, each.start.platform) for each in starts.candidates(root, RootFiles(root), evidence)]


@pytest.mark.parametrize(
    "more, kind, first",
    [
        ({}, "deb", "/boot/grub/grub.cfg"),
        ({}, "rpm", "/boot/grub2/grub.cfg"),
        # Its modules are where GRUB was installed to.
        ({"/boot/grub2/i386-pc/normal.mod": ""}, "deb", "/boot/grub2/grub.cfg"),
        ({"/boot/grub/i386-pc/normal.mod": ""}, "rpm", "/boot/grub/grub.cfg"),
    ],
)
def test_with_bios_it_is_the_one_in_the_directory_that_grub_was_installed_to(more, kind, first):
    assert paths({**BOTH, **more}, kind=kind)[0] == (first, "pc")


def test_with_uefi_it_is_what_is_next_to_the_program():
    files = {**BOTH, f"{EFI}/debian/grub.cfg": "", f"{EFI}/debian/grubx64.efi": "x"}
    assert paths(files, "uefi")[0] == (f"{EFI}/debian/grub.cfg", "efi")
    assert paths(files)[0] == ("/boot/grub/grub.cfg", "pc")


@pytest.mark.parametrize(
    "content, first",
    [
        (b"MZ", "zzz/grub.cfg"),
        # The prefix that it was made with.
        (b"MZ\0/EFI/Mmm\0", "mmm/grub.cfg"),
        (b"MZ\0/EFI/gone\0", "zzz/grub.cfg"),
    ],
)
def test_with_uefi_the_script_of_the_program_that_boots_comes_first(content, first):
    files = {f"{EFI}/{name}/grub.cfg": "" for name in ("aaa", "mmm", "zzz")}
    files[f"{EFI}/zzz/grubx64.efi"] = content
    assert paths(files, "uefi", program=f"{EFI}/zzz/grubx64.efi")[0] == (f"{EFI}/{first}", "efi")


@pytest.mark.parametrize("embedded", [b"(,gpt2)/boot/grub2\0", b"\0\0(hd0)/boot/grub2\0x"])
def test_with_uefi_a_program_says_where_its_script_is(embedded):
    files = {**BOTH, f"{EFI}/arch/grubx64.efi": b"MZ" + embedded}
    assert paths(files, "uefi")[0] == ("/boot/grub2/grub.cfg", "efi")
