# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A Debian 12 guest that boots by UEFI, on a machine whose firmware has never seen it."""

from __future__ import annotations

import shutil

import pytest

from tests.guests import uefi_variant

pytestmark = [
    pytest.mark.xdist_group("uefi"),
    pytest.mark.skipif(
        bool(uefi_variant.lacking()), reason="only Debian has the packages (shim-unsigned, grub-efi-amd64-bin)"
    ),
]

HARDWARE = {"interfaces": [{"mac": "00:50:56:aa:bb:cc", "addresses": ["10.0.2.15"]}]}
FALLBACK = "/boot/efi/EFI/BOOT"


@pytest.fixture(scope="module")
def disks(scratch):
    """A copy of the guest, as the modules' option."""
    disk = uefi_variant.disk()
    copy = scratch / "uefi.qcow2"
    shutil.copyfile(disk["path"], copy)
    return [{**disk, "path": str(copy)}]


@pytest.fixture(scope="module")
def converted(module, disks):
    result = module("guestconv_convert", disks=disks, hardware=HARDWARE)
    assert not result.get("failed"), result
    return result


def test_the_firmware_is_told_by_the_disk(converted):
    assert converted["guest"]["boot"]["firmware"] == "uefi"
    assert converted["guest"]["convertible"] is True
    assert converted["hardware"]["firmware"] == "uefi"


def test_oracle_19_what_the_firmware_starts_by_itself_is_made_of_the_guests_own_loaders(converted):
    made = [change["path"] for change in converted["changes"] if change["action"] == "created"]
    assert {f"{FALLBACK}/{name}" for name in ("BOOTX64.EFI", "grubx64.efi", "mmx64.efi")} <= set(made)


def test_oracle_19_it_boots_where_no_variable_names_its_loader_and_answers_at_its_own_address(module, converted, disks):
    result = module(
        "guestconv_verify", disks=disks, hardware=converted["hardware"], expect={"port": 22, "banner": "SSH-"}
    )
    assert result.get("up") is True, result


def test_a_second_conversion_changes_nothing(module, converted, disks):
    again = module("guestconv_convert", disks=disks, hardware=HARDWARE)
    assert (again["changed"], again["changes"]) == (False, [])
